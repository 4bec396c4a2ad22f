/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * A scalar aggregate lives in the contexts' parts, and is merged on read. A part belongs to the present only if its generation is the one that
 * the shared side has: that is how it is emptied on all CPUs at once. An element
 * of a map has its aggregate in its node. All zero is empty.
 */
#ifndef SPILE_RT_STAT_H
#define SPILE_RT_STAT_H

#include "base.h"

/* struct stat_spread follows where the variance is kept, then the buckets. */
struct stat {
	union {
		u64 generation;
		s64 sorted_by;	/* of an element, while sorting */
	};
	s64 count, sum, min, max;
};

/* Welford's numbers, of values shifted left by variance_shift. */
struct stat_spread {
	s64 mean, m2;
};

#endif /* SPILE_RT_STAT_H */
