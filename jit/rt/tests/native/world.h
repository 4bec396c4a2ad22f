/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/* A session for tests: memory as kshim gives it, and functions as it offers them. */
#ifndef WORLD_H
#define WORLD_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/rt.h"

#define CPUS 3
#define MAX_STRING 40
#define NO_LIMIT (~0ull >> 1)

#define CHECK(condition)								\
	do {										\
		if (!(condition)) {							\
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);	\
			exit(1);							\
		}									\
	} while (0)

struct world {
	__u64 data_size, part_size;
	__u8 *data, *parts;
	__u8 *scratch[CPUS][SPILE_LEVELS];
	struct spile_counters counters[CPUS];
	struct rt_ctx *ctxs[CPUS][SPILE_LEVELS];
	struct rt_init_info info;
	struct rt_global *globals[8];	/* as they were added */
	struct rt_global table[8];	/* as rt_init() gets them */
};

/* What the imports saw. */
extern struct mock {
	__u8 *records[16];	/* committed */
	int n_records;
	int ring_is_full;
	int skipped;		/* records of skipped hits, which are dropped */
	int failures;		/* calls of session_fail */
	int exits;		/* calls of session_exit */
	__u32 *unlocks;		/* a lock's word that somebody gives back when the clock was looked at so often */
	int looks;
	void (*meanwhile)(void);	/* what is done before, too, or 0 */
	const __u8 *memory;	/* readable for loads: an aligned address, and bytes */
	__u64 memory_size;
} mock;

/* Limits of a small session. Then world_add() each global, then world_start(). */
void world_init(struct world *world);
void world_add(struct world *world, struct rt_global *global);
void world_start(struct world *world);
void world_free(struct world *world);
void mock_reset(void);

static inline struct rt_ctx *world_ctx(struct world *world, int cpu, int level)
{
	return world->ctxs[cpu][level];
}

/* A slot on the heap, exactly as large as the jit makes it. */
struct rt_str *slot_new(const char *text);
int slot_is(const struct rt_str *s, const char *text);
int text_is(const void *data, __u64 length, const char *text);

/* A new pseudo-random number below n. */
__u32 pick(__u64 *state, __u32 n);

void test_string(void);
void test_map(void);
void test_map_model(void);
void test_stat(void);
void test_output(void);
void test_session(void);
void test_lock(void);
void test_share(void);
void test_float(void);

#endif /* WORLD_H */
