// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * Sorting what others use meanwhile. A handler that runs beside others visits at
 * most as many elements as it has actions, so of a larger map only the first
 * so many are sorted. They are found before the handler has its locks, in one
 * walk along the order, in steps that are each under the map's lock; a bookmark in
 * the order keeps the place. When the handler sorts, what was found moves to the
 * front, and the front is sorted by what the elements are now.
 */
#include "map.h"
#include "words.h"

/* Elements looked at while others wait, and the pause after them, in which those who wait see that the lock is free. */
#define SELECT_STEP 64
#define SELECT_PAUSE 16

/* What is compared first, such that the lesser is before the greater. */
static u64 select_key(const struct sort *sort, u32 place)
{
	const void *p = (u8 *)map_node(sort->m, place) + sort->offset;
	u64 key;

	if (sort->is_str)
		key = __builtin_bswap64(str_word(p, 0));
	else
		key = *(const u64 *)p ^ 1ull << 63;
	return sort->descending ? ~key : key;
}

static __attribute__((noinline)) int select_equal_before(const struct sort *sort, const struct selected *a,
							  const struct selected *b)
{
	/* Of an element that has gone meanwhile this is some other string. */
	if (sort->is_str) {
		if (sort_wrong(sort, b->place, a->place))
			return 1;
		if (sort_wrong(sort, a->place, b->place))
			return 0;
	}
	return a->number < b->number;
}

/* Whether a comes before b. */
ALWAYS_INLINE int select_before(const struct sort *sort, const struct selected *a, const struct selected *b)
{
	return LIKELY(a->key != b->key) ? a->key < b->key : select_equal_before(sort, a, b);
}

/* A heap whose last one is at the top: moves a hole up until `item` may be in it. */
static void select_rise(const struct sort *sort, struct selected *heap, u32 hole, struct selected item)
{
	while (hole && select_before(sort, &heap[(hole - 1) / 2], &item)) {
		heap[hole] = heap[(hole - 1) / 2];
		hole = (hole - 1) / 2;
	}
	heap[hole] = item;
}

/* Replaces the top. Most that come late belong near the bottom: the hole goes all the way down, and up again. */
static void select_sink(const struct sort *sort, struct selected *heap, u32 n, struct selected item)
{
	u32 hole = 0, child;

	for (child = 1; child < n; child = 2 * child + 1) {
		if (child + 1 < n && select_before(sort, &heap[child], &heap[child + 1]))
			child++;
		heap[hole] = heap[child];
		hole = child;
	}
	select_rise(sort, heap, hole, item);
}

/* Keeps an element if it is among the first so far; returns how many are kept. */
static u32 select_offer(const struct sort *sort, struct selection *selection, u32 n, struct selected item)
{
	struct selected *heap = selection->first;

	if (n == sort->map->select) {
		if (select_before(sort, &item, &heap[0]))
			select_sink(sort, heap, n, item);
		return n;
	}
	select_rise(sort, heap, n, item);
	return n + 1;
}

struct search {
	u32 n;			/* kept so far */
	u32 number;		/* looked at so far */
};

/* The next elements of the walk, under the lock; whether there are more. */
static int select_step(const struct sort *sort, struct selection *selection, struct search *search)
{
	u32 bookmark = map_bookmark(sort->map), place, i;
	struct map *m = sort->m;

	if (search->number && !list_has(m, bookmark)) {
		/* Emptied, or sorted by another handler. */
		search->n = 0;
		return 0;
	}
	place = selection->bookmark.links[LIST_ORDER].next;
	/* One that could not go on has left it. */
	if (list_has(m, bookmark))
		list_remove(m, LIST_ORDER, &selection->bookmark);
	if (!search->number) {
		selection->clears = m->clears;
		place = m->ends[LIST_ORDER].next;
	}
	for (i = 0; place && i < SELECT_STEP; i++) {
		struct selected item = { 0, place, search->number++ };

		sort_prepare_stat(sort, place);
		item.key = select_key(sort, place);
		search->n = select_offer(sort, selection, search->n, item);
		place = map_node(m, place)->links[LIST_ORDER].next;
	}
	if (!place)
		return 0;
	list_insert(m, LIST_ORDER, bookmark, place);
	return 1;
}

/* With the lock of a map's selection, before all others: 0 where the map's own was not to be had. */
static int map_select(struct rt_ctx *ctx, const struct rt_lock *lock)
{
	const struct rt_global *map = lock_global(ctx, lock);
	struct rt_lock alone = { map->lock_off, map->shared ? RT_LOCK_ALONE : RT_LOCK_WRITE, lock->global, 0 };
	struct selection *selection = map_selection(ctx, map);
	struct sort sort = sort_make(ctx, map, lock->what);
	struct search search = { 0, 0 };
	u32 left, i;
	int more;

	selection->n = 0;
	selection->order = lock->what;
	/* All of them can be sorted under the lock. */
	if (__atomic_load_n(&sort.m->count, __ATOMIC_RELAXED) <= map->select)
		return 1;
	do {
		if (!lock_take(ctx, &alone))
			return 0;
		more = select_step(&sort, selection, &search);
		lock_release(ctx, &alone);
		for (i = 0; more && i < SELECT_PAUSE; i++)
			cpu_relax();
	} while (more);
	for (left = search.n; left > 1; left--) {
		struct selected last = selection->first[left - 1];

		selection->first[left - 1] = selection->first[0];
		select_sink(&sort, selection->first, left - 1, last);
	}
	selection->n = search.n;
	return 1;
}
