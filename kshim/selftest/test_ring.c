// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Records, wrapping, drops, and what the agent may and may not do. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

static struct image image;
static struct session session;

static void load(__u32 ring_bytes)
{
	session.ring_bytes = ring_bytes;
	check_equal(session_load(&session, &image), 0);
}

static void see_sizes(void *data, const struct spile_record *record, const __u64 *words, int n_words)
{
	__u64 *sum = data;
	int i;

	check(record->type == SPILE_RECORD_PRINT);
	for (i = 1; i < n_words; i++)
		check(words[i] == words[0]);
	if (n_words) {
		check_equal((words[0] * 13 % 700 + 7) / 8, n_words);
		*sum += words[0];
	}
}

static void records(void)
{
	__u64 sum = 0;

	image_init(&image);
	image.params[0] = 30;
	image_probe(&image, SPILE_PROBE_END, HANDLER_sizes, NULL, 0);
	load(16 << 10);
	check_equal(session_command(&session, SPILE_IOC_START), 0);
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	session_drain(&session, see_sizes, &sum);
	check_equal(session.records, 30);
	check_equal(sum, 29 * 30 / 2);
	check_equal(session.dropped, 0);
}

static void see_time(void *data, const struct spile_record *record, const __u64 *words, int n_words)
{
	__u64 *times = data;

	(void)words;
	(void)n_words;
	check(record->time >= times[0]);
	if (record->time > times[1])
		times[1] = record->time;
}

/* They are of the clock that INFO names, whichever CPU's. */
static void times(void)
{
	__u64 seen[2] = { 0, 0 }, end;

	image_init(&image);
	image.params[0] = 5;
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_sizes, NULL, 1000000);
	load(16 << 10);
	check(session.info.clock == SPILE_CLOCK_MONOTONIC || session.info.clock == SPILE_CLOCK_CYCLES);
	seen[0] = session_time(&session);
	check_equal(session_command(&session, SPILE_IOC_START), 0);
	while (session_probe(&session, 0).hits < 20)
		usleep(1000);
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	end = session_time(&session);
	session_drain(&session, see_time, seen);
	check(session.records);
	check(seen[1] > seen[0] && seen[1] <= end);
}

/* A timer writes round and round, this process reads: nothing is torn, and all is accounted for. */
static void stream(void)
{
	struct pollfd wait = { .events = POLLIN };
	__u64 sum = 0, hits, total = 0;
	int rounds;

	image_init(&image);
	image.params[0] = 40;
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_sizes, NULL, 1000000);
	load(16 << 10);
	check_equal(session_command(&session, SPILE_IOC_START), 0);
	wait.fd = session.fd;
	for (rounds = 0; rounds < 200; rounds++) {
		check_equal(poll(&wait, 1, 10000), 1);
		session_drain(&session, see_sizes, &sum);
		total = session.records + session.dropped;
	}
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	session_drain(&session, see_sizes, &sum);
	total = session.records + session.dropped;
	hits = session_probe(&session, 0).hits;
	check(hits >= 200 / 2);
	check_equal(total, hits * 40);
}

static void drops(void)
{
	struct spile_counters *counters = &session.counters;
	__u64 sum = 0, first;

	image_init(&image);
	image.params[0] = 100000;
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_sizes, NULL, 0);
	image_probe(&image, SPILE_PROBE_END, HANDLER_record, NULL, 0);
	load(16 << 10);
	check_equal(session_command(&session, SPILE_IOC_START), 0);
	session_drain(&session, see_sizes, &sum);
	first = session.records;
	check(first > 10);
	check_equal(first + session.dropped, 100000);
	check(session.rings[0].page->dropped_bytes || session.info.n_cpus > 1);
	/* There is room again. */
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	session_drain(&session, NULL, NULL);
	check_equal(session.records, first + 1);
	check_equal(counters->hits, 2);
}

/* A flight recorder gives up the oldest, whatever the tail says: the rest is whole, and in order. */
static void newest(void)
{
	const struct ring *ring = NULL;
	__u64 at, words[2] = { 0, 0 };
	unsigned int cpu;

	image_init(&image);
	image.params[0] = 100000;
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_sizes, NULL, 0);
	session.flags = SPILE_LOAD_OVERWRITE;
	load(16 << 10);
	for (cpu = 0; cpu < session.info.n_cpus; cpu++)
		*session.rings[cpu].tail = -1ull;
	check_equal(session_command(&session, SPILE_IOC_START), 0);
	for (cpu = 0; cpu < session.info.n_cpus; cpu++)
		if (session.rings[cpu].page->head)
			ring = &session.rings[cpu];
	check(ring);
	check_equal(ring->page->records, 100000);
	check_equal(ring->page->dropped, 0);
	check(ring->page->head - ring->page->first <= 16 << 10);
	for (at = ring->page->first; at < ring->page->head;) {
		const __u8 *data = ring->data + (at & ((16 << 10) - 1));
		const struct spile_record *record = (const void *)data;

		check(record->size >= 8 && record->size % 8 == 0);
		if (record->type != SPILE_RECORD_PAD && record->size > sizeof(*record)) {
			words[1] = ((const __u64 *)(record + 1))[0];
			check(words[1] > words[0]);
			words[0] = words[1];
		}
		at += record->size;
	}
	check_equal(at, ring->page->head);
	check(words[0] > 99990);
	session.flags = 0;
}

