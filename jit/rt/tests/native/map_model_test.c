// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Random operations on maps, compared with a plain array. */
#include "world.h"

#define CAPACITY 24
#define N_INTS 6
#define N_STRS 8
#define STEPS 20000

struct entry {
	__u64 keys[2];
	__s64 value;
	__u64 written;		/* a clock */
};

struct model {
	struct entry entries[CAPACITY];
	int n;
	__u64 clock;
};

static struct world world;
static struct rt_ctx *ctx;
static struct rt_global map;
static struct model model;
static struct rt_str *strs[N_STRS];

/* Keys are equal by address: each string is there once. */
static int entry_matches(const struct entry *entry, const __u64 *keys, __u64 mask)
{
	int i;

	for (i = 0; i < map.n_keys; i++) {
		if (!(mask >> i & 1) && entry->keys[i] != keys[i])
			return 0;
	}
	return 1;
}

static int model_find(const __u64 *keys, __u64 mask)
{
	int i;

	for (i = 0; i < model.n; i++) {
		if (entry_matches(&model.entries[i], keys, mask))
			return i;
	}
	return -1;
}

static void model_remove(int at)
{
	memmove(&model.entries[at], &model.entries[at + 1], (size_t)(--model.n - at) * sizeof(struct entry));
}

/* Returns where the element is, or -1 where the map is full. */
static int model_put(const __u64 *keys)
{
	struct entry entry = { { keys[0], keys[1] }, 0, 0 };
	int at = model_find(keys, 0), i, oldest = 0;

	if (at >= 0) {
		entry = model.entries[at];
		entry.written = ++model.clock;
		if (map.wrap) {
			model_remove(at);
			at = model.n++;
		}
		model.entries[at] = entry;
		return at;
	}
	if (model.n == CAPACITY) {
		if (!map.wrap)
			return -1;
		for (i = 1; i < model.n; i++) {
			if (model.entries[i].written < model.entries[oldest].written)
				oldest = i;
		}
		model_remove(oldest);
	}
	entry.written = ++model.clock;
	model.entries[model.n] = entry;
	return model.n++;
}

static __s64 compare_keys(__u64 a, __u64 b, int position)
{
	if (map.str_keys >> position & 1)
		return rt_str_compare((void *)a, (void *)b);
	return ((__s64)a > (__s64)b) - ((__s64)a < (__s64)b);
}

static void model_sort(int by_key, int position, int descending)
{
	int i, k;

	for (i = 1; i < model.n; i++) {
		struct entry entry = model.entries[i];

		for (k = i; k; k--) {
			const struct entry *before = &model.entries[k - 1];
			__s64 order = by_key ? compare_keys(before->keys[position], entry.keys[position], position) :
					       (before->value > entry.value) - (before->value < entry.value);

			if (descending ? order >= 0 : order <= 0)
				break;
			model.entries[k] = *before;
		}
		model.entries[k] = entry;
	}
}

static __s64 value_at(__u64 cursor)
{
	if (map.value == RT_STAT)
		return rt_iter_stat(ctx, &map, cursor, RT_SUM);
	return (__s64)rt_iter_value(ctx, &map, cursor);
}

static void check_order(__u64 sort, const __u64 *keys, __u64 mask)
{
	__u64 cursor = rt_iter_first(ctx, &map, sort, keys, mask, NO_LIMIT);
	int i, k;

	for (i = 0; i < model.n; i++) {
		const struct entry *entry = &model.entries[i];

		if (!entry_matches(entry, keys, mask))
			continue;
		CHECK(cursor && value_at(cursor) == entry->value);
		for (k = 0; k < map.n_keys; k++) {
			__u64 key = rt_iter_key(ctx, &map, cursor, (__u64)k);

			CHECK(!compare_keys(key, entry->keys[k], k));
		}
		cursor = rt_iter_next(ctx, &map, cursor, keys, mask);
	}
	CHECK(!cursor);
}

