// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
#include <time.h>

#include "world.h"

struct mock mock;

void world_init(struct world *world)
{
	memset(world, 0, sizeof(*world));
	world->data_size = sizeof(struct rt_session);
	world->info.max_string = MAX_STRING;
	world->info.max_errors = 0;
	world->info.max_skipped = 2;
	world->info.max_nesting = 3;
	world->info.max_trylock = 4;
	world->info.reserve = rt_scratch_reserve(MAX_STRING, 1);
	world->info.scratch_size = 1024 + world->info.reserve;
}

void world_add(struct world *world, struct rt_global *global)
{
	global->max_string = MAX_STRING;
	CHECK(rt_layout(global, &world->data_size, &world->part_size) == 0);
	CHECK(world->info.n_globals < sizeof(world->globals) / sizeof(world->globals[0]));
	world->globals[world->info.n_globals++] = global;
}

void world_start(struct world *world)
{
	int cpu, level;
	__u32 i;

	world->data = calloc(1, world->data_size);
	world->parts = calloc(CPUS * SPILE_LEVELS, world->part_size + 64);
	for (cpu = 0; cpu < CPUS; cpu++) {
		for (level = 0; level < SPILE_LEVELS; level++) {
			struct rt_ctx *ctx = calloc(1, sizeof(struct spile_ctx));

			world->ctxs[cpu][level] = ctx;
			world->scratch[cpu][level] = malloc(world->info.scratch_size);
			ctx->data = (__u64)world->data;
			ctx->parts = (__u64)world->parts;
			ctx->part_stride = world->part_size;
			ctx->part = ctx->parts + (__u64)(cpu * SPILE_LEVELS + level) * ctx->part_stride;
			ctx->owner = SPILE_OWNER | (__u32)cpu;
			ctx->scratch = (__u64)world->scratch[cpu][level];
			ctx->counters = (__u64)&world->counters[cpu];
			ctx->n_cpus = CPUS;
			ctx->cpu = (__u32)cpu;
			ctx->level = (__u32)level;
			ctx->probe = 7;
		}
	}
	for (i = 0; i < world->info.n_globals; i++)
		world->table[i] = *world->globals[i];
	rt_init(world_ctx(world, 0, 0), &world->info, world->table);
}

void world_free(struct world *world)
{
	int cpu, level;

	for (cpu = 0; cpu < CPUS; cpu++) {
		for (level = 0; level < SPILE_LEVELS; level++) {
			free(world->ctxs[cpu][level]);
			free(world->scratch[cpu][level]);
		}
	}
	free(world->data);
	free(world->parts);
}

void mock_reset(void)
{
	while (mock.n_records)
		free(mock.records[--mock.n_records]);
	memset(&mock, 0, sizeof(mock));
}

struct rt_str *slot_new(const char *text)
{
	struct rt_str *s = malloc(rt_str_slot(MAX_STRING));

	s->len = (__u32)strlen(text);
	CHECK(s->len < MAX_STRING);
	memcpy(s->data, text, s->len);
	return s;
}

int text_is(const void *data, __u64 length, const char *text)
{
	if (length == strlen(text) && !memcmp(data, text, length))
		return 1;
	fprintf(stderr, "got      \"%.*s\"\nexpected \"%s\"\n", (int)length, (const char *)data, text);
	return 0;
}

int slot_is(const struct rt_str *s, const char *text)
{
	return text_is(s->data, s->len, text);
}

__u32 pick(__u64 *state, __u32 n)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (__u32)(*state >> 33) % n;
}

/* Imports that the runtime uses. */

__u64 spile_import_ring_reserve(struct spile_ctx *ctx, __u64 size, __u64 type)
{
	struct spile_record *record;

	(void)ctx;
	CHECK(size % 8 == 0 && size >= sizeof(*record));
	/* Threads that skip hits would race for the mock's records. */
	if (type == SPILE_RECORD_SKIPPED)
		__atomic_fetch_add(&mock.skipped, 1, __ATOMIC_RELAXED);
	if (mock.ring_is_full || type == SPILE_RECORD_SKIPPED)
		return 0;
	record = malloc(size);
	memset(record, 0xa5, size);
	record->size = (__u32)size | SPILE_RECORD_BUSY;
	record->type = (__u16)type;
	return (__u64)record;
}

void spile_import_ring_commit(struct spile_ctx *ctx, __u64 record)
{
	(void)ctx;
	CHECK(mock.n_records < 16);
	((struct spile_record *)record)->size &= ~SPILE_RECORD_BUSY;
	mock.records[mock.n_records++] = (__u8 *)record;
}

void spile_import_session_exit(struct spile_ctx *ctx)
{
	(void)ctx;
	mock.exits++;
}

void spile_import_session_fail(struct spile_ctx *ctx)
{
	(void)ctx;
	mock.failures++;
}

__u64 spile_import_time_mono_ns(void)
{
	struct timespec now;

	if (mock.unlocks && !--mock.looks) {
		if (mock.meanwhile)
			mock.meanwhile();
		*mock.unlocks = 0;
		mock.unlocks = 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

__u64 spile_import_cycles(void)
{
	return 12345;
}

struct spile_loaded spile_import_load_kernel_u64(__u64 addr)
{
	struct spile_loaded loaded = { 0, 1 };

	CHECK(addr % 8 == 0);
	if (addr >= (__u64)mock.memory && addr + 8 <= (__u64)mock.memory + mock.memory_size) {
		memcpy(&loaded.value, (void *)addr, 8);
		loaded.fault = 0;
	}
	return loaded;
}

struct spile_loaded spile_import_load_user_u64(__u64 addr)
{
	return spile_import_load_kernel_u64(addr);
}

int main(void)
{
	test_string();
	test_map();
	test_map_model();
	test_stat();
	test_output();
	test_session();
	test_lock();
	test_share();
	test_float();
	puts("ok");
	return 0;
}
