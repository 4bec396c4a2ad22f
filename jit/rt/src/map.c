// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Associative arrays. Under the map's lock: for reading in get and has, else for writing. */
#include "map.h"
#include "stat.h"
#include "words.h"

ALWAYS_INLINE u64 hash_str(u64 hash, const struct rt_str *s)
{
	u32 n = s->len, i;

	hash = hash_word(hash, str_word(s, 0));
	hash = hash_word(hash, str_word(s, 1));
	for (i = 2; i * 8 < n; i++)
		hash = hash_word(hash, str_word(s, i));
	return hash;
}

ALWAYS_INLINE u64 hash_keys(const struct rt_global *map, const u64 *keys)
{
	u64 hash = 0;
	u32 i;

	for (i = 0; i < map->n_keys; i++)
		hash = key_is_str(map, i) ? hash_str(hash, at(keys[i])) : hash_word(hash, keys[i]);
	return hash;
}

/* Whether a node has these keys; those in the mask match anything. */
ALWAYS_INLINE int node_matches(const struct rt_global *map, struct node *node, const u64 *keys, u64 mask)
{
	u8 *key = node_keys(map, node);
	u32 i;

	for (i = 0; i < map->n_keys; i++) {
		if (!(mask >> i & 1)) {
			if (key_is_str(map, i) ? !str_equal((struct rt_str *)key, at(keys[i])) :
						 *(u64 *)key != keys[i])
				return 0;
		}
		key += key_size(map, i);
	}
	return 1;
}

/* Where some keys are, or would be. Fits two registers. */
struct found {
	struct node *node;	/* or 0 */
	u64 hash;		/* of the keys */
};

/* For maps with one key that is an integer: the same without loops. */
ALWAYS_INLINE struct found map_find_int(struct rt_ctx *ctx, const struct rt_global *map, u64 key)
{
	struct found found = { 0, hash_word(0, key) };
	struct map *m = map_of(ctx, map);
	u32 place = *map_head(m, map, found.hash);

	while (place) {
		struct node *node = map_node(m, place);

		if (LIKELY(*(u64 *)node_keys(map, node) == key)) {
			found.node = node;
			break;
		}
		place = node->chain;
	}
	return found;
}

static __attribute__((noinline)) struct found map_find_any(struct rt_ctx *ctx, const struct rt_global *map,
							    const u64 *keys)
{
	struct found found = { 0, hash_keys(map, keys) };
	struct map *m = map_of(ctx, map);
	u32 place = *map_head(m, map, found.hash);

	while (place) {
		struct node *node = map_node(m, place);

		if (LIKELY(node->hash == found.hash >> 32) && LIKELY(node_matches(map, node, keys, 0))) {
			found.node = node;
			break;
		}
		place = node->chain;
	}
	return found;
}

static struct found map_find(struct rt_ctx *ctx, const struct rt_global *map, const u64 *keys)
{
	if (map->n_keys == 1 && !map->str_keys)
		return map_find_int(ctx, map, keys[0]);
	return map_find_any(ctx, map, keys);
}

ALWAYS_INLINE u32 node_place(const struct map *m, const struct node *node)
{
	return (u32)(address_of(node) - address_of(m));
}

/* Before a node, or struct map itself: at the end. */
ALWAYS_INLINE void list_insert(struct map *m, u32 list, u32 place, u32 before)
{
	struct map_link *link = &map_node(m, place)->links[list];
	u32 prev = map_node(m, before)->links[list].prev;

	link->next = before;
	link->prev = prev;
	map_node(m, before)->links[list].prev = place;
	map_node(m, prev)->links[list].next = place;
}

ALWAYS_INLINE void list_append(struct map *m, u32 list, u32 place)
{
	list_insert(m, list, place, 0);
}

/* Whether a node is in the order. One that was taken out is not what its neighbour then is to. */
ALWAYS_INLINE int list_has(struct map *m, u32 place)
{
	return map_node(m, map_node(m, place)->links[LIST_ORDER].prev)->links[LIST_ORDER].next == place;
}

ALWAYS_INLINE void list_remove(struct map *m, u32 list, struct node *node)
{
	struct map_link link = node->links[list];

	map_node(m, link.prev)->links[list].next = link.next;
	map_node(m, link.next)->links[list].prev = link.prev;
}

