// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
#include "world.h"

static struct world world;
static struct rt_ctx *ctx;

static __s64 *get(const struct rt_global *map, const __u64 *keys)
{
	return (__s64 *)rt_map_get(ctx, map, keys);
}

static void set(const struct rt_global *map, const __u64 *keys, __s64 value)
{
	*(__s64 *)rt_map_put(ctx, map, keys) = value;
}

/* Whether iteration gives these values in this order, -1 ending them. */
static int order_is(const struct rt_global *map, __u64 sort, const __u64 *keys, __u64 mask, const __s64 *values)
{
	__u64 cursor;

	for (cursor = rt_iter_first(ctx, map, sort, keys, mask, NO_LIMIT); cursor;
	     cursor = rt_iter_next(ctx, map, cursor, keys, mask)) {
		if (*values == -1 || (__s64)rt_iter_value(ctx, map, cursor) != *values++)
			return 0;
	}
	return *values == -1;
}

#define VALUES(...) ((const __s64[]){ __VA_ARGS__, -1 })
#define NONE ((const __s64[]){ -1 })

static void full_maps(void)
{
	struct rt_global plain = { .kind = RT_MAP, .n_keys = 1, .capacity = 3 };
	struct rt_global sized = { .kind = RT_MAP, .n_keys = 1, .capacity = 3, .sized = 1 };
	struct rt_global wrap = { .kind = RT_MAP, .n_keys = 1, .capacity = 3, .wrap = 1 };
	__u64 key;

	world_init(&world);
	world_add(&world, &plain);
	world_add(&world, &sized);
	world_add(&world, &wrap);
	world_start(&world);
	ctx = world_ctx(&world, 1, 0);
	for (key = 0; key < 3; key++) {
		set(&plain, &key, (__s64)key);
		set(&sized, &key, (__s64)key);
		set(&wrap, &key, (__s64)key);
	}
	CHECK(!rt_map_put(ctx, &plain, &key) && ctx->error == SPILE_ERROR_MAP_FULL);
	CHECK(!rt_map_put(ctx, &sized, &key) && ctx->error == SPILE_ERROR_MAP_SIZE && ctx->error_arg == 3);
	ctx->error = 0;
	set(&wrap, &key, 3);
	CHECK(order_is(&wrap, 0, 0, ~0ull, VALUES(1, 2, 3)));
	/* An update makes the newest and last; sorting does not change which is the oldest. */
	key = 1;
	set(&wrap, &key, 10);
	CHECK(order_is(&wrap, 0, 0, ~0ull, VALUES(2, 3, 10)));
	CHECK(order_is(&wrap, RT_SORT(RT_BY_VALUE, 0, 1), 0, ~0ull, VALUES(10, 3, 2)));
	key = 7;
	set(&wrap, &key, 7);
	CHECK(order_is(&wrap, 0, 0, ~0ull, VALUES(10, 3, 7)));
	key = 1;
	rt_map_delete(ctx, &plain, &key, 0);
	rt_map_delete(ctx, &plain, &key, 0);
	key = 9;
	set(&plain, &key, 9);
	CHECK(!ctx->error && order_is(&plain, 0, 0, ~0ull, VALUES(0, 2, 9)));
	rt_map_clear(ctx, &plain);
	CHECK(order_is(&plain, 0, 0, ~0ull, NONE) && !get(&plain, &key) && !rt_map_has(ctx, &plain, &key, 1));
	set(&plain, &key, 5);
	CHECK(order_is(&plain, 0, 0, ~0ull, VALUES(5)) && *get(&plain, &key) == 5);
	world_free(&world);
}

