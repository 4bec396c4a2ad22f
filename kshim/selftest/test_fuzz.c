// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Whatever user space does to the device: random tables of images, and random
 * calls on files that threads share. The kernel must bear it, and nothing may
 * be left behind. Only the text of images is trusted, so no image with a
 * spoiled one is run.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

#define IMAGES		2000
#define THREADS		4
#define CALLS		1500
#define FILES		6

/* Each thread its own numbers. */
struct dice {
	__u64 state;
};

static unsigned int roll(struct dice *dice, unsigned int sides)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return (__u32)(dice->state >> 24) % sides;
}

/* Values at which checks break: limits, and what overflows behind them. */
static __u32 nasty(struct dice *dice, __u32 size)
{
	const __u32 values[] = {
		0, 1, 7, 8, 16, 4095, 4096, size - 1, size, size + 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0,
		SPILE_MAX_PROBES, SPILE_MAX_PROBES + 1, SPILE_MAX_DATA, SPILE_MAX_PART,
	};

	return roll(dice, 2) ? values[roll(dice, sizeof(values) / sizeof(*values))] : dice->state >> 11;
}

static const char *const functions[] = { "vfs_read", "vfs_write", "vfs_open", "no_such_function", "do_nanosleep" };
static const char *const tracepoints[] = { "sys_enter", "sched_switch", "no_such_tracepoint" };

static void add_probe(struct image *image, struct dice *dice)
{
	struct spile_probe *probe;
	enum handler handler = roll(dice, 2) ? HANDLER_count : HANDLER_record;

	switch (roll(dice, 7)) {
	case 0:
		image_probe(image, SPILE_PROBE_TIMER, handler, NULL, 10000 + roll(dice, 10000000));
		break;
	case 1:
		image_probe(image, SPILE_PROBE_FUNCTION, handler, functions[roll(dice, 5)], 0);
		break;
	case 2:
		probe = image_probe(image, SPILE_PROBE_RETURN, handler, functions[roll(dice, 5)], roll(dice, 64));
		probe->entry_words = roll(dice, SPILE_MAX_ENTRY_WORDS + 1);
		break;
	case 3:
		/* No text is there. */
		probe = image_probe(image, SPILE_PROBE_ADDRESS, handler, NULL, 0);
		probe->address = (__u64)nasty(dice, 0) << roll(dice, 32);
		break;
	case 4:
		image_probe(image, SPILE_PROBE_TRACEPOINT, handler, tracepoints[roll(dice, 3)], roll(dice, 3));
		break;
	case 5:
		image_probe(image, SPILE_PROBE_BEGIN, handler, NULL, (int)nasty(dice, 0));
		break;
	default:
		image_probe(image, SPILE_PROBE_END, roll(dice, 8) ? handler : HANDLER_exit, NULL, 0);
	}
}

static void random_image(struct image *image, struct dice *dice)
{
	unsigned int i, n = 1 + roll(dice, 12);

	image_init(image);
	for (i = 0; i < n; i++)
		add_probe(image, dice);
}

/* Changes a word of the header, but for where code begins that is run at LOAD, or of a table. */
static void spoil(struct file *file, __u32 tables_end, struct dice *dice)
{
	__u32 header = sizeof(struct spile_image) / 4, tables = tables_end / 4 - header;
	size_t at = 4 * (roll(dice, 3) ? roll(dice, header) : header + roll(dice, tables));
	__u32 value = nasty(dice, file->size);

	if (at != offsetof(struct spile_image, init))
		memcpy(file->bytes + at, &value, sizeof(value));
}

static int is_refusal(int err)
{
	return err == -EINVAL || err == -ENOEXEC || err == -ENOMEM || err == -ENOSPC || err == -ERANGE ||
	       err == -EFAULT || err == -EBUSY || err == -EUSERS || err == -EOVERFLOW || err == -E2BIG;
}

static void fuzz_images(void)
{
	struct dice dice = { 0x5eed0001 };
	struct image *image = calloc(1, sizeof(*image));
	unsigned int round, taken = 0;

	for (round = 0; round < IMAGES; round++) {
		int fd = session_open(), err, n = roll(&dice, 4);
		struct file file;
		__u32 text_off;

		random_image(image, &dice);
		if (roll(&dice, 4) == 0)
			image_trampoline(image, HANDLER_trampoline_entry, 1 + roll(&dice, 3));
		file = image_build(image);
		text_off = ((const struct spile_image *)file.bytes)->text_off;
		while (n--)
			spoil(&file, text_off, &dice);
		err = session_load_as(fd, &file, (struct spile_load){
			.ring_bytes = roll(&dice, 8) ? 16 << 10 : nasty(&dice, 16 << 10),
			.flags = roll(&dice, 8) ? 0 : nasty(&dice, 0),
			.attach = roll(&dice, 4) ? 0 : nasty(&dice, 0),
		});
		if (err && !is_refusal(err))
			fail("image %u: %d", round, err);
		taken += !err;
		close(fd);
		free(file.bytes);
	}
	/* Neither all of them nor none: the checks were reached, and passed. */
	check(taken > IMAGES / 20 && taken < IMAGES * 19 / 20);
}

