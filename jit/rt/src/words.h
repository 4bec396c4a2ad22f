/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * Strings word by word. Wherever a struct rt_str is, there is room for its bytes
 * rounded up to whole words; what is behind the bytes is anything.
 */
#ifndef SPILE_RT_WORDS_H
#define SPILE_RT_WORDS_H

#include "base.h"

#define WORD sizeof(u64)

/* A word of a string, with zeros behind its end. */
ALWAYS_INLINE u64 str_word(const struct rt_str *s, u32 index)
{
	u32 from = index * (u32)WORD, left;

	if (s->len <= from)
		return 0;
	left = s->len - from;
	return left >= WORD ? load_u64(s->data + from) : load_u64(s->data + from) & ~(~0ull << left * 8);
}

ALWAYS_INLINE int str_equal(const struct rt_str *a, const struct rt_str *b)
{
	const u8 *p = a->data, *q = b->data;
	u32 n = a->len;

	if (n != b->len)
		return 0;
	for (; n >= WORD; n -= (u32)WORD, p += WORD, q += WORD) {
		if (load_u64(p) != load_u64(q))
			return 0;
	}
	return !n || !((load_u64(p) ^ load_u64(q)) << (WORD - n) * 8);
}

/* Copies at most limit bytes; there are zeros behind them where there is room, up to two words. */
ALWAYS_INLINE void str_pad(struct rt_str *to, const struct rt_str *from, u32 limit)
{
	u32 n = from->len, i;

	if (UNLIKELY(n > limit))
		n = limit;
	to->len = n;
	for (i = 0; i < n; i += (u32)WORD)
		store_u64(to->data + i, load_u64(from->data + i));
	if (n < i)
		store_u64(to->data + i - WORD, load_u64(to->data + i - WORD) & ~(~0ull << (n + WORD - i) * 8));
	for (; i < 2 * WORD && i < limit; i += (u32)WORD)
		store_u64(to->data + i, 0);
}

#endif /* SPILE_RT_WORDS_H */
