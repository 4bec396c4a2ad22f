/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Each test runs in a process of its own, and ends it when it fails. */
#ifndef TEST_H
#define TEST_H

struct test {
	const char *name;
	void (*run)(void);
};

/* Ended by a row without name. */
extern const struct test tests_states[], tests_memory[], tests_ring[], tests_probes[],
	tests_attach[], tests_direct[], tests_shared[], tests_arming[], tests_modules[],
	tests_malformed[], tests_fuzz[], tests_stress[], tests_cost[], tests_faults[];

__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);

#define check(what) \
	do { if (!(what)) fail("%s:%d: %s", __FILE__, __LINE__, #what); } while (0)
/* Both are shown. */
#define check_equal(got, expected)						\
	do {									\
		long long got_ = (got), expected_ = (expected);			\
		if (got_ != expected_)						\
			fail("%s:%d: %s is %lld (%#llx), not %lld", __FILE__, __LINE__, #got,	\
			     got_, got_, expected_);				\
	} while (0)

/* Both return 0 or -errno. */
int module_load(const char *parameters);
int module_unload(void);

/* Random, but the same at every run. */
unsigned int test_random(void);

#endif
