// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
#include <sched.h>

#include "world.h"

#define ROUNDS 20000
/* Of probes up to that of the contexts. */
#define TIMINGS 8

static struct world world;
static struct rt_global a = { .kind = RT_INT }, b = { .kind = RT_STR };
static pthread_barrier_t together;
static struct rt_handler *read_a, *write_a, *write_b, *both;

static struct rt_handler *handler(__u32 n, const struct rt_global *first, __u32 mode, const struct rt_global *second)
{
	struct rt_handler *handler = calloc(1, sizeof(*handler) + n * sizeof(struct rt_lock));

	handler->n_locks = n;
	handler->locks[0] = (struct rt_lock){ first->lock_off, mode, 0, 0, 0 };
	if (n > 1)
		handler->locks[1] = (struct rt_lock){ second->lock_off, RT_LOCK_WRITE, 1, 0, 0 };
	return handler;
}

static void start(void)
{
	world_init(&world);
	world_add(&world, &a);
	world_add(&world, &b);
	/* Behind all that globals have of each context, and never at 0. */
	world.part_size += 64 + TIMINGS * sizeof(struct rt_timing);
	world_start(&world);
	CHECK(a.data_off == 64 && a.lock_off >= a.data_off + 8 && b.lock_off < b.data_off + b.data_size);
	read_a = handler(1, &a, RT_LOCK_READ, 0);
	write_a = handler(1, &a, RT_LOCK_WRITE, 0);
	write_b = handler(1, &b, RT_LOCK_WRITE, 0);
	both = handler(2, &a, RT_LOCK_READ, &b);
}

static void stop(void)
{
	free(read_a);
	free(write_a);
	free(write_b);
	free(both);
	world_free(&world);
	mock_reset();
}

static void exclusion(void)
{
	struct rt_ctx *one = world_ctx(&world, 0, 0), *two = world_ctx(&world, 1, 0), *nested = world_ctx(&world, 0, 2);
	struct rt_session *session = (struct rt_session *)world.data;

	CHECK(rt_enter(one, read_a) && rt_enter(two, read_a) && rt_enter(nested, read_a));
	rt_leave(nested, read_a);
	CHECK(!rt_enter(world_ctx(&world, 2, 0), write_a) && world.counters[2].skips[SPILE_SKIP_LOCK] == 1);
	rt_leave(one, read_a);
	rt_leave(two, read_a);
	CHECK(rt_enter(one, write_b));
	/* All or none: a is free again after the attempt. */
	CHECK(!rt_enter(two, both));
	CHECK(rt_enter(nested, write_a));
	CHECK(session->skips == 2 && mock.failures == 0 && mock.n_records == 0 && mock.skipped == 2);
	/* The third is one too many; later ones say nothing more. */
	CHECK(!rt_enter(nested, write_b) && mock.failures == 1 && mock.n_records == 1);
	CHECK(!rt_enter(two, write_b) && mock.failures == 1 && session->skips == 4);
	CHECK(text_is(mock.records[0] + sizeof(struct spile_message),
		      ((struct spile_message *)mock.records[0])->length,
		      "Skipped too many probes, check MAXSKIPPED or try again with stap -t for more details."));
	rt_leave(nested, write_a);
	rt_leave(one, write_b);
	CHECK(rt_enter(two, both));
	rt_leave(two, both);
}

/* Who asks neither waits nor is counted, and has all locks or none. */
static void asking(void)
{
	struct rt_ctx *one = world_ctx(&world, 0, 0), *two = world_ctx(&world, 1, 0);
	struct rt_session *session = (struct rt_session *)world.data;

	CHECK(rt_ask(one, both) && !rt_ask(two, write_a) && rt_ask(two, read_a));
	rt_leave(two, read_a);
	rt_leave(one, both);
	CHECK(rt_enter(one, write_b) && !rt_ask(two, both));
	rt_leave(one, write_b);
	CHECK(rt_ask(two, write_a));
	rt_leave(two, write_a);
	CHECK(session->skips == 0 && mock.n_records == 0 && mock.skipped == 0);
}

