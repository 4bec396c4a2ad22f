// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What a hit costs: `kshim-selftest kshim.ko cost` prints, for each kind of
 * probe, the ns that it adds to a system call. Under `spile-lab run --icount`
 * a ns is an instruction.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

#define CALLS	400
#define ROUNDS	40

static struct image image;
static int zero;

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* The fastest round, ns for a read of one byte. */
static double read_ns(struct session *session)
{
	long long best = 1ll << 60, start, ns;
	char byte;
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		start = now_ns();
		for (i = 0; i < CALLS; i++)
			check(read(zero, &byte, 1) == 1);
		ns = now_ns() - start;
		best = ns < best ? ns : best;
		if (session)
			session_drain(session, NULL, NULL);
	}
	return (double)best / CALLS;
}

static void measure(const char *what, int kind, enum handler handler, const char *name, double base)
{
	struct session session = { .ring_bytes = 1 << 20 };

	image_init(&image);
	image_probe(&image, kind, handler, name, 0);
	check_equal(session_load(&session, &image), 0);
	check_equal(session_command(&session, SPILE_IOC_START), 0);
	/* The kernel optimises some kprobes a little later. */
	usleep(500000);
	printf("cost %s %.0f\n", what, read_ns(&session) - base);
	check(session_probe(&session, 0).hits >= CALLS * ROUNDS);
	session_close(&session);
}

static void cost(void)
{
	double base;

	zero = open("/dev/zero", O_RDONLY);
	usleep(500000);
	base = read_ns(NULL);
	printf("cost of a read %.0f, and what is added to it:\n", base);
	measure("tracepoint", SPILE_PROBE_TRACEPOINT, HANDLER_nop, "sys_enter", base);
	measure("tracepoint, counting", SPILE_PROBE_TRACEPOINT, HANDLER_count, "sys_enter", base);
	measure("tracepoint, 4-word record", SPILE_PROBE_TRACEPOINT, HANDLER_record, "sys_enter", base);
	measure("function", SPILE_PROBE_FUNCTION, HANDLER_nop, "vfs_read", base);
	measure("return", SPILE_PROBE_RETURN, HANDLER_nop, "vfs_read", base);
}

const struct test tests_cost[] = { { "cost", cost }, {} };
