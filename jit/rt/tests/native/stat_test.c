// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
#include "world.h"

static struct world world;

static __s64 read(const struct rt_global *global, const __u64 *keys, __u64 field)
{
	struct rt_ctx *ctx = world_ctx(&world, 0, 0);
	__s64 value = rt_stat_read(ctx, global, keys, field);

	CHECK(!ctx->error);
	return value;
}

static void check_empty(const struct rt_global *global, const __u64 *keys)
{
	struct rt_ctx *ctx = world_ctx(&world, 0, 0);
	__u64 field;

	CHECK(!read(global, keys, RT_COUNT) && !read(global, keys, RT_SUM));
	for (field = RT_MIN; field <= RT_VARIANCE; field++) {
		CHECK(!rt_stat_read(ctx, global, keys, field) && ctx->error == SPILE_ERROR_EMPTY);
		ctx->error = 0;
	}
}

/* -5 ... 24, dealt out to CPUs and levels. */
static void add_spread(const struct rt_global *global, const __u64 *keys, int levels)
{
	int i;

	for (i = 0; i < 30; i++)
		rt_stat_add(world_ctx(&world, i % CPUS, i / CPUS % levels), global, keys, i - 5);
}

static void check_spread(const struct rt_global *global, const __u64 *keys)
{
	CHECK(read(global, keys, RT_COUNT) == 30 && read(global, keys, RT_SUM) == 285);
	CHECK(read(global, keys, RT_MIN) == -5 && read(global, keys, RT_MAX) == 24);
	CHECK(read(global, keys, RT_AVG) == 9);
}

static void scalars(void)
{
	struct rt_global stat = { .kind = RT_STAT, .sum = 1, .extremes = 1 };

	world_init(&world);
	world_add(&world, &stat);
	world_start(&world);
	check_empty(&stat, 0);
	add_spread(&stat, 0, SPILE_LEVELS);
	check_spread(&stat, 0);
	rt_stat_clear(world_ctx(&world, 1, 0), &stat);
	check_empty(&stat, 0);
	rt_stat_add(world_ctx(&world, 2, 1), &stat, 0, -7);
	CHECK(read(&stat, 0, RT_COUNT) == 1 && read(&stat, 0, RT_MIN) == -7 && read(&stat, 0, RT_MAX) == -7);
	rt_stat_add(world_ctx(&world, 2, 1), &stat, 0, 4);
	CHECK(read(&stat, 0, RT_AVG) == -1);
	/* Overflow wraps. */
	rt_stat_add(world_ctx(&world, 1, 1), &stat, 0, 9223372036854775807ll);
	rt_stat_add(world_ctx(&world, 1, 1), &stat, 0, 9223372036854775807ll);
	CHECK(read(&stat, 0, RT_SUM) == -5 && read(&stat, 0, RT_COUNT) == 4);
	world_free(&world);
}

/* What nobody asks for costs no time. */
static void counts_alone(void)
{
	struct rt_global stat = { .kind = RT_STAT };
	struct rt_ctx *ctx;

	world_init(&world);
	world_add(&world, &stat);
	world_start(&world);
	ctx = world_ctx(&world, 0, 0);
	rt_stat_add(ctx, &stat, 0, 5);
	rt_stat_add(ctx, &stat, 0, -7);
	CHECK(read(&stat, 0, RT_COUNT) == 2);
	CHECK(!read(&stat, 0, RT_SUM) && !read(&stat, 0, RT_MIN) && !read(&stat, 0, RT_MAX));
	world_free(&world);
}

static void elements(void)
{
	struct rt_global map = { .kind = RT_MAP, .value = RT_STAT, .n_keys = 1, .capacity = 2, .sum = 1, .extremes = 1 };
	struct rt_ctx *ctx;
	__u64 key = 1, other = 2, third = 3, cursor;

	world_init(&world);
	world_add(&world, &map);
	world_start(&world);
	ctx = world_ctx(&world, 0, 0);
	check_empty(&map, &key);
	add_spread(&map, &key, 1);
	check_spread(&map, &key);
	rt_stat_add(ctx, &map, &other, 3);
	rt_stat_add(ctx, &map, &third, 3);
	CHECK(ctx->error == SPILE_ERROR_MAP_FULL);
	ctx->error = 0;
	/* A new element in an old one's place is empty on all CPUs. */
	rt_map_delete(ctx, &map, &key, 0);
	check_empty(&map, &key);
	rt_stat_add(ctx, &map, &third, 8);
	CHECK(read(&map, &third, RT_COUNT) == 1 && read(&map, &third, RT_SUM) == 8);
	cursor = rt_iter_first(ctx, &map, RT_SORT(RT_BY_STAT, RT_MAX, 1), 0, ~0ull, NO_LIMIT);
	CHECK(rt_iter_stat(ctx, &map, cursor, RT_MAX) == 8 && rt_iter_key(ctx, &map, cursor, 0) == 3);
	rt_stat_clear(ctx, &map);
	check_empty(&map, &third);
	rt_stat_add(ctx, &map, &other, 1);
	CHECK(read(&map, &other, RT_SUM) == 1);
	world_free(&world);
}

