// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * Reader-writer locks of globals: a word that counts readers, or holds the
 * writer's spile_ctx.owner. Waited for at most max_trylock times TRYLOCK_DELAY_NS,
 * and not at all if the writer is a handler of this CPU, which cannot go on
 * before this one ends.
 *
 * A shared map has a mark in each context's part, too: that a handler is in
 * which only adds to elements. It is in where the word is 0 after the mark is
 * set; who wants to be alone looks at the marks when it has the word. So hits
 * of different CPUs write nothing in common.
 */
#include "imports.h"
#include "map.h"

#define WRITER RT_LOCK_WRITER
#define TRYLOCK_DELAY_NS 10000
/* Spins between two looks at the clock. */
#define SPINS 64

ALWAYS_INLINE const struct rt_global *lock_global(const struct rt_ctx *ctx, const struct rt_lock *lock)
{
	return (const struct rt_global *)at(session_of(ctx)->globals) + lock->global;
}

/* Where a part has the mark. */
ALWAYS_INLINE u32 *update_mark(u64 part, const struct rt_global *map)
{
	return at(part + map->part_off);
}

ALWAYS_INLINE void update_leave(u32 *mark)
{
	__atomic_store_n(mark, 0, __ATOMIC_RELEASE);
}

static int update_try(struct rt_ctx *ctx, const struct rt_lock *lock, u32 *seen)
{
	u32 *mark = update_mark(ctx->part, lock_global(ctx, lock));

	/* First marked, then looked: the other way round than who wants to be alone. */
	__atomic_store_n(mark, 1, __ATOMIC_SEQ_CST);
	*seen = __atomic_load_n((u32 *)at(ctx->data + lock->lock_off), __ATOMIC_SEQ_CST);
	if (LIKELY(!*seen))
		return 1;
	update_leave(mark);
	return 0;
}

/* With the word taken: whether all that were in have left, within so many spins. */
static int updates_end(struct rt_ctx *ctx, const struct rt_lock *lock, u32 *seen)
{
	const struct rt_global *map = lock_global(ctx, lock);
	u32 part, i;

	*seen = 0;
	for (part = 0; part < n_parts(ctx); part++) {
		for (i = 0; __atomic_load_n(update_mark(part_at(ctx, part), map), __ATOMIC_SEQ_CST); i++) {
			if (part / SPILE_LEVELS == ctx->cpu) {
				*seen = (u32)ctx->owner;
				return 0;
			}
			if (i == SPINS)
				return 0;
			cpu_relax();
		}
	}
	return 1;
}

