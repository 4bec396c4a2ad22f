// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Probes are attached only while their conditions are true, in every way that there is. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

#define READS	200

static struct image image;
static struct session session;

/* The first probe, which changes both conditions at each call of fallocate(). */
static void begin_image(void)
{
	image_init(&image);
	image_conditions(&image);
	image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_toggle, "vfs_fallocate", 0)->address =
		symbol("vfs_fallocate");
}

static struct spile_probe *on(const char *function, int kind, enum handler handler, __u32 condition)
{
	struct spile_probe *probe = image_probe(&image, kind, handler, function, 0);

	if (kind != SPILE_PROBE_TRACEPOINT) {
		probe->address = symbol(function);
		check(probe->address);
	}
	probe->condition = condition;
	return probe;
}

static void start(__u32 attach)
{
	session.attach = attach;
	check_equal(session_load(&session, &image), 0);
	check_equal(session_command(&session, SPILE_IOC_START), 0);
}

/* Nothing else in the machine does that. */
static void toggle(void)
{
	/* Standard output is no file of a kind that would do it. */
	check_equal(fallocate(1, 0, 0, 1), -1);
}

static void wait_armed(unsigned int probe, __u32 armed)
{
	while (session_probe(&session, probe).armed != armed)
		usleep(1000);
}

/* Does a file of the kernel's have a line with this word? -1: there is no such file. */
static int kernel_says(const char *path, const char *word)
{
	FILE *file = fopen(path, "r");
	int found = 0;
	char line[512];

	if (!file)
		return -1;
	while (!found && fgets(line, sizeof(line), file))
		found = !!strstr(line, word);
	fclose(file);
	return found;
}

/* Is the kernel itself calling anybody for vfs_read()? */
static int traced(void)
{
	int ftrace = kernel_says("/sys/kernel/tracing/enabled_functions", "vfs_read (");
	int kprobes = kernel_says("/sys/kernel/debug/kprobes/list", "  vfs_read+");

	check(ftrace >= 0 || kprobes >= 0);
	return ftrace > 0 || kprobes > 0;
}

static void mount_views(void)
{
	/* They may be there already. */
	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
}

static void check_hit(unsigned int probe, int hit)
{
	__u64 before = session_probe(&session, probe).hits;

	read_zeroes(READS);
	if (hit)
		check(session_probe(&session, probe).hits >= before + READS);
	else
		check_equal(session_probe(&session, probe).hits, before);
}

/* What a trampoline's probe is attached by, once it is. */
static __u32 way_of(const struct spile_probe_status *status)
{
	return status->direct_error ? SPILE_ATTACH_FTRACE : SPILE_ATTACH_DIRECT;
}

/*
 * vfs_read() has the last probe, of the first condition: off, on, off, on. If
 * the way is not said, then it is a trampoline's.
 */
static void follow(__u32 expected)
{
	unsigned int i, last = image.header.n_probes - 1;

	check_equal(session_probe(&session, 0).error, 0);
	for (i = 0; i < 4; i++) {
		struct spile_probe_status status;

		wait_armed(last, i % 2);
		status = session_probe(&session, last);
		check_equal(status.error, 0);
		check_equal(status.times, (i + 1) / 2);
		if (expected != SPILE_ATTACH_TRACEPOINT)
			check_equal(traced(), i % 2);
		if (i % 2)
			check_equal(status.attach, expected ? expected : way_of(&status));
		check_hit(last, i % 2);
		toggle();
	}
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	check(!traced());
	session_close(&session);
}

static void by_way(__u32 way)
{
	begin_image();
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count, 0);
	start(1 << way);
	follow(way);
}

static void ways(void)
{
	mount_views();
	by_way(SPILE_ATTACH_KPROBE);
	by_way(SPILE_ATTACH_FTRACE);
	begin_image();
	on("sys_enter", SPILE_PROBE_TRACEPOINT, HANDLER_count, 0)->param = 2;
	start(0);
	follow(SPILE_ATTACH_TRACEPOINT);
}

static void with_trampoline(enum handler code, unsigned int n)
{
	unsigned int i;

	image_trampoline(&image, code, n);
	/* Not the one that toggles. */
	image.trampoline.n_sites = 1;
	image.trampoline.rows_log2 = 0;
	image.params[PARAM_ROWS] = 0;
	image.params[PARAM_ROWS + 3] = 1;
	image.probes[0].trampoline = SPILE_NO_TRAMPOLINE;
	image.probes[0].site = image.probes[0].position = 0;
	for (i = 1; i <= n; i++) {
		image.probes[i].site = 0;
		image.probes[i].position = i - 1;
	}
}

