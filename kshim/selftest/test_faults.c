// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Every call of kshim's that may fail does once, with a module that was built
 * for that (faults.h). Nothing may be left, and what works goes on working.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

#define PARAMETERS	"/sys/module/kshim/parameters/"
#define READS		50

static struct image image;

static int parameter(const char *path)
{
	FILE *file = fopen(path, "r");
	int value;

	if (!file)
		fail("this kshim was not built with SPILE_FAULTS=y");
	check_equal(fscanf(file, "%d", &value), 1);
	fclose(file);
	return value;
}

static void set_parameter(const char *path, int value)
{
	FILE *file = fopen(path, "w");

	check(file && fprintf(file, "%d", value) > 0 && !fclose(file));
}

static struct spile_probe *on(const char *function, int kind, enum handler handler)
{
	struct spile_probe *probe = image_probe(&image, kind, handler, function, 0);

	probe->address = symbol(function);
	return probe;
}

/* Whatever is attached by itself. */
static void others(void)
{
	struct spile_probe *probe;

	on("vfs_write", SPILE_PROBE_FUNCTION, HANDLER_count);
	on("vfs_write", SPILE_PROBE_FUNCTION, HANDLER_count)->flags = SPILE_PROBE_REGS;
	probe = on("vfs_write", SPILE_PROBE_RETURN, HANDLER_returned);
	probe->entry_handler = image_handler(HANDLER_entry);
	probe->entry_words = 2;
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_count, "sys_enter", 2);
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_count, NULL, 100000);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_count, NULL, 0);
	image_probe(&image, SPILE_PROBE_END, HANDLER_dump, NULL, 0);
}

static void entry_and_return(void)
{
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count);
	on("vfs_read", SPILE_PROBE_RETURN, HANDLER_result);
	image_trampoline(&image, HANDLER_trampoline_return, 2);
	others();
}

static void several_functions(void)
{
	static const char *const functions[] = { "vfs_read", "vfs_open", "vfs_fstat", "filp_close" };
	unsigned int i;

	for (i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		on(functions[i], SPILE_PROBE_FUNCTION, HANDLER_count);
	image_trampoline(&image, HANDLER_trampoline_entry, 1);
}

/* Of a module, or of none: all modules are asked. */
static void tracepoints(void)
{
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_count, "sys_enter", 2);
	image_trampoline(&image, HANDLER_trampoline_entry, 1);
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_count, "no_such_tracepoint", 0);
}

/* What the fault may have done to a probe: another way was found, or its error is told. */
static void check_probe(int fd, unsigned int i, int error)
{
	struct spile_probe_status status = { .probe = i };
	const char *name = image.strings + image.probes[i].name;

	check(!ioctl(fd, SPILE_IOC_PROBE, &status));
	if (status.error != 0 && status.error != error && status.error != -ENOENT)
		fail("probe %u has error %d", i, status.error);
	if (!status.error && !strcmp(name, "vfs_read"))
		check(status.hits >= READS);
	if (!strcmp(name, "no_such_tracepoint"))
		check(status.error);
}

/* A session's whole life. Wherever it fails, it must be possible to try again. */
static void live(const struct file *file, int error)
{
	int fd = open("/dev/spile", O_RDWR | O_CLOEXEC), err;
	unsigned int i;

	if (fd < 0) {
		check_equal(errno, ENOMEM);
		fd = session_open();
	}
	err = session_load_file(fd, file, 1 << 16);
	if (err) {
		check_equal(err, -ENOMEM);
		check_equal(session_load_file(fd, file, 1 << 16), 0);
	}
	check(!ioctl(fd, SPILE_IOC_START, 0));
	read_zeroes(READS);
	check(!ioctl(fd, SPILE_IOC_STOP, 0));
	for (i = 0; i < image.header.n_probes; i++)
		check_probe(fd, i, error);
	close(fd);
}

/* Who returns late into a trampoline keeps its session for a while; what kshim wrote itself stays as long. */
static void settle(int held, __u32 arena)
{
	int tries;

	for (tries = 0; tries < 6000; tries++) {
		if (parameter(PARAMETERS "fault_held") == held && arena_free_bytes() == arena)
			return;
		usleep(10000);
	}
	check_equal(parameter(PARAMETERS "fault_held"), held);
	check_equal(arena_free_bytes(), arena);
}

/* Lets the first call fail, then the second, and so on until there are no more. */
static void walk(void (*fill)(void), int error)
{
	int n = 0, left = 0, held = parameter(PARAMETERS "fault_held");
	__u32 arena = arena_free_bytes();
	struct file file;

	image_init(&image);
	fill();
	file = image_build(&image);
	set_parameter(PARAMETERS "fault_error", error);
	while (!left) {
		set_parameter(PARAMETERS "fault_at", ++n);
		live(&file, error);
		left = parameter(PARAMETERS "fault_at");
		set_parameter(PARAMETERS "fault_at", 0);
		settle(held, arena);
	}
	printf("faults: each of %d calls failed by %d\n", n - 1, error);
	check(n > 10);
	set_parameter(PARAMETERS "fault_error", -ENOMEM);
	free(file.bytes);
}

static void sessions(void)
{
	walk(entry_and_return, -ENOMEM);
	walk(several_functions, -ENOMEM);
	/* One of them may be the culprit: each half is tried. */
	walk(several_functions, -EBUSY);
	walk(tracepoints, -ENOMEM);
}

/* Another session has the function, and is called whatever fails. */
static void shared(void)
{
	struct spile_probe_status status = {};
	int fd = session_open();
	struct file file;
	__u64 hits;

	image_init(&image);
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count);
	image_trampoline(&image, HANDLER_trampoline_entry, 1);
	file = image_build(&image);
	check_equal(session_load_file(fd, &file, 1 << 16), 0);
	check(!ioctl(fd, SPILE_IOC_START, 0));
	read_zeroes(READS);
	check(!ioctl(fd, SPILE_IOC_PROBE, &status));
	hits = status.hits;
	walk(entry_and_return, -ENOMEM);
	walk(several_functions, -ENOMEM);
	read_zeroes(READS);
	check(!ioctl(fd, SPILE_IOC_PROBE, &status));
	/* There were more than ten turns in each walk. */
	check(status.hits >= hits + 20 * READS);
	close(fd);
	free(file.bytes);
}

/* A module whose init fails is not there, and the next one may come. */
static void init(void)
{
	char parameters[32];
	int n = 0, err = -ENOMEM;

	check_equal(module_unload(), 0);
	while (err) {
		check_equal(err, -ENOMEM);
		snprintf(parameters, sizeof(parameters), "fault_at=%d", ++n);
		err = module_load(parameters);
	}
	printf("faults: each of %d calls of init failed\n", n - 1);
	check_equal(parameter(PARAMETERS "fault_at"), 1);
	check_equal(module_unload(), 0);
	check_equal(module_load(""), 0);
	check(n > 4);
}

const struct test tests_faults[] = {
	{ "faults_sessions", sessions },
	{ "faults_shared", shared },
	{ "faults_init", init },
	{}
};