/* Sample variance of 2 4 4 4 5 5 7 9 is 32/7. */
static void variances(void)
{
	static const __s64 values[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
	struct rt_global one = { .kind = RT_STAT, .variance = 1, .variance_shift = 10, .sum = 1, .extremes = 1 };
	struct rt_global many = { .kind = RT_STAT, .variance = 1, .variance_shift = 20, .sum = 1, .extremes = 1 };
	int i, scale;

	world_init(&world);
	world_add(&world, &one);
	world_add(&world, &many);
	world_start(&world);
	rt_stat_add(world_ctx(&world, 0, 0), &one, 0, 2);
	CHECK(read(&one, 0, RT_VARIANCE) == 0);
	for (i = 1; i < 8; i++)
		rt_stat_add(world_ctx(&world, 0, 0), &one, 0, values[i]);
	CHECK(read(&one, 0, RT_VARIANCE) == 4);
	for (scale = 0; scale < 8; scale++)
		rt_stat_add(world_ctx(&world, scale % CPUS, scale % SPILE_LEVELS), &many, 0, 10 * values[scale]);
	/* 457, but for the rounding of the merge. */
	CHECK(read(&many, 0, RT_VARIANCE) >= 456 && read(&many, 0, RT_VARIANCE) <= 457);
	rt_stat_clear(world_ctx(&world, 0, 0), &many);
	check_empty(&many, 0);
	world_free(&world);
}

static __s64 bucket(const struct rt_global *global, __s64 index)
{
	return rt_hist_bucket(world_ctx(&world, 0, 0), global, 0, index);
}

static void add(const struct rt_global *global, __s64 value)
{
	static int cpu;

	rt_stat_add(world_ctx(&world, cpu++ % CPUS, 0), global, 0, value);
}

static void logarithmic(void)
{
	static const struct {
		__s64 value, bucket;
	} cases[] = {
		{ 0, 64 }, { 1, 65 }, { 2, 66 }, { 3, 66 }, { 4, 67 }, { 15, 68 }, { 16, 69 }, { 31, 69 }, { 32, 70 },
		{ -1, 63 }, { -2, 62 }, { -3, 62 }, { -16, 59 }, { -31, 59 },
		{ 9223372036854775807ll, 127 }, { (-9223372036854775807ll - 1), 0 }, { -9223372036854775807ll, 1 },
	};
	struct rt_global stat = { .kind = RT_STAT, .hist = RT_HIST_LOG, .variance = 1, .sum = 1, .extremes = 1 };
	struct rt_ctx *ctx;
	__u64 i;

	world_init(&world);
	world_add(&world, &stat);
	world_start(&world);
	ctx = world_ctx(&world, 0, 0);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		__s64 before = bucket(&stat, cases[i].bucket);

		add(&stat, cases[i].value);
		CHECK(bucket(&stat, cases[i].bucket) == before + 1);
	}
	CHECK(bucket(&stat, 128) == 0 && ctx->error == SPILE_ERROR_HIST_INDEX);
	ctx->error = 0;
	CHECK(bucket(&stat, -1) == 0 && ctx->error == SPILE_ERROR_HIST_INDEX);
	ctx->error = 0;
	world_free(&world);
}

static void linear(void)
{
	struct rt_global stat = { .kind = RT_STAT, .hist = RT_HIST_LINEAR, .low = -10, .high = 10, .step = 5 };
	struct rt_global large = { .kind = RT_STAT, .hist = RT_HIST_LINEAR, .high = 128, .step = 1 };
	static const __s64 expected[] = { 2, 1, 2, 1, 1, 1, 3 };
	static const __s64 values[] = { -100, -11, -10, -5, -1, 0, 5, 10, 15, 100, 9223372036854775807ll };
	__u64 i;

	world_init(&world);
	world_add(&world, &stat);
	world_add(&world, &large);
	world_start(&world);
	CHECK(stat.n_buckets == 7 && large.n_buckets == 131);
	for (i = 0; i < sizeof(values) / sizeof(*values); i++)
		add(&stat, values[i]);
	for (i = 0; i < 7; i++)
		CHECK(bucket(&stat, (__s64)i) == expected[i]);
	add(&stat, (-9223372036854775807ll - 1));
	CHECK(bucket(&stat, 0) == 3);
	rt_stat_clear(world_ctx(&world, 0, 0), &stat);
	CHECK(bucket(&stat, 0) == 0);
	world_free(&world);
}

void test_stat(void)
{
	scalars();
	counts_alone();
	elements();
	variances();
	logarithmic();
	linear();
}
