// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * Sorting of a map's order: a merge sort of the list, stable, in place,
 * without recursion. Runs of doubling length are merged until one is left.
 * Of a map that others use, only what is visited: see select.c.
 */
#include "map.h"
#include "words.h"

struct sort {
	struct rt_ctx *ctx;
	const struct rt_global *map;
	struct map *m;
	u64 offset;		/* of what is compared, from the node */
	int is_str, is_stat;
	int descending;
	u64 field;		/* of aggregates */
};

static __attribute__((noinline)) void sort_read_stat(const struct sort *sort, u32 place)
{
	struct stat_parts parts = stat_parts_node(sort->map, map_node(sort->m, place));
	struct stat_total total;

	stat_merge(sort->ctx, &parts, &total);
	((struct stat *)node_value(map_node(sort->m, place)))->sorted_by =
		total.stat.count ? stat_field(sort->map, &total, sort->field) : 0;
}

/* Computes what an aggregate is sorted by. */
ALWAYS_INLINE void sort_prepare_stat(const struct sort *sort, u32 place)
{
	if (sort->is_stat)
		sort_read_stat(sort, place);
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

/* What is compared first, such that the lesser is before the greater. */
ALWAYS_INLINE u64 sort_key(const struct sort *sort, u32 place)
{
	const void *p = (u8 *)map_node(sort->m, place) + sort->offset;
	u64 key;

	if (sort->is_str)
		key = __builtin_bswap64(str_word(p, 0));
	else
		key = *(const u64 *)p ^ 1ull << 63;
	return sort->descending ? ~key : key;
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

	if (!last || sort_is_done(sort, last))
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

/* So few are looked for in one walk. */
#define SORT_FEW 32

/* Brings the first few of the first n elements to the front: each of those behind is compared with the last of them. */
static void sort_first(const struct sort *sort, u32 n, u32 few)
{
	struct map *m = sort->m;
	u32 place = m->ends[LIST_ORDER].next, last = 0, kept = 0, next, after;
	u64 last_key = 0;

	for (; few && n; n--, place = next) {
		next = *sort_next(sort, place);
		sort_prepare_stat(sort, place);
		if (kept == few && (sort_key(sort, place) > last_key || !sort_wrong(sort, last, place)))
			continue;
		for (after = last; after && sort_wrong(sort, after, place);)
			after = map_node(m, after)->links[LIST_ORDER].prev;
		list_remove(m, LIST_ORDER, map_node(m, place));
		list_insert(m, LIST_ORDER, place, *sort_next(sort, after));
		if (after == last)
			last = place;
		else if (kept == few)
			last = map_node(m, last)->links[LIST_ORDER].prev;
		kept += kept < few;
		last_key = sort_key(sort, last);
	}
}

/* Moves what was selected for this handler to the front, as much as it needs; how many they are. */
static u32 selection_to_front(const struct sort *sort, u32 number, u64 limit)
{
	const struct selection *selection = map_selection(sort->ctx, sort->map, number);
	u32 wanted = select_front(sort->map, limit), end, n = 0;
	struct map *m = sort->m;

	if (selection->lock != (u32)sort->ctx->owner || selection->clears != m->clears)
		return 0;
	for (end = 0; end < selection->n && n < wanted; end++)
		n += (u32)list_has(m, selection->first[end].place);
	while (end--) {
		u32 place = selection->first[end].place;

		if (!list_has(m, place))
			continue;
		list_remove(m, LIST_ORDER, map_node(m, place));
		list_insert(m, LIST_ORDER, place, m->ends[LIST_ORDER].next);
	}
	return n;
}

/* Moves a slice to the front; how many elements it has. */
static u32 slice_to_front(const struct sort *sort, const u64 *keys, u64 mask)
{
	struct map *m = sort->m;
	u32 behind = m->ends[LIST_ORDER].next, place, next, n = 0;

	for (place = behind; (place = map_match(m, sort->map, place, keys, mask)); place = next, n++) {
		next = *sort_next(sort, place);
		if (place == behind) {
			behind = next;
			continue;
		}
		list_remove(m, LIST_ORDER, map_node(m, place));
		list_insert(m, LIST_ORDER, place, behind);
	}
	return n;
}

/* Handlers that are selecting begin again. */
static void bookmarks_remove(struct rt_ctx *ctx, const struct rt_global *map)
{
	struct map *m = map_of(ctx, map);
	u32 i;

	for (i = 0; i < map->n_orders; i++) {
		if (list_has(m, map_bookmark(map, i)))
			list_remove(m, LIST_ORDER, &map_selection(ctx, map, i)->bookmark);
	}
}

/* Under the map's lock: no more than what is visited is sorted while others wait. */
static void map_sort(struct rt_ctx *ctx, const struct rt_global *map, u64 order, const u64 *keys, u64 mask, u64 limit)
{
	struct sort sort = sort_make(ctx, map, order);
	u32 n = sort.m->count, number = (u32)(order >> 24), first = 0;

	bookmarks_remove(ctx, map);
	if (sort.m->lock != (u32)ctx->owner) {
		/* Handlers that run alone take no locks. */
		sort_front(&sort, n);
		return;
	}
	if ((s64)limit < 0)
		limit = 0;
	if (!mask_is_full(map, mask))
		n = slice_to_front(&sort, keys, mask);
	else if (map->n_orders && number)
		first = selection_to_front(&sort, number - 1, limit);
	if (first)
		n = first;
	if (limit < n && limit <= SORT_FEW)
		sort_first(&sort, n, (u32)limit);
	else
		sort_front(&sort, n);
}