static int files[FILES];
static unsigned int loaded, started;	/* calls that the kernel took */
static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;

static void reopen(unsigned int which)
{
	int fd = session_open(), old;

	pthread_mutex_lock(&files_lock);
	old = files[which];
	files[which] = fd;
	pthread_mutex_unlock(&files_lock);
	close(old);
}

/* Maps some of the rings, and writes where that is allowed. */
static void touch(int fd, struct dice *dice)
{
	size_t page = sysconf(_SC_PAGESIZE), size = page * (1 + roll(dice, 8));
	int writable = roll(dice, 2);
	__u64 *at = mmap(NULL, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, roll(dice, 8) ? MAP_SHARED : MAP_PRIVATE,
			 fd, page * roll(dice, 40));
	__u64 sum = 0;
	size_t i;

	if (at == MAP_FAILED)
		return;
	for (i = 0; i < size / 8; i += 64)
		sum += *(volatile __u64 *)&at[i];
	if (writable)
		*(volatile __u64 *)at = sum + nasty(dice, 0);
	munmap(at, size);
}

static void call(struct dice *dice, struct image *image)
{
	unsigned int which = roll(dice, FILES);
	struct spile_probe_status probe = { .probe = roll(dice, 4) ? roll(dice, 14) : nasty(dice, 0) };
	struct spile_status status;
	struct spile_info info;
	struct spile_load load;
	struct file file;
	struct pollfd poll_fd;
	int fd = files[which];

	switch (roll(dice, 12)) {
	case 0:
		reopen(which);
		break;
	case 1:
	case 2:
		random_image(image, dice);
		file = image_build(image);
		if (!session_load_file(fd, &file, 16 << 10 << roll(dice, 3)))
			__atomic_add_fetch(&loaded, 1, __ATOMIC_RELAXED);
		free(file.bytes);
		break;
	case 3:
		load = (struct spile_load){ .image = dice->state, .image_size = nasty(dice, 0), .ring_bytes = 16 << 10 };
		ioctl(fd, SPILE_IOC_LOAD, &load);
		break;
	case 4:
	case 5:
		if (!ioctl(fd, SPILE_IOC_START, 0))
			__atomic_add_fetch(&started, 1, __ATOMIC_RELAXED);
		break;
	case 6:
		ioctl(fd, SPILE_IOC_STOP, 0);
		break;
	case 7:
		ioctl(fd, SPILE_IOC_STATUS, &status);
		ioctl(fd, SPILE_IOC_INFO, &info);
		break;
	case 8:
		ioctl(fd, SPILE_IOC_PROBE, &probe);
		break;
	case 9:
		ioctl(fd, _IOWR('S', 0x60 + roll(dice, 32), __u64), roll(dice, 2) ? (void *)dice->state : &probe);
		break;
	case 10:
		touch(fd, dice);
		break;
	default:
		poll_fd = (struct pollfd){ .fd = fd, .events = POLLIN };
		poll(&poll_fd, 1, roll(dice, 3));
	}
}

static void *caller(void *seed)
{
	struct dice dice = { (unsigned long)seed };
	struct image *image = calloc(1, sizeof(*image));
	unsigned int i;

	for (i = 0; i < CALLS; i++)
		call(&dice, image);
	free(image);
	return NULL;
}

static void fuzz_calls(void)
{
	pthread_t threads[THREADS];
	unsigned long i;

	for (i = 0; i < FILES; i++)
		files[i] = session_open();
	for (i = 0; i < THREADS; i++)
		check(!pthread_create(&threads[i], NULL, caller, (void *)(0x5eed0100 + i)));
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < FILES; i++)
		close(files[i]);
	check(loaded > THREADS * CALLS / 50 && started > THREADS * CALLS / 100);
}

const struct test tests_fuzz[] = { { "fuzz_images", fuzz_images }, { "fuzz_calls", fuzz_calls }, {} };
