// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Every kind of probe: that it fires, with what, and that it stops. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

#define READS	500

static struct image image;
static struct session session;

static void start(void)
{
	session.ring_bytes = 1 << 20;
	check_equal(session_load(&session, &image), 0);
	check_equal(session_command(&session, SPILE_IOC_START), 0);
	check_equal(session_state(&session), SPILE_STATE_RUNNING);
}

static void see_dump(void *data, const struct spile_record *record, const __u64 *words, int n_words)
{
	(void)record;
	if (n_words == N_COUNTERS)
		memcpy(data, words, N_COUNTERS * 8);
}

/* Stops, and gets the counters that an end probe `dump` sends. */
static void stop(__u64 *counters)
{
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	session_drain(&session, see_dump, counters);
}

/* By address and by name alike. */
static void on_vfs_read(int kind, enum handler handler, int by_address)
{
	struct spile_probe *probe = image_probe(&image, kind, handler, "vfs_read", 0);

	if (by_address) {
		probe->address = symbol("vfs_read");
		check(probe->address);
	}
}

static void function(int by_address)
{
	__u64 counters[N_COUNTERS] = {};
	struct spile_probe_status status;

	image_init(&image);
	on_vfs_read(SPILE_PROBE_FUNCTION, HANDLER_count, by_address);
	image_probe(&image, SPILE_PROBE_END, HANDLER_dump, NULL, 0);
	start();
	check_equal(session_attached(&session), 1);
	read_zeroes(READS);
	status = session_probe(&session, 0);
	check_equal(status.error, 0);
	check(status.hits >= READS);
	stop(counters);
	check(counters[COUNTER_HITS] >= READS);
	status = session_probe(&session, 0);
	check_equal(status.hits, counters[COUNTER_HITS]);
	check_equal(session.counters.hits, status.hits + 1);
	/* Silence. */
	read_zeroes(READS);
	check_equal(session_probe(&session, 0).hits, status.hits);
}

static void function_by_address(void)
{
	function(1);
}

static void function_by_name(void)
{
	function(0);
}

/* Entry words come back at the return, whatever other callers do meanwhile. */
static void function_return(void)
{
	__u64 counters[N_COUNTERS] = {};
	struct spile_probe_status status;

	image_init(&image);
	on_vfs_read(SPILE_PROBE_RETURN, HANDLER_returned, 1);
	image.probes[0].entry_handler = image_handler(HANDLER_entry);
	image.probes[0].entry_words = SPILE_MAX_ENTRY_WORDS;
	on_vfs_read(SPILE_PROBE_RETURN, HANDLER_count, 0);
	image_probe(&image, SPILE_PROBE_END, HANDLER_dump, NULL, 0);
	start();
	check_equal(session_attached(&session), 2);
	read_zeroes(READS);
	stop(counters);
	status = session_probe(&session, 0);
	check_equal(status.hits, counters[COUNTER_PAIRED]);
	check_equal(counters[COUNTER_UNPAIRED], 0);
	check(status.hits >= READS);
	check(session_probe(&session, 1).hits >= READS);
}

/* A caller sleeps in the function across STOP and the end of the session. */
static void return_in_flight(void)
{
	int fds[2];
	char byte;
	pid_t pid;

	check(!pipe(fds));
	image_init(&image);
	on_vfs_read(SPILE_PROBE_RETURN, HANDLER_returned, 1);
	image.probes[0].entry_handler = image_handler(HANDLER_entry);
	image.probes[0].entry_words = 4;
	start();
	pid = fork();
	if (!pid) {
		/* Not this copy of the session. */
		session_close(&session);
		_exit(read(fds[0], &byte, 1) != 1);
	}
	usleep(50000);
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	session_close(&session);
	check_equal(write(fds[1], "x", 1), 1);
	usleep(50000);
}

static void address(void)
{
	__u64 counters[N_COUNTERS] = {};

	image_init(&image);
	image_probe(&image, SPILE_PROBE_ADDRESS, HANDLER_count, NULL, 0)->address = symbol("vfs_read");
	image_probe(&image, SPILE_PROBE_END, HANDLER_dump, NULL, 0);
	start();
	check_equal(session_attached(&session), 1);
	read_zeroes(READS);
	stop(counters);
	check(counters[COUNTER_HITS] >= READS);
}

/* Four probes on one address, and all of them fire. */
static void shared_address(void)
{
	int i;

	image_init(&image);
	for (i = 0; i < 4; i++)
		on_vfs_read(i % 2 ? SPILE_PROBE_FUNCTION : SPILE_PROBE_RETURN, HANDLER_count, 1);
	start();
	check_equal(session_attached(&session), 4);
	read_zeroes(READS);
	stop(NULL);
	for (i = 0; i < 4; i++)
		check(session_probe(&session, i).hits >= READS);
}

/* What cannot be attached is told, and the others go on. */
static void unattachable(void)
{
	struct spile_probe *probe;
	int i;

	image_init(&image);
	image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_count, "no_such_function", 0);
	image_probe(&image, SPILE_PROBE_RETURN, HANDLER_count, "no_such_function", 0);
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_count, "no_such_tracepoint", 0);
	image_probe(&image, SPILE_PROBE_ADDRESS, HANDLER_count, NULL, 0)->address = 8;
	image_probe(&image, SPILE_PROBE_ADDRESS, HANDLER_count, NULL, 0)->address = -8ull;
	image_probe(&image, SPILE_PROBE_ADDRESS, HANDLER_count, NULL, 0)->address =
		(unsigned long)&image;
	image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_count, NULL, 0)->address =
		symbol("vfs_read") - (1ul << 40);
	/* kshim's own handlers. */
	image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_count, NULL, 0)->address =
		symbol("ring_reserve");
	probe = image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_count, "vfs_read", 0);
	probe->offset = 1ull << 40;
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_count, "sys_enter", 2);
	check(image.probes[6].address && image.probes[7].address);
	start();
	check_equal(session_attached(&session), 1);
	for (i = 0; i < 9; i++)
		if (session_probe(&session, i).error >= 0)
			fail("probe %d is attached", i);
	check_equal(session_probe(&session, 9).error, 0);
	check_equal(session_probe(&session, 2).error, -ENOENT);
	stop(NULL);
	check(session_probe(&session, 9).hits > 0);
	check_equal(session_probe(&session, 0).hits, 0);
}