/* Each CPU adds under the lock, unguarded otherwise; readers see no change while they hold it. */
static void *contend(void *arg)
{
	int cpu = (int)(long)arg, i;
	struct rt_ctx *ctx = world_ctx(&world, cpu, 0);
	__s64 *value = (__s64 *)(world.data + a.data_off);
	long done = 0;

	pthread_barrier_wait(&together);
	for (i = 0; i < ROUNDS; i++) {
		if (i % 4 == 0) {
			if (rt_enter(ctx, read_a)) {
				__s64 before = *(volatile __s64 *)value;

				CHECK(*(volatile __s64 *)value == before);
				rt_leave(ctx, read_a);
			}
		} else if (rt_enter(ctx, write_a)) {
			__s64 before = *value;

			/* Lets others in between, on one processor too. */
			if (i % 64 == 1)
				sched_yield();
			*value = before + 1;
			done++;
			rt_leave(ctx, write_a);
		}
	}
	return (void *)done;
}

static void contention(void)
{
	pthread_t threads[CPUS];
	struct rt_session *session = (struct rt_session *)world.data;
	__u64 skips = 0;
	long total = 0;
	int cpu;

	session->max_skipped = ~0u;
	/* Skipped hits have records, and the mock has room for few, of one thread. */
	mock.ring_is_full = 1;
	CHECK(!pthread_barrier_init(&together, 0, CPUS));
	for (cpu = 0; cpu < CPUS; cpu++)
		CHECK(!pthread_create(&threads[cpu], 0, contend, (void *)(long)cpu));
	for (cpu = 0; cpu < CPUS; cpu++) {
		void *done;

		CHECK(!pthread_join(threads[cpu], &done));
		total += (long)done;
		skips += world.counters[cpu].skips[SPILE_SKIP_LOCK];
	}
	pthread_barrier_destroy(&together);
	CHECK(*(__s64 *)(world.data + a.data_off) == total && total > 0);
	CHECK(session->skips == skips);
	CHECK(*(__u32 *)(world.data + a.lock_off) == 0);
}

static const struct rt_timing *timing(int cpu, int level)
{
	const struct rt_session *session = (const struct rt_session *)world.data;
	const struct rt_ctx *ctx = world_ctx(&world, cpu, level);

	return (const struct rt_timing *)(ctx->part + session->timing_off) + ctx->probe;
}

/* For -t: who waits for a lock that another has, and for how long, whether it gets it or not. */
static void waits_are_timed(void)
{
	struct rt_ctx *holder = world_ctx(&world, 0, 0), *waiter = world_ctx(&world, 1, 1);
	struct rt_session *session = (struct rt_session *)world.data;
	const struct spile_timing *total;

	rt_timing_init(holder, world.part_size - TIMINGS * sizeof(struct rt_timing));
	CHECK(rt_enter(holder, write_a));
	CHECK(!rt_enter(waiter, read_a));
	CHECK(timing(1, 1)->lock_waits == 1 && timing(1, 1)->lock_wait_ns > session->max_trylock * 10000ull);
	/* Of its own CPU: not waited for. */
	CHECK(!rt_enter(world_ctx(&world, 0, 1), read_a) && !timing(0, 1)->lock_waits);
	/* Given back at the waiter's second look at the clock, whenever that is. */
	session->max_trylock = 1000000;
	mock.unlocks = (__u32 *)(world.data + a.lock_off);
	mock.looks = 2;
	CHECK(rt_enter(waiter, read_a) && timing(1, 1)->lock_waits == 2);
	rt_leave(waiter, read_a);
	CHECK(rt_enter(waiter, read_a) && timing(1, 1)->lock_waits == 2 && !timing(0, 0)->lock_waits);
	rt_leave(waiter, read_a);
	rt_timing_report(holder, waiter->probe + 1);
	CHECK(mock.n_records == 1);
	total = (const struct spile_timing *)mock.records[0];
	CHECK(total->probe == waiter->probe && total->lock_waits == 2 && total->count == 0);
	CHECK(total->lock_wait_ns == timing(1, 1)->lock_wait_ns);
}

void test_lock(void)
{
	start();
	waits_are_timed();
	stop();
	start();
	exclusion();
	stop();
	start();
	asking();
	stop();
	start();
	contention();
	stop();
}