/* In a wrapping map, a write makes an element the newest, and the last in the order. */
static __attribute__((noinline)) void map_touch(struct map *m, u32 place)
{
	u32 list;

	for (list = 0; list < N_LISTS; list++) {
		list_remove(m, list, map_node(m, place));
		list_append(m, list, place);
	}
}

void rt_map_remove(struct rt_ctx *ctx, const struct rt_global *map, __u64 place)
{
	struct map *m = map_of(ctx, map);
	struct node *node = map_node(m, (u32)place);
	u32 *link = map_head(m, map, (u64)node->hash << 32);

	while (UNLIKELY(*link != place))
		link = &map_node(m, *link)->chain;
	*link = node->chain;
	list_remove(m, LIST_ORDER, node);
	if (UNLIKELY(map->wrap))
		list_remove(m, LIST_AGE, node);
	node->chain = m->free;
	m->free = (u32)place;
	m->count--;
}

/* Where no node was given back: the place of one that was never used, or of the oldest, or 0. */
static __attribute__((noinline)) u32 map_take_another(struct rt_ctx *ctx, const struct rt_global *map)
{
	struct map *m = map_of(ctx, map);
	u32 place;

	if (m->used < map->capacity * map->node_size) {
		place = map->nodes_off - map->data_off + m->used;
		m->used += map->node_size;
		return place;
	}
	if (map->wrap) {
		place = m->ends[LIST_AGE].next;
		rt_map_remove(ctx, map, place);
		m->free = map_node(m, place)->chain;
		return place;
	}
	fail(ctx, map->sized ? SPILE_ERROR_MAP_SIZE : SPILE_ERROR_MAP_FULL, map->capacity);
	return 0;
}

/* Empty. In a shared map, the first value is less and greater than what is there, as all others may be. */
static void stat_fill(const struct rt_global *map, struct stat *stat)
{
	memset(stat, 0, map->stat_size);
	if (map->shared) {
		stat->min = (s64)(~0ull >> 1);
		stat->max = (s64)(1ull << 63);
	}
}

static __attribute__((noinline)) void node_fill_any(const struct rt_global *map, struct node *node, const u64 *keys)
{
	u8 *key = node_keys(map, node);
	u32 i;

	/* An integer is 0, a string's length is 0. */
	if (map->value == RT_STAT)
		stat_fill(map, node_value(node));
	else
		*(u64 *)node_value(node) = 0;
	for (i = 0; i < map->n_keys; i++) {
		if (key_is_str(map, i))
			str_pad((struct rt_str *)key, at(keys[i]), map->max_string - 1);
		else
			*(u64 *)key = keys[i];
		key += key_size(map, i);
	}
}

ALWAYS_INLINE void node_fill(const struct rt_global *map, struct node *node, const u64 *keys)
{
	if (UNLIKELY(map->n_keys != 1 || map->str_keys || map->value != RT_INT)) {
		node_fill_any(map, node, keys);
		return;
	}
	*(u64 *)node_value(node) = 0;
	*(u64 *)(node_value(node) + sizeof(u64)) = keys[0];
}

__u64 rt_map_insert(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys, __u64 hash)
{
	struct map *m = map_of(ctx, map);
	u32 place = m->free, *head;
	struct node *node;

	if (LIKELY(place)) {
		m->free = map_node(m, place)->chain;
	} else {
		place = map_take_another(ctx, map);
		if (UNLIKELY(!place))
			return 0;
	}
	node = map_node(m, place);
	node_fill(map, node, keys);
	/* Not before map_take_another(), which may unlink an element of the same chain. */
	head = map_head(m, map, hash);
	node->hash = (u32)(hash >> 32);
	node->chain = *head;
	*head = place;
	list_append(m, LIST_ORDER, place);
	if (UNLIKELY(map->wrap))
		list_append(m, LIST_AGE, place);
	m->count++;
	return address_of(node_value(node));
}

/* The value of the node with these keys, or 0. */
__u64 rt_map_get(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys)
{
	struct found found = map_find(ctx, map, keys);

	return found.node ? address_of(node_value(found.node)) : 0;
}