struct arguments {
	__u64 n;
	__u64 level;
};

static void see_arguments(void *data, const struct spile_record *record, const __u64 *words,
			  int n_words)
{
	struct arguments *arguments = data;

	(void)record;
	check_equal(n_words, 4);
	check_equal(words[2], SYS_getppid);
	arguments->n++;
	arguments->level += words[3];
}

static void tracepoint(void)
{
	struct arguments arguments = {};
	int i;

	image_init(&image);
	image.params[0] = SYS_getppid;
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_arguments, "sys_enter", 2);
	start();
	check_equal(session_attached(&session), 1);
	for (i = 0; i < READS; i++)
		syscall(SYS_getppid);
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	session_drain(&session, see_arguments, &arguments);
	check(arguments.n >= READS);
	check_equal(arguments.level, 0);
	check(session_probe(&session, 0).hits >= READS);
}

static void timer(void)
{
	__u64 counters[N_COUNTERS] = {};

	image_init(&image);
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_interrupt, NULL, 1000000);
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_interrupt, NULL, 500000)->param2 = 500000;
	/* Raised to what a CPU can bear. */
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_nop, NULL, 1);
	image_probe(&image, SPILE_PROBE_END, HANDLER_dump, NULL, 0);
	start();
	check_equal(session_attached(&session), 3);
	while (session_probe(&session, 0).hits < 10 || session_probe(&session, 1).hits < 10)
		usleep(1000);
	check(session_probe(&session, 2).hits > 0);
	stop(counters);
	check_equal(counters[COUNTER_HITS],
		    session_probe(&session, 0).hits + session_probe(&session, 1).hits);
}

/* A timer fires inside a handler of this process, and gets a context of its own. */
static void nesting(void)
{
	__u64 counters[N_COUNTERS] = {};
	int i;

	image_init(&image);
	image.params[0] = 300000;
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_spin, "sys_enter", 2);
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_interrupt, NULL, 200000);
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_flood, NULL, 200000);
	image_probe(&image, SPILE_PROBE_END, HANDLER_dump, NULL, 0);
	start();
	for (i = 0; i < 100; i++) {
		syscall(SYS_getppid);
		session_drain(&session, NULL, NULL);
	}
	stop(counters);
	check(counters[COUNTER_SPINS] >= 100);
	check_equal(counters[COUNTER_SHIFTED], 0);
	check(counters[COUNTER_NESTED] > 0);
	check_equal(session.counters.skips[SPILE_SKIP_NESTED], 0);
}

/* Two sessions on the same function do not see each other. */
static void two_sessions(void)
{
	static struct session other;

	image_init(&image);
	on_vfs_read(SPILE_PROBE_FUNCTION, HANDLER_count, 1);
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_count, "sys_enter", 2);
	start();
	check_equal(session_load(&other, &image), 0);
	read_zeroes(10);
	check_equal(session_probe(&other, 0).hits, 0);
	check_equal(session_command(&other, SPILE_IOC_START), 0);
	read_zeroes(READS);
	/* The first goes, text and all. */
	stop(NULL);
	session_close(&session);
	read_zeroes(READS);
	check_equal(session_command(&other, SPILE_IOC_STOP), 0);
	check(session_probe(&other, 0).hits >= 2 * READS);
	check_equal(session_command(&other, SPILE_IOC_STOP), 0);
}

/* exit() in a handler ends the others at once. */
static void exit_in_probe(void)
{
	image_init(&image);
	on_vfs_read(SPILE_PROBE_FUNCTION, HANDLER_exit, 1);
	start();
	read_zeroes(READS);
	check_equal(session_state(&session), SPILE_STATE_EXITING);
	stop(NULL);
	check_equal(session_probe(&session, 0).hits, 1);
	check_equal(session.records, 1);
	check(session.counters.skips[SPILE_SKIP_STATE] >= READS - 1);
}

/* All that the kernel lets a probe have, at once. */
static void many(void)
{
	int i;

	image_init(&image);
	for (i = 0; i < 200; i++)
		on_vfs_read(i % 2 ? SPILE_PROBE_FUNCTION : SPILE_PROBE_RETURN, HANDLER_count, 0);
	for (i = 0; i < 200; i++)
		image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_count, "sys_exit", 2);
	start();
	check_equal(session_attached(&session), 400);
	read_zeroes(20);
	stop(NULL);
	for (i = 0; i < 400; i++)
		check(session_probe(&session, i).hits >= 20);
}

const struct test tests_probes[] = {
	{ "function_by_address", function_by_address },
	{ "function_by_name", function_by_name },
	{ "function_return", function_return },
	{ "return_in_flight", return_in_flight },
	{ "address", address },
	{ "shared_address", shared_address },
	{ "unattachable", unattachable },
	{ "tracepoint", tracepoint },
	{ "timer", timer },
	{ "nesting", nesting },
	{ "two_sessions", two_sessions },
	{ "exit_in_probe", exit_in_probe },
	{ "many", many },
	{}
};
