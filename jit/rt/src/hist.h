/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * Histograms: which bucket a value is in.
 *
 * Logarithmic: bucket 64 is for 0, 64 + k for 2^(k-1) and more, 64 - k for
 * -2^(k-1) and less. Linear: one bucket below `low`, then one from each of
 * low, low + step, ... up to high, then one above.
 */
#ifndef SPILE_RT_HIST_H
#define SPILE_RT_HIST_H

#include "base.h"

#define LOG_BUCKETS 128
#define LOG_ZERO 64
#define MAX_BUCKETS 131		/* of any histogram: 128 in the range at most */

/* How many a histogram has; 0 where it cannot be made. */
ALWAYS_INLINE u32 hist_buckets(u32 kind, s64 low, s64 high, s64 step)
{
	u64 n;

	if (kind == RT_HIST_LOG)
		return LOG_BUCKETS;
	if (kind != RT_HIST_LINEAR || step <= 0 || high < low)
		return 0;
	n = ((u64)high - (u64)low) / (u64)step;
	return n <= MAX_BUCKETS - 3 ? (u32)n + 3 : 0;
}

ALWAYS_INLINE u32 hist_bucket_log(s64 value)
{
	u64 magnitude = value < 0 ? -(u64)value : (u64)value;
	u32 bits = magnitude ? 64 - (u32)__builtin_clzll(magnitude) : 0;

	return value < 0 ? LOG_ZERO - bits : LOG_ZERO + bits;
}

ALWAYS_INLINE u32 hist_bucket_linear(s64 value, s64 low, s64 step, u32 n_buckets)
{
	u64 bucket;

	if (value < low)
		return 0;
	bucket = ((u64)value - (u64)low) / (u64)step + 1;
	return bucket < n_buckets ? (u32)bucket : n_buckets - 1;
}

#endif /* SPILE_RT_HIST_H */
