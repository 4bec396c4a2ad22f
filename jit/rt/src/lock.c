// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * Reader-writer locks of globals: a word that counts readers, or holds WRITER
 * and the writer's CPU. Waited for at most max_trylock times TRYLOCK_DELAY_NS,
 * and not at all if the writer is a handler of this CPU, which cannot go on
 * before this one ends.
 */
#include "imports.h"

#define WRITER RT_LOCK_WRITER
#define TRYLOCK_DELAY_NS 10000
/* Spins between two looks at the clock. */
#define SPINS 64

static int lock_try(struct rt_ctx *ctx, const struct rt_lock *lock, u32 *seen)
{
	u32 *word = at(ctx->data + lock->lock_off);
	u32 old = __atomic_load_n(word, __ATOMIC_RELAXED);
	u32 new = lock->mode == RT_LOCK_WRITE ? WRITER | ctx->cpu : old + 1;

	*seen = old;
	if (lock->mode == RT_LOCK_WRITE ? old : old & WRITER)
		return 0;
	return __atomic_compare_exchange_n(word, &old, new, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static int lock_take(struct rt_ctx *ctx, const struct rt_lock *lock)
{
	u64 begun = 0, now;
	u32 seen, i;

	for (;;) {
		if (LIKELY(lock_try(ctx, lock, &seen)))
			break;
		if (seen == (WRITER | ctx->cpu))
			return 0;
		now = spile_import_time_mono_ns();
		if (!begun)
			begun = now;
		else if (now - begun > (u64)session_of(ctx)->max_trylock * TRYLOCK_DELAY_NS) {
			timing_waited(ctx, now - begun);
			return 0;
		}
		for (i = 0; i < SPINS; i++)
			cpu_relax();
	}
	if (UNLIKELY(begun))
		timing_waited(ctx, spile_import_time_mono_ns() - begun);
	return 1;
}

static void lock_release(struct rt_ctx *ctx, const struct rt_lock *lock)
{
	u32 *word = at(ctx->data + lock->lock_off);

	if (lock->mode == RT_LOCK_WRITE)
		__atomic_store_n(word, 0, __ATOMIC_RELEASE);
	else
		__atomic_fetch_sub(word, 1, __ATOMIC_RELEASE);
}

static void locks_release(struct rt_ctx *ctx, const struct rt_handler *handler, u32 n)
{
	while (n)
		lock_release(ctx, &handler->locks[--n]);
}

/* All of a handler's locks, or none: then the one that it cannot have. */
static const struct rt_lock *locks_take(struct rt_ctx *ctx, const struct rt_handler *handler)
{
	u32 i;

	for (i = 0; i < handler->n_locks; i++) {
		if (UNLIKELY(!lock_take(ctx, &handler->locks[i]))) {
			locks_release(ctx, handler, i);
			return &handler->locks[i];
		}
	}
	return 0;
}
