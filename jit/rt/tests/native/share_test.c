// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* What handlers on several CPUs do with one array: additions, emptying, sorting. */
#include "world.h"

#define ELEMENTS 3000
#define FRONT 16
#define KEPT (FRONT + FRONT / 8 + 16)
#define ROUNDS 3000
/* Waits of a thread that may have to share a processor with all others. */
#define PATIENT 10000000

static struct world world;
static struct rt_global map;
static pthread_barrier_t together;

/* A handler's locks of the one global there is. */
struct handler {
	__u32 n_locks, reserved;	/* struct rt_handler */
	struct rt_lock locks[3];
};

/* Orders, each with its place. */
#define BY_VALUE (RT_SORT(RT_BY_VALUE, 0, 1) | RT_SELECTED(0))
#define BY_KEY (RT_SORT(RT_BY_KEY, 0, 0) | RT_SELECTED(1))

static struct handler one(__u32 mode, __u32 what)
{
	struct handler handler = { 1, 0, { { map.lock_off, mode, 0, what, 0 } } };

	return handler;
}

static struct rt_lock selects(__u32 order, __u32 visits)
{
	__u32 offset = ((order >> 24) - 1) * map.select_size;
	struct rt_lock lock = { map.select_lock_off + offset, RT_LOCK_SELECT, 0, order, visits };

	return lock;
}

static struct handler sorter(__u32 order, __u32 visits)
{
	struct handler handler = { 2, 0, { selects(order, visits), { map.lock_off, RT_LOCK_WRITE, 0, 0, 0 } } };

	return handler;
}

static __u64 enter(int cpu, int level, const struct handler *handler)
{
	return rt_enter(world_ctx(&world, cpu, level), (const struct rt_handler *)handler);
}

static void leave(int cpu, int level, const struct handler *handler)
{
	rt_leave(world_ctx(&world, cpu, level), (const struct rt_handler *)handler);
}

static void start(struct rt_global global)
{
	map = global;
	world_init(&world);
	world_add(&world, &map);
	world_start(&world);
	((struct rt_session *)world.data)->max_skipped = ~0u;
}

static void stop(void)
{
	CHECK(*(__u32 *)(world.data + map.lock_off) == 0);
	/* Nobody waits for it any more. */
	CHECK(*(__u32 *)(world.data + map.data_off + 48) == 0);
	CHECK(!map.n_orders || *(__u32 *)(world.data + map.select_lock_off) == 0);
	world_free(&world);
	mock_reset();
}

static void additions_exclude_what_looks(void)
{
	struct handler update, alone;
	struct rt_ctx *ctx;
	__u64 key = 7, value;

	start((struct rt_global){ .kind = RT_MAP, .n_keys = 1, .capacity = 4, .shared = 1 });
	update = one(RT_LOCK_UPDATE, 0);
	alone = one(RT_LOCK_ALONE, 0);
	ctx = world_ctx(&world, 0, 0);
	CHECK(enter(0, 0, &update) && enter(1, 0, &update) && enter(1, 2, &update));
	/* Not beside an addition, least of all one that it interrupts. */
	CHECK(!enter(2, 0, &alone) && !enter(1, 3, &alone));
	/* An element is made alone. The one that cannot goes on as if it had been skipped here, and is still counted. */
	CHECK(!rt_map_make(ctx, world.table, &key) && ctx->error == RT_ABORT);
	CHECK(world.counters[0].skips[SPILE_SKIP_LOCK] == 1 && !rt_map_get(ctx, &map, &key));
	ctx->error = 0;
	leave(1, 2, &update);
	leave(1, 0, &update);
	CHECK(!enter(2, 0, &alone));
	value = rt_map_make(ctx, world.table, &key);
	CHECK(value && value == rt_map_make(ctx, world.table, &key) && !enter(2, 0, &alone));
	leave(0, 0, &update);
	CHECK(enter(2, 0, &alone) && !enter(0, 0, &update) && !enter(2, 1, &update));
	key = 8;
	CHECK(rt_map_make(world_ctx(&world, 2, 0), world.table, &key));
	leave(2, 0, &alone);
	CHECK(enter(0, 0, &update));
	leave(0, 0, &update);
	stop();
}

