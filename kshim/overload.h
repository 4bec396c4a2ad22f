/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The share of a CPU that handlers take. */
#ifndef SPILE_OVERLOAD_H
#define SPILE_OVERLOAD_H

#include <linux/types.h>

/* Of one CPU. Changed by its timed hits only. */
struct overload {
	u64 since;		/* start of the interval, cycles */
	u64 cycles;		/* in handlers since then */
	bool exact;		/* every hit is timed */
};

enum overload_state {
	OVERLOAD_NONE,
	OVERLOAD_FOUND,			/* the report is being written */
	OVERLOAD_REPORTED,
};

/* What made a session fail. */
struct overload_report {
	u64 cycles;
	u64 interval;
	u64 threshold;
	u32 cpu;
};

struct session;
struct spile_load;

void overload_init(struct session *session, const struct spile_load *load);

#endif
