// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * Statistics, and counters. Scalars have one part in each context's, so that
 * adding needs no lock and no atomic operation: nothing else adds to it
 * meanwhile. An element of a map is one part: the map's lock is held for
 * writing, since adding may insert.
 */
#include "hist.h"
#include "stat.h"

/* Where an aggregate's parts are, and which generation they must have. */
struct stat_parts {
	const struct rt_global *global;
	u64 first;		/* address of the first */
	u64 generation;
	u32 n;			/* of all contexts, or 1, or none */
};

struct stat_total {
	struct stat stat;
	struct stat_spread spread;
};

ALWAYS_INLINE struct stat_spread *stat_spread(struct stat *stat)
{
	return (struct stat_spread *)(stat + 1);
}

/*
 * Of a logarithmic histogram the last bucket is first: from 0 on a value is so
 * many buckets from the end as it has zeros before it, which generated code counts.
 */
ALWAYS_INLINE u64 *stat_bucket(const struct rt_global *global, struct stat *stat, u32 bucket)
{
	u64 *buckets = (u64 *)((u8 *)(stat + 1) + (global->variance ? sizeof(struct stat_spread) : 0));

	return &buckets[global->hist == RT_HIST_LOG ? LOG_BUCKETS - 1 - bucket : bucket];
}

/* The shared generation of a scalar aggregate. */
ALWAYS_INLINE u64 *stat_generation(const struct rt_ctx *ctx, const struct rt_global *global)
{
	return at(ctx->data + global->data_off);
}

static void stat_empty(const struct rt_global *global, struct stat *stat, u64 generation)
{
	memset(&stat->count, 0, global->stat_size - sizeof(stat->generation));
	/* Last: other CPUs take it for empty until then. */
	__atomic_store_n(&stat->generation, generation, __ATOMIC_RELEASE);
}

static void stat_spread_add(const struct rt_global *global, struct stat *stat, s64 value)
{
	struct stat_spread *spread = stat_spread(stat);
	u64 shifted = (u64)value << global->variance_shift;
	u64 delta = shifted - (u64)spread->mean;

	spread->mean = (s64)((u64)spread->mean + (u64)((s64)delta / stat->count));
	spread->m2 = (s64)((u64)spread->m2 + delta * (shifted - (u64)spread->mean));
}

static void stat_add(const struct rt_global *global, struct stat *stat, u64 generation, s64 value)
{
	if (UNLIKELY(stat->generation != generation))
		stat_empty(global, stat, generation);
	if (global->extremes) {
		if (!stat->count || value < stat->min)
			stat->min = value;
		if (!stat->count || value > stat->max)
			stat->max = value;
	}
	if (global->sum)
		stat->sum = (s64)((u64)stat->sum + (u64)value);
	stat->count++;
	if (global->variance)
		stat_spread_add(global, stat, value);
	if (global->hist == RT_HIST_LOG)
		++*stat_bucket(global, stat, hist_bucket_log(value));
	else if (global->hist == RT_HIST_LINEAR)
		++*stat_bucket(global, stat,
			       hist_bucket_linear(value, global->low, global->step, global->n_buckets));
}

void rt_stat_add(struct rt_ctx *ctx, const struct rt_global *global, const __u64 *keys, __s64 value)
{
	struct stat *stat;

	if (!keys) {
		stat = at(ctx->part + global->part_off);
		stat_add(global, stat, __atomic_load_n(stat_generation(ctx, global), __ATOMIC_RELAXED), value);
		return;
	}
	stat = at(rt_map_put(ctx, global, keys));
	if (LIKELY(stat))
		stat_add(global, stat, stat->generation, value);
}

void rt_stat_add_to(const struct rt_global *global, __u64 stat, __s64 value)
{
	stat_add(global, at(stat), ((struct stat *)at(stat))->generation, value);
}

void rt_stat_clear(struct rt_ctx *ctx, const struct rt_global *global)
{
	if (global->kind == RT_MAP)
		rt_map_clear(ctx, global);
	else
		__atomic_fetch_add(stat_generation(ctx, global), 1, __ATOMIC_RELAXED);
}

static struct stat_parts stat_parts_node(const struct rt_global *global, struct node *node)
{
	struct stat *stat = node_value(node);
	struct stat_parts parts = { global, address_of(stat), stat->generation, 1 };

	return parts;
}

/* The parts of a scalar aggregate or an element; none where there is no such element. */
static struct stat_parts stat_parts(struct rt_ctx *ctx, const struct rt_global *global, const u64 *keys)
{
	struct stat_parts parts = { global, 0, 0, 0 };
	struct node *node;

	if (keys) {
		node = map_find(ctx, global, keys).node;
		return node ? stat_parts_node(global, node) : parts;
	}
	parts.first = ctx->parts + global->part_off;
	parts.generation = __atomic_load_n(stat_generation(ctx, global), __ATOMIC_RELAXED);
	parts.n = n_parts(ctx);
	return parts;
}

/* The numbered part if it has values, or 0. */
static struct stat *stat_part(struct rt_ctx *ctx, const struct stat_parts *parts, u32 number)
{
	struct stat *stat = at(parts->first + number * ctx->part_stride);

