// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Functions that several sessions have trampolines for: one is called after the other. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

#define READS	300

static struct image image;
static struct session sessions[3];

/* vfs_read() first: all sessions have it. */
static const char *const functions[] = {
	"vfs_read", "do_sys_poll", "vfs_fstat", "vfs_statx", "filp_close", "vfs_readv",
};

#define N_FUNCTIONS	(sizeof(functions) / sizeof(*functions))
#define POLL		1

/* What a session has: vfs_read() or all functions, their entries or their returns, too. */
enum kind { ENTRY, RETURN, ENTRIES, RETURNS, N_KINDS };

static unsigned int probes_of(enum kind kind)
{
	return kind == RETURN || kind == RETURNS ? 2 : 1;
}

static void fill(enum kind kind)
{
	unsigned int i, n = kind == ENTRY || kind == RETURN ? 1 : N_FUNCTIONS;
	static unsigned long addresses[N_FUNCTIONS];

	image_init(&image);
	for (i = 0; i < n; i++) {
		if (!addresses[i])
			addresses[i] = symbol(functions[i]);
		image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_count, functions[i], 0)->address =
			addresses[i];
		if (probes_of(kind) == 2)
			image_probe(&image, SPILE_PROBE_RETURN, HANDLER_result, functions[i], 0)->address =
				addresses[i];
	}
	image_trampoline(&image, probes_of(kind) == 2 ? HANDLER_trampoline_return : HANDLER_trampoline_entry,
			 probes_of(kind));
	image_probe(&image, SPILE_PROBE_END, HANDLER_dump, NULL, 0);
}

static void begin(struct session *session, enum kind kind)
{
	fill(kind);
	memset(session, 0, sizeof(*session));
	session->ring_bytes = 16 << 10;
	check_equal(session_load(session, &image), 0);
	check_equal(session_command(session, SPILE_IOC_START), 0);
}

/* Has it a trampoline, or can the kernel not have one? Sharing is no reason. */
static int is_direct(struct session *session)
{
	struct spile_probe_status status = session_probe(session, 0);

	check_equal(status.error, 0);
	check_equal(status.direct_error, status.attach == SPILE_ATTACH_DIRECT ? 0 : -EOPNOTSUPP);
#if defined(__x86_64__)
	check(status.attach == SPILE_ATTACH_DIRECT || image.trampoline.n_sites > 1);
#endif
	return status.attach == SPILE_ATTACH_DIRECT;
}

static void see_dump(void *data, const struct spile_record *record, const __u64 *words, int n_words)
{
	(void)record;
	if (n_words == N_COUNTERS)
		memcpy(data, words, N_COUNTERS * 8);
}

/* Nobody calls it from elsewhere. */
static void end(struct session *session)
{
	__u64 counters[N_COUNTERS] = {};

	check_equal(session_command(session, SPILE_IOC_STOP), 0);
	session_drain(session, see_dump, counters);
	check_equal(counters[COUNTER_STRAYS], 0);
	session_close(session);
	session->fd = 0;
}

static void check_hits(struct session *session, unsigned int probe, __u64 before, __u64 calls)
{
	__u64 hits = session_probe(session, probe).hits - before;

	/* Others read now and then. */
	if (hits < calls || hits > calls + 20)
		fail("probe %u was hit %lld times in %lld calls", probe, (long long)hits, (long long)calls);
}

/* Each call of each function that it has is a hit of each session. */
static void try(struct session *session, const enum kind *kinds, unsigned int n)
{
	struct pollfd none = { .fd = -1 };
	__u64 before[3][2][2];
	unsigned int i, j;

	for (i = 0; i < n; i++)
		for (j = 0; session[i].fd && j < probes_of(kinds[i]); j++) {
			before[i][0][j] = session_probe(&session[i], j).hits;
			if (kinds[i] >= ENTRIES)
				before[i][1][j] =
					session_probe(&session[i], POLL * probes_of(kinds[i]) + j).hits;
		}
	read_zeroes(READS);
	for (i = 0; i < READS; i++)
		check_equal(poll(&none, 1, 0), 0);
	for (i = 0; i < n; i++)
		for (j = 0; session[i].fd && j < probes_of(kinds[i]); j++) {
			check_hits(&session[i], j, before[i][0][j], READS);
			if (kinds[i] >= ENTRIES)
				check_hits(&session[i], POLL * probes_of(kinds[i]) + j, before[i][1][j],
					   READS);
		}
}