static void slices(void)
{
	struct rt_global map = { .kind = RT_MAP, .n_keys = 2, .str_keys = 1, .capacity = 10 };
	struct rt_str *a = slot_new("a"), *b = slot_new("b"), *c = slot_new("c");
	__u64 keys[2];
	int i;

	world_init(&world);
	world_add(&world, &map);
	world_start(&world);
	ctx = world_ctx(&world, 0, 0);
	for (i = 0; i < 6; i++) {
		keys[0] = (__u64)(i % 2 ? a : b);
		keys[1] = (__u64)(i / 2);
		set(&map, keys, i);
	}
	keys[0] = (__u64)a;
	CHECK(order_is(&map, 0, keys, 2, VALUES(1, 3, 5)));
	keys[1] = 1;
	CHECK(order_is(&map, 0, keys, 1, VALUES(2, 3)));
	CHECK(order_is(&map, RT_SORT(RT_BY_KEY, 0, 0), keys, 1, VALUES(3, 2)));
	CHECK(order_is(&map, 0, keys, 0, VALUES(3)));
	CHECK(order_is(&map, 0, keys, 3, VALUES(1, 3, 5, 0, 2, 4)));
	CHECK(order_is(&map, RT_SORT(RT_BY_KEY, 1, 1), keys, 3, VALUES(5, 4, 3, 2, 1, 0)));
	CHECK(rt_map_has(ctx, &map, keys, 0) && rt_map_has(ctx, &map, keys, 2) && rt_map_has(ctx, &map, keys, 3));
	keys[0] = (__u64)c;
	CHECK(!rt_map_has(ctx, &map, keys, 0) && !rt_map_has(ctx, &map, keys, 2) && rt_map_has(ctx, &map, keys, 1));
	rt_map_delete(ctx, &map, keys, 1);
	CHECK(order_is(&map, 0, keys, 3, VALUES(5, 4, 1, 0)));
	keys[0] = (__u64)b;
	rt_map_delete(ctx, &map, keys, 2);
	CHECK(order_is(&map, 0, keys, 3, VALUES(5, 1)));
	CHECK(rt_iter_key(ctx, &map, rt_iter_first(ctx, &map, 0, keys, 3, NO_LIMIT), 1) == 2);
	CHECK(slot_is((void *)rt_iter_key(ctx, &map, rt_iter_first(ctx, &map, 0, keys, 3, NO_LIMIT), 0), "a"));
	rt_map_delete(ctx, &map, keys, 3);
	CHECK(order_is(&map, 0, keys, 3, NONE));
	free(a);
	free(b);
	free(c);
	world_free(&world);
}

static void string_values(void)
{
	struct rt_global map = { .kind = RT_MAP, .value = RT_STR, .n_keys = 1, .capacity = 4 };
	struct rt_str *text = slot_new("text"), *more = slot_new("another");
	__u64 key = 1, cursor;

	world_init(&world);
	world_add(&world, &map);
	world_start(&world);
	ctx = world_ctx(&world, 0, 0);
	CHECK(slot_is((void *)rt_map_put(ctx, &map, &key), ""));
	rt_str_copy(ctx, (void *)rt_map_put(ctx, &map, &key), text);
	key = 2;
	rt_str_copy(ctx, (void *)rt_map_put(ctx, &map, &key), more);
	CHECK(slot_is((void *)get(&map, &key), "another"));
	cursor = rt_iter_first(ctx, &map, RT_SORT(RT_BY_VALUE, 0, 0), 0, ~0ull, NO_LIMIT);
	CHECK(slot_is((void *)rt_iter_value(ctx, &map, cursor), "another"));
	cursor = rt_iter_next(ctx, &map, cursor, 0, ~0ull);
	CHECK(slot_is((void *)rt_iter_value(ctx, &map, cursor), "text") && rt_iter_key(ctx, &map, cursor, 0) == 1);
	free(text);
	free(more);
	world_free(&world);
}

static void refused_layouts(void)
{
	__u64 data = 64, part = 0, i;
	struct rt_global refused[] = {
		{ .kind = RT_MAP, .n_keys = 0, .capacity = 1, .max_string = 512 },
		{ .kind = RT_MAP, .n_keys = 33, .capacity = 1, .max_string = 512 },
		{ .kind = RT_MAP, .n_keys = 1, .capacity = 0, .max_string = 512 },
		{ .kind = RT_MAP, .n_keys = 1, .capacity = 1u << 30, .max_string = 512 },
		{ .kind = RT_MAP, .n_keys = 1, .str_keys = 1, .capacity = 1u << 24, .max_string = 512 },
		{ .kind = RT_MAP, .n_keys = 1, .capacity = ~0u, .max_string = 512 },
		{ .kind = RT_STAT, .hist = RT_HIST_LINEAR, .low = 0, .high = 1000, .step = 1, .max_string = 512 },
		{ .kind = RT_STAT, .hist = RT_HIST_LINEAR, .low = 0, .high = 10, .step = 0, .max_string = 512 },
		{ .kind = RT_STAT, .hist = RT_HIST_LINEAR, .low = 1, .high = 0, .step = 1, .max_string = 512 },
		{ .kind = RT_STAT, .variance = 1, .variance_shift = 63, .max_string = 512 },
		{ .kind = RT_STR, .max_string = 0 },
		{ .kind = 9, .max_string = 512 },
	};

	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		CHECK(rt_layout(&refused[i], &data, &part) == -1 && data == 64 && part == 0);
}

void test_map(void)
{
	full_maps();
	slices();
	string_values();
	refused_layouts();
}
