// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * The functions that a C compiler takes for granted. Words of 8 bytes, since
 * neither vector registers nor a C library are at hand; both processors load
 * and store unaligned words.
 */
#include "base.h"

#ifdef SPILE_RT_EMBEDDED

void *memcpy(void *dst, const void *src, __SIZE_TYPE__ n)
{
	u8 *d = dst;
	const u8 *s = src;

	for (; n >= 8; n -= 8, d += 8, s += 8)
		store_u64(d, load_u64(s));
	for (; n; n--)
		*d++ = *s++;
	return dst;
}

void *memmove(void *dst, const void *src, __SIZE_TYPE__ n)
{
	u8 *d = dst;
	const u8 *s = src;

	if (d <= s || d >= s + n)
		return memcpy(dst, src, n);
	for (; n >= 8; n -= 8)
		store_u64(d + n - 8, load_u64(s + n - 8));
	while (n) {
		n--;
		d[n] = s[n];
	}
	return dst;
}

void *memset(void *dst, int byte, __SIZE_TYPE__ n)
{
	u64 word = (u8)byte * 0x0101010101010101ull;
	u8 *d = dst;

	for (; n >= 8; n -= 8, d += 8)
		store_u64(d, word);
	for (; n; n--)
		*d++ = (u8)byte;
	return dst;
}

int memcmp(const void *a, const void *b, __SIZE_TYPE__ n)
{
	const u8 *p = a, *q = b;

	for (; n >= 8 && load_u64(p) == load_u64(q); n -= 8, p += 8, q += 8)
		;
	for (; n; n--, p++, q++) {
		if (*p != *q)
			return *p < *q ? -1 : 1;
	}
	return 0;
}

#endif
