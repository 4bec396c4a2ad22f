// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Trampolines: called by ftrace itself where the kernel can, and let go of cleanly. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

#define READS	500

static struct image image;
static struct session session;

static void on(const char *function, int kind, enum handler handler)
{
	struct spile_probe *probe = image_probe(&image, kind, handler, function, 0);

	probe->address = symbol(function);
	check(probe->address);
}

static void start_as(struct session *which, __u32 attach)
{
	which->attach = attach;
	check_equal(session_load(which, &image), 0);
	check_equal(session_command(which, SPILE_IOC_START), 0);
}

/* Can this kernel do it? Else probes say why not, and are attached some other way. */
static int is_direct(struct session *which, unsigned int probe)
{
	struct spile_probe_status status = session_probe(which, probe);

	check_equal(status.error, 0);
	if (status.attach == SPILE_ATTACH_DIRECT) {
		check_equal(status.direct_error, 0);
		return 1;
	}
	check_equal(status.direct_error, -EOPNOTSUPP);
#if defined(__x86_64__)
	/* All of them can, but the oldest for single functions only. */
	check(image.trampoline.n_sites > 1);
#endif
	return 0;
}

static void see_dump(void *data, const struct spile_record *record, const __u64 *words, int n_words)
{
	(void)record;
	if (n_words == N_COUNTERS)
		memcpy(data, words, N_COUNTERS * 8);
}

static void stop(struct session *which, __u64 *counters)
{
	check_equal(session_command(which, SPILE_IOC_STOP), 0);
	session_drain(which, see_dump, counters);
}

static void entry(void)
{
	__u64 counters[N_COUNTERS] = {}, hits;

	image_init(&image);
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count);
	image_trampoline(&image, HANDLER_trampoline_entry, 1);
	image_probe(&image, SPILE_PROBE_END, HANDLER_dump, NULL, 0);
	start_as(&session, 0);
	is_direct(&session, 0);
	read_zeroes(READS);
	stop(&session, counters);
	hits = session_probe(&session, 0).hits;
	check(hits >= READS);
	check_equal(counters[COUNTER_HITS], hits);
	check_equal(session.counters.hits, hits + 1);
	read_zeroes(READS);
	check_equal(session_probe(&session, 0).hits, hits);
}

/* The function's own result goes to the handler, and to the caller. */
static void entry_and_return(void)
{
	__u64 counters[N_COUNTERS] = {};

	image_init(&image);
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count);
	on("vfs_read", SPILE_PROBE_RETURN, HANDLER_result);
	image_trampoline(&image, HANDLER_trampoline_return, 2);
	image_probe(&image, SPILE_PROBE_END, HANDLER_dump, NULL, 0);
	start_as(&session, 0);
	check_equal(is_direct(&session, 0), is_direct(&session, 1));
	read_zeroes(READS);
	stop(&session, counters);
	check(session_probe(&session, 0).hits >= READS);
	check(session_probe(&session, 1).hits >= READS);
	check(counters[COUNTER_RESULTS] >= READS);
}

static const char *const functions[] = {
	"vfs_read", "vfs_write", "vfs_fstat", "vfs_statx", "filp_close", "do_sys_poll", "vfs_readv",
};

#define N_FUNCTIONS	(sizeof(functions) / sizeof(*functions))

/* One trampoline for several functions knows which one it is in. */
static void rows(void)
{
	__u64 counters[N_COUNTERS] = {};
	struct stat stat;
	unsigned int i;

	image_init(&image);
	for (i = 0; i < N_FUNCTIONS; i++) {
		struct spile_probe *probe = image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_count,
							functions[i], 0);

		probe->address = symbol(functions[i]);
	}
	image_trampoline(&image, HANDLER_trampoline_entry, 1);
	image_probe(&image, SPILE_PROBE_END, HANDLER_dump, NULL, 0);
	start_as(&session, 0);
	is_direct(&session, 0);
	read_zeroes(READS);
	for (i = 0; i < 2 * READS; i++)
		check(!fstat(1, &stat));
	stop(&session, counters);
	check(session_probe(&session, 0).hits >= READS);
	check(session_probe(&session, 0).hits < 2 * READS);
	check(session_probe(&session, 2).hits + session_probe(&session, 3).hits >= 2 * READS ||
	      session_probe(&session, 2).error || session_probe(&session, 3).error);
	check_equal(session_probe(&session, 6).hits, 0);
	check_equal(counters[COUNTER_STRAYS], 0);
}

