/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Where handlers run: one context for each CPU and level of interruption. */
#ifndef SPILE_CONTEXT_H
#define SPILE_CONTEXT_H

#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/uaccess.h>

#include "abi.h"
#include "probe.h"
#include "ring.h"
#include "session.h"

struct context {
	struct spile_ctx ctx;
	struct session_cpu *cpu;
	bool busy;
};

/* All that a CPU has of a session. Used with preemption off. */
struct session_cpu {
	struct context contexts[SPILE_LEVELS];
	struct session *session;
	struct ring ring;
	u64 *hits;		/* handlers run, for each probe */
} ____cacheline_aligned;

int context_alloc(struct session *session, const struct spile_image *header, u32 ring_bytes);
void context_free(struct session *session);

static inline struct context *context_of(struct spile_ctx *ctx)
{
	return container_of(ctx, struct context, ctx);
}

/* The level of an interrupt context, given the preemption count. Any context. */
static __always_inline u32 context_level(unsigned long count)
{
	if (count & NMI_MASK)
		return 3;
	if (count & HARDIRQ_MASK)
		return 2;
	return count & SOFTIRQ_OFFSET ? 1 : 0;
}

/*
 * The level of a kprobe's handler. A breakpoint itself may count as an NMI,
 * so NMIs are left out. If the probe was in a real NMI, then the level is that
 * of what the NMI interrupted, which is as good: if the context there is busy
 * the hit is skipped, else it is free until the NMI returns.
 */
static __always_inline u32 context_level_of_trap(void)
{
	return context_level(preempt_count() & ~NMI_MASK);
}

/*
 * context_enter - get ready to run a handler
 * @state: the session must be in it
 * @level: from context_level*()
 *
 * Any context incl. NMI. Returns NULL, with the skip counted, if the handler
 * cannot run. Otherwise preemption and page faults stay off until
 * context_leave(). What interrupts this CPU meanwhile returns first, so that
 * plain variables serve; other levels have contexts of their own.
 */
static __always_inline struct spile_ctx *
context_enter(struct probe *probe, enum spile_state state, u32 level)
{
	struct session *session = probe->session;
	struct session_cpu *cpu;
	struct context *context;
	enum spile_skip skip;

	preempt_disable_notrace();
	cpu = &session->cpus[raw_smp_processor_id()];
	skip = SPILE_SKIP_STATE;
	if (unlikely(session_state(session) != state))
		goto skipped;
	context = &cpu->contexts[level];
	skip = SPILE_SKIP_NESTED;
	if (unlikely(context->busy))
		goto skipped;
	WRITE_ONCE(context->busy, true);
	barrier();
	pagefault_disable();
	context->ctx.regs = 0;
	context->ctx.args = 0;
	context->ctx.entry = 0;
	context->ctx.probe = probe->index;
	return &context->ctx;

skipped:
	counter_add(&cpu->ring.page->counters.skips[skip], 1);
	preempt_enable_notrace();
	return NULL;
}

/* Ends what context_enter() began, on the same CPU. */
static __always_inline void context_leave(struct spile_ctx *ctx)
{
	struct context *context = context_of(ctx);

	pagefault_enable();
	barrier();
	WRITE_ONCE(context->busy, false);
	preempt_enable_notrace();
}

/* Counts a hit whose handler runs. Inside context_enter() and _leave(). */
static __always_inline void context_count(struct spile_ctx *ctx)
{
	struct session_cpu *cpu = context_of(ctx)->cpu;

	counter_add(&cpu->ring.page->counters.hits, 1);
	counter_add(&cpu->hits[ctx->probe], 1);
}

#endif