static void *add(void *arg)
{
	int cpu = (int)(long)arg;
	struct rt_ctx *ctx = world_ctx(&world, cpu, 0);
	struct handler update = one(RT_LOCK_UPDATE, 0), alone = one(RT_LOCK_ALONE, 0);
	__u64 i;

	pthread_barrier_wait(&together);
	for (i = 0; i < ROUNDS; i++) {
		/* One for all, and one that is new. */
		__u64 keys[] = { 0, 1 + (__u64)cpu * ROUNDS + i };
		int k;

		CHECK(enter(cpu, 0, &update));
		for (k = 0; k < 2; k++) {
			__u64 *value = (__u64 *)rt_map_make(ctx, world.table, &keys[k]);

			CHECK(value);
			__atomic_fetch_add(value, 1, __ATOMIC_RELAXED);
		}
		leave(cpu, 0, &update);
		if (i % 16)
			continue;
		CHECK(enter(cpu, 0, &alone));
		CHECK(*(__u64 *)rt_map_get(ctx, &map, &keys[1]) == 1);
		leave(cpu, 0, &alone);
	}
	return 0;
}

static void run(void *(*thread)(void *))
{
	pthread_t threads[CPUS];
	int cpu;

	((struct rt_session *)world.data)->max_trylock = PATIENT;
	CHECK(!pthread_barrier_init(&together, 0, CPUS));
	for (cpu = 0; cpu < CPUS; cpu++)
		CHECK(!pthread_create(&threads[cpu], 0, thread, (void *)(long)cpu));
	for (cpu = 0; cpu < CPUS; cpu++)
		CHECK(!pthread_join(threads[cpu], 0));
	pthread_barrier_destroy(&together);
}

static void additions_lose_nothing(void)
{
	__u64 key = 0;

	start((struct rt_global){ .kind = RT_MAP, .n_keys = 1, .capacity = CPUS * ROUNDS + 1, .shared = 1 });
	run(add);
	CHECK(*(__u64 *)rt_map_get(world_ctx(&world, 0, 0), &map, &key) == CPUS * ROUNDS);
	for (key = 1; key <= CPUS * ROUNDS; key++)
		CHECK(*(__u64 *)rt_map_get(world_ctx(&world, 0, 0), &map, &key) == 1);
	stop();
}

static void fill(int cpu, __u64 n)
{
	__u64 key;

	for (key = 0; key < n; key++)
		*(__u64 *)rt_map_put(world_ctx(&world, cpu, 0), &map, &key) = key * 2654435761u % 10007;
}

/* How many there are, by looking for each and by going through them. */
static __u64 count(int cpu)
{
	struct rt_ctx *ctx = world_ctx(&world, cpu, 0);
	__u64 key, cursor, found = 0, seen = 0;

	for (key = 0; key < ELEMENTS; key++)
		found += !!rt_map_get(ctx, &map, &key);
	for (cursor = rt_iter_first(ctx, &map, 0, 0, ~0ull, NO_LIMIT); cursor; cursor = rt_iter_next(ctx, &map, cursor, 0, ~0ull))
		seen++;
	CHECK(found == seen);
	return found;
}

static void emptying(void)
{
	struct handler empties;
	__u32 *spare;
	int round;

	/* Heads are many. */
	start((struct rt_global){ .kind = RT_MAP, .n_keys = 1, .capacity = 8000, .spare = 1 });
	CHECK(map.spare && map.nodes_off - map.data_off == 64 + 2 * 8192 * 4);
	spare = (__u32 *)(world.data + map.data_off + 40);
	empties = one(RT_LOCK_WRITE, 1);
	for (round = 0; round < 4; round++) {
		CHECK(enter(1, 0, &empties) && *spare == 0);
		fill(1, ELEMENTS);
		CHECK(count(1) == ELEMENTS);
		rt_map_clear(world_ctx(&world, 1, 0), &map);
		CHECK(count(1) == 0 && *spare == 1);
		/* Once more without others to change to, a few and many. */
		fill(1, round % 2 ? 9 : 2000);
		rt_map_clear(world_ctx(&world, 1, 0), &map);
		CHECK(count(1) == 0);
		fill(1, 3);
		CHECK(count(1) == 3);
		leave(1, 0, &empties);
	}
	/* Another CPU cleans: waited for. The one that is interrupted: not. */
	*spare = RT_LOCK_WRITER | 2;
	CHECK(!enter(1, 0, &empties) && !enter(2, 1, &empties));
	*spare = 1;
	CHECK(enter(2, 1, &empties) && *spare == 0);
	leave(2, 1, &empties);
	CHECK(world.counters[1].skips[SPILE_SKIP_LOCK] == 1 && world.counters[2].skips[SPILE_SKIP_LOCK] == 1);
	stop();
	start((struct rt_global){ .kind = RT_MAP, .n_keys = 1, .capacity = 4096, .spare = 1 });
	CHECK(!map.spare);
	stop();
}

