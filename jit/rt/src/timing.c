// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * What handlers take, for -t. Each context has its own numbers for each probe,
 * so that adding to them needs no lock.
 */
#include "imports.h"

#define TIMING_BUCKETS 32

_Static_assert(sizeof(((struct rt_timing *)0)->buckets) / sizeof(u64) == TIMING_BUCKETS, "buckets");
_Static_assert(sizeof(((struct spile_timing *)0)->buckets) / sizeof(u64) == TIMING_BUCKETS, "buckets");

void rt_timing_init(struct rt_ctx *ctx, __u64 offset)
{
	struct rt_session *session = session_of(ctx);

	session->timing_off = (u32)offset;
	session->begun = spile_import_cycles();
}

/* A probe's numbers in a part. */
static struct rt_timing *timing_at(struct rt_ctx *ctx, u64 part, u32 probe)
{
	return (struct rt_timing *)at(part + session_of(ctx)->timing_off) + probe;
}

/* That of the power of 2 that a number is not less than. */
static u32 timing_bucket(u64 cycles)
{
	u32 log2 = cycles ? 63 - (u32)__builtin_clzll(cycles) : 0;

	return log2 < TIMING_BUCKETS ? log2 : TIMING_BUCKETS - 1;
}

void rt_timed(struct rt_ctx *ctx, __u64 cycles)
{
	struct rt_timing *timing = timing_at(ctx, ctx->part, ctx->probe);
	unsigned __int128 square = (unsigned __int128)cycles * cycles;
	u64 low = timing->squares_low + (u64)square;

	if (!timing->count || cycles < timing->min)
		timing->min = cycles;
	if (cycles > timing->max)
		timing->max = cycles;
	timing->count++;
	timing->sum += cycles;
	timing->squares_high += (u64)(square >> 64) + (low < timing->squares_low);
	timing->squares_low = low;
	timing->buckets[timing_bucket(cycles)]++;
}

/* This hit waited for a lock, whether it got it or not. */
static void timing_waited(struct rt_ctx *ctx, u64 ns)
{
	struct rt_timing *timing;

	if (!session_of(ctx)->timing_off)
		return;
	timing = timing_at(ctx, ctx->part, ctx->probe);
	timing->lock_waits++;
	timing->lock_wait_ns += ns;
}

/* Adds one context's numbers to a record. */
static void timing_merge(struct spile_timing *total, const struct rt_timing *timing)
{
	u64 low = total->squares_low + timing->squares_low;
	u32 i;

	total->lock_waits += timing->lock_waits;
	total->lock_wait_ns += timing->lock_wait_ns;
	if (!timing->count)
		return;
	if (!total->count || timing->min < total->min)
		total->min = timing->min;
	if (timing->max > total->max)
		total->max = timing->max;
	total->count += timing->count;
	total->sum += timing->sum;
	total->squares_high += timing->squares_high + (low < total->squares_low);
	total->squares_low = low;
	for (i = 0; i < TIMING_BUCKETS; i++)
		total->buckets[i] += timing->buckets[i];
}

static int timing_any(struct rt_ctx *ctx, u32 probe)
{
	u32 i;

	for (i = 0; i < n_parts(ctx); i++) {
		const struct rt_timing *timing = timing_at(ctx, part_at(ctx, i), probe);

		if (timing->count || timing->lock_waits)
			return 1;
	}
	return 0;
}

static void timing_report(struct rt_ctx *ctx, u32 probe)
{
	struct spile_timing *total =
		at(spile_import_ring_reserve(kshim_ctx(ctx), sizeof(*total), SPILE_RECORD_TIMING));
	u32 i;

	if (!total)
		return;
	memset(&total->probe, 0, sizeof(*total) - __builtin_offsetof(struct spile_timing, probe));
	total->probe = probe;
	total->elapsed = spile_import_cycles() - session_of(ctx)->begun;
	for (i = 0; i < n_parts(ctx); i++)
		timing_merge(total, timing_at(ctx, part_at(ctx, i), probe));
	spile_import_ring_commit(kshim_ctx(ctx), address_of(total));
}

void rt_timing_report(struct rt_ctx *ctx, __u64 n_probes)
{
	u32 probe;

	for (probe = 0; probe < n_probes; probe++)
		if (timing_any(ctx, probe))
			timing_report(ctx, probe);
}
