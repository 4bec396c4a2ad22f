// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

int session_open(void)
{
	int fd = open("/dev/spile", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail("open /dev/spile: %s", strerror(errno));
	return fd;
}

/* With what the load says already. Returns 0 or -errno. */
int session_load_as(int fd, const struct file *file, struct spile_load load)
{
	load.image = (unsigned long)file->bytes;
	load.image_size = file->size;
	return ioctl(fd, SPILE_IOC_LOAD, &load) ? -errno : 0;
}

int session_load_file(int fd, const struct file *file, __u32 ring_bytes)
{
	return session_load_as(fd, file, (struct spile_load){ .ring_bytes = ring_bytes });
}

static void *map(struct session *session, int protection, size_t size, __u64 offset)
{
	void *at = mmap(NULL, size, protection, MAP_SHARED, session->fd, offset);

	if (at == MAP_FAILED)
		fail("mmap %#llx: %s", offset, strerror(errno));
	return at;
}

/* Opens, loads and maps. Returns 0 or -errno of LOAD. */
int session_load(struct session *session, const struct image *image)
{
	struct file file = image_build(image);
	__u32 cpu, page;
	int err;

	if (!session->ring_bytes)
		session->ring_bytes = 1 << 16;
	session->fd = session_open();
	err = session_load_as(session->fd, &file, (struct spile_load){
		.ring_bytes = session->ring_bytes,
		.flags = session->flags,
		.attach = session->attach,
	});
	free(file.bytes);
	if (err)
		return err;
	check(!ioctl(session->fd, SPILE_IOC_INFO, &session->info));
	page = session->info.page_size;
	check(session->info.ring_stride == 2 * page + session->ring_bytes);
	check(session->info.n_cpus <= 256);
	for (cpu = 0; cpu < session->info.n_cpus; cpu++) {
		__u64 offset = cpu * session->info.ring_stride;
		struct ring *ring = &session->rings[cpu];

		ring->page = map(session, PROT_READ, session->info.ring_stride, offset);
		ring->data = (const __u8 *)ring->page + 2 * page;
		ring->tail = map(session, PROT_READ | PROT_WRITE, page, offset + page);
	}
	return 0;
}

/* An ioctl without argument. Returns 0 or -errno. */
int session_command(struct session *session, unsigned int command)
{
	return ioctl(session->fd, command, 0) ? -errno : 0;
}

static struct spile_status status(struct session *session)
{
	struct spile_status status = {};

	check(!ioctl(session->fd, SPILE_IOC_STATUS, &status));
	return status;
}

int session_state(struct session *session)
{
	return status(session).state;
}

int session_attached(struct session *session)
{
	return status(session).n_attached;
}

/* The address of the image's text in the kernel. */
unsigned long session_text(struct session *session)
{
	return status(session).text;
}

struct spile_probe_status session_probe(struct session *session, unsigned int probe)
{
	struct spile_probe_status status = { .probe = probe };

	check(!ioctl(session->fd, SPILE_IOC_PROBE, &status));
	check(status.probe == probe);
	return status;
}

static void drain_ring(struct session *session, struct ring *ring, on_record on_record, void *data)
{
	__u64 head = __atomic_load_n(&ring->page->head, __ATOMIC_ACQUIRE);
	__u64 tail = *ring->tail;

	while (tail != head) {
		const struct spile_record *record = (const struct spile_record *)
			(ring->data + tail % session->ring_bytes);
		__u32 size = __atomic_load_n(&record->size, __ATOMIC_ACQUIRE);

		if (size & SPILE_RECORD_BUSY)
			break;
		if (size < 8 || size % 8 || size > head - tail ||
		    tail % session->ring_bytes + size > session->ring_bytes)
			fail("record of size %u at %llu, head %llu", size, tail, head);
		if (record->type != SPILE_RECORD_PAD) {
			check(size >= sizeof(*record));
			check(record->level < SPILE_LEVELS);
			check(record->time >= ring->last);
			ring->last = record->time;
			session->records++;
			if (on_record)
				on_record(data, record, (const __u64 *)(record + 1), (size - 16) / 8);
		}
		tail += size;
		__atomic_store_n(ring->tail, tail, __ATOMIC_RELEASE);
	}
}

/* Reads what there is, and the counters. */
void session_drain(struct session *session, on_record on_record, void *data)
{
	__u32 cpu, i;

	memset(&session->counters, 0, sizeof(session->counters));
	session->dropped = 0;
	for (cpu = 0; cpu < session->info.n_cpus; cpu++) {
		struct ring *ring = &session->rings[cpu];

		drain_ring(session, ring, on_record, data);
		session->dropped += ring->page->dropped;
		session->counters.hits += ring->page->counters.hits;
		for (i = 0; i < SPILE_SKIPS; i++)
			session->counters.skips[i] += ring->page->counters.skips[i];
	}
}

/* Of the clock that records have. */
__u64 session_time(const struct session *session)
{
	struct timespec now;
	__u64 cycles;

	if (session->info.clock == SPILE_CLOCK_MONOTONIC) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		return now.tv_sec * 1000000000ull + now.tv_nsec;
	}
#ifdef __x86_64__
	asm volatile("lfence; rdtsc; shlq $32, %%rdx; orq %%rdx, %0" : "=a" (cycles) : : "rdx", "memory");
#else
	asm volatile("isb; mrs %0, cntvct_el0" : "=r" (cycles) : : "memory");
#endif
	return cycles;
}

void session_close(struct session *session)
{
	__u32 cpu;

	for (cpu = 0; cpu < session->info.n_cpus; cpu++) {
		munmap((void *)session->rings[cpu].page, session->info.ring_stride);
		munmap((void *)session->rings[cpu].tail, session->info.page_size);
	}
	close(session->fd);
}

__u32 arena_free_bytes(void)
{
	struct spile_info info;
	int fd = session_open();

	check(!ioctl(fd, SPILE_IOC_INFO, &info));
	close(fd);
	return info.arena_free;
}

/* The address of a kernel symbol, or 0. */
unsigned long symbol(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512], found[256];
	unsigned long at, result = 0;

	check(file);
	while (!result && fgets(line, sizeof(line), file))
		if (sscanf(line, "%lx %*c %255s", &at, found) == 2 && !strcmp(found, name))
			result = at;
	fclose(file);
	return result;
}

void read_zeroes(int n)
{
	int fd = open("/dev/zero", O_RDONLY);
	char byte;

	while (n--)
		check_equal(read(fd, &byte, 1), 1);
	close(fd);
}

pid_t repeat(void (*what)(void))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		what();
}

void repeat_end(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	check(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}
