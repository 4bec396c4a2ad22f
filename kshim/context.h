/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Where handlers run: a stack of contexts for each CPU and session. */
#ifndef SPILE_CONTEXT_H
#define SPILE_CONTEXT_H

#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/timex.h>

#include "abi.h"
#include "import.h"
#include "overload.h"
#include "probe.h"
#include "ring.h"
#include "session.h"

/* Sessions that may have an image at once. */
#define SPILE_MAX_SESSIONS	64

struct context {
	struct spile_ctx ctx;
} ____cacheline_aligned;

/* All that a CPU has of a session. Used with preemption off. */
struct session_cpu {
	struct ring ring;		/* at offset 0: found without an addition */
	struct session *session;
	struct context contexts[SPILE_LEVELS];
	struct overload overload;
} ____cacheline_aligned;

/*
 * A session's pointer to the free context, by its slot: the top of the stack.
 * NULL where all are in use, and on CPUs that the session does not know yet.
 */
DECLARE_PER_CPU(struct spile_ctx *, context_free_top[SPILE_MAX_SESSIONS]);

int context_slot_take(struct session *session);
void context_slot_give(struct session *session);
struct session *context_session(u64 slot);

int context_alloc(struct session *session, const struct image *image);
void context_release(struct session *session);

u64 context_hits(const struct session *session, u32 cpu, u32 probe);
void context_sum_hits(struct session *session);

static __always_inline struct session_cpu *context_cpu(const struct spile_ctx *ctx)
{
	return (struct session_cpu *)ctx->session;
}

/* Counts a hit that runs no handler. Preemption off, any context incl. NMI. */
static __always_inline void context_skip(struct session *session, enum spile_skip skip)
{
	struct session_cpu *cpu = &session->cpus[raw_smp_processor_id()];

	counter_add(&cpu->ring.page->counters.skips[skip], 1);
}

/*
 * context_enter - get ready to run handlers
 * @state: the session must be in it
 *
 * Any context incl. NMI. Returns NULL, with the skip counted, if no handler
 * can run. Otherwise preemption stays off until context_leave(). What
 * interrupts this CPU meanwhile leaves the stack as it was, so that plain
 * loads and stores serve.
 */
static __always_inline struct spile_ctx *
context_enter(struct session *session, enum spile_state state)
{
	struct spile_ctx *ctx = NULL;
	enum spile_skip skip;

	preempt_disable_notrace();
	skip = SPILE_SKIP_STATE;
	if (unlikely(session_state(session) != state))
		goto skipped;
	ctx = raw_cpu_read(context_free_top[session->slot]);
	skip = SPILE_SKIP_NESTED;
	if (unlikely(!ctx))
		goto skipped;
	raw_cpu_write(context_free_top[session->slot], (struct spile_ctx *)ctx->next);
	barrier();
	ctx->regs = 0;
	ctx->args = 0;
	ctx->entry = 0;
	ctx->result = 0;
	ctx->task = (u64)current;
	return ctx;

skipped:
	context_skip(session, skip);
	preempt_enable_notrace();
	return NULL;
}

/* Ends what context_enter() began, on the same CPU. */
static __always_inline void context_leave(struct session *session, struct spile_ctx *ctx)
{
	barrier();
	raw_cpu_write(context_free_top[session->slot], ctx);
	preempt_enable_notrace();
}

/* Runs a handler of the probe; some of them with a look at the clock. */
static __always_inline void context_call(struct spile_ctx *ctx, const struct probe *probe,
					 spile_handler handler)
{
	cycles_t start;

	ctx->probe = probe->index;
	if (likely(--ctx->sample)) {
		handler(ctx);
		return;
	}
	start = get_cycles();
	handler(ctx);
	spile_hit_timed(ctx, get_cycles() - start);
}

/* A hit of the probe. Between context_enter() and context_leave(). */
static __always_inline void context_hit(struct spile_ctx *ctx, const struct probe *probe)
{
	((u64 *)ctx->hits)[probe->index]++;
	context_call(ctx, probe, probe->handler);
}

#endif
