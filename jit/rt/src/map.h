/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * Maps: a hash table with chains over preallocated nodes. Nodes are numbered
 * from 1, so that zeroed memory is an empty map. In the image's data: struct
 * map, heads of chains, nodes.
 */
#ifndef SPILE_RT_MAP_H
#define SPILE_RT_MAP_H

#include "base.h"

/* Doubly linked lists that a node is in. */
enum map_list {
	LIST_ORDER = 0,		/* as iterated */
	LIST_AGE = 1,		/* by the last write; only of wrapping maps */
	N_LISTS = 2,
};

/* In a node: its neighbours. In struct map: the ends, next being the first. */
struct map_link {
	u32 next, prev;
};

/* The lock word is first: lock_off is data_off. */
struct map {
	u32 lock;
	u32 count;
	u32 free;		/* first of the nodes given back, linked through chain */
	u32 used;		/* nodes numbered beyond this were never used */
	u64 generation;		/* of the aggregates of the element made last */
	struct map_link ends[N_LISTS];
};

#define MAP_HEADER 64

/* The value follows, then the keys. */
struct node {
	u32 hash;
	u32 chain;
	struct map_link links[N_LISTS];
};

/* The value of a node whose aggregate is in the CPUs' parts. */
struct node_stat {
	u64 generation;
	s64 sorted_by;		/* while sorting */
};

/* Bytes before the first node. */
ALWAYS_INLINE u64 map_heads_size(const struct rt_global *map)
{
	return MAP_HEADER + align_up(map->n_slots * sizeof(u32), 64);
}

ALWAYS_INLINE struct map *map_of(const struct rt_ctx *ctx, const struct rt_global *map)
{
	return at(ctx->data + map->data_off);
}

ALWAYS_INLINE u32 *map_heads(struct map *m)
{
	return (u32 *)((u8 *)m + MAP_HEADER);
}

ALWAYS_INLINE struct node *map_node(struct map *m, const struct rt_global *map, u32 index)
{
	return (struct node *)((u8 *)m + (map->nodes_off - map->data_off) + (u64)(index - 1) * map->node_size);
}

ALWAYS_INLINE void *node_value(struct node *node)
{
	return node + 1;
}

ALWAYS_INLINE void *node_keys(const struct rt_global *map, struct node *node)
{
	return (u8 *)node + map->keys_off;
}

ALWAYS_INLINE int key_is_str(const struct rt_global *map, u32 position)
{
	return map->str_keys >> position & 1;
}

ALWAYS_INLINE u64 key_size(const struct rt_global *map, u32 position)
{
	return key_is_str(map, position) ? map->slot : sizeof(u64);
}

#endif /* SPILE_RT_MAP_H */
