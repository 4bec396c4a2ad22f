// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Functions of a module that comes and goes: /loop.ko, a stock one. A probe does
 * not keep it loaded, and tells that its function is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

#define CALLS	200
#define FUNCTION	"lo_ioctl"
#define DEVICE	"/dev/loop-test"
#define LOOP_GET_STATUS	0x4C03

static struct image image;
static struct session session, other;

static int load(void)
{
	int fd = open("/loop.ko", O_RDONLY | O_CLOEXEC);
	int err;

	check(fd >= 0);
	err = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return err;
}

static int unload(void)
{
	return syscall(SYS_delete_module, "loop", O_NONBLOCK) ? -errno : 0;
}

/* The last user may be on its way out; a module that a probe held would never go. */
static void unload_surely(void)
{
	int err, tries = 0;

	while ((err = unload()) == -EAGAIN && tries++ < 6000)
		usleep(10000);
	check_equal(err, 0);
}

/* Calls the module's function, if it is there. */
static void call(int n)
{
	char status[256];
	int fd = open(DEVICE, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && n--)
		ioctl(fd, LOOP_GET_STATUS, status);
	close(fd);
}

/* Where the module's text is, or 0: quicker to find than a symbol. */
static unsigned long text(void)
{
	FILE *file = fopen("/sys/module/loop/sections/.text", "r");
	unsigned long at = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%lx", &at) != 1)
		at = 0;
	fclose(file);
	return at;
}

static void begin_image(unsigned long address, int others)
{
	static unsigned long vfs_read;

	if (!vfs_read)
		vfs_read = symbol("vfs_read");
	image_init(&image);
	image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_count, FUNCTION, 0)->address = address;
	if (others)
		image_probe(&image, SPILE_PROBE_FUNCTION, HANDLER_count, "vfs_read", 0)->address = vfs_read;
	image_trampoline(&image, HANDLER_trampoline_entry, 1);
}

static void start(__u32 attach)
{
	session.attach = attach;
	check_equal(session_load(&session, &image), 0);
	check_equal(session_command(&session, SPILE_IOC_START), 0);
}

/* One function of the module, perhaps one of the kernel's in the same trampoline. */
static void round_trip(__u32 attach, int others)
{
	struct spile_probe_status status;
	__u64 hits;

	check_equal(load(), 0);
	begin_image(symbol(FUNCTION), others);
	start(attach);
	status = session_probe(&session, 0);
	check_equal(status.error, 0);
	if (attach)
		check_equal(1 << status.attach, attach);
	else
		check(status.attach == (status.direct_error ? SPILE_ATTACH_FTRACE : SPILE_ATTACH_DIRECT));
	if (!others)
		printf("modules: attached by %u, direct %d\n", status.attach, status.direct_error);
	call(CALLS);
	hits = session_probe(&session, 0).hits;
	check(hits >= CALLS);
	unload_surely();
	status = session_probe(&session, 0);
	check_equal(status.error, -ENODEV);
	check_equal(session_attached(&session), others);

	/* It may be where it was. Whoever is there now is not traced. */
	check_equal(load(), 0);
	call(CALLS);
	check_equal(session_probe(&session, 0).hits, hits);
	if (others) {
		hits = session_probe(&session, 1).hits;
		read_zeroes(CALLS);
		check(session_probe(&session, 1).hits >= hits + CALLS);
	}
	check_equal(session_command(&session, SPILE_IOC_STOP), 0);
	session_close(&session);
	unload_surely();
}

/* Two sessions have the function, and one of them another function in the same trampoline. */
static void two_sessions(void)
{
	unsigned long address;
	__u64 hits;

	check_equal(load(), 0);
	address = symbol(FUNCTION);
	begin_image(address, 0);
	start(0);
	other = session;
	memset(&session, 0, sizeof(session));
	begin_image(address, 1);
	start(0);
	call(CALLS);
	hits = session_probe(&session, 0).hits;
	check(hits >= CALLS);
	check_equal(session_probe(&other, 0).hits, hits);
	unload_surely();
	check_equal(session_probe(&session, 0).error, -ENODEV);
	check_equal(session_probe(&other, 0).error, -ENODEV);
	check_equal(session_attached(&session), 1);
	check_equal(session_attached(&other), 0);
	session_close(&other);
	check_equal(load(), 0);
	call(CALLS);
	check_equal(session_probe(&session, 0).hits, hits);
	hits = session_probe(&session, 1).hits;
	read_zeroes(CALLS);
	check(session_probe(&session, 1).hits >= hits + CALLS);
	session_close(&session);
	unload_surely();
	memset(&other, 0, sizeof(other));
}

/* The device; nobody is to be called for the module when it is not there. */
static void make_device(void)
{
	int fd = open("/proc/sys/kernel/modprobe", O_WRONLY);

	check_equal(write(fd, "\n", 1), 1);
	close(fd);
	mknod(DEVICE, S_IFBLK | 0600, makedev(7, 0));
}

static void come_and_go(void)
{
	make_device();
	round_trip(0, 0);
	round_trip(0, 1);
	round_trip(1 << SPILE_ATTACH_FTRACE, 1);
	round_trip(1 << SPILE_ATTACH_KPROBE, 1);
	two_sessions();
}

/* It stays for a moment, or long enough to be traced on a slow machine. */
static void load_and_unload(void)
{
	load();
	usleep(test_random() % (test_random() % 2 ? 20000 : 200000));
	unload();
}

static void call_some(void)
{
	call(20);
}

/*
 * Sessions come and go as the module does, and its function is called. How many
 * of them get hold of it is the machine's affair: it goes on until one was hit.
 */
static void under_load(void)
{
	__u32 arena = arena_free_bytes();
	unsigned long at, offset;
	pid_t loader, caller;
	int round, hit = 0;

	make_device();
	check_equal(load(), 0);
	offset = symbol(FUNCTION) - text();
	loader = repeat(load_and_unload);
	caller = repeat(call_some);
	for (round = 0; round < 20 || !hit; round++) {
		while (!(at = text()))
			usleep(1000);
		begin_image(at + offset, round % 2);
		start(0);
		other = session;
		start(round % 3 == 2 ? 1 << SPILE_ATTACH_FTRACE : 0);
		usleep(test_random() % 30000);
		hit += session_probe(&session, 0).hits || session_probe(&other, 0).hits;
		if (round % 4)
			check_equal(session_command(&session, SPILE_IOC_STOP), 0);
		session_close(round % 5 ? &session : &other);
		session_close(round % 5 ? &other : &session);
	}
	repeat_end(loader);
	repeat_end(caller);
	while (arena_free_bytes() != arena)
		usleep(10000);
	while (unload() == -EAGAIN)
		usleep(10000);
}

const struct test tests_modules[] = {
	{ "modules_come_and_go", come_and_go },
	{ "modules_under_load", under_load },
	{}
};
