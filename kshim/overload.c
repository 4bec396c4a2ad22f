// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Keeps handlers from taking a CPU for themselves. One hit in SPILE_SAMPLE is
 * timed, which is an estimate only: a rare, long handler counts for many when
 * it is the one. So an estimate beyond the limit makes this CPU time every hit
 * for the next interval, and what that shows decides.
 */
#include <linux/overflow.h>
#include <linux/timex.h>

#include "context.h"
#include "overload.h"

/* What a CPU may spend on handlers in so many cycles, where LOAD does not say it. */
#define INTERVAL	1000000000ull
#define THRESHOLD	500000000ull

/* Process context. */
void overload_init(struct session *session, const struct spile_load *load)
{
	session->overload_interval = load->overload_interval ?: INTERVAL;
	session->overload_threshold = load->overload_threshold ?: THRESHOLD;
}

/* The threshold for an interval that became longer. */
static u64 overload_limit(const struct session *session, u64 elapsed)
{
	u64 interval = session->overload_interval, limit;

	if (!check_mul_overflow(elapsed, session->overload_threshold, &limit))
		return limit / interval;
	if (!check_mul_overflow(elapsed / interval, session->overload_threshold, &limit))
		return limit;
	return U64_MAX;
}

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
		.threshold = overload_limit(session, elapsed),
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
	if (likely(elapsed < cpu->session->overload_interval))
		return;
	if (overload->cycles <= overload_limit(cpu->session, elapsed))
		overload_restart(cpu, now, false);
	else if (overload->exact)
		overload_fail(cpu, elapsed);
	else
		overload_restart(cpu, now, true);
}