/* Each element once; the first FRONT by descending value. */
static void check_order(int cpu, __u64 n)
{
	struct rt_ctx *ctx = world_ctx(&world, cpu, 0);
	static __u8 seen[CPUS][ELEMENTS];
	__u64 cursor, i = 0, last = ~0ull, key;

	memset(seen[cpu], 0, ELEMENTS);
	cursor = rt_iter_first(ctx, &map, BY_VALUE, 0, ~0ull, FRONT);
	for (; cursor; cursor = rt_iter_next(ctx, &map, cursor, 0, ~0ull), i++) {
		__u64 value = rt_iter_value(ctx, &map, cursor);

		key = rt_iter_key(ctx, &map, cursor, 0);
		CHECK(key < ELEMENTS && !seen[cpu][key]++);
		CHECK(i >= FRONT || value <= last);
		last = value;
	}
	CHECK(i == n);
}

static void selecting(void)
{
	struct handler by_value, by_key;
	struct rt_ctx *ctx;
	__u64 i, cursor, expected, last = ~0ull, largest[FRONT];

	start((struct rt_global){ .kind = RT_MAP, .n_keys = 1, .capacity = ELEMENTS, .n_orders = 2, .visits = FRONT });
	CHECK(map.n_orders == 2 && map.select == KEPT);
	by_value = sorter(BY_VALUE, FRONT);
	by_key = sorter(BY_KEY, FRONT);
	ctx = world_ctx(&world, 1, 0);
	fill(1, ELEMENTS);
	/* The same by sorting all of it, by a handler that runs alone. */
	cursor = rt_iter_first(ctx, &map, BY_VALUE, 0, ~0ull, FRONT);
	for (i = 0; i < FRONT; i++, cursor = rt_iter_next(ctx, &map, cursor, 0, ~0ull))
		largest[i] = rt_iter_value(ctx, &map, cursor);
	CHECK(enter(1, 0, &by_key));
	cursor = rt_iter_first(ctx, &map, BY_KEY, 0, ~0ull, FRONT);
	for (i = 0; i < FRONT; i++, cursor = rt_iter_next(ctx, &map, cursor, 0, ~0ull))
		CHECK(rt_iter_key(ctx, &map, cursor, 0) == i);
	/* Behind what was found is the order that was there: the rest is not sorted. */
	for (; cursor; i++, cursor = rt_iter_next(ctx, &map, cursor, 0, ~0ull)) {
		if (i < KEPT)
			continue;
		CHECK(rt_iter_value(ctx, &map, cursor) <= last);
		last = rt_iter_value(ctx, &map, cursor);
	}
	CHECK(i == ELEMENTS);
	leave(1, 0, &by_key);
	CHECK(enter(1, 0, &by_value));
	cursor = rt_iter_first(ctx, &map, BY_VALUE, 0, ~0ull, FRONT);
	for (i = 0; i < FRONT; i++, cursor = rt_iter_next(ctx, &map, cursor, 0, ~0ull))
		CHECK(rt_iter_value(ctx, &map, cursor) == largest[i]);
	/* Some go, some come, some change: what is visited is what is there now, and in order. */
	check_order(1, ELEMENTS);
	expected = ELEMENTS;
	for (i = 0; i < ELEMENTS; i += 7, expected--)
		rt_map_delete(ctx, &map, &i, 0);
	i = 0;
	*(__u64 *)rt_map_put(ctx, &map, &i) = 1;
	check_order(1, expected + 1);
	rt_map_clear(ctx, &map);
	fill(1, 2 * FRONT);
	check_order(1, 2 * FRONT);
	/* Of a small one there is nothing to select. */
	rt_map_clear(ctx, &map);
	leave(1, 0, &by_value);
	fill(1, 5);
	CHECK(enter(1, 0, &by_value));
	check_order(1, 5);
	/* One at a time. */
	CHECK(!enter(2, 0, &by_key) && !enter(1, 1, &by_key));
	leave(1, 0, &by_value);
	stop();
}

