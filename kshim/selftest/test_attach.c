// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The ways to attach a probe, and what they share: contexts, limits, clean ends. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

#define READS	500

static struct image image;
static struct session session;

static void start(__u32 attach)
{
	session.ring_bytes = 1 << 20;
	session.attach = attach;
	check_equal(session_load(&session, &image), 0);
	check_equal(session_command(&session, SPILE_IOC_START), 0);
}

static void stop(void)
{
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	session_drain(&session, NULL, NULL);
}

static struct spile_probe *on(const char *function, int kind, enum handler handler)
{
	struct spile_probe *probe = image_probe(&image, kind, handler, function, 0);

	probe->address = symbol(function);
	return probe;
}

/* Two probes on the function by the rungs of a mask: both must be attached so, and fire. */
static void rung(__u32 mask, __u32 expected, __u32 flags)
{
	int i;

	image_init(&image);
	for (i = 0; i < 2; i++)
		on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count)->flags = flags;
	start(mask);
	check_equal(session_attached(&session), 2);
	read_zeroes(READS);
	for (i = 0; i < 2; i++) {
		struct spile_probe_status status = session_probe(&session, i);

		check_equal(status.attach, expected);
		check_equal(status.error, 0);
		check(status.hits >= READS);
	}
	stop();
	check_equal(session_probe(&session, 0).hits + session_probe(&session, 1).hits,
		    session.counters.hits);
	check_equal(session.counters.skips[SPILE_SKIP_NESTED], 0);
	session_close(&session);
}

static void rungs(void)
{
	rung(0, SPILE_ATTACH_FTRACE, 0);
	rung(1 << SPILE_ATTACH_FTRACE, SPILE_ATTACH_FTRACE, 0);
	rung(1 << SPILE_ATTACH_KPROBE, SPILE_ATTACH_KPROBE, 0);
	rung(1 << SPILE_ATTACH_KPROBE, SPILE_ATTACH_KPROBE, SPILE_PROBE_REGS);
}

/* A mask that leaves nothing. */
static void masked(void)
{
	image_init(&image);
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count);
	on("vfs_read", SPILE_PROBE_RETURN, HANDLER_count);
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_count, "sys_enter", 2);
	start(1 << SPILE_ATTACH_DIRECT);
	check_equal(session_attached(&session), 1);
	check_equal(session_probe(&session, 0).error, -EOPNOTSUPP);
	check_equal(session_probe(&session, 1).error, -EOPNOTSUPP);
	check_equal(session_probe(&session, 2).attach, SPILE_ATTACH_TRACEPOINT);
	read_zeroes(1);
	stop();
	check_equal(session_probe(&session, 0).hits, 0);
	check(session_probe(&session, 2).hits > 0);
}

static void see_arguments(void *data, const struct spile_record *record, const __u64 *words,
			  int n_words)
{
	(void)record;
	check_equal(n_words, 3);
	if (words[2] == 0x5eed)
		++*(int *)data;
}

/* vfs_read's third argument is the size that was asked for. */
static void arguments_by(__u32 mask, __u32 flags)
{
	int fd = open("/dev/zero", O_RDONLY), i, seen = 0;
	static const char name[SPILE_NAME_BYTES] = "a_current_task!";
	static char bytes[0x5eed];

	check_equal(prctl(PR_SET_NAME, name), 0);
	image_init(&image);
	image.params[0] = 0x5eed;
	image.params[1] = 2;
	memcpy(&image.params[2], name, sizeof(name));
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_argument)->flags = flags;
	start(mask);
	check_equal(session_attached(&session), 1);
	for (i = 0; i < 10; i++)
		check_equal(read(fd, bytes, sizeof(bytes)), sizeof(bytes));
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	session_drain(&session, see_arguments, &seen);
	check_equal(seen, 10);
	session_close(&session);
	close(fd);
}

static void arguments(void)
{
	arguments_by(1 << SPILE_ATTACH_KPROBE, 0);
	arguments_by(1 << SPILE_ATTACH_FTRACE, 0);
	arguments_by(0, SPILE_PROBE_REGS);
}

/* More sessions than there are slots; a slot comes back. */
static void slots(void)
{
	static int fds[128];
	struct file file;
	int i, n = 0, err = 0;

	image_init(&image);
	file = image_build(&image);
	while (!err && n < 128) {
		fds[n] = session_open();
		err = session_load_file(fds[n++], &file, 16 << 10);
	}
	check_equal(err, -EUSERS);
	check_equal(n, 65);
	close(fds[3]);
	check_equal(session_load_file(fds[n - 1], &file, 16 << 10), 0);
	for (i = 0; i < n; i++)
		if (i != 3)
			close(fds[i]);
}

/* What LOAD does not know, it refuses. */
static void load_flags(void)
{
	struct spile_load load = { .ring_bytes = 16 << 10 };
	struct file file;
	int fd = session_open();

	image_init(&image);
	file = image_build(&image);
	load.flags = 4;
	check_equal(session_load_as(fd, &file, load), -EINVAL);
	load.flags = 0;
	load.attach = 2 << SPILE_ATTACH_TIMER;
	check_equal(session_load_as(fd, &file, load), -EINVAL);
	load.attach = 1 << SPILE_ATTACH_TIMER;
	check_equal(session_load_as(fd, &file, load), 0);
	close(fd);
}

static struct spile_status status(void)
{
	struct spile_status got = {};

	check(!ioctl(session.fd, SPILE_IOC_STATUS, &got));
	return got;
}

/* A handler that takes nearly all of a CPU ends its session, and the report says why. */
static void overload(void)
{
	struct spile_status got;
	__u64 hits;

	image_init(&image);
	image.params[0] = 100000;
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_spin, "sys_enter", 2);
	start(0);
	while (session_state(&session) == SPILE_STATE_RUNNING)
		syscall(SYS_getppid);
	check_equal(session_state(&session), SPILE_STATE_FAILED);
	got = status();
	check_equal(got.failed, 1);
	check(got.overload_cpu < session.info.n_cpus);
	check(got.overload_interval >= 1000000000);
	check_equal(got.overload_threshold, got.overload_interval / 2);
	check(got.overload_cycles > got.overload_threshold);
	check(got.overload_cycles <= got.overload_interval);
	hits = session_probe(&session, 0).hits;
	stop();
	session_close(&session);

	/* As many hits, and nobody minds. */
	session.flags = SPILE_LOAD_NO_OVERLOAD;
	start(0);
	while (session_probe(&session, 0).hits < hits)
		syscall(SYS_getppid);
	check_equal(session_state(&session), SPILE_STATE_RUNNING);
	check_equal(status().overload_cycles, 0);
	stop();
}

const struct test tests_attach[] = {
	{ "rungs", rungs },
	{ "masked", masked },
	{ "arguments", arguments },
	{ "slots", slots },
	{ "load_flags", load_flags },
	{ "overload", overload },
	{}
};