static void add(const __u64 *keys, __s64 value)
{
	int at = model_put(keys);

	if (at >= 0)
		model.entries[at].value += value;
	if (map.value == RT_STAT) {
		rt_stat_add(ctx, &map, keys, value);
	} else {
		__s64 *element = (__s64 *)rt_map_put(ctx, &map, keys);

		CHECK(!element == (at < 0));
		if (element)
			*element += value;
	}
	CHECK(ctx->error == (at < 0 ? SPILE_ERROR_MAP_FULL : SPILE_ERROR_NONE));
	ctx->error = 0;
}

static void lookup(const __u64 *keys, __u64 mask)
{
	int at = model_find(keys, 0);

	CHECK(rt_map_has(ctx, &map, keys, mask) == (model_find(keys, mask) >= 0));
	if (map.value == RT_STAT)
		CHECK(rt_stat_read(ctx, &map, keys, RT_SUM) == (at < 0 ? 0 : model.entries[at].value));
	else if (at < 0)
		CHECK(!rt_map_get(ctx, &map, keys));
	else
		CHECK(*(__s64 *)rt_map_get(ctx, &map, keys) == model.entries[at].value);
}

static void delete(const __u64 *keys, __u64 mask)
{
	int at;

	rt_map_delete(ctx, &map, keys, mask);
	while ((at = model_find(keys, mask)) >= 0)
		model_remove(at);
}

static void sort(__u64 *random, const __u64 *keys, __u64 mask)
{
	int by_key = (int)pick(random, 2), position = (int)pick(random, map.n_keys), descending = (int)pick(random, 2);
	int by_value = map.value == RT_STAT ? RT_BY_STAT : RT_BY_VALUE;

	model_sort(by_key, position, descending);
	check_order(RT_SORT((__u64)(by_key ? RT_BY_KEY : by_value), (__u64)(by_key ? position : RT_SUM),
			    (__u64)descending),
		    keys, mask);
}

static void step(__u64 *random)
{
	__u64 mask = pick(random, 4) ? 0 : pick(random, 1u << map.n_keys), keys[2] = { 0, 0 };
	int i;

	ctx = world_ctx(&world, (int)pick(random, CPUS), 0);
	for (i = 0; i < map.n_keys; i++) {
		if (map.str_keys >> i & 1)
			keys[i] = (__u64)strs[pick(random, N_STRS)];
		else
			keys[i] = (__u64)pick(random, N_INTS * (map.n_keys == 1 ? 6 : 1)) * 4096 - 8192;
	}
	switch (pick(random, 16)) {
	case 0:
		delete(keys, mask);
		break;
	case 1:
		check_order(0, keys, mask);
		break;
	case 2:
		sort(random, keys, mask);
		break;
	case 3:
		if (!pick(random, 8)) {
			rt_map_clear(ctx, &map);
			model.n = 0;
		}
		break;
	case 4:
	case 5:
		lookup(keys, mask);
		break;
	default:
		add(keys, (__s64)pick(random, 100) - 50);
		break;
	}
}

static void run(struct rt_global shape)
{
	static const char *const texts[N_STRS] = {
		"", "a", "b", "bash", "bask", "longer than eight", "longer than eighT", "0123456789012345678901234567890123456ab",
	};
	__u64 random = 0x5eed;
	int i;

	map = shape;
	map.kind = RT_MAP;
	map.capacity = CAPACITY;
	memset(&model, 0, sizeof(model));
	world_init(&world);
	world_add(&world, &map);
	world_start(&world);
	for (i = 0; i < N_STRS; i++)
		strs[i] = slot_new(texts[i]);
	for (i = 0; i < STEPS; i++)
		step(&random);
	for (i = 0; i < N_STRS; i++)
		free(strs[i]);
	world_free(&world);
}

void test_map_model(void)
{
	static const __u8 values[] = { RT_INT, RT_STAT };
	__u8 wrap, value, shape;

	for (wrap = 0; wrap < 2; wrap++) {
		for (value = 0; value < 2; value++) {
			/* int; str, int; int, str; str, str */
			for (shape = 0; shape < 4; shape++) {
				struct rt_global global = {
					.value = values[value], .wrap = wrap, .sum = 1,
					.n_keys = shape ? 2 : 1, .str_keys = shape,
				};

				run(global);
			}
		}
	}
}