/* Two of all kinds, in both orders; now the first ends first, now the second. */
static void pairs(void)
{
	unsigned int a, b, round = 0, direct = 0;

	for (a = 0; a < N_KINDS; a++)
		for (b = 0; b < N_KINDS; b++, round++) {
			enum kind kinds[] = { a, b };
			unsigned int first = (round + a) % 2;

			begin(&sessions[0], a);
			direct += is_direct(&sessions[0]);
			try(sessions, kinds, 1);
			begin(&sessions[1], b);
			direct += is_direct(&sessions[1]);
			try(sessions, kinds, 2);
			end(&sessions[first]);
			try(sessions, kinds, 2);
			end(&sessions[!first]);
		}
	printf("shared: %u of %u sessions had trampolines\n", direct, 2 * round);
}

/* Three of them end in every order. */
static void orders(void)
{
	static const unsigned char order[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	unsigned int round, i;

	for (round = 0; round < sizeof(order) / sizeof(*order); round++) {
		enum kind kinds[3];

		for (i = 0; i < 3; i++) {
			kinds[i] = (round + i) % 2 ? RETURNS - round % 2 : RETURN - round / 2 % 2;
			begin(&sessions[i], kinds[i]);
			is_direct(&sessions[i]);
		}
		try(sessions, kinds, 3);
		for (i = 0; i < 3; i++) {
			end(&sessions[order[round][i]]);
			try(sessions, kinds, 3);
		}
	}
}

/* Of the reader that is begun next. */
static volatile __u64 *reads_counted;

static void read_and_count(void)
{
	static int fd = -1;
	char bytes[16];

	if (fd < 0)
		fd = open("/dev/zero", O_RDONLY);
	check(read(fd, bytes, sizeof(bytes)) > 0);
	++*reads_counted;
}

static pid_t reader(volatile __u64 *reads)
{
	reads_counted = reads;
	return repeat(read_and_count);
}

/* Others come and go, and one session does not miss a hit for that. */
static void nothing_lost(void)
{
	volatile __u64 *reads = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	__u64 before, after, hits;
	unsigned int round;
	pid_t pid;

	check(reads != MAP_FAILED);
	begin(&sessions[0], ENTRY);
	pid = reader(reads);
	hits = session_probe(&sessions[0], 0).hits;
	before = *reads;
	for (round = 0; round < 12; round++) {
		begin(&sessions[1], round % N_KINDS);
		if (round % 3 == 0)
			begin(&sessions[2], RETURN);
		usleep(test_random() % 10000);
		end(&sessions[1]);
		if (round % 3 == 0)
			end(&sessions[2]);
	}
	/* A read is counted by the session first. */
	after = *reads;
	check(after > before);
	hits = session_probe(&sessions[0], 0).hits - hits;
	printf("shared: %lld hits of %lld reads\n", (long long)hits, (long long)(after - before));
	check(hits + 1 >= after - before);
	repeat_end(pid);
	end(&sessions[0]);
}

/* A caller sleeps inside two trampolines that return, and either session goes. */
static void sleepers(void)
{
	unsigned int round;

	for (round = 0; round < 4; round++) {
		__u32 arena = arena_free_bytes();
		int fds[2], status, direct;
		__u64 hits;
		char byte;
		pid_t pid;

		check(!pipe(fds));
		begin(&sessions[0], round / 2 ? RETURNS : RETURN);
		direct = is_direct(&sessions[0]);
		begin(&sessions[1], RETURN);
		hits = session_probe(&sessions[1], 0).hits;
		pid = fork();
		if (!pid) {
			close(sessions[0].fd);
			close(sessions[1].fd);
			_exit(read(fds[0], &byte, 1) != 1 || byte != 'x');
		}
		/* It has come through both. */
		while (session_probe(&sessions[1], 0).hits == hits)
			usleep(1000);
		end(&sessions[round % 2]);
		try(&sessions[!(round % 2)], (enum kind[]){ RETURN }, 1);
		if (round / 2)
			end(&sessions[!(round % 2)]);
		usleep(500000);
		check(!direct || arena_free_bytes() < arena);
		check_equal(write(fds[1], "x", 1), 1);
		waitpid(pid, &status, 0);
		check_equal(status, 0);
		if (!(round / 2))
			end(&sessions[!(round % 2)]);
		while (arena_free_bytes() != arena)
			usleep(10000);
		close(fds[0]);
		close(fds[1]);
	}
}

/* Its condition changes now and then, while others have the function. */
static void conditions(void)
{
	struct session *session = &sessions[1];
	unsigned int i, direct;

	begin(&sessions[0], ENTRIES);
	image_init(&image);
	image_conditions(&image);
	image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_count, "vfs_read", 0)->address = symbol("vfs_read");
	image.probes[0].condition = 0;
	image_trampoline(&image, HANDLER_trampoline_entry, 1);
	image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_toggle, "vfs_fallocate", 0)->address =
		symbol("vfs_fallocate");
	check_equal(session_load(session, &image), 0);
	check_equal(session_command(session, SPILE_IOC_START), 0);
	begin(&sessions[2], RETURN);
	for (i = 0; i < 8; i++) {
		__u64 hits = session_probe(session, 0).hits;

		while (session_probe(session, 0).armed != i % 2)
			usleep(1000);
		direct = session_probe(session, 0).attach == SPILE_ATTACH_DIRECT;
		try(sessions, (enum kind[]){ ENTRIES, ENTRY, RETURN }, i % 2 ? 3 : 1);
		if (!(i % 2))
			check_equal(session_probe(session, 0).hits, hits);
		/* The group's trampoline goes, and the others stay. */
		if (i == 3)
			end(&sessions[0]), begin(&sessions[0], ENTRIES);
		check_equal(fallocate(1, 0, 0, 1), -1);
	}
	printf("shared: the conditional probe was attached by %s\n", direct ? "its trampoline" : "kshim");
	end(&sessions[2]);
	end(&sessions[0]);
}