/* As a handler leaves it that could not go on selecting: in front of the first element. */
static void leave_bookmark(void)
{
	__u32 *ends = (__u32 *)(world.data + map.data_off + 8), *bookmark = (__u32 *)(world.data + map.select_off + 8);
	__u32 *first = (__u32 *)(world.data + map.data_off + ends[0] + 8);

	bookmark[0] = ends[0];
	bookmark[1] = 0;
	ends[0] = first[1] = map.select_off - map.data_off;
}

static void a_bookmark_is_no_element(void)
{
	struct handler handler;
	struct rt_ctx *ctx;
	__u64 key = 0, cursor, seen = 0;

	start((struct rt_global){ .kind = RT_MAP, .n_keys = 1, .capacity = ELEMENTS, .n_orders = 1, .visits = FRONT });
	ctx = world_ctx(&world, 0, 0);
	fill(0, ELEMENTS);
	leave_bookmark();
	for (cursor = rt_iter_first(ctx, &map, 0, 0, ~0ull, NO_LIMIT); cursor; cursor = rt_iter_next(ctx, &map, cursor, 0, ~0ull))
		CHECK(rt_iter_key(ctx, &map, cursor, 0) == seen++);
	CHECK(seen == ELEMENTS);
	handler = sorter(BY_VALUE, FRONT);
	CHECK(enter(0, 0, &handler));
	check_order(0, ELEMENTS);
	leave(0, 0, &handler);
	/* Sorted without, and emptied. */
	leave_bookmark();
	check_order(0, ELEMENTS);
	rt_map_clear(ctx, &map);
	fill(0, 3);
	leave_bookmark();
	rt_map_clear(ctx, &map);
	CHECK(!rt_map_has(ctx, &map, &key, 1) && count(0) == 0);
	fill(0, 2 * FRONT);
	CHECK(enter(0, 0, &handler));
	check_order(0, 2 * FRONT);
	leave(0, 0, &handler);
	stop();
}

/* Of a slice, all that is visited is in order, wherever it was, and the rest is as it was. */
static void a_slice_of_what_was_selected(void)
{
	__u64 keys[2] = { 0, 1 }, cursor, last = ~0ull, i;
	struct handler handler;
	struct rt_ctx *ctx;

	start((struct rt_global){ .kind = RT_MAP, .n_keys = 2, .capacity = ELEMENTS, .n_orders = 1, .visits = FRONT });
	ctx = world_ctx(&world, 0, 0);
	for (i = 0; i < ELEMENTS; i++) {
		__u64 both[2] = { i, i % 100 < 99 };

		*(__u64 *)rt_map_put(ctx, &map, both) = both[1] ? 100000 + i : i * 7 % 10007;
	}
	handler = sorter(BY_VALUE, FRONT);
	CHECK(enter(0, 0, &handler));
	keys[1] = 0;
	i = 0;
	cursor = rt_iter_first(ctx, &map, BY_VALUE, keys, 1, NO_LIMIT);
	for (; cursor; cursor = rt_iter_next(ctx, &map, cursor, keys, 1), i++) {
		CHECK(rt_iter_value(ctx, &map, cursor) <= last);
		last = rt_iter_value(ctx, &map, cursor);
	}
	CHECK(i == ELEMENTS / 100);
	last = i = 0;
	keys[1] = 1;
	cursor = rt_iter_first(ctx, &map, 0, keys, 1, NO_LIMIT);
	for (; cursor; cursor = rt_iter_next(ctx, &map, cursor, keys, 1), i++) {
		CHECK(rt_iter_value(ctx, &map, cursor) > last);
		last = rt_iter_value(ctx, &map, cursor);
	}
	CHECK(i == ELEMENTS - ELEMENTS / 100);
	leave(0, 0, &handler);
	stop();
}

static int greater_first(const void *a, const void *b)
{
	const __u64 *p = a, *q = b;

	return *p != *q ? (*p > *q ? -1 : 1) : p[1] < q[1] ? -1 : 1;
}

