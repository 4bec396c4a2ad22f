// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * The load of the bench: reads a byte of /dev/zero many times, in rounds.
 *
 *   load reads CALLS ROUNDS [CPUS]   prints "fastest FASTEST_NS CALLS PARENT_NS"
 *   load memory                      prints "memory KB", what the kernel holds for itself
 *
 * FASTEST_NS is the time of the fastest round, CALLS those of all rounds and
 * CPUs, PARENT_NS the processor time that the parent process spent meanwhile.
 * Under QEMU's -icount shift=0 a nanosecond is an instruction, of any CPU.
 *
 * It runs with real-time priority, so that whoever reads a tracer's output does
 * so in the pauses between rounds and not in them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CPUS 64

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static unsigned long long now(clockid_t clock)
{
	struct timespec time;

	if (clock_gettime(clock, &time))
		die("clock_gettime");
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void pause_ms(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

/* The clock of a process's time on CPUs. */
static clockid_t cpu_clock(pid_t pid)
{
	return (clockid_t)(~(unsigned int)pid << 3 | 2);
}

static int zero;

static void reads(long calls)
{
	char byte;

	for (long call = 0; call < calls; call++) {
		if (read(zero, &byte, 1) != 1)
			die("read /dev/zero");
	}
}

/* Rounds of several processes: they wait for `begun`, and count up `done`. */
struct shared {
	_Atomic unsigned int begun;
	_Atomic unsigned int done;
};

static void wait_while(_Atomic unsigned int *word, unsigned int value)
{
	while (atomic_load(word) == value)
		syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
}

static void wake(_Atomic unsigned int *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, MAX_CPUS, NULL, NULL, 0);
}

static void pin(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("sched_setaffinity");
}

static void worker(struct shared *shared, int cpu, long calls, int rounds)
{
	pin(cpu);
	for (int round = 0; round < rounds; round++) {
		wait_while(&shared->begun, round);
		reads(calls);
		atomic_fetch_add(&shared->done, 1);
		wake(&shared->done);
	}
	exit(0);
}

static void many_reads(struct shared *shared, int cpus)
{
	unsigned int done = atomic_load(&shared->done), end = done + cpus;

	atomic_fetch_add(&shared->begun, 1);
	wake(&shared->begun);
	while (done != end) {
		wait_while(&shared->done, done);
		done = atomic_load(&shared->done);
	}
}

static void measure(long calls, int rounds, int cpus)
{
	struct sched_param priority = { .sched_priority = 10 };
	clockid_t parent = cpu_clock(getppid());
	unsigned long long fastest = ~0ull, parent_begun;
	struct shared *shared;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	zero = open("/dev/zero", O_RDONLY);
	if (zero < 0)
		die("/dev/zero");
	if (sched_setscheduler(0, SCHED_FIFO, &priority))
		die("sched_setscheduler");
	for (int cpu = 0; cpus > 1 && cpu < cpus; cpu++) {
		if (fork() == 0)
			worker(shared, cpu, calls, rounds);
	}
	pause_ms(500);
	parent_begun = now(parent);
	for (int round = 0; round < rounds; round++) {
		unsigned long long begun;

		pause_ms(50);
		begun = now(CLOCK_MONOTONIC);
		if (cpus > 1)
			many_reads(shared, cpus);
		else
			reads(calls);
		begun = now(CLOCK_MONOTONIC) - begun;
		if (begun < fastest)
			fastest = begun;
	}
	/* A reader may take its time to see the end of the output. */
	pause_ms(1000);
	printf("fastest %llu %lld %llu\n", fastest, (long long)calls * rounds * cpus, now(parent) - parent_begun);
	while (cpus > 1 && wait(NULL) > 0)
		;
}

/* What grows with the kernel's own allocations, in kB. */
static long kernel_memory(void)
{
	static const char *const fields[] = { "VmallocUsed:", "SUnreclaim:", "Percpu:" };
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	long sum = 0;

	if (!file)
		die("/proc/meminfo");
	while (fgets(line, sizeof(line), file)) {
		for (size_t at = 0; at < sizeof(fields) / sizeof(*fields); at++) {
			if (!strncmp(line, fields[at], strlen(fields[at])))
				sum += atol(line + strlen(fields[at]));
		}
	}
	fclose(file);
	return sum;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "reads")) {
		int cpus = argc > 4 ? atoi(argv[4]) : 1;

		if (cpus < 1 || cpus > MAX_CPUS)
			return 2;
		measure(atol(argv[2]), atoi(argv[3]), cpus);
	} else if (argc == 2 && !strcmp(argv[1], "memory")) {
		printf("memory %ld\n", kernel_memory());
	} else {
		fputs("usage: load reads CALLS ROUNDS [CPUS] | memory\n", stderr);
		return 2;
	}
	return 0;
}