__u64 rt_map_put(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys)
{
	struct found found = map_find(ctx, map, keys);

	if (UNLIKELY(!found.node))
		return rt_map_insert(ctx, map, keys, found.hash);
	if (UNLIKELY(map->wrap))
		map_touch(map_of(ctx, map), node_place(map_of(ctx, map), found.node));
	return address_of(node_value(found.node));
}

ALWAYS_INLINE int mask_is_full(const struct rt_global *map, u64 mask)
{
	u64 all = (1ull << map->n_keys) - 1;

	return (mask & all) == all;
}

/* The first node from a place on, in the order, that matches; or 0. */
static u32 map_match(struct map *m, const struct rt_global *map, u32 place, const u64 *keys, u64 mask)
{
	int any = mask_is_full(map, mask);

	while (place && (is_bookmark(map, place) || (!any && !node_matches(map, map_node(m, place), keys, mask))))
		place = map_node(m, place)->links[LIST_ORDER].next;
	return place;
}

__u64 rt_map_has(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys, __u64 mask)
{
	struct map *m = map_of(ctx, map);

	if (!mask)
		return map_find(ctx, map, keys).node != 0;
	return map_match(m, map, m->ends[LIST_ORDER].next, keys, mask) != 0;
}

void rt_map_delete(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys, __u64 mask)
{
	struct map *m = map_of(ctx, map);
	u32 place;

	if (!mask) {
		struct node *node = map_find(ctx, map, keys).node;

		if (node)
			rt_map_remove(ctx, map, node_place(m, node));
		return;
	}
	if (mask_is_full(map, mask)) {
		rt_map_clear(ctx, map);
		return;
	}
	place = map_match(m, map, m->ends[LIST_ORDER].next, keys, mask);
	while (place) {
		u32 next = map_node(m, place)->links[LIST_ORDER].next;

		rt_map_remove(ctx, map, place);
		place = map_match(m, map, next, keys, mask);
	}
}

/* Elements whose heads are zeroed one by one where there are others to change to. */
#define CLEAR_AT_ONCE 256

static void map_zero_heads(struct map *m, const struct rt_global *map)
{
	u32 place = map_match(m, map, m->ends[LIST_ORDER].next, 0, ~0ull);

	while (place) {
		struct node *node = map_node(m, place);

		*map_head(m, map, (u64)node->hash << 32) = 0;
		place = map_match(m, map, node->links[LIST_ORDER].next, 0, ~0ull);
	}
}

/*
 * Where others may wait, it takes no longer the more elements there are: those
 * of a large map are left with their heads, which the next handler that empties
 * it zeroes before it has the lock. One that empties it twice has made the
 * elements of the second time itself.
 */
void rt_map_clear(struct rt_ctx *ctx, const struct rt_global *map)
{
	struct map *m = map_of(ctx, map);
	u32 i;

	if (map->spare && m->count > CLEAR_AT_ONCE && m->spare == SPARE_CLEAN) {
		m->heads = m->heads ? 0 : map_heads_bytes(map);
		m->spare = SPARE_DIRTY;
	} else if (m->count < map->n_slots / 8) {
		map_zero_heads(m, map);
	} else {
		memset(map_heads(m), 0, map->n_slots * sizeof(u32));
	}
	for (i = 0; i < map->n_orders; i++)
		memset(&map_selection(ctx, map, i)->bookmark, 0, sizeof(struct node));
	m->clears++;
	m->count = 0;
	m->free = 0;
	m->used = 0;
	memset(m->ends, 0, sizeof(m->ends));
}

/* Without the map's lock: zeroes spare heads that are not zero, if no one else does. */
static void map_clean(struct rt_ctx *ctx, const struct rt_global *map)
{
	struct map *m = map_of(ctx, map);
	u32 state = SPARE_DIRTY;

	if (__atomic_compare_exchange_n(&m->spare, &state, RT_LOCK_WRITER | ctx->cpu, 0, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED)) {
		memset(map_spare_heads(m, map), 0, map->n_slots * sizeof(u32));
		__atomic_store_n(&m->spare, SPARE_CLEAN, __ATOMIC_RELEASE);
	}
}