/* The kernel's tracepoint calls the trampoline's code. */
static void tracepoint(void)
{
	image_init(&image);
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_count, "sys_enter", 2);
	image_trampoline(&image, HANDLER_trampoline_entry, 1);
#if defined(__x86_64__)
	/* Its code ends like a function here, and not on the other one. */
	start_as(&session, 0);
	check_equal(session_probe(&session, 0).attach, SPILE_ATTACH_TRACEPOINT);
	check_equal(session_probe(&session, 0).direct_error, 0);
	read_zeroes(READS);
	stop(&session, NULL);
	check(session_probe(&session, 0).hits >= READS);
	session_close(&session);
#endif
	start_as(&session, 1 << SPILE_ATTACH_KPROBE);
	check_equal(session_probe(&session, 0).attach, SPILE_ATTACH_TRACEPOINT);
	check_equal(session_probe(&session, 0).direct_error, -EPERM);
	read_zeroes(READS);
	check(session_probe(&session, 0).hits >= READS);
}

/*
 * A caller sleeps in a function with a trampoline that returns: the session's
 * file closes at once, but its text and the module stay until the caller left.
 */
static void sleeper(void)
{
	__u32 arena = arena_free_bytes();
	int fds[2], status, direct;
	__u64 hits;
	char byte;
	pid_t pid;

	check(!pipe(fds));
	image_init(&image);
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count);
	on("vfs_read", SPILE_PROBE_RETURN, HANDLER_result);
	image_trampoline(&image, HANDLER_trampoline_return, 2);
	start_as(&session, 0);
	direct = is_direct(&session, 0);
	hits = session_probe(&session, 0).hits;
	pid = fork();
	if (!pid) {
		session_close(&session);
		_exit(read(fds[0], &byte, 1) != 1 || byte != 'x');
	}
	while (session_probe(&session, 0).hits == hits)
		usleep(1000);
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	session_close(&session);
	if (direct) {
		/* The reaper looks for the caller meanwhile, some times. */
		sleep(2);
		check(arena_free_bytes() < arena);
		check_equal(syscall(SYS_delete_module, "kshim", O_NONBLOCK), -1);
	}
	check_equal(write(fds[1], "x", 1), 1);
	waitpid(pid, &status, 0);
	check_equal(status, 0);
	while (arena_free_bytes() != arena)
		usleep(10000);
}

/* Reads much, in the function all the time but without sleeping, while the session goes. */
static void busy(void)
{
	__u32 arena = arena_free_bytes();
	int status, fd = open("/dev/urandom", O_RDONLY);
	size_t size = 8 << 20;
	char *bytes = malloc(size);
	pid_t pid;

	check(fd >= 0 && bytes);
	image_init(&image);
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count);
	on("vfs_read", SPILE_PROBE_RETURN, HANDLER_result);
	image_trampoline(&image, HANDLER_trampoline_return, 2);
	start_as(&session, 0);
	pid = fork();
	if (!pid) {
		session_close(&session);
		_exit(read(fd, bytes, size) != (ssize_t)size);
	}
	usleep(20000);
	session_close(&session);
	waitpid(pid, &status, 0);
	check_equal(status, 0);
	while (arena_free_bytes() != arena)
		usleep(10000);
	free(bytes);
	close(fd);
}

