// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Which handlers run when, and what state they leave. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

static struct image image;
static struct session session;

struct seen {
	int n;
	int probes[64];
};

static void see(void *data, const struct spile_record *record, const __u64 *words, int n_words)
{
	struct seen *seen = data;

	check(record->type == SPILE_RECORD_PRINT && n_words == 4 && seen->n < 64);
	seen->probes[seen->n++] = words[0];
}

/* Probes whose records arrived must be these, in this order of times. */
static void expect(const int *probes, int n)
{
	struct seen seen = {};
	int i;

	session_drain(&session, see, &seen);
	check_equal(seen.n, n);
	for (i = 0; i < n; i++)
		check_equal(seen.probes[i], probes[i]);
}

#define EXPECT(...) expect((const int[]){ __VA_ARGS__ }, \
			   sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static void load(void)
{
	cpu_set_t one;

	/* All records into one ring, so that they come in order. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	check(!sched_setaffinity(0, sizeof(one), &one));
	check_equal(session_load(&session, &image), 0);
}

static void start(int state)
{
	check_equal(session_command(&session, SPILE_IOC_START), 0);
	check_equal(session_state(&session), state);
}

static void stop(void)
{
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	check_equal(session_state(&session), SPILE_STATE_STOPPED);
	check_equal(session_attached(&session), 0);
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	check_equal(session_state(&session), SPILE_STATE_STOPPED);
}

static void info(void)
{
	struct spile_info got;
	int fd = session_open();

	check(!ioctl(fd, SPILE_IOC_INFO, &got));
	check(got.abi_hash == SPILE_ABI_HASH && got.version == SPILE_ABI_VERSION);
	check(got.n_cpus >= 1 && got.page_size == (__u32)sysconf(_SC_PAGESIZE));
	check(got.arena_size && got.arena_free <= got.arena_size && !got.ring_stride);
}

static void nothing(void)
{
	image_init(&image);
	load();
	check_equal(session_state(&session), SPILE_STATE_LOADED);
	start(SPILE_STATE_RUNNING);
	stop();
}

static void before_load(void)
{
	struct spile_probe_status probe = {};
	struct spile_status status;
	struct pollfd wait = { .events = POLLIN };

	session.fd = wait.fd = session_open();
	check_equal(session_command(&session, SPILE_IOC_START), -EINVAL);
	check_equal(session_command(&session, SPILE_IOC_STOP), -EINVAL);
	check(ioctl(session.fd, SPILE_IOC_PROBE, &probe) == -1 && errno == EINVAL);
	check(!ioctl(session.fd, SPILE_IOC_STATUS, &status) && status.state == SPILE_STATE_LOADED);
	check(ioctl(session.fd, _IO('S', 0x7f)) == -1 && errno == ENOTTY);
	check_equal(poll(&wait, 1, 0), 0);
}

static void twice(void)
{
	struct file file;

	image_init(&image);
	load();
	file = image_build(&image);
	check_equal(session_load_file(session.fd, &file, 1 << 16), -EBUSY);
	start(SPILE_STATE_RUNNING);
	check_equal(session_command(&session, SPILE_IOC_START), -EINVAL);
	stop();
	check_equal(session_command(&session, SPILE_IOC_START), -EINVAL);
	check_equal(session_load_file(session.fd, &file, 1 << 16), -EBUSY);
}

static void order(void)
{
	image_init(&image);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_record, NULL, 5);
	image_probe(&image, SPILE_PROBE_END, HANDLER_record, NULL, 5);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_record, NULL, -5);
	image_probe(&image, SPILE_PROBE_END, HANDLER_record, NULL, -7);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_record, NULL, 5);
	image_probe(&image, SPILE_PROBE_ERROR, HANDLER_record, NULL, 0);
	load();
	start(SPILE_STATE_RUNNING);
	EXPECT(2, 0, 4);
	stop();
	EXPECT(3, 1);
	check_equal(session_probe(&session, 4).hits, 1);
	check_equal(session_probe(&session, 5).hits, 0);
	check_equal(session.counters.hits, 5);
}

static void exit_in_begin(void)
{
	struct pollfd wait = { .events = POLLIN };

	image_init(&image);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_record, NULL, 1);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_exit, NULL, 2);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_record, NULL, 3);
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_record, "sys_enter", 2);
	image_probe(&image, SPILE_PROBE_END, HANDLER_record, NULL, 0);
	image_probe(&image, SPILE_PROBE_ERROR, HANDLER_record, NULL, 0);
	load();
	start(SPILE_STATE_EXITING);
	check_equal(session_attached(&session), 0);
	EXPECT(0, 1);
	wait.fd = session.fd;
	check_equal(poll(&wait, 1, -1), 1);
	stop();
	EXPECT(4);
}

static void fail_in_begin(void)
{
	image_init(&image);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_fail, NULL, 1);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_record, NULL, 2);
	image_probe(&image, SPILE_PROBE_ERROR, HANDLER_fail, NULL, 9);
	image_probe(&image, SPILE_PROBE_ERROR, HANDLER_record, NULL, 10);
	image_probe(&image, SPILE_PROBE_END, HANDLER_record, NULL, 0);
	load();
	start(SPILE_STATE_FAILED);
	stop();
	EXPECT(0, 2, 3);
}

static void fail_in_end(void)
{
	image_init(&image);
	image_probe(&image, SPILE_PROBE_END, HANDLER_fail, NULL, 1);
	image_probe(&image, SPILE_PROBE_END, HANDLER_record, NULL, 2);
	image_probe(&image, SPILE_PROBE_ERROR, HANDLER_record, NULL, 0);
	load();
	start(SPILE_STATE_RUNNING);
	stop();
	EXPECT(0, 2);
}

static void fail_in_init(void)
{
	image_init(&image);
	image.header.init = image_handler(HANDLER_fail);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_record, NULL, 1);
	image_probe(&image, SPILE_PROBE_ERROR, HANDLER_record, NULL, 0);
	load();
	check_equal(session_state(&session), SPILE_STATE_FAILED);
	start(SPILE_STATE_FAILED);
	stop();
	EXPECT(0, 1);	/* init's own record says probe 0 */
}

