// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Associative arrays. Under the map's lock: for reading in get and has, else for writing. */
#include "map.h"

#define HASH_FACTOR 0x9e3779b97f4a7c15ull

ALWAYS_INLINE u64 hash_word(u64 hash, u64 word)
{
	return ((hash << 5 | hash >> 59) ^ word) * HASH_FACTOR;
}

ALWAYS_INLINE u64 hash_str(u64 hash, const struct rt_str *s)
{
	const u8 *p = s->data;
	u32 n = s->len;

	hash += n;
	for (; n >= 8; n -= 8, p += 8)
		hash = hash_word(hash, load_u64(p));
	if (n >= 4)
		return hash_word(hash, load_u32(p) | (u64)load_u32(p + n - 4) << 32);
	if (n)
		return hash_word(hash, p[0] | (u64)p[n / 2] << 8 | (u64)p[n - 1] << 16);
	return hash;
}

/* Folds the high bits, which are the better ones, into the low. */
ALWAYS_INLINE u32 hash_end(u64 hash)
{
	return (u32)((hash ^ hash >> 32) * HASH_FACTOR >> 32);
}

ALWAYS_INLINE u32 hash_keys(const struct rt_global *map, const u64 *keys)
{
	u64 hash = 0;
	u32 i;

	for (i = 0; i < map->n_keys; i++)
		hash = key_is_str(map, i) ? hash_str(hash, at(keys[i])) : hash_word(hash, keys[i]);
	return hash_end(hash);
}