/* A tail that lies loses records, and nothing else. */
static void lying_tail(void)
{
	static const __u64 lies[] = { -1ull, 1ull << 63, 1 << 16, 4097, 3, 1 };
	unsigned int i, cpu;

	for (i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		image_init(&image);
		image.params[0] = 2000;
		image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_sizes, NULL, 0);
		image_probe(&image, SPILE_PROBE_TIMER, HANDLER_sizes, NULL, 100000);
		load(16 << 10);
		for (cpu = 0; cpu < session.info.n_cpus; cpu++)
			*session.rings[cpu].tail = lies[i];
		check_equal(session_command(&session, SPILE_IOC_START), 0);
		for (cpu = 0; cpu < session.info.n_cpus; cpu++)
			memset((void *)session.rings[cpu].tail, test_random(), session.info.page_size);
		usleep(2000);
		check_equal(session_command(&session, SPILE_IOC_STOP), 0);
		session_close(&session);
	}
}

static int try_map(int protection, int flags, size_t size, __u64 offset)
{
	void *at = mmap(NULL, size, protection, flags, session.fd, offset);

	if (at == MAP_FAILED)
		return -errno;
	munmap(at, size);
	return 0;
}

static void protection(void)
{
	const int both = PROT_READ | PROT_WRITE;
	size_t page, stride;

	image_init(&image);
	load(1 << 16);
	page = session.info.page_size;
	stride = session.info.ring_stride;
	check_equal(try_map(both, MAP_SHARED, page, 0), -EPERM);
	check_equal(try_map(both, MAP_SHARED, stride, 0), -EPERM);
	check_equal(try_map(both, MAP_SHARED, 2 * page, page), -EPERM);
	check_equal(try_map(both, MAP_SHARED, page, 2 * page), -EPERM);
	check_equal(try_map(PROT_READ | PROT_EXEC, MAP_SHARED, page, 0), -EPERM);
	check_equal(try_map(PROT_READ, MAP_PRIVATE, page, 0), -EINVAL);
	check_equal(try_map(PROT_READ, MAP_SHARED, stride + page, 0), -EINVAL);
	check_equal(try_map(PROT_READ, MAP_SHARED, 2 * page, stride - page), -EINVAL);
	check_equal(try_map(PROT_READ, MAP_SHARED, page, stride * session.info.n_cpus), -EINVAL);
	check(try_map(PROT_READ, MAP_SHARED, page, (1ull << 62) & -(__u64)page) < 0);
	check_equal(try_map(PROT_READ, MAP_SHARED, page, stride - page), 0);
	check_equal(try_map(both, MAP_SHARED, page, page), 0);
	check(mprotect((void *)session.rings[0].page, stride, both) == -1 && errno == EACCES);
	check(mprotect((void *)session.rings[0].page, page, PROT_READ | PROT_EXEC) == -1);
	/* The agent forks rarely, but it must not hurt. */
	*session.rings[0].tail = 0;
}

/* A mapping outlives the descriptor; the session lives as long. */
static void mapping_outlives(void)
{
	image_init(&image);
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_record, NULL, 1000000);
	load(1 << 16);
	check_equal(session_command(&session, SPILE_IOC_START), 0);
	close(session.fd);
	session_drain(&session, NULL, NULL);
	session.records = 0;
	while (session.records < 5) {
		usleep(1000);
		session_drain(&session, NULL, NULL);
	}
}

static void bad_ring_bytes(void)
{
	static const __u32 bad[] = { 0, 1, 4096, 8192, 3 << 14, (1 << 16) + 1, 1u << 29, 1u << 31, -1u };
	struct file file;
	unsigned int i;
	int fd = session_open();

	image_init(&image);
	file = image_build(&image);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		check_equal(session_load_file(fd, &file, bad[i]), -EINVAL);
	check_equal(session_load_file(fd, &file, 16 << 10), 0);
}

const struct test tests_ring[] = {
	{ "records", records },
	{ "times", times },
	{ "stream", stream },
	{ "drops", drops },
	{ "newest", newest },
	{ "lying_tail", lying_tail },
	{ "protection", protection },
	{ "mapping_outlives", mapping_outlives },
	{ "bad_ring_bytes", bad_ring_bytes },
	{}
};
