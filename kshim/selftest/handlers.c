// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The handlers of the test images, as freestanding code. */
#include <stddef.h>

#include "spile_abi.h"
#include "handlers.h"

typedef struct spile_loaded spile_loaded;

/* Nothing is looked up in a table of addresses. */
#pragma GCC visibility push(hidden)
#define IMPORT(name, result, args) extern result name args;
SPILE_IMPORTS(IMPORT)

/* text.S numbers the stubs by hand. */
_Static_assert(SPILE_IMPORT_ring_reserve == 12 && SPILE_IMPORT_hit_timed == 23 &&
	       SPILE_IMPORT_conditions_changed == 25, "text.S");

extern const volatile __u64 params[N_PARAMS];
#pragma GCC visibility pop

#define HANDLER(name) \
	__attribute__((aligned(16), used)) void handle_##name(struct spile_ctx *ctx); \
	__attribute__((aligned(16), used)) void handle_##name(struct spile_ctx *ctx)

static __u64 *counter(struct spile_ctx *ctx, int which)
{
	return (__u64 *)ctx->data + which;
}

static __u64 bump(struct spile_ctx *ctx, int which)
{
	return __atomic_add_fetch(counter(ctx, which), 1, __ATOMIC_RELAXED);
}

/* Sends n words in a record of type PRINT. */
static void send(struct spile_ctx *ctx, const __u64 *words, int n)
{
	__u64 record = ring_reserve(ctx, sizeof(struct spile_record) + n * 8, SPILE_RECORD_PRINT);
	__u64 *to = (__u64 *)(record + sizeof(struct spile_record));
	int i;

	if (!record)
		return;
	for (i = 0; i < n; i++)
		to[i] = words[i];
	ring_commit(ctx, record);
}

HANDLER(nop)
{
	(void)ctx;
}

HANDLER(init)
{
	*counter(ctx, COUNTER_INIT) += INIT_MARK;
}

HANDLER(count)
{
	bump(ctx, COUNTER_HITS);
}

HANDLER(record)
{
	__u64 words[] = { ctx->probe, ctx->cpu, ctx->level, bump(ctx, COUNTER_HITS) };

	send(ctx, words, 4);
}

HANDLER(exit)
{
	handle_record(ctx);
	session_exit(ctx);
}

HANDLER(fail)
{
	handle_record(ctx);
	session_fail(ctx);
}

HANDLER(memory)
{
	__u64 i, n = params[0];

	for (i = 0; i < n; i++) {
		__u64 import = params[3 * i + 1], addr = params[3 * i + 2], value = params[3 * i + 3];
		struct spile_loaded got = { 0, 2 };
		__u64 words[4];

		if (import == SPILE_IMPORT_load_kernel_u8)
			got = load_kernel_u8(addr);
		else if (import == SPILE_IMPORT_load_kernel_u16)
			got = load_kernel_u16(addr);
		else if (import == SPILE_IMPORT_load_kernel_u32)
			got = load_kernel_u32(addr);
		else if (import == SPILE_IMPORT_load_kernel_u64)
			got = load_kernel_u64(addr);
		else if (import == SPILE_IMPORT_load_user_u8)
			got = load_user_u8(addr);
		else if (import == SPILE_IMPORT_load_user_u16)
			got = load_user_u16(addr);
		else if (import == SPILE_IMPORT_load_user_u32)
			got = load_user_u32(addr);
		else if (import == SPILE_IMPORT_load_user_u64)
			got = load_user_u64(addr);
		else if (import == SPILE_IMPORT_store_kernel_u8)
			got.fault = store_kernel_u8(addr, value);
		else if (import == SPILE_IMPORT_store_kernel_u16)
			got.fault = store_kernel_u16(addr, value);
		else if (import == SPILE_IMPORT_store_kernel_u32)
			got.fault = store_kernel_u32(addr, value);
		else if (import == SPILE_IMPORT_store_kernel_u64)
			got.fault = store_kernel_u64(addr, value);
		words[0] = import;
		words[1] = addr;
		words[2] = got.value;
		words[3] = got.fault;
		send(ctx, words, 4);
	}
}

