// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Many sessions, many threads, sudden deaths. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

static struct image image;

static void read_and_call(void)
{
	static int fd = -1;
	char bytes[64];

	if (fd < 0)
		fd = open("/dev/zero", O_RDONLY);
	check(read(fd, bytes, sizeof(bytes)) > 0);
	getppid();
}

static void everything(void)
{
	struct spile_probe *probe;

	image_init(&image);
	image.params[0] = 5;
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_record, NULL, 0);
	image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_record, "vfs_read", 0);
	probe = image_probe(&image, SPILE_PROBE_RETURN, HANDLER_returned, "vfs_read", 0);
	probe->entry_handler = image_handler(HANDLER_entry);
	probe->entry_words = 2;
	image_probe(&image, SPILE_PROBE_TRACEPOINT, HANDLER_flood, "sys_enter", 2);
	image_probe(&image, SPILE_PROBE_TIMER, HANDLER_sizes, NULL, 100000);
	image_probe(&image, SPILE_PROBE_END, HANDLER_record, NULL, 0);
}

/* With all kinds of probes firing on all CPUs. */
static void reload(void)
{
	pid_t load = repeat(read_and_call);
	int round;

	everything();
	for (round = 0; round < 200; round++) {
		struct session session = { .ring_bytes = 16 << 10 };

		check_equal(session_load(&session, &image), 0);
		check_equal(session_command(&session, SPILE_IOC_START), 0);
		check_equal(session_attached(&session), 4);
		usleep(round * 20);
		session_drain(&session, NULL, NULL);
		/* Every other one without STOP. */
		if (round % 2) {
			check_equal(session_command(&session, SPILE_IOC_STOP), 0);
			session_drain(&session, NULL, NULL);
		}
		session_close(&session);
	}
	repeat_end(load);
}

/* Images of different ages, unloaded in another order than they came. */
static void out_of_order(void)
{
	static struct session sessions[16];
	__u32 arena = arena_free_bytes();
	int i, j, round;

	everything();
	for (round = 0; round < 200; round++) {
		i = test_random() % 16;
		if (sessions[i].fd) {
			session_close(&sessions[i]);
			memset(&sessions[i], 0, sizeof(sessions[i]));
			continue;
		}
		sessions[i].ring_bytes = 16 << 10;
		check_equal(session_load(&sessions[i], &image), 0);
		if (round % 3 == 0)
			check_equal(session_command(&sessions[i], SPILE_IOC_START), 0);
	}
	for (i = j = 0; i < 16; i++)
		if (sessions[i].fd)
			session_close(&sessions[i]), j++;
	check(j);
	check_equal(arena_free_bytes(), arena);
}

/* Until the arena is full; then it is empty again. */
static void arena_full(void)
{
	static int fds[1024];
	__u32 arena = arena_free_bytes();
	struct file file;
	int i, n = 0, err = 0;

	image_init(&image);
	image.padding = 50000;
	file = image_build(&image);
	while (!err && n < 1024) {
		fds[n] = session_open();
		err = session_load_file(fds[n++], &file, 16 << 10);
	}
	check_equal(err, -ENOSPC);
	check(arena_free_bytes() < image.padding + 8192);
	for (i = 0; i < n; i++)
		close(fds[i]);
	check_equal(arena_free_bytes(), arena);
}

static void die_soon(void)
{
	struct session session = { .ring_bytes = 16 << 10 };

	for (;;) {
		session_load(&session, &image);
		session_command(&session, SPILE_IOC_START);
		session_drain(&session, NULL, NULL);
		session_command(&session, SPILE_IOC_STOP);
		session_close(&session);
	}
}

/* The agent is killed anywhere, also inside START and STOP. */
static void killed(void)
{
	__u32 arena = arena_free_bytes();
	pid_t load = repeat(read_and_call), pid;
	int round, i;

	everything();
	for (i = 0; i < 60; i++)
		image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_count, "vfs_read", 0);
	for (round = 0; round < 60; round++) {
		pid = fork();
		if (!pid)
			die_soon();
		usleep(test_random() % 60000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		check_equal(arena_free_bytes(), arena);
	}
	repeat_end(load);
}

/* Threads race on one descriptor, another process holds it too. */
static void *race(void *data)
{
	struct session *session = data;
	struct file file = image_build(&image);
	int i;

	for (i = 0; i < 40; i++) {
		struct spile_probe_status status = { .probe = i % 8 };
		struct spile_status state;
		void *at;

		session_load_file(session->fd, &file, 16 << 10);
		session_command(session, SPILE_IOC_START);
		ioctl(session->fd, SPILE_IOC_PROBE, &status);
		ioctl(session->fd, SPILE_IOC_STATUS, &state);
		at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, session->fd, 0);
		if (at != MAP_FAILED)
			munmap(at, 4096);
		if (i % 4 == 3)
			session_command(session, SPILE_IOC_STOP);
	}
	free(file.bytes);
	return NULL;
}

static void races(void)
{
	pthread_t threads[6];
	struct session session;
	int i, round;

	everything();
	for (round = 0; round < 10; round++) {
		session.fd = session_open();
		for (i = 0; i < 6; i++)
			check(!pthread_create(&threads[i], NULL, race, &session));
		for (i = 0; i < 6; i++)
			pthread_join(threads[i], NULL);
		close(session.fd);
	}
}

/* Any command, with any argument. Only LOAD and START are left to others. */
static void ioctls(void)
{
	static const unsigned int known[] = {
		SPILE_IOC_INFO, SPILE_IOC_STOP, SPILE_IOC_STATUS, SPILE_IOC_PROBE, SPILE_IOC_LOAD,
	};
	static __u64 buffer[512];
	struct session session = {};
	int round;

	everything();
	check_equal(session_load(&session, &image), 0);
	check_equal(session_command(&session, SPILE_IOC_START), 0);
	for (round = 0; round < 20000; round++) {
		unsigned int command = known[test_random() % 5];
		unsigned long argument = (unsigned long)buffer + test_random() % 64;

		if (test_random() % 2)
			command ^= 1u << test_random() % 32;
		if (!(test_random() % 4))
			argument = (unsigned long)test_random() << test_random() % 40;
		buffer[test_random() % 32] = (__u64)test_random() << test_random() % 48;
		ioctl(session.fd, command, argument);
	}
	session_command(&session, SPILE_IOC_STOP);
	check_equal(session_state(&session), SPILE_STATE_STOPPED);
}

const struct test tests_stress[] = {
	{ "reload", reload },
	{ "out_of_order", out_of_order },
	{ "arena_full", arena_full },
	{ "killed", killed },
	{ "races", races },
	{ "ioctls", ioctls },
	{}
};
