// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Strings and bytes in kernel and user memory that may not be there. */
#include "imports.h"

#define ONES 0x0101010101010101ull
#define HIGHS 0x8080808080808080ull

enum space { SPACE_KERNEL, SPACE_USER };

ALWAYS_INLINE struct spile_loaded space_load(enum space space, u64 addr)
{
	return space == SPACE_KERNEL ? spile_import_load_kernel_u64(addr) : spile_import_load_user_u64(addr);
}

/*
 * Copies up to the first NUL, or whatever there is. Loads aligned words: they never reach into a
 * page that the string is not in. Returns 0, or 1 for a fault.
 */
ALWAYS_INLINE int space_copy(enum space space, struct rt_str *dst, u64 addr, u64 limit, int is_string)
{
	u32 skip = addr & 7;
	u64 n = 0;

	dst->len = 0;
	for (addr -= skip; n < limit; addr += 8, skip = 0) {
		struct spile_loaded loaded = space_load(space, addr);
		u64 word = loaded.value >> skip * 8, bytes = 8 - skip, zeros;

		if (loaded.fault)
			return 1;
		/* The lowest bit set is the high bit of the first byte that is 0. */
		zeros = is_string ? (word - ONES) & ~word & HIGHS : 0;
		if (zeros)
			bytes = min_u64(bytes, (u32)__builtin_ctzll(zeros) / 8);
		bytes = min_u64(bytes, limit - n);
		/* A whole word where there is room: what is behind the end does not count. */
		if (LIKELY(n + 8 <= align_up(limit, 8)))
			store_u64(dst->data + n, word);
		else
			memcpy(dst->data + n, &word, bytes);
		n += bytes;
		if (zeros && bytes < 8 - skip)
			break;
	}
	dst->len = (u32)n;
	return 0;
}

static u64 space_limit(struct rt_ctx *ctx, s64 length)
{
	return length > 0 ? min_u64((u64)length, str_limit(ctx)) : 0;
}

void rt_kernel_string(struct rt_ctx *ctx, struct rt_str *dst, __u64 addr, __s64 length)
{
	if (space_copy(SPACE_KERNEL, dst, addr, space_limit(ctx, length), 1))
		fail(ctx, SPILE_ERROR_KERNEL_STRING, addr);
}

void rt_user_string(struct rt_ctx *ctx, struct rt_str *dst, __u64 addr, __s64 length)
{
	if (space_copy(SPACE_USER, dst, addr, space_limit(ctx, length), 1))
		fail(ctx, SPILE_ERROR_USER_STRING, addr);
}

void rt_kernel_bytes(struct rt_ctx *ctx, struct rt_str *dst, __u64 addr, __s64 length)
{
	if (space_copy(SPACE_KERNEL, dst, addr, space_limit(ctx, length), 0))
		fail(ctx, SPILE_ERROR_KERNEL_STRING, addr);
}

void rt_user_bytes(struct rt_ctx *ctx, struct rt_str *dst, __u64 addr, __s64 length)
{
	if (space_copy(SPACE_USER, dst, addr, space_limit(ctx, length), 0))
		fail(ctx, SPILE_ERROR_USER_STRING, addr);
}