/* Callers die in a function with a trampoline that returns. Nothing waits for them. */
static void killed(void)
{
	__u32 arena = arena_free_bytes();
	pid_t pid;
	int i;

	image_init(&image);
	on("get_signal", SPILE_PROBE_FUNCTION, HANDLER_count);
	on("get_signal", SPILE_PROBE_RETURN, HANDLER_result);
	image_trampoline(&image, HANDLER_trampoline_return, 2);
	start_as(&session, 0);
	for (i = 0; i < 3; i++) {
		pid = fork();
		if (!pid) {
			pause();
			_exit(1);
		}
		usleep(20000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	check(session_probe(&session, 0).hits >= 3);
	session_close(&session);
	while (arena_free_bytes() != arena)
		usleep(10000);
}

/* vfs_read() and thousands of functions of subsystems that this process and its interrupts do not live by. */
static void fill_many(void)
{
	static const char *const prefixes[] = {
		"acpi_", "ext4_", "nfs_", "pci", "usb", "vfs_", "do_", "tty_", "tcp", "ip_", "ipv6_",
		"sock_", "blk_", "bio_", "drm_", "device_", "of_", "net",
	};
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long address;
	char line[256], name[256], type;
	unsigned int i;

	check(file);
	image_init(&image);
	on("vfs_read", SPILE_PROBE_FUNCTION, HANDLER_count);
	while (image.header.n_probes < 5000 && fgets(line, sizeof(line), file)) {
		if (strchr(line, '[') || sscanf(line, "%lx %c %255s", &address, &type, name) != 3 ||
		    strlen(name) > 40 || !strcmp(name, "vfs_read") || (type != 't' && type != 'T'))
			continue;
		for (i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
			if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
				image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_count, name, 0)->address =
					address;
	}
	fclose(file);
	check(image.header.n_probes > 1000);
	image_trampoline(&image, HANDLER_trampoline_entry, 1);
	image_probe(&image, SPILE_PROBE_END, HANDLER_dump, NULL, 0);
}

/* How many of them have a trampoline; most are to be attached. */
static unsigned int count_direct(struct session *which)
{
	unsigned int i, attached = 0, direct = 0;

	for (i = 0; i < image.header.n_probes - 1; i++) {
		struct spile_probe_status status = session_probe(which, i);

		attached += status.attach != SPILE_ATTACH_NONE;
		direct += status.attach == SPILE_ATTACH_DIRECT;
	}
	printf("bulk: %u functions, %u attached, %u directly\n", i, attached, direct);
	check(attached > i / 2);
	return direct;
}

/*
 * Thousands of functions: all but a few are attached, and no trampoline is called
 * from elsewhere. A second session shares some of them, and has the others as well.
 */
static void bulk(void)
{
	static struct session other;
	__u64 counters[N_COUNTERS] = {};
	unsigned int direct, shared;

	fill_many();
	start_as(&session, ~(1u << SPILE_ATTACH_KPROBE) & 0x7f);
	start_as(&other, ~(1u << SPILE_ATTACH_KPROBE) & 0x7f);
	read_zeroes(READS);
	check(session_probe(&session, 0).hits >= READS);
	check(session_probe(&other, 0).hits >= READS);
	direct = count_direct(&session);
	check(direct > image.header.n_probes / 2 || session_probe(&session, 0).direct_error == -EOPNOTSUPP);
	/* So many of each registration. */
	shared = count_direct(&other);
	check(direct ? shared >= 512 && shared < direct : !shared);
	stop(&session, counters);
	check_equal(counters[COUNTER_STRAYS], 0);
	read_zeroes(READS);
	check(session_probe(&other, 0).hits >= 2 * READS);
	stop(&other, counters);
	check_equal(counters[COUNTER_STRAYS], 0);
}

const struct test tests_direct[] = {
	{ "direct_entry", entry },
	{ "direct_return", entry_and_return },
	{ "direct_rows", rows },
	{ "direct_tracepoint", tracepoint },
	{ "direct_sleeper", sleeper },
	{ "direct_busy", busy },
	{ "direct_killed", killed },
	{ "direct_bulk", bulk },
	{}
};