/* Agents are killed, and what others have goes on. */
static void killed(void)
{
	unsigned int round;
	pid_t pid;

	begin(&sessions[0], RETURN);
	for (round = 0; round < 12; round++) {
		pid = fork();
		if (!pid) {
			for (;;) {
				begin(&sessions[1], round % N_KINDS);
				begin(&sessions[2], (round + 1) % N_KINDS);
				session_close(&sessions[round % 2 + 1]);
				session_close(&sessions[2 - round % 2]);
			}
		}
		usleep(test_random() % 300000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		try(sessions, (enum kind[]){ RETURN }, 1);
	}
	end(&sessions[0]);
}

/* Sessions of all kinds in several processes, on functions that are called all the time. */
static void stress(void)
{
	volatile __u64 *reads = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t readers[2], pids[3];
	unsigned int i, round;
	int status;

	check(reads != MAP_FAILED);
	for (i = 0; i < 2; i++)
		readers[i] = reader(reads + i);
	for (i = 0; i < 3; i++) {
		pids[i] = fork();
		for (round = 0; !pids[i] && round < 12; round++) {
			enum kind kind = (i + round) % N_KINDS;
			__u64 hits;

			begin(&sessions[0], kind);
			is_direct(&sessions[0]);
			hits = session_probe(&sessions[0], 0).hits;
			usleep(test_random() % 20000);
			read_zeroes(100);
			check(session_probe(&sessions[0], 0).hits >= hits + 100);
			if (round % 2)
				end(&sessions[0]);
			else
				session_close(&sessions[0]);
		}
		if (!pids[i])
			_exit(0);
	}
	for (i = 0; i < 3; i++)
		check(waitpid(pids[i], &status, 0) == pids[i] && !status);
	for (i = 0; i < 2; i++)
		repeat_end(readers[i]);
}

/* Somebody else has the function: the session finds another way, and says why. */
static void taken(void)
{
	int fd = open("/foreign.ko", O_RDONLY | O_CLOEXEC);
	struct spile_probe_status status;

	if (fd < 0) {
		printf("shared: no module here that takes a function\n");
		return;
	}
	check_equal(syscall(SYS_finit_module, fd, "", 0), 0);
	close(fd);
	begin(&sessions[0], RETURNS);
	begin(&sessions[1], ENTRY);
	status = session_probe(&sessions[1], 0);
	check_equal(status.attach, SPILE_ATTACH_FTRACE);
	if (status.direct_error != -EOPNOTSUPP) {
		check_equal(status.direct_error, -EBUSY);
		check_equal(session_probe(&sessions[0], 0).direct_error, -EBUSY);
		/* Others of the group are free. */
		check_equal(session_probe(&sessions[0], POLL * 2).attach, SPILE_ATTACH_DIRECT);
	}
	try(&sessions[1], (enum kind[]){ ENTRY }, 1);
	end(&sessions[0]);
	end(&sessions[1]);
	check_equal(syscall(SYS_delete_module, "floor", O_NONBLOCK), 0);
}

const struct test tests_shared[] = {
	{ "shared_pairs", pairs },
	{ "shared_orders", orders },
	{ "shared_nothing_lost", nothing_lost },
	{ "shared_sleepers", sleepers },
	{ "shared_conditions", conditions },
	{ "shared_killed", killed },
	{ "shared_stress", stress },
	{ "shared_taken", taken },
	{}
};
