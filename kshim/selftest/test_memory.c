// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Loads and stores that fault or do not, and the other imports. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "session.h"
#include "test.h"

#define LOAD(bits)	SPILE_IMPORT_load_kernel_u##bits
#define USER(bits)	SPILE_IMPORT_load_user_u##bits
#define STORE(bits)	SPILE_IMPORT_store_kernel_u##bits

static struct image image;
static struct session session;

struct results {
	int n;
	__u64 values[32];
	__u64 faults[32];
};

static void see(void *data, const struct spile_record *record, const __u64 *words, int n_words)
{
	struct results *results = data;

	(void)record;
	check(n_words == 4 && results->n < 32);
	results->values[results->n] = words[2];
	results->faults[results->n++] = words[3];
}

/* Does them in a handler that runs in this process, or in a timer's interrupt. */
static struct results access_all(const struct access *rows, int n)
{
	struct results results = {};

	check(n * 3 < N_PARAMS);
	image_init(&image);
	image.params[0] = n;
	memcpy(image.params + 1, rows, n * sizeof(*rows));
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_memory, NULL, 0);
	check_equal(session_load(&session, &image), 0);
	check_equal(session_command(&session, SPILE_IOC_START), 0);
	session_drain(&session, see, &results);
	check_equal(results.n, n);
	session_close(&session);
	return results;
}

/* Every one of these must fault. */
static void all_fault(const struct access *rows, int n)
{
	struct results results = access_all(rows, n);
	int i;

	for (i = 0; i < n; i++)
		if (results.faults[i] != 1 || results.values[i])
			fail("import %llu at %#llx: value %#llx, fault %llu", rows[i].import,
			     rows[i].addr, results.values[i], results.faults[i]);
}

#define ALL_FAULT(rows) all_fault(rows, sizeof(rows) / sizeof(*rows))

static void kernel_faults(void)
{
	unsigned long mine = (unsigned long)&image;
	const struct access rows[] = {
		{ LOAD(64), 0, 0 }, { LOAD(8), 0, 0 }, { LOAD(32), 4096, 0 },
		{ LOAD(64), mine, 0 }, { LOAD(8), mine, 0 },
		/* Not canonical, or tagged. */
		{ LOAD(64), 0x8000000000000000, 0 }, { LOAD(16), 0x8000000000001000 | mine, 0 },
		{ LOAD(64), 0xff00000000000000, 0 }, { LOAD(64), 0x0000800000000000, 0 },
		{ LOAD(64), 0xff00000000000000 | mine, 0 }, { LOAD(8), 0xfe80000000000000, 0 },
		/* Around the end. */
		{ LOAD(64), -1ull, 0 }, { LOAD(64), -8ull, 0 }, { LOAD(32), -2ull, 0 },
		{ LOAD(8), -1ull, 0 }, { LOAD(64), -4096ull, 0 },
#if defined(__x86_64__)
		/* The vsyscall page, and across its start. */
		{ LOAD(64), -10ull << 20, 0 }, { LOAD(64), (-10ull << 20) - 4, 0 },
		{ LOAD(8), (-10ull << 20) + 4095, 0 },
#endif
	};

	ALL_FAULT(rows);
}

static void store_faults(void)
{
	unsigned long text = symbol("vfs_read"), mine = (unsigned long)&image;
	const struct access rows[] = {
		{ STORE(64), 0, 1 }, { STORE(8), mine, 1 }, { STORE(64), mine, 1 },
		{ STORE(32), 0x8000000000000000, 1 }, { STORE(16), -1ull, 1 },
		{ STORE(64), -8ull, 1 },
		/* Read-only for the kernel, too. */
		{ STORE(8), text, 1 }, { STORE(64), text, 1 },
	};

	check(text);
	ALL_FAULT(rows);
}