/* A trampoline comes and goes; where the kernel has none, ftrace's call of kshim does. */
static void trampoline(void)
{
	mount_views();
	begin_image();
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count, 0);
	with_trampoline(HANDLER_trampoline_entry, 1);
	start(0);
	follow(SPILE_ATTACH_NONE);
}

/* Two probes with opposite conditions on one function: one of them is always armed. */
static void opposites(void)
{
	unsigned int i;

	mount_views();
	begin_image();
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count, 0);
	on("vfs_read", SPILE_PROBE_RETURN, HANDLER_result, 1);
	with_trampoline(HANDLER_trampoline_return, 2);
	start(0);
	for (i = 0; i < 6; i++) {
		int direct = session_probe(&session, 2 - i % 2).attach == SPILE_ATTACH_DIRECT;

		check(traced());
		check_hit(2 - i % 2, 1);
		/* It is the handler's own look at the condition that this test's have not. */
		if (!direct)
			check_hit(1 + i % 2, 0);
		toggle();
		if (!direct)
			wait_armed(2 - i % 2, 0);
		usleep(50000);
	}
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	check(!traced());
}

/* A timer changes the conditions, and one of its own as well: it stops itself. */
static void timers(void)
{
	__u64 hits;

	image_init(&image);
	image_conditions(&image);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_toggle, NULL, 0);
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_toggle, NULL, 1000000000)->condition = 0;
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_count, NULL, 100000)->condition = 1;
	start(0);
	check_equal(session_probe(&session, 1).armed, 1);
	check_equal(session_probe(&session, 2).armed, 0);
	check_equal(session_probe(&session, 2).times, 0);
	wait_armed(2, 1);
	hits = session_probe(&session, 1).hits;
	check_equal(hits, 1);
	while (session_probe(&session, 2).hits < 100)
		usleep(1000);
	check_equal(session_probe(&session, 1).hits, hits);
	check_equal(session_probe(&session, 1).armed, 0);
	check_equal(session_attached(&session), 1);
}

static void *toggle_on(void *stop)
{
	while (!*(volatile int *)stop)
		toggle();
	return NULL;
}

/* Conditions change all the time while sessions come and go, some of them by a sudden death, and functions are called. */
static void rapid(void)
{
	__u32 arena = arena_free_bytes();
	pthread_t threads[2];
	int i, round, stop = 0;
	pid_t pid;

	begin_image();
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count, 0);
	on("vfs_read", SPILE_PROBE_RETURN, HANDLER_result, 0);
	with_trampoline(HANDLER_trampoline_return, 2);
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count, 1);
	on("vfs_write", SPILE_PROBE_FUNCTION, HANDLER_count, 0)->flags = SPILE_PROBE_REGS;
	on("vfs_read", SPILE_PROBE_ADDRESS, HANDLER_count, 1);
	on("sys_enter", SPILE_PROBE_TRACEPOINT, HANDLER_count, 0)->param = 2;
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_toggle, NULL, 1000000)->condition = 1;
	for (i = 0; i < 2; i++)
		check(!pthread_create(&threads[i], NULL, toggle_on, &stop));
	for (round = 0; round < 24; round++) {
		pid = fork();
		if (!pid) {
			start(0);
			for (i = 0; i < 20 || !session_probe(&session, 0).hits; i++) {
				read_zeroes(100);
				usleep(test_random() % 5000);
			}
			if (round % 3 == 0)
				check_equal(session_command(&session, SPILE_IOC_STOP), 0);
			_exit(0);
		}
		if (round % 3 == 1) {
			usleep(test_random() % 100000);
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		} else {
			check(waitpid(pid, &i, 0) == pid && !i);
		}
	}
	stop = 1;
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	while (arena_free_bytes() != arena)
		usleep(10000);
}

const struct test tests_arming[] = {
	{ "arming_ways", ways },
	{ "arming_trampoline", trampoline },
	{ "arming_opposites", opposites },
	{ "arming_timers", timers },
	{ "arming_rapid", rapid },
	{}
};