/* What a handler is given, loaded back from its own data. */
HANDLER(imports)
{
	__u64 *word = (__u64 *)ctx->data + N_COUNTERS;
	struct spile_loaded got;
	__u64 words[12];

	*word = 0x1122334455667788;
	got = load_kernel_u64((__u64)word);
	words[0] = got.value | got.fault;
	store_kernel_u16((__u64)word + 2, 0xaaaa);
	words[1] = *word;
	got = load_kernel_u8((__u64)word + 1);
	words[2] = got.value | got.fault << 32;
	words[3] = ctx->owner - ctx->cpu;
	words[4] = time_mono_ns();
	words[5] = time_real_ns();
	words[6] = time_boot_ns();
	words[7] = cycles();
	words[8] = jiffies();
	words[9] = ctx->part - ctx->parts -
		   (ctx->cpu * SPILE_LEVELS + ctx->level) * ctx->part_stride;
	words[10] = ctx->n_cpus;
	/* All of scratch and of this context's part can be written. */
	((volatile __u8 *)ctx->scratch)[0] = 1;
	((volatile __u8 *)ctx->scratch)[params[0] - 1] = 1;
	((volatile __u8 *)ctx->part)[params[1] - 1] = 1;
	words[11] = ++ctx->image[3];
	send(ctx, words, 12);
}

HANDLER(entry)
{
	((__u64 *)ctx->entry)[0] = ctx->task;
	((__u64 *)ctx->entry)[1] += 1;
}

HANDLER(returned)
{
	const __u64 *entry = (const __u64 *)ctx->entry;

	bump(ctx, COUNTER_HITS);
	bump(ctx, entry[0] == ctx->task && entry[1] == 1 && ctx->regs ?
		  COUNTER_PAIRED : COUNTER_UNPAIRED);
}

HANDLER(arguments)
{
	const __u64 *args = (const __u64 *)ctx->args;
	__u64 words[] = { ctx->task, args[0], args[1], ctx->level };

	bump(ctx, COUNTER_HITS);
	/* params[0]: only this value of the second argument. */
	if (args[1] == params[0])
		send(ctx, words, 4);
}

/* Whether the name in params[2] and params[3] is in a task_struct. */
static int is_named(__u64 task)
{
	__u64 at;

	for (at = task; at < task + TASK_STRUCT_BYTES; at += 4)
		if (load_kernel_u64(at).value == params[2] && load_kernel_u64(at + 8).value == params[3])
			return 1;
	return 0;
}

/* params[0]: only this value of argument number params[1]. */
HANDLER(argument)
{
	__u64 value = ((const __u64 *)ctx->args)[params[1]];
	__u64 words[] = { ctx->task, ctx->level, value };

	bump(ctx, COUNTER_HITS);
	if (value == params[0] && is_named(ctx->task))
		send(ctx, words, 3);
}

/* params[0] records of all sizes, each filled with its number. */
HANDLER(sizes)
{
	__u64 i, j, n;

	for (i = 0; i < params[0]; i++) {
		__u64 size = sizeof(struct spile_record) + i * 13 % 700;
		__u64 record = ring_reserve(ctx, size, SPILE_RECORD_PRINT);

		if (!record)
			continue;
		n = (((struct spile_record *)record)->size & SPILE_RECORD_SIZE) / 8;
		for (j = 2; j < n; j++)
			((volatile __u64 *)record)[j] = i;
		ring_commit(ctx, record);
	}
}

/* A record from every hit, and one more that lies around it. */
HANDLER(flood)
{
	__u64 words[] = { ctx->probe, ctx->cpu, ctx->level, bump(ctx, COUNTER_HITS) };
	__u64 outer = ring_reserve(ctx, sizeof(struct spile_record) + 8, SPILE_RECORD_PRINT);
	volatile __u64 *to = (volatile __u64 *)(outer + sizeof(struct spile_record));

	send(ctx, words, 4);
	if (outer) {
		*to = words[3];
		ring_commit(ctx, outer);
	}
}

