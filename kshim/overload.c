// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Keeps handlers from taking a CPU for themselves. One hit in SPILE_SAMPLE is
 * timed, which is an estimate only: a rare, long handler counts for many when
 * it is the one. So an estimate beyond the limit makes this CPU time every hit
 * for the next interval, and what that shows decides.
 */
#include <linux/timex.h>

#include "context.h"
#include "overload.h"

/* Cycles that are looked at together, at least; one part in so many is the limit. */
#define INTERVAL	1000000000ull
#define LIMIT		2

/* Starts an interval. The other contexts' countdowns go on as they are, unless every hit is to be timed. */
static void overload_restart(struct session_cpu *cpu, u64 now, bool exact)
{
	u32 level;

	cpu->overload.since = now;
	cpu->overload.cycles = 0;
	if (exact)
		for (level = 0; level < SPILE_LEVELS; level++)
			cpu->contexts[level].ctx.sample = 1;
	WRITE_ONCE(cpu->overload.exact, exact);
}

static void overload_fail(struct session_cpu *cpu, u64 elapsed)
{
	struct session *session = cpu->session;

	if (atomic_cmpxchg(&session->overloaded, OVERLOAD_NONE, OVERLOAD_FOUND) != OVERLOAD_NONE)
		return;
	session->overload = (struct overload_report){
		.cycles = cpu->overload.cycles,
		.interval = elapsed,
		.threshold = elapsed / LIMIT,
		.cpu = cpu - session->cpus,
	};
	atomic_set_release(&session->overloaded, OVERLOAD_REPORTED);
	session_fail(cpu);
}

/*
 * A hit took so many cycles. Preemption off, any context incl. NMI: one that
 * interrupts another here may spoil a sum, which is an estimate, or is taken
 * anew.
 */
void spile_hit_timed(struct spile_ctx *ctx, u64 cycles)
{
	struct session_cpu *cpu = context_cpu(ctx);
	struct overload *overload = &cpu->overload;
	u64 now = get_cycles(), elapsed = now - overload->since;

	ctx->sample = overload->exact ? 1 : SPILE_SAMPLE;
	if (cpu->session->flags & SPILE_LOAD_NO_OVERLOAD)
		return;
	/* The first, or a clock that went back. */
	if (unlikely(!overload->since || (s64)elapsed < 0)) {
		overload_restart(cpu, now, false);
		return;
	}
	overload->cycles += overload->exact ? cycles : cycles * SPILE_SAMPLE;
	if (likely(elapsed < INTERVAL))
		return;
	if (overload->cycles <= elapsed / LIMIT)
		overload_restart(cpu, now, false);
	else if (overload->exact)
		overload_fail(cpu, elapsed);
	else
		overload_restart(cpu, now, true);
}
