// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The functions of the import table that are not loads or stores, nor a
 * record's. They are called by handlers and trampolines only: preemption off
 * (but for resched), any context incl. NMI.
 */
#include <linux/jiffies.h>
#include <linux/nospec.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/timex.h>

#include "context.h"
#include "import.h"
#include "session.h"

#define IMPORT_ADDRESS(name, result, args) [SPILE_IMPORT_##name] = (unsigned long)spile_##name,
static const unsigned long import_addresses[] = {
	SPILE_IMPORTS(IMPORT_ADDRESS)
};

/* Where to go for an import, or 0 if there is no such. Any context. */
unsigned long import_address(u32 import)
{
	return import < SPILE_N_IMPORTS ? import_addresses[import] : 0;
}

void spile_ring_flush(struct spile_ctx *ctx)
{
	ring_flush(&context_cpu(ctx)->ring);
}

void spile_session_exit(struct spile_ctx *ctx)
{
	session_exit(context_cpu(ctx));
}

void spile_session_fail(struct spile_ctx *ctx)
{
	session_fail(context_cpu(ctx));
}

u64 spile_time_mono_ns(void)
{
	return ktime_get_mono_fast_ns();
}

u64 spile_time_real_ns(void)
{
	return ktime_get_real_fast_ns();
}

u64 spile_time_boot_ns(void)
{
	return ktime_get_boot_fast_ns();
}

u64 spile_cycles(void)
{
	return get_cycles();
}

u64 spile_jiffies(void)
{
	return jiffies;
}

/* Preemption on, with the count just at 0 and a reschedule due, or not. */
void spile_resched(void)
{
	preempt_disable_notrace();
	preempt_enable_notrace();
}

void spile_hit_skipped(u64 number, u64 reason)
{
	struct session *session = context_session(number);

	if (!session || reason >= SPILE_SKIPS)
		return;
	preempt_disable_notrace();
	context_skip(session, array_index_nospec(reason, SPILE_SKIPS));
	preempt_enable_notrace();
}