/* Probes may fail, too, after exit(): the session fails then. */
static void exit_then_fail(void)
{
	image_init(&image);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_exit, NULL, 1);
	image_probe(&image, SPILE_PROBE_END, HANDLER_exit, NULL, 1);
	image_probe(&image, SPILE_PROBE_END, HANDLER_fail, NULL, 2);
	image_probe(&image, SPILE_PROBE_ERROR, HANDLER_exit, NULL, 0);
	load();
	start(SPILE_STATE_EXITING);
	stop();
	EXPECT(0, 1, 2, 3);
}

static void stop_unstarted(void)
{
	image_init(&image);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_record, NULL, 1);
	image_probe(&image, SPILE_PROBE_END, HANDLER_record, NULL, 1);
	image_probe(&image, SPILE_PROBE_ERROR, HANDLER_record, NULL, 0);
	load();
	stop();
	check_equal(session_command(&session, SPILE_IOC_START), -EINVAL);
	session_drain(&session, NULL, NULL);
	check_equal(session.records, 0);
}

static void see_dump(void *data, const struct spile_record *record, const __u64 *words, int n_words)
{
	(void)record;
	check_equal(n_words, N_COUNTERS);
	memcpy(data, words, N_COUNTERS * 8);
}

static void init(void)
{
	__u64 counters[N_COUNTERS] = {};

	image_init(&image);
	image.header.init = image_handler(HANDLER_init);
	image_probe(&image, SPILE_PROBE_END, HANDLER_dump, NULL, 0);
	load();
	start(SPILE_STATE_RUNNING);
	stop();
	session_drain(&session, see_dump, counters);
	check_equal(counters[COUNTER_INIT], INIT_MARK);
	check_equal(counters[COUNTER_HITS], 0);
}

const struct test tests_states[] = {
	{ "info", info },
	{ "nothing", nothing },
	{ "before_load", before_load },
	{ "twice", twice },
	{ "order", order },
	{ "exit_in_begin", exit_in_begin },
	{ "fail_in_begin", fail_in_begin },
	{ "fail_in_end", fail_in_end },
	{ "fail_in_init", fail_in_init },
	{ "exit_then_fail", exit_then_fail },
	{ "stop_unstarted", stop_unstarted },
	{ "init", init },
	{}
};