ALWAYS_INLINE int str_equal(const struct rt_str *a, const struct rt_str *b)
{
	const u8 *p = a->data, *q = b->data;
	u32 n = a->len;

	if (n != b->len)
		return 0;
	for (; n >= 8; n -= 8, p += 8, q += 8) {
		if (load_u64(p) != load_u64(q))
			return 0;
	}
	if (n >= 4)
		return load_u32(p) == load_u32(q) && load_u32(p + n - 4) == load_u32(q + n - 4);
	for (; n; n--) {
		if (*p++ != *q++)
			return 0;
	}
	return 1;
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

ALWAYS_INLINE u32 *map_head(struct map *m, const struct rt_global *map, u32 hash)
{
	return &map_heads(m)[hash & (map->n_slots - 1)];
}

/* Where some keys are, or would be. Fits two registers. */
struct found {
	struct node *node;	/* or 0 */
	u32 index;		/* of the node, from 1, or 0 */
	u32 hash;		/* of the keys */
};

/* For maps with one key that is an integer: the same without loops. */
ALWAYS_INLINE struct found map_find_int(struct rt_ctx *ctx, const struct rt_global *map, u64 key)
{
	struct map *m = map_of(ctx, map);
	struct found found = { 0, 0, hash_end(hash_word(0, key)) };
	u32 index = *map_head(m, map, found.hash);

	while (index) {
		struct node *node = map_node(m, map, index);

		if (LIKELY(*(u64 *)node_keys(map, node) == key)) {
			found.node = node;
			found.index = index;
			break;
		}
		index = node->chain;
	}
	return found;
}

static __attribute__((noinline)) struct found map_find_any(struct rt_ctx *ctx, const struct rt_global *map,
							    const u64 *keys)
{
	struct map *m = map_of(ctx, map);
	struct found found = { 0, 0, hash_keys(map, keys) };
	u32 index = *map_head(m, map, found.hash);

	while (index) {
		struct node *node = map_node(m, map, index);

		if (LIKELY(node->hash == found.hash) && LIKELY(node_matches(map, node, keys, 0))) {
			found.node = node;
			found.index = index;
			break;
		}
		index = node->chain;
	}
	return found;
}

static struct found map_find(struct rt_ctx *ctx, const struct rt_global *map, const u64 *keys)
{
	if (map->n_keys == 1 && !map->str_keys)
		return map_find_int(ctx, map, keys[0]);
	return map_find_any(ctx, map, keys);
}

static void list_append(struct map *m, const struct rt_global *map, u32 list, u32 index)
{
	struct node *node = map_node(m, map, index);
	u32 last = m->ends[list].prev;

	node->links[list].next = 0;
	node->links[list].prev = last;
	if (last)
		map_node(m, map, last)->links[list].next = index;
	else
		m->ends[list].next = index;
	m->ends[list].prev = index;
}

static void list_remove(struct map *m, const struct rt_global *map, u32 list, u32 index)
{
	struct map_link link = map_node(m, map, index)->links[list];

	if (link.prev)
		map_node(m, map, link.prev)->links[list].next = link.next;
	else
		m->ends[list].next = link.next;
	if (link.next)
		map_node(m, map, link.next)->links[list].prev = link.prev;
	else
		m->ends[list].prev = link.prev;
}

/* In a wrapping map, a write makes an element the newest, and the last in the order. */
static void map_touch(struct map *m, const struct rt_global *map, u32 index)
{
	u32 list;

	for (list = 0; list < N_LISTS; list++) {
		if (m->ends[list].prev == index)
			continue;
		list_remove(m, map, list, index);
		list_append(m, map, list, index);
	}
}

static void map_remove(struct map *m, const struct rt_global *map, u32 index)
{
	struct node *node = map_node(m, map, index);
	u32 *link = map_head(m, map, node->hash);

	while (*link != index)
		link = &map_node(m, map, *link)->chain;
	*link = node->chain;
	list_remove(m, map, LIST_ORDER, index);
	if (map->wrap)
		list_remove(m, map, LIST_AGE, index);
	node->chain = m->free;
	m->free = index;
	m->count--;
}

/* The number of an unused node, or 0. */
static u32 map_take(struct map *m, const struct rt_global *map)
{
	u32 index = m->free;

	if (!index && m->used < map->capacity)
		return ++m->used;
	if (!index && map->wrap) {
		map_remove(m, map, m->ends[LIST_AGE].next);
		index = m->free;
	}
	if (index)
		m->free = map_node(m, map, index)->chain;
	return index;
}

static void node_fill(struct map *m, const struct rt_global *map, struct node *node, const u64 *keys)
{
	u8 *key = node_keys(map, node);
	u32 i;

	/* An integer is 0, a string's length is 0. */
	if (map->value == RT_STAT)
		((struct node_stat *)node_value(node))->generation = ++m->generation;
	else
		*(u64 *)node_value(node) = 0;
	for (i = 0; i < map->n_keys; i++) {
		if (key_is_str(map, i)) {
			const struct rt_str *from = at(keys[i]);
			struct rt_str *to = (struct rt_str *)key;

			to->len = (u32)min_u64(from->len, map->max_string - 1);
			memcpy(to->data, from->data, to->len);
		} else {
			*(u64 *)key = keys[i];
		}
		key += key_size(map, i);
	}
}

/* Makes a node with keys that no node has; none where the map is full, with the error set. */
static __attribute__((noinline)) struct found map_insert(struct rt_ctx *ctx, const struct rt_global *map,
							  const u64 *keys, u32 hash)
{
	struct map *m = map_of(ctx, map);
	struct found made = { 0, map_take(m, map), hash };
	u32 *head = map_head(m, map, hash);

	if (UNLIKELY(!made.index)) {
		fail(ctx, map->sized ? SPILE_ERROR_MAP_SIZE : SPILE_ERROR_MAP_FULL, map->capacity);
		return made;
	}
	made.node = map_node(m, map, made.index);
	node_fill(m, map, made.node, keys);
	made.node->hash = hash;
	made.node->chain = *head;
	*head = made.index;
	list_append(m, map, LIST_ORDER, made.index);
	if (map->wrap)
		list_append(m, map, LIST_AGE, made.index);
	m->count++;
	return made;
}

/* The node with these keys to be written, made where missing; none as map_insert(). */
ALWAYS_INLINE struct found map_write(struct rt_ctx *ctx, const struct rt_global *map, const u64 *keys)
{
	struct found found = map_find(ctx, map, keys);

	if (UNLIKELY(!found.node))
		return map_insert(ctx, map, keys, found.hash);
	if (UNLIKELY(map->wrap))
		map_touch(map_of(ctx, map), map, found.index);
	return found;
}

__u64 rt_map_get(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys)
{
	struct found found = map_find(ctx, map, keys);

	return found.node ? address_of(node_value(found.node)) : 0;
}

__u64 rt_map_put(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys)
{
	struct found found = map_write(ctx, map, keys);

	return LIKELY(found.node) ? address_of(node_value(found.node)) : 0;
}

ALWAYS_INLINE int mask_is_full(const struct rt_global *map, u64 mask)
{
	u64 all = (1ull << map->n_keys) - 1;

	return (mask & all) == all;
}

/* The first node from a number on, in the order, that matches; or 0. */
static u32 map_match(struct map *m, const struct rt_global *map, u32 index, const u64 *keys, u64 mask)
{
	if (mask_is_full(map, mask))
		return index;
	while (index && !node_matches(map, map_node(m, map, index), keys, mask))
		index = map_node(m, map, index)->links[LIST_ORDER].next;
	return index;
}

__u64 rt_map_has(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys, __u64 mask)
{
	struct map *m = map_of(ctx, map);

	if (!mask)
		return map_find(ctx, map, keys).index != 0;
	return map_match(m, map, m->ends[LIST_ORDER].next, keys, mask) != 0;
}

void rt_map_delete(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys, __u64 mask)
{
	struct map *m = map_of(ctx, map);
	u32 index;

	if (!mask) {
		index = map_find(ctx, map, keys).index;
		if (index)
			map_remove(m, map, index);
		return;
	}
	if (mask_is_full(map, mask)) {
		rt_map_clear(ctx, map);
		return;
	}
	index = map_match(m, map, m->ends[LIST_ORDER].next, keys, mask);
	while (index) {
		u32 next = map_node(m, map, index)->links[LIST_ORDER].next;

		map_remove(m, map, index);
		index = map_match(m, map, next, keys, mask);
	}
}

/* Costs as much as it has elements, and no more than zeroing the heads. */
void rt_map_clear(struct rt_ctx *ctx, const struct rt_global *map)
{
	struct map *m = map_of(ctx, map);
	u32 index;

	if (m->count < map->n_slots / 8) {
		for (index = m->ends[LIST_ORDER].next; index;) {
			struct node *node = map_node(m, map, index);

			*map_head(m, map, node->hash) = 0;
			index = node->links[LIST_ORDER].next;
		}
	} else {
		memset(map_heads(m), 0, map->n_slots * sizeof(u32));
	}
	m->count = 0;
	m->free = 0;
	m->used = 0;
	memset(m->ends, 0, sizeof(m->ends));
}
