/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/* What every part of the runtime uses: memory, atomics, errors, the session block. */
#ifndef SPILE_RT_BASE_H
#define SPILE_RT_BASE_H

#include "../include/rt.h"

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

/* Ours in images (memory.c), the C library's elsewhere. */
void *memcpy(void *dst, const void *src, __SIZE_TYPE__ n);
void *memmove(void *dst, const void *src, __SIZE_TYPE__ n);
void *memset(void *dst, int byte, __SIZE_TYPE__ n);
int memcmp(const void *a, const void *b, __SIZE_TYPE__ n);

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

ALWAYS_INLINE u64 min_u64(u64 a, u64 b)
{
	return a < b ? a : b;
}

ALWAYS_INLINE u64 align_up(u64 n, u64 to)
{
	return (n + to - 1) & ~(to - 1);
}

/* Unaligned loads and stores, one instruction each. */
ALWAYS_INLINE u64 load_u64(const void *p)
{
	u64 value;

	__builtin_memcpy(&value, p, sizeof(value));
	return value;
}

ALWAYS_INLINE u32 load_u32(const void *p)
{
	u32 value;

	__builtin_memcpy(&value, p, sizeof(value));
	return value;
}

ALWAYS_INLINE void store_u64(void *p, u64 value)
{
	__builtin_memcpy(p, &value, sizeof(value));
}

ALWAYS_INLINE void cpu_relax(void)
{
#if defined(__x86_64__)
	__asm__ volatile("pause" ::: "memory");
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#else
	__asm__ volatile("" ::: "memory");
#endif
}

/* Addresses are integers in the ABI. */
ALWAYS_INLINE void *at(u64 address)
{
	return (void *)(__UINTPTR_TYPE__)address;
}

ALWAYS_INLINE u64 address_of(const void *p)
{
	return (u64)(__UINTPTR_TYPE__)p;
}

ALWAYS_INLINE struct rt_session *session_of(const struct rt_ctx *ctx)
{
	return at(ctx->data);
}

/* How many contexts have a part, and the address of a part by its number: CPU by CPU, level by level. */
ALWAYS_INLINE u32 n_parts(const struct rt_ctx *ctx)
{
	return ctx->n_cpus * SPILE_LEVELS;
}

ALWAYS_INLINE u64 part_at(const struct rt_ctx *ctx, u32 number)
{
	return ctx->parts + number * ctx->part_stride;
}

/* The end of the scratch memory, which is the runtime's own: rt_scratch_reserve() bytes. */
ALWAYS_INLINE u64 reserve_of(const struct rt_ctx *ctx)
{
	const struct rt_session *session = session_of(ctx);

	return ctx->scratch + session->scratch_size - session->reserve;
}

/* Most bytes of a string in this session. */
ALWAYS_INLINE u32 str_limit(const struct rt_ctx *ctx)
{
	return session_of(ctx)->max_string - 1;
}

ALWAYS_INLINE void fail(struct rt_ctx *ctx, u32 code, u64 arg)
{
	ctx->error = code;
	ctx->error_arg = arg;
}

#endif /* SPILE_RT_BASE_H */
