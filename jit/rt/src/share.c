// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Elements of shared maps, to which several handlers may be adding: see lock.c. */
#include "imports.h"
#include "map.h"

/*
 * For keys that no element has. Making one needs the map alone. Additions do not care what happens in between, so the
 * handler may go out and come in again, unlike one that looks at elements. What
 * it did before stands if the map is not to be had: a skipped hit, from here on.
 */
static __attribute__((noinline)) u64 map_make(struct rt_ctx *ctx, const struct rt_global *map, const u64 *keys)
{
	u32 *mark = update_mark(ctx->part, map), seen;
	u32 global = (u32)(map - (const struct rt_global *)at(session_of(ctx)->globals));
	struct rt_lock alone = { map->lock_off, RT_LOCK_ALONE, global, 0, 0 };
	struct rt_lock update = { map->lock_off, RT_LOCK_UPDATE, global, 0, 0 };
	u64 address;

	/* A handler that has the map alone, or needs no lock. */
	if (!*mark)
		return rt_map_put(ctx, map, keys);
	update_leave(mark);
	if (LIKELY(lock_take(ctx, &alone))) {
		address = rt_map_put(ctx, map, keys);
		__atomic_store_n(mark, 1, __ATOMIC_RELAXED);
		lock_release(ctx, &alone);
		return address;
	}
	/* It had the lock, so what it interrupted has not: whoever has it will leave. */
	while (!lock_try(ctx, &update, &seen))
		cpu_relax();
	session_skip(ctx, global);
	fail(ctx, RT_ABORT, 0);
	return 0;
}

__u64 rt_map_make(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys)
{
	struct node *node = map_find(ctx, map, keys).node;

	return LIKELY(node) ? address_of(node_value(node)) : map_make(ctx, map, keys);
}