/* The text of another session is memory of which this process knows the bytes. */
static void kernel_loads(void)
{
	static struct session other;
	struct results results;
	int i;

	image_init(&image);
	image.params[0] = 0x1122334455667788;
	image.params[1] = 0x99;
	check_equal(session_load(&other, &image), 0);
	{
		unsigned long at = session_text(&other) + image_params_offset();
		const struct access rows[] = {
			{ LOAD(8), at, 0 }, { LOAD(16), at, 0 }, { LOAD(32), at, 0 },
			{ LOAD(64), at, 0 }, { LOAD(64), at + 1, 0 },
		};

		results = access_all(rows, 5);
	}
	for (i = 0; i < 5; i++)
		check_equal(results.faults[i], 0);
	check_equal(results.values[0], 0x88);
	check_equal(results.values[1], 0x7788);
	check_equal(results.values[2], 0x55667788);
	check_equal(results.values[3], 0x1122334455667788);
	check_equal(results.values[4], 0x9911223344556677);
}

static void user_loads(void)
{
	static volatile __u64 word = 0x1122334455667788;
	unsigned long at = (unsigned long)&word;
	const struct access rows[] = {
		{ USER(8), at, 0 }, { USER(16), at + 1, 0 }, { USER(32), at + 2, 0 }, { USER(64), at, 0 },
	};
	struct results results = access_all(rows, 4);
	int i;

	for (i = 0; i < 4; i++)
		check_equal(results.faults[i], 0);
	check_equal(results.values[0], 0x88);
	check_equal(results.values[1], 0x6677);
	check_equal(results.values[2], 0x33445566);
	check_equal(results.values[3], word);
}

static void user_faults(void)
{
	unsigned long kernel = symbol("vfs_read");
	unsigned long page = sysconf(_SC_PAGESIZE);
	char *two = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct access rows[] = {
		{ USER(64), 0, 0 }, { USER(8), 0, 0 },
		{ USER(64), kernel, 0 }, { USER(8), kernel, 0 }, { USER(64), -8ull, 0 },
		{ USER(64), 0x8000000000000000, 0 }, { USER(64), 0x00007ffffffffff9, 0 },
		{ USER(32), 0x0100000000000000, 0 },
		/* Never touched, so it would have to be paged in; without rights; across both. */
		{ USER(64), (unsigned long)two, 0 },
		{ USER(64), (unsigned long)two + 2 * page, 0 },
		{ USER(64), (unsigned long)two + 2 * page - 4, 0 },
	};

	check(two != MAP_FAILED && kernel);
	two[page] = 1;
	check(!mprotect(two + 2 * page, page, PROT_NONE));
	ALL_FAULT(rows);
}

static void see_imports(void *data, const struct spile_record *record, const __u64 *words, int n_words)
{
	(void)record;
	check_equal(n_words, 12);
	memcpy(data, words, 12 * 8);
}

static void imports(void)
{
	__u64 words[12] = {};

	image_init(&image);
	image.header.scratch_size = 70001;
	image.header.part_size = 30001;
	image.params[0] = image.header.scratch_size;
	image.params[1] = image.header.part_size;
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_imports, NULL, 0);
	image_probe(&image, SPILE_PROBE_BEGIN, HANDLER_imports, NULL, 1);
	check_equal(session_load(&session, &image), 0);
	check_equal(session_command(&session, SPILE_IOC_START), 0);
	session_drain(&session, see_imports, words);
	check_equal(words[0], 0x1122334455667788);
	check_equal(words[1], 0x11223344aaaa7788);
	check_equal(words[2], 0x77);
	check_equal(words[3], SPILE_OWNER);
	/* Monotonic since boot; a date after 2020; a date is later than an age. */
	check(words[4] && words[5] > words[4] && words[6] >= words[4]);
	check(words[7] && words[8]);
	check_equal(words[9], 0);
	check_equal(words[10], session.info.n_cpus);
	check(words[11] == 1 || words[11] == 2);
}

const struct test tests_memory[] = {
	{ "kernel_loads", kernel_loads },
	{ "kernel_faults", kernel_faults },
	{ "store_faults", store_faults },
	{ "user_loads", user_loads },
	{ "user_faults", user_faults },
	{ "imports", imports },
	{}
};
