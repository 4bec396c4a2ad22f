// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * Sorting of a map's order: a merge sort of the list, stable, in place,
 * without recursion. Runs of doubling length are merged until one is left.
 */
#include "map.h"

struct sort {
	struct rt_ctx *ctx;
	const struct rt_global *map;
	struct map *m;
	u64 offset;		/* of what is compared, from the node */
	int is_str;
	int descending;
};

/* Computes what an aggregate is sorted by, once for each element. */
static void sort_prepare_stats(const struct sort *sort, u64 field)
{
	u32 index = sort->m->ends[LIST_ORDER].next;

	while (index) {
		struct node *node = map_node(sort->m, index);
		struct stat_parts parts = stat_parts_node(sort->map, node);
		struct stat_total total;

		stat_merge(sort->ctx, &parts, &total);
		((struct stat *)node_value(node))->sorted_by =
			total.stat.count ? stat_field(sort->map, &total, field) : 0;
		index = node->links[LIST_ORDER].next;
	}
}

static struct sort sort_make(struct rt_ctx *ctx, const struct rt_global *map, u64 order)
{
	struct sort sort = { ctx, map, map_of(ctx, map), sizeof(struct node), 0, (int)(order >> 16 & 1) };
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
		sort_prepare_stats(&sort, which);
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

static int sort_is_done(const struct sort *sort)
{
	u32 index = sort->m->ends[LIST_ORDER].next;

	while (index) {
		u32 next = *sort_next(sort, index);

		if (next && sort_wrong(sort, index, next))
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

static void map_sort(struct rt_ctx *ctx, const struct rt_global *map, u64 order)
{
	struct sort sort = sort_make(ctx, map, order);
	struct map_link *ends = &sort.m->ends[LIST_ORDER];
	u32 n = 1, index, prev = 0;

	if (sort_is_done(&sort))
		return;
	while (sort_merge_runs(&sort, &ends->next, n) > 1)
		n *= 2;
	for (index = ends->next; index; index = *sort_next(&sort, index)) {
		map_node(sort.m, index)->links[LIST_ORDER].prev = prev;
		prev = index;
	}
	ends->prev = prev;
}