	if (__atomic_load_n(&stat->generation, __ATOMIC_ACQUIRE) != parts->generation || !stat->count)
		return 0;
	return stat;
}

/* The numbered part of a counter. */
static s64 *counter_part(const struct rt_ctx *ctx, const struct rt_global *global, u32 number)
{
	return at(part_at(ctx, number) + global->part_off);
}

__s64 rt_counter_get(struct rt_ctx *ctx, const struct rt_global *global)
{
	u64 sum = *(u64 *)at(ctx->data + global->data_off);
	u32 i;

	for (i = 0; i < n_parts(ctx); i++)
		sum += (u64)__atomic_load_n(counter_part(ctx, global, i), __ATOMIC_RELAXED);
	return (s64)sum;
}

void rt_counter_set(struct rt_ctx *ctx, const struct rt_global *global, __s64 value)
{
	u32 i;

	for (i = 0; i < n_parts(ctx); i++)
		*counter_part(ctx, global, i) = 0;
	*(s64 *)at(ctx->data + global->data_off) = value;
}

/* Adds a part's mean and squares to the total's, by the counts of both. */
static void spread_merge(struct stat_total *total, struct stat *part)
{
	struct stat_spread *spread = stat_spread(part);
	u64 delta = (u64)spread->mean - (u64)total->spread.mean;
	u64 n = (u64)total->stat.count + (u64)part->count;
	u64 step = (u64)((s64)(delta * (u64)part->count) / (s64)n);

	total->spread.mean = (s64)((u64)total->spread.mean + step);
	total->spread.m2 = (s64)((u64)total->spread.m2 + (u64)spread->m2 + delta * step * (u64)total->stat.count);
}

static void stat_merge(struct rt_ctx *ctx, const struct stat_parts *parts, struct stat_total *total)
{
	u32 i;

	memset(total, 0, sizeof(*total));
	for (i = 0; i < parts->n; i++) {
		struct stat *part = stat_part(ctx, parts, i);

		if (!part)
			continue;
		if (!total->stat.count || part->min < total->stat.min)
			total->stat.min = part->min;
		if (!total->stat.count || part->max > total->stat.max)
			total->stat.max = part->max;
		if (parts->global->variance)
			spread_merge(total, part);
		total->stat.count += part->count;
		total->stat.sum = (s64)((u64)total->stat.sum + (u64)part->sum);
	}
}

/* One number of a total that is not empty. */
static s64 stat_field(const struct rt_global *global, const struct stat_total *total, u64 field)
{
	switch (field) {
	case RT_COUNT:
		return total->stat.count;
	case RT_SUM:
		return total->stat.sum;
	case RT_MIN:
		return total->stat.min;
	case RT_MAX:
		return total->stat.max;
	case RT_AVG:
		return total->stat.sum / total->stat.count;
	default:
		if (total->stat.count < 2)
			return 0;
		return total->spread.m2 / (total->stat.count - 1) >> global->variance_shift >>
		       global->variance_shift;
	}
}

static s64 stat_read(struct rt_ctx *ctx, const struct stat_parts *parts, u64 field)
{
	struct stat_total total;

	stat_merge(ctx, parts, &total);
	if (total.stat.count)
		return stat_field(parts->global, &total, field);
	if (field != RT_COUNT && field != RT_SUM)
		fail(ctx, SPILE_ERROR_EMPTY, 0);
	return 0;
}

__s64 rt_stat_read(struct rt_ctx *ctx, const struct rt_global *global, const __u64 *keys, __u64 field)
{
	struct stat_parts parts = stat_parts(ctx, global, keys);

	return stat_read(ctx, &parts, field);
}

__s64 rt_hist_bucket(struct rt_ctx *ctx, const struct rt_global *global, const __u64 *keys, __s64 index)
{
	struct stat_parts parts = stat_parts(ctx, global, keys);
	u64 count = 0;
	u32 i;

	if (index < 0 || index >= global->n_buckets) {
		fail(ctx, SPILE_ERROR_HIST_INDEX, (u64)index);
		return 0;
	}
	for (i = 0; i < parts.n; i++) {
		struct stat *part = stat_part(ctx, &parts, i);

		if (part)
			count += *stat_bucket(global, part, (u32)index);
	}
	return (s64)count;
}

/* Fills a histogram and the buckets after it. */
static void stat_hist(struct rt_ctx *ctx, const struct rt_global *global, const u64 *keys, struct spile_hist *hist)
{
	struct stat_parts parts = stat_parts(ctx, global, keys);
	u64 *buckets = (u64 *)(hist + 1);
	struct stat_total total;
	u32 i, k;

	stat_merge(ctx, &parts, &total);
	hist->kind = global->hist;
	hist->n_buckets = global->n_buckets;
	hist->low = global->low;
	hist->high = global->high;
	hist->step = global->step;
	hist->count = total.stat.count;
	hist->sum = total.stat.sum;
	hist->min = total.stat.min;
	hist->max = total.stat.max;
	memset(buckets, 0, global->n_buckets * sizeof(u64));
	for (i = 0; i < parts.n; i++) {
		struct stat *part = stat_part(ctx, &parts, i);

		for (k = 0; part && k < global->n_buckets; k++)
			buckets[k] += *stat_bucket(global, part, k);
	}
}