/* Without a selection: of equal ones the first is the first, and nothing is lost. */
static void the_first_few(void)
{
	struct handler write;
	__u64 state = 1, i, all[100][2], keys[2], cursor;
	struct rt_ctx *ctx;
	int round;

	start((struct rt_global){ .kind = RT_MAP, .n_keys = 2, .capacity = 100 });
	ctx = world_ctx(&world, 0, 0);
	write = one(RT_LOCK_WRITE, 0);
	CHECK(enter(0, 0, &write));
	for (round = 0; round < 3000; round++) {
		__u64 mask = round % 3 ? 3 : 1, n = pick(&state, 100), limit = pick(&state, 40), slice = 0;

		rt_map_clear(ctx, &map);
		for (i = 0; i < n; i++) {
			keys[0] = i;
			keys[1] = pick(&state, 2);
			all[slice][0] = pick(&state, 30);
			all[slice][1] = i;
			*(__u64 *)rt_map_put(ctx, &map, keys) = all[slice][0];
			slice += mask == 3 || keys[1];
		}
		keys[1] = 1;
		qsort(all, slice, sizeof(all[0]), greater_first);
		cursor = rt_iter_first(ctx, &map, RT_SORT(RT_BY_VALUE, 0, 1), keys, mask, limit);
		for (i = 0; cursor; i++, cursor = rt_iter_next(ctx, &map, cursor, keys, mask))
			CHECK(i >= limit || rt_iter_key(ctx, &map, cursor, 0) == all[i][1]);
		CHECK(i == slice);
		for (cursor = rt_iter_first(ctx, &map, 0, 0, 3, NO_LIMIT), i = 0; cursor; i++)
			cursor = rt_iter_next(ctx, &map, cursor, 0, 3);
		CHECK(i == n);
	}
	leave(0, 0, &write);
	stop();
}

/* So many of those with the greatest values are removed by another CPU, while a handler that has selected waits. */
static __u64 going;

static void go(void)
{
	__u64 key, value;

	for (value = 10007; going && value--;) {
		for (key = 0; going && key < ELEMENTS; key++) {
			if (key * 2654435761u % 10007 != value || !rt_map_get(world_ctx(&world, 2, 0), &map, &key))
				continue;
			rt_map_delete(world_ctx(&world, 2, 0), &map, &key, 0);
			going--;
		}
	}
}

static void what_was_selected_goes(void)
{
	static struct rt_global other;
	struct handler handler, holder;
	__u64 left = ELEMENTS, gone, cursor, value, least = 0, i;

	other = (struct rt_global){ .kind = RT_INT };
	map = (struct rt_global){ .kind = RT_MAP, .n_keys = 1, .capacity = ELEMENTS, .n_orders = 1, .visits = FRONT };
	world_init(&world);
	world_add(&world, &map);
	world_add(&world, &other);
	world_start(&world);
	((struct rt_session *)world.data)->max_trylock = PATIENT;
	fill(0, ELEMENTS);
	holder = (struct handler){ 1, 0, { { other.lock_off, RT_LOCK_WRITE, 1, 0, 0 } } };
	handler = (struct handler){ 3, 0, { selects(BY_VALUE, FRONT), holder.locks[0],
					    { map.lock_off, RT_LOCK_WRITE, 0, 0, 0 } } };
	/* As many as may go, one more, and all of them. */
	for (gone = KEPT - FRONT; gone <= KEPT; gone += gone < KEPT - FRONT + 1 ? 1 : FRONT - 1) {
		CHECK(enter(2, 0, &holder));
		going = gone;
		mock.unlocks = (__u32 *)(world.data + other.lock_off);
		mock.looks = 2;
		mock.meanwhile = go;
		CHECK(enter(0, 0, &handler) && !going);
		left -= gone;
		check_order(0, left);
		cursor = rt_iter_first(world_ctx(&world, 0, 0), &map, 0, 0, ~0ull, NO_LIMIT);
		for (i = 0; cursor; i++, cursor = rt_iter_next(world_ctx(&world, 0, 0), &map, cursor, 0, ~0ull)) {
			value = rt_iter_value(world_ctx(&world, 0, 0), &map, cursor);
			CHECK(i < FRONT || value <= least);
			least = i < FRONT ? value : least;
		}
		leave(0, 0, &handler);
	}
	CHECK(left == ELEMENTS - 3 * KEPT + 2 * FRONT - 1);
	stop();
}