/* One attempt, and what stood in its way. */
static int lock_try(struct rt_ctx *ctx, const struct rt_lock *lock, u32 *seen)
{
	u32 *word = at(ctx->data + lock->lock_off);
	u32 old, new;

	if (lock->mode == RT_LOCK_UPDATE)
		return update_try(ctx, lock, seen);
	old = __atomic_load_n(word, __ATOMIC_RELAXED);
	new = lock->mode == RT_LOCK_READ ? old + 1 : (u32)ctx->owner;
	*seen = old;
	if (lock->mode == RT_LOCK_READ ? old & WRITER : old)
		return 0;
	if (!__atomic_compare_exchange_n(word, &old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return 0;
	if (lock->mode != RT_LOCK_ALONE || LIKELY(updates_end(ctx, lock, seen)))
		return 1;
	/* Let them in again. */
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
	return 0;
}

static void lock_release(struct rt_ctx *ctx, const struct rt_lock *lock)
{
	u32 *word = at(ctx->data + lock->lock_off);

	if (lock->mode == RT_LOCK_READ)
		__atomic_fetch_sub(word, 1, __ATOMIC_RELEASE);
	else if (lock->mode == RT_LOCK_UPDATE)
		update_leave(update_mark(ctx->part, lock_global(ctx, lock)));
	else
		__atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

/* The same, of a map whose spare heads are needed: they are zeroed before, while others may have the map. */
static int lock_try_clean(struct rt_ctx *ctx, const struct rt_lock *lock, u32 *seen)
{
	const struct rt_global *map = lock_global(ctx, lock);

	map_clean(ctx, map);
	if (!lock_try(ctx, lock, seen))
		return 0;
	/* Another has emptied it since. */
	*seen = map_of(ctx, map)->spare;
	if (LIKELY(*seen == SPARE_CLEAN))
		return 1;
	lock_release(ctx, lock);
	return 0;
}

ALWAYS_INLINE int lock_needs_spare(const struct rt_lock *lock)
{
	return (lock->mode == RT_LOCK_WRITE || lock->mode == RT_LOCK_ALONE) && lock->what;
}

static int lock_attempt(struct rt_ctx *ctx, const struct rt_lock *lock, u32 *seen)
{
	return LIKELY(!lock_needs_spare(lock)) ? lock_try(ctx, lock, seen) : lock_try_clean(ctx, lock, seen);
}

/* After an attempt that saw this. Who waits for a map is counted: see select.c. */
static __attribute__((noinline)) int lock_wait(struct rt_ctx *ctx, const struct rt_lock *lock, u32 seen)
{
	u64 most = (u64)session_of(ctx)->max_trylock * TRYLOCK_DELAY_NS, begun, now;
	const struct rt_global *global = lock_global(ctx, lock);
	u32 nobody = 0, *waiting = global->kind == RT_MAP ? &map_of(ctx, global)->waiting : &nobody, i;
	int taken;

	if (seen == (u32)ctx->owner)
		return 0;
	begun = spile_import_time_mono_ns();
	__atomic_fetch_add(waiting, 1, __ATOMIC_RELAXED);
	do {
		/* Whoever takes it again and again leaves short gaps. */
		for (i = 0; i < SPINS && __atomic_load_n((u32 *)at(ctx->data + lock->lock_off), __ATOMIC_RELAXED); i++)
			cpu_relax();
		taken = lock_attempt(ctx, lock, &seen);
		now = spile_import_time_mono_ns();
	} while (!taken && seen != (u32)ctx->owner && now - begun <= most);
	__atomic_fetch_sub(waiting, 1, __ATOMIC_RELAXED);
	timing_waited(ctx, now - begun);
	return taken;
}

ALWAYS_INLINE int lock_take(struct rt_ctx *ctx, const struct rt_lock *lock)
{
	u32 seen;

	return LIKELY(lock_attempt(ctx, lock, &seen)) ? 1 : lock_wait(ctx, lock, seen);
}

static void locks_release(struct rt_ctx *ctx, const struct rt_handler *handler, u32 n)
{
	while (n)
		lock_release(ctx, &handler->locks[--n]);
}

/* See select.c. */
static int map_select(struct rt_ctx *ctx, const struct rt_lock *lock);
static const struct rt_lock *selections_hold(struct rt_ctx *ctx, const struct rt_handler *handler);

/* All of a handler's locks, or none: then the one that it cannot have. */
static const struct rt_lock *locks_try(struct rt_ctx *ctx, const struct rt_handler *handler)
{
	u32 i;

	for (i = 0; i < handler->n_locks; i++) {
		const struct rt_lock *lock = &handler->locks[i];

		if (UNLIKELY(!lock_take(ctx, lock))) {
			locks_release(ctx, handler, i);
			return lock;
		}
		if (UNLIKELY(lock->mode == RT_LOCK_SELECT && !map_select(ctx, lock))) {
			locks_release(ctx, handler, i + 1);
			return lock;
		}
	}
	return 0;
}

/* How often what was selected may not hold. */
#define LOCKS_TRIES 4

/* The same, with what was selected before they were had. */
static const struct rt_lock *locks_take(struct rt_ctx *ctx, const struct rt_handler *handler)
{
	const struct rt_lock *lock;
	u32 tries = 0;

	for (;;) {
		lock = locks_try(ctx, handler);
		if (lock || LIKELY(handler->locks[0].mode != RT_LOCK_SELECT))
			return lock;
		lock = selections_hold(ctx, handler);
		if (LIKELY(!lock))
			return 0;
		locks_release(ctx, handler, handler->n_locks);
		if (++tries == LOCKS_TRIES)
			return lock;
	}
}
