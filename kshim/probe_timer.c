// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Timers. They expire in a hard interrupt, on the CPU that ran START (unless
 * that goes offline).
 */
#include <linux/hrtimer.h>
#include <linux/math64.h>
#include <linux/timekeeping.h>
#include <asm/irq_regs.h>

#include "compat/compat.h"
#include "context.h"
#include "probe.h"

/* A shorter period is raised to this, or the CPU would do nothing else. */
#define MIN_PERIOD_NS	10000

static bool timer_check(const struct spile_probe *spec, const char *name)
{
	return spec->param > 0 && spec->param <= KTIME_MAX / 4 &&
	       spec->param2 >= 0 && spec->param2 <= spec->param;
}

/* The next period in ns: param, give or take a random part of param2. */
static u64 timer_period(struct probe *probe)
{
	u64 period = probe->spec->param, spread = probe->spec->param2;
	u64 *random = &probe->timer.random;

	if (spread) {
		/* xorshift64: any quality will do. */
		*random ^= *random << 13;
		*random ^= *random >> 7;
		*random ^= *random << 17;
		period = period - spread + *random % (2 * spread + 1);
	}
	return max_t(u64, period, MIN_PERIOD_NS);
}

static enum hrtimer_restart timer_hit(struct hrtimer *hrtimer)
{
	struct probe *probe = container_of(hrtimer, struct probe, timer.hrtimer);
	struct spile_ctx *ctx = context_enter(probe->session, SPILE_STATE_RUNNING);

	if (ctx) {
		/* What was interrupted. */
		ctx->regs = (u64)get_irq_regs();
		context_hit(ctx, probe);
		context_leave(probe->session, ctx);
	}
	hrtimer_forward_now(hrtimer, ns_to_ktime(timer_period(probe)));
	return HRTIMER_RESTART;
}

static int timer_attach(struct probe *probe)
{
	struct hrtimer *hrtimer = &probe->timer.hrtimer;

	probe->timer.random = ktime_get_ns() | 1;
	compat_hrtimer_setup(hrtimer, timer_hit, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	hrtimer_start(hrtimer, ns_to_ktime(timer_period(probe)), HRTIMER_MODE_REL_HARD);
	return 0;
}

static void timer_detach(void **probes, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		hrtimer_cancel(&((struct probe *)probes[i])->timer.hrtimer);
}

const struct probe_ops probe_timer_ops = {
	.attach_kind = SPILE_ATTACH_TIMER,
	.check = timer_check,
	.attach = timer_attach,
	.detach = timer_detach,
};
