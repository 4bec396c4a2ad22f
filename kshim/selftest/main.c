// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Tries kshim: loads the module, runs every test in a process of its own,
 * unloads it. Prints "ok NAME" or "FAIL NAME: why" for each; exits with 1 if
 * one failed. Whether the kernel complained is for the caller to see.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

static const char *module, *current;

void fail(const char *format, ...)
{
	va_list args;

	printf("FAIL %s: ", current);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

unsigned int test_random(void)
{
	static __u64 state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 16;
}

int module_load(const char *parameters)
{
	int fd = open(module, O_RDONLY | O_CLOEXEC);
	long err = fd < 0 ? -1 : syscall(SYS_finit_module, fd, parameters, 0);

	if (err)
		err = -errno;
	close(fd);
	return err;
}

int module_unload(void)
{
	return syscall(SYS_delete_module, "kshim", O_NONBLOCK) ? -errno : 0;
}

/* kshim frees what it wrote itself when nobody can be in it. */
static void settle(__u32 arena)
{
	int tries;

	for (tries = 0; tries < 1000 && arena_free_bytes() != arena; tries++)
		usleep(10000);
}

/* Returns whether it passed. What it leaves behind counts, too. */
static int run(const struct test *test)
{
	__u32 arena = arena_free_bytes();
	int status;
	pid_t pid;

	current = test->name;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		test->run();
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	settle(arena);
	if (WIFSIGNALED(status))
		printf("FAIL %s: signal %d\n", test->name, WTERMSIG(status));
	else if (!WEXITSTATUS(status) && arena_free_bytes() != arena)
		printf("FAIL %s: %u bytes of the arena lost\n", test->name, arena - arena_free_bytes());
	else if (!WEXITSTATUS(status))
		return printf("ok %s\n", test->name);
	return 0;
}

static int report(const char *name, int good)
{
	printf("%s %s\n", good ? "ok" : "FAIL", name);
	return !good;
}

/* Is it named? If nothing is, all are but for those that want to be. */
static int is_wanted(const struct test *test, int is_special, char **names)
{
	if (!*names)
		return !is_special;
	while (*names && strcmp(*names, test->name))
		names++;
	return !!*names;
}

int main(int argc, char **argv)
{
	static const struct test *const all[] = {
		tests_states, tests_memory, tests_ring, tests_probes, tests_attach, tests_direct, tests_shared, tests_arming,
		tests_modules, tests_malformed, tests_fuzz, tests_stress, tests_cost, tests_faults,
	};
	const struct test *test;
	int fd, failed = 0;
	unsigned int i;

	if (argc < 2) {
		fprintf(stderr, "usage: %s kshim.ko [test...]\n", argv[0]);
		return 2;
	}
	current = "module";
	module = argv[1];
	failed += report("module_load", !module_load(""));
	if (failed)
		return 1;
	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		for (test = all[i]; test->name; test++)
			if (is_wanted(test, all[i] == tests_cost || all[i] == tests_faults, argv + 2))
				failed += !run(test);
	fd = session_open();
	failed += report("module_in_use", module_unload() == -EAGAIN);
	close(fd);
	failed += report("module_unload", !module_unload());
	failed += report("module_again", !module_load("") && !module_unload());
	return !!failed;
}
