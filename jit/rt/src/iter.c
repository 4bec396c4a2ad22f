// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Iteration over maps. A cursor is the place of a node, 0 at the end. */
#include "map.h"

__u64 rt_iter_first(struct rt_ctx *ctx, const struct rt_global *map, __u64 sort, const __u64 *keys, __u64 mask,
		    __u64 limit)
{
	struct map *m = map_of(ctx, map);

	if (sort)
		map_sort(ctx, map, sort, keys, mask, limit);
	return map_match(m, map, m->ends[LIST_ORDER].next, keys, mask);
}

__u64 rt_iter_next(struct rt_ctx *ctx, const struct rt_global *map, __u64 cursor, const __u64 *keys, __u64 mask)
{
	struct map *m = map_of(ctx, map);

	return map_match(m, map, map_node(m, (u32)cursor)->links[LIST_ORDER].next, keys, mask);
}

__u64 rt_iter_key(struct rt_ctx *ctx, const struct rt_global *map, __u64 cursor, __u64 position)
{
	u8 *key = node_keys(map, map_node(map_of(ctx, map), (u32)cursor));
	u32 i;

	for (i = 0; i < position; i++)
		key += key_size(map, i);
	return key_is_str(map, (u32)position) ? address_of(key) : *(u64 *)key;
}

__u64 rt_iter_value(struct rt_ctx *ctx, const struct rt_global *map, __u64 cursor)
{
	void *value = node_value(map_node(map_of(ctx, map), (u32)cursor));

	return map->value == RT_INT ? *(u64 *)value : address_of(value);
}

__s64 rt_iter_stat(struct rt_ctx *ctx, const struct rt_global *map, __u64 cursor, __u64 field)
{
	struct stat_parts parts = stat_parts_node(map, map_node(map_of(ctx, map), (u32)cursor));

	return stat_read(ctx, &parts, field);
}
