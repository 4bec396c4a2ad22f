// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * Sorting what others use meanwhile. A handler that runs beside others visits at
 * most as many elements as its loop's limit says, or as it has actions, so of a
 * larger map only the first so many are sorted. They are found before the handler
 * has its locks, and some more, in one walk along the order, in steps that are each
 * under the map's lock; a bookmark in the order keeps the place. If too many
 * of them have gone when the handler has its locks, it gives them back, and all
 * begins again. When it sorts, what was found moves to the front, and the front is
 * sorted by what the elements are now. Each order has its own place for this.
 */
#include "map.h"

/* Elements looked at while others wait, and how long those who do are given to see that the lock is free. */
#define SELECT_STEP 64
#define SELECT_PAUSE 64
/* How often others may disturb it. */
#define SELECT_TRIES 4

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

struct search {
	u32 keep;		/* so many of the first */
	u32 n;			/* kept so far */
	u32 number;		/* looked at so far */
	u32 restarts;
};

/* Keeps an element if it is among the first so far. */
static void select_offer(const struct sort *sort, struct selected *heap, struct search *search, struct selected item)
{
	if (search->n < search->keep)
		select_rise(sort, heap, search->n++, item);
	else if (select_before(sort, &item, &heap[0]))
		select_sink(sort, heap, search->n, item);
}

/* The next elements of the walk, under the lock; whether there are more. */
static int select_step(const struct sort *sort, u32 order, struct search *search)
{
	struct selection *selection = map_selection(sort->ctx, sort->map, order);
	u32 bookmark = map_bookmark(sort->map, order), place, i;
	struct map *m = sort->m;

	if (search->number && !list_has(m, bookmark)) {
		/* Emptied, or sorted by another handler. */
		search->n = search->number = 0;
		search->restarts++;
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

		/* Another order's bookmark is no element. */
		if (!is_bookmark(sort->map, place)) {
			sort_prepare_stat(sort, place);
			item.key = sort_key(sort, place);
			select_offer(sort, selection->first, search, item);
		}
		place = map_node(m, place)->links[LIST_ORDER].next;
	}
	if (!place)
		return 0;
	list_insert(m, LIST_ORDER, bookmark, place);
	return 1;
}

/* How many elements are found for a handler. */
static u32 select_keep(const struct rt_global *map, const struct rt_lock *lock)
{
	return select_front(map, lock->visits ? lock->visits : map->visits);
}

/* So few are all sorted under the lock. */
static u32 select_at_once(const struct rt_global *map, const struct rt_lock *lock)
{
	return lock->visits ? select_keep(map, lock) : SELECT_STEP;
}

/* With the lock of a map's selection, before all others: 0 where the map's own was not to be had. */
static int map_select(struct rt_ctx *ctx, const struct rt_lock *lock)
{
	const struct rt_global *map = lock_global(ctx, lock);
	struct rt_lock alone = { map->lock_off, map->shared ? RT_LOCK_ALONE : RT_LOCK_WRITE, lock->global, 0, 0 };
	u32 number = (lock->what >> 24) - 1, left, i;
	struct selection *selection = map_selection(ctx, map, number);
	struct sort sort = sort_make(ctx, map, lock->what);
	struct search search = { select_keep(map, lock), 0, 0, 0 };
	int more;

	selection->n = 0;
	if (__atomic_load_n(&sort.m->count, __ATOMIC_RELAXED) <= select_at_once(map, lock))
		return 1;
	do {
		if (!lock_take(ctx, &alone))
			return 0;
		more = select_step(&sort, number, &search);
		lock_release(ctx, &alone);
		if (search.restarts == SELECT_TRIES)
			return 0;
		for (i = 0; more && i < SELECT_PAUSE && __atomic_load_n(&sort.m->waiting, __ATOMIC_RELAXED); i++)
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

/* Under the map's lock: whether enough of what was selected is still there. */
static int selection_holds(struct rt_ctx *ctx, const struct rt_lock *lock)
{
	const struct rt_global *map = lock_global(ctx, lock);
	const struct selection *selection = map_selection(ctx, map, (lock->what >> 24) - 1);
	u32 visits = lock->visits ? lock->visits : map->visits, i;
	struct map *m = map_of(ctx, map);

	if (!selection->n)
		return m->count <= select_at_once(map, lock);
	if (selection->clears != m->clears)
		return 0;
	/* There were no others. */
	if (selection->n < select_keep(map, lock))
		return 1;
	for (i = 0; visits && i < selection->n; i++)
		visits -= (u32)list_has(m, selection->first[i].place);
	return !visits;
}

/* With all of a handler's locks: the selection that has to be made again, or 0. */
static const struct rt_lock *selections_hold(struct rt_ctx *ctx, const struct rt_handler *handler)
{
	u32 i;

	for (i = 0; i < handler->n_locks && handler->locks[i].mode == RT_LOCK_SELECT; i++) {
		if (!selection_holds(ctx, &handler->locks[i]))
			return &handler->locks[i];
	}
	return 0;
}