/* Stays for params[0] turns, so that an interrupt comes meanwhile. */
HANDLER(spin)
{
	volatile __u64 *inside = (volatile __u64 *)ctx->part;
	__u64 i, regs = ctx->regs;

	bump(ctx, COUNTER_SPINS);
	*inside = 1;
	for (i = 0; i < params[0]; i++)
		__asm__ volatile("" ::: "memory");
	*inside = 0;
	if (ctx->regs != regs || ctx->level != 0)
		bump(ctx, COUNTER_SHIFTED);
}

/* On this CPU, at level 0. */
HANDLER(interrupt)
{
	volatile __u64 *inside = (volatile __u64 *)(ctx->part - ctx->level * ctx->part_stride);

	bump(ctx, COUNTER_HITS);
	if (*inside && ctx->level == 1)
		bump(ctx, COUNTER_NESTED);
}

HANDLER(dump)
{
	send(ctx, (const __u64 *)ctx->data, N_COUNTERS);
}

HANDLER(result)
{
	bump(ctx, COUNTER_HITS);
	__atomic_add_fetch(counter(ctx, COUNTER_RESULTS), ctx->result, __ATOMIC_RELAXED);
}

HANDLER(conditions)
{
	__u64 toggles = *(volatile __u64 *)counter(ctx, COUNTER_TOGGLES);
	__u64 *holds = (__u64 *)ctx->entry;

	holds[0] = toggles % 2;
	holds[1] = !(toggles % 2);
}

HANDLER(toggle)
{
	bump(ctx, COUNTER_HITS);
	bump(ctx, COUNTER_TOGGLES);
	conditions_changed(ctx);
}

/* The row of a return address: its probes. Where there are no rows, the first probe is a parameter. */
static const __u64 *row_at(struct spile_ctx *ctx, __u64 address)
{
	__u64 log2 = params[PARAM_ROWS], words = 1 + params[PARAM_ROWS + 2];
	const __u64 *row = (const __u64 *)(ctx->rows + params[PARAM_ROWS + 1]);

	row += ((__u32)((__u32)address * SPILE_ROW_HASH) >> (32 - log2)) * words;
	while (*row && *row != address)
		row += words;
	return *row ? row + 1 : 0;
}

/* Puts the function's return address in place of one of kshim's. */
static const __u64 *row_of(struct spile_ctx *ctx, __u64 *address)
{
	const __u64 *row = row_at(ctx, *address);

	if (row)
		return row;
	*address = *(const __u64 *)(*address - SPILE_RETURN_WORD);
	row = row_at(ctx, *address);
	if (!row)
		bump(ctx, COUNTER_STRAYS);
	return row;
}

/* Counts hits of the probes at positions first to last. Returns the function's return address, if it looked. */
static __u64 run(struct spile_ctx *ctx, __u64 address, int first, int last)
{
	const __u64 *row = params[PARAM_ROWS] ? row_of(ctx, &address) : 0;
	int i;

	if (*(volatile __u32 *)ctx->state != SPILE_STATE_RUNNING || (params[PARAM_ROWS] && !row))
		return address;
	for (i = first; i <= last; i++) {
		ctx->probe = row ? row[i] : params[PARAM_ROWS + 3] + i;
		((__u64 *)ctx->hits)[ctx->probe]++;
		if (i)
			handle_result(ctx);
		else
			handle_count(ctx);
	}
	return address;
}

__attribute__((used)) __u64 trampoline_hit(struct spile_ctx *ctx, __u64 address, const __u64 *args)
{
	ctx->args = (__u64)args;
	return run(ctx, address, 0, 0);
}

__attribute__((used)) __u64 trampoline_call(struct spile_ctx *ctx, __u64 address, const __u64 *args)
{
	ctx->calls++;
	return trampoline_hit(ctx, address, args);
}

__attribute__((used)) void trampoline_returned(struct spile_ctx *ctx, __u64 address, __u64 result)
{
	ctx->result = result;
	run(ctx, address, 1, 1);
	ctx->returns++;
}
