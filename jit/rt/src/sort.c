// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * Sorting of a map's order: a merge sort of the list, stable, in place,
 * without recursion. Runs of doubling length are merged until one is left.
 * Of a large map that others use, only the front: see select.c.
 */
#include "map.h"

struct sort {
	struct rt_ctx *ctx;
	const struct rt_global *map;
	struct map *m;
	u64 offset;		/* of what is compared, from the node */
	int is_str, is_stat;
	int descending;
	u64 field;		/* of aggregates */
};

/* Computes what an aggregate is sorted by. */
static void sort_prepare_stat(const struct sort *sort, u32 place)
{
	struct stat_parts parts;
	struct stat_total total;

	if (!sort->is_stat)
		return;
	parts = stat_parts_node(sort->map, map_node(sort->m, place));
	stat_merge(sort->ctx, &parts, &total);
	((struct stat *)node_value(map_node(sort->m, place)))->sorted_by =
		total.stat.count ? stat_field(sort->map, &total, sort->field) : 0;
}

static struct sort sort_make(struct rt_ctx *ctx, const struct rt_global *map, u64 order)
{
	struct sort sort = { ctx, map, map_of(ctx, map), sizeof(struct node), 0, 0, (int)(order >> 16 & 1), 0 };
	u32 which = (u32)(order >> 8 & 0xff), i;

	switch (order & 0xff) {
	case RT_BY_KEY:
		sort.offset = map->keys_off;
		for (i = 0; i < which; i++)
			sort.offset += key_size(map, i);
		sort.is_str = key_is_str(map, which);
		break;
	case RT_BY_VALUE:
		sort.is_str = map->value == RT_STR;
		break;
	default:
		sort.offset += __builtin_offsetof(struct stat, sorted_by);
		sort.is_stat = 1;
		sort.field = which;
		break;
	}
	return sort;
}

/* Whether b must come before a, which it follows now. */
static int sort_wrong(const struct sort *sort, u32 a, u32 b)
{
	const void *p = (u8 *)map_node(sort->m, a) + sort->offset;
	const void *q = (u8 *)map_node(sort->m, b) + sort->offset;
	s64 order;

	if (sort->is_str)
		order = rt_str_compare(p, q);
	else
		order = *(const s64 *)p < *(const s64 *)q ? -1 : *(const s64 *)p > *(const s64 *)q;
	return sort->descending ? order < 0 : order > 0;
}

ALWAYS_INLINE u32 *sort_next(const struct sort *sort, u32 index)
{
	return &map_node(sort->m, index)->links[LIST_ORDER].next;
}

/* The last of the first n elements; what they are sorted by is known then. */
static u32 sort_prepare(const struct sort *sort, u32 n)
{
	u32 last = 0, index = sort->m->ends[LIST_ORDER].next;

	for (; index && n; n--) {
		sort_prepare_stat(sort, index);
		last = index;
		index = *sort_next(sort, index);
	}
	return last;
}

static int sort_is_done(const struct sort *sort, u32 last)
{
	u32 index = sort->m->ends[LIST_ORDER].next;

	while (index != last) {
		u32 next = *sort_next(sort, index);

		if (sort_wrong(sort, index, next))
			return 0;
		index = next;
	}
	return 1;
}

/* Merges pairs of runs of n elements from *first on; returns how many pairs there were. */
static u32 sort_merge_runs(const struct sort *sort, u32 *first, u32 n)
{
	u32 a = *first, *link = first, pairs = 0;

	while (a) {
		u32 b = a, left = 0, right = n;

		for (; left < n && b; left++)
			b = *sort_next(sort, b);
		while (left || (right && b)) {
			u32 *from = &a;

			if (!left || (right && b && sort_wrong(sort, a, b)))
				from = &b;
			if (from == &b)
				right--;
			else
				left--;
			*link = *from;
			link = sort_next(sort, *from);
			*from = *link;
		}
		a = b;
		pairs++;
	}
	*link = 0;
	return pairs;
}

/* Sorts the first n elements of the order. */
static void sort_front(const struct sort *sort, u32 n)
{
	struct map_link *ends = &sort->m->ends[LIST_ORDER];
	u32 last = sort_prepare(sort, n), run = 1, index, prev = 0, behind;

	if (sort_is_done(sort, last))
		return;
	behind = *sort_next(sort, last);
	*sort_next(sort, last) = 0;
	while (sort_merge_runs(sort, &ends->next, run) > 1)
		run *= 2;
	for (index = ends->next; index; index = *sort_next(sort, index)) {
		map_node(sort->m, index)->links[LIST_ORDER].prev = prev;
		prev = index;
	}
	*sort_next(sort, prev) = behind;
	map_node(sort->m, behind)->links[LIST_ORDER].prev = prev;
}

/* Moves what was selected for this handler to the front; 0 where nothing was. */
static int selection_to_front(const struct sort *sort, u64 order)
{
	const struct selection *selection = map_selection(sort->ctx, sort->map);
	struct map *m = sort->m;
	u32 i = selection->n;

	if (selection->lock != (RT_LOCK_WRITER | sort->ctx->cpu) || selection->order != order ||
	    selection->clears != m->clears || !i)
		return 0;
	while (i--) {
		u32 place = selection->first[i].place;

		if (!list_has(m, place))
			continue;
		list_remove(m, LIST_ORDER, map_node(m, place));
		list_insert(m, LIST_ORDER, place, m->ends[LIST_ORDER].next);
	}
	return 1;
}

/* Under the map's lock. A slice may be anywhere in the order: whether the front will do. */
static void map_sort(struct rt_ctx *ctx, const struct rt_global *map, u64 order, int front_will_do)
{
	struct sort sort = sort_make(ctx, map, order);
	u32 bookmark = map_bookmark(map);

	/* Another handler that was selecting has to do without. */
	if (bookmark && list_has(sort.m, bookmark))
		list_remove(sort.m, LIST_ORDER, &map_selection(ctx, map)->bookmark);
	if (map->select && front_will_do && selection_to_front(&sort, order))
		sort_front(&sort, map->select);
	else
		sort_front(&sort, sort.m->count);
}
