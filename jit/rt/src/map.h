/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * Maps: a hash table with chains over preallocated nodes. In the image's data:
 * struct map, heads of chains, nodes. A node is known by its place, its offset
 * from struct map; 0 is none, or, in lists, struct map itself, which has the ends
 * where nodes have their neighbours. So zeroed memory is an empty map, and lists
 * need no special cases. The jit knows all of this: see jit/src/lower/lookup.rs.
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
	struct map_link ends[N_LISTS];
	u32 free;		/* first of the nodes given back, linked through chain */
	u32 used;		/* bytes of nodes; those beyond were never used */
	u64 heads;		/* bytes from the first heads to those in use: 0, or map_heads_bytes() */
	u32 spare;		/* of the others: enum map_spare, or RT_LOCK_WRITER and the CPU that zeroes them */
	u32 clears;		/* how often it was emptied */
	u32 waiting;		/* handlers that wait for its lock */
};

/* Where a map has spare heads, what they are. */
enum map_spare {
	SPARE_CLEAN = 0,
	SPARE_DIRTY = 1,
};

#define MAP_HEADER 64

/* The value follows, then the keys; a string's bytes are followed by zeros, up to 16. */
struct node {
	u32 hash;		/* its upper half */
	u32 chain;
	struct map_link links[N_LISTS];
};

_Static_assert(sizeof(struct map) <= MAP_HEADER, "heads are behind the header");
_Static_assert(__builtin_offsetof(struct map, ends) == __builtin_offsetof(struct node, links),
	       "a map is a node of its lists");

/* Keys are hashed word by word: an integer is one, a string two or more, zeros behind its bytes. */
#define HASH_FACTOR 0x9e3779b97f4a7c15ull

ALWAYS_INLINE u64 hash_word(u64 hash, u64 word)
{
	return ((hash << 32 | hash >> 32) ^ word) * HASH_FACTOR;
}

ALWAYS_INLINE u64 map_heads_bytes(const struct rt_global *map)
{
	return align_up(map->n_slots * sizeof(u32), 64);
}

/* Bytes before the first node. */
ALWAYS_INLINE u64 map_heads_size(const struct rt_global *map)
{
	return MAP_HEADER + map_heads_bytes(map) * (map->spare ? 2 : 1);
}

ALWAYS_INLINE struct map *map_of(const struct rt_ctx *ctx, const struct rt_global *map)
{
	return at(ctx->data + map->data_off);
}

ALWAYS_INLINE u32 *map_heads(struct map *m)
{
	return (u32 *)((u8 *)m + MAP_HEADER + m->heads);
}

/* Those not in use. */
ALWAYS_INLINE u32 *map_spare_heads(struct map *m, const struct rt_global *map)
{
	return (u32 *)((u8 *)m + MAP_HEADER + (m->heads ? 0 : map_heads_bytes(map)));
}

ALWAYS_INLINE u32 *map_head(struct map *m, const struct rt_global *map, u64 hash)
{
	return &map_heads(m)[hash >> map->hash_shift];
}

ALWAYS_INLINE struct node *map_node(struct map *m, u32 place)
{
	return (struct node *)((u8 *)m + place);
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

/* One of the first elements in some order. */
struct selected {
	u64 key;		/* what is compared, or the first bytes of it, such that the lesser comes first */
	u32 place;
	u32 number;		/* as they were found: which of two that are equal comes first */
};

/* The first elements of a map in some order, found before a handler has the map: see select.c. */
struct selection {
	struct node bookmark;	/* in the map's order, where the search goes on; no element */
	u32 lock;
	u32 n;			/* 0: there are so few elements that all are sorted under the lock */
	u32 clears;		/* the map's, then */
	u32 unused;
	struct selected first[];	/* map->select of them */
};

/* More than are visited are found, since some may have gone when the handler has its locks. */
#define SELECT_RESERVE 16

/* So many for a handler that visits n. */
ALWAYS_INLINE u32 select_front(const struct rt_global *map, u64 n)
{
	u64 front = n + n / 8 + SELECT_RESERVE;

	return n < map->select && front < map->select ? (u32)front : map->select;
}

ALWAYS_INLINE struct selection *map_selection(const struct rt_ctx *ctx, const struct rt_global *map, u32 number)
{
	return at(ctx->data + map->select_off + (u64)number * map->select_size);
}

/* The place of a selection's bookmark. */
ALWAYS_INLINE u32 map_bookmark(const struct rt_global *map, u32 number)
{
	return map->select_off - map->data_off + number * map->select_size;
}

/* Selections are behind the elements. */
ALWAYS_INLINE int is_bookmark(const struct rt_global *map, u32 place)
{
	return place >= map->select_off - map->data_off;
}

#endif /* SPILE_RT_MAP_H */