static void selecting_strings_and_aggregates(void)
{
	struct rt_str *text = slot_new("a common beginning ");
	__u32 by_key = RT_SORT(RT_BY_KEY, 0, 1) | RT_SELECTED(0), by_sum = RT_SORT(RT_BY_STAT, RT_SUM, 0) | RT_SELECTED(1);
	struct handler handler;
	struct rt_ctx *ctx;
	__u64 i, keys[1] = { (__u64)text }, cursor;
	__u32 length = text->len;

	start((struct rt_global){ .kind = RT_MAP, .value = RT_STAT, .n_keys = 1, .str_keys = 1, .capacity = 1000, .sum = 1,
				  .n_orders = 2, .visits = FRONT });
	ctx = world_ctx(&world, 0, 0);
	for (i = 0; i < 900; i++) {
		text->len = length + (__u32)sprintf((char *)text->data + length, "%03u", (__u32)(i * 37 % 900));
		rt_stat_add(ctx, &map, keys, (__s64)(i % 450));
	}
	handler = sorter(by_key, FRONT);
	CHECK(enter(0, 0, &handler));
	cursor = rt_iter_first(ctx, &map, by_key, 0, ~0ull, FRONT);
	for (i = 0; i < FRONT; i++, cursor = rt_iter_next(ctx, &map, cursor, 0, ~0ull)) {
		text->len = length + (__u32)sprintf((char *)text->data + length, "%03u", (__u32)(899 - i));
		CHECK(!rt_str_compare(text, (void *)rt_iter_key(ctx, &map, cursor, 0)));
	}
	leave(0, 0, &handler);
	/* Of two that are equal the first in the order, which the sort by keys left, is the first. */
	handler = sorter(by_sum, FRONT);
	CHECK(enter(0, 0, &handler));
	cursor = rt_iter_first(ctx, &map, by_sum, 0, ~0ull, FRONT);
	for (i = 0; i < FRONT; i++, cursor = rt_iter_next(ctx, &map, cursor, 0, ~0ull))
		CHECK(rt_iter_stat(ctx, &map, cursor, RT_SUM) == (__s64)(i / 2));
	leave(0, 0, &handler);
	free(text);
	stop();
}

/* CPU 0 sorts, sometimes empties; the others make elements and remove them. */
static void *disturb(void *arg)
{
	struct handler sorts = sorter(BY_VALUE, FRONT), by_key = sorter(BY_KEY, FRONT), write = one(RT_LOCK_WRITE, 0);
	int cpu = (int)(long)arg;
	struct rt_ctx *ctx = world_ctx(&world, cpu, 0);
	__u64 i, key, state = (__u64)cpu + 1;

	pthread_barrier_wait(&together);
	for (i = 0; i < (cpu ? 60 * ROUNDS : 300); i++) {
		if (!cpu) {
			/* Too many may have gone, again and again, if this thread has no processor. */
			if (!enter(0, 0, &sorts))
				continue;
			check_order(0, *(__u32 *)(world.data + map.data_off + 4));
			if (i % 16 == 15)
				rt_map_clear(ctx, &map);
			leave(0, 0, &sorts);
			continue;
		}
		/* In another order at the same time. */
		if (cpu == 1 && i % 512 == 0 && enter(cpu, 0, &by_key)) {
			rt_iter_first(ctx, &map, BY_KEY, 0, ~0ull, FRONT);
			check_order(cpu, *(__u32 *)(world.data + map.data_off + 4));
			leave(cpu, 0, &by_key);
		}
		CHECK(enter(cpu, 0, &write));
		key = pick(&state, ELEMENTS);
		*(__u64 *)rt_map_put(ctx, &map, &key) = pick(&state, 1000);
		key = pick(&state, ELEMENTS);
		if (i % 3 == 0)
			rt_map_delete(ctx, &map, &key, 0);
		/* One that sorts without having selected. */
		if (i % 4096 == 0)
			check_order(cpu, *(__u32 *)(world.data + map.data_off + 4));
		leave(cpu, 0, &write);
	}
	return 0;
}

static void sorting_what_others_change(void)
{
	start((struct rt_global){ .kind = RT_MAP, .n_keys = 1, .capacity = ELEMENTS, .n_orders = 2, .visits = FRONT });
	fill(0, ELEMENTS);
	run(disturb);
	stop();
}

void test_share(void)
{
	additions_exclude_what_looks();
	additions_lose_nothing();
	emptying();
	selecting();
	a_bookmark_is_no_element();
	a_slice_of_what_was_selected();
	the_first_few();
	what_was_selected_goes();
	selecting_strings_and_aggregates();
	sorting_what_others_change();
}
