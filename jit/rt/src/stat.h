/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * Aggregates live in the CPUs' parts and are merged on read. One belongs to
 * the present only if its generation is the one that the shared side has:
 * that is how they are emptied on all CPUs at once. All zero is empty.
 */
#ifndef SPILE_RT_STAT_H
#define SPILE_RT_STAT_H

#include "base.h"

/* struct stat_spread follows where the variance is kept, then the buckets. */
struct stat {
	u64 generation;
	s64 count, sum, min, max;
};

/* Welford's numbers, of values shifted left by variance_shift. */
struct stat_spread {
	s64 mean, m2;
};

#endif /* SPILE_RT_STAT_H */
