// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Asks conditions, and has probes attached and detached as they change. A
 * handler that has written what a condition reads only leaves word of it, since
 * it may run anywhere: an interrupt of ours passes it on to process context,
 * where all that changed meanwhile is done at once.
 */
#include <linux/jiffies.h>

#include "attach.h"
#include "context.h"
#include "queue.h"
#include "session.h"

/* Conditions that change all the time are not followed more closely: each change lets all CPUs synchronise. */
#define PAUSE_MS	10

/*
 * Asks all conditions. Process context, under the session's lock. Returns
 * whether one has changed.
 */
bool arming_ask(struct session *session)
{
	u32 i, n = session->image.header->n_conditions;
	u64 words[SPILE_MAX_CONDITIONS] = {};
	struct spile_ctx *ctx;
	bool changed = false;

	if (!n)
		return false;
	ctx = context_enter(session, session_state(session));
	/* The state has changed just now: it is over. */
	if (!ctx)
		return false;
	ctx->entry = (u64)words;
	ctx->probe = 0;
	session->conditions(ctx);
	context_leave(session, ctx);
	for (i = 0; i < n; i++) {
		changed |= session->arming.holds[i] != !!words[i];
		session->arming.holds[i] = words[i];
	}
	return changed;
}

/* Does a condition hold, SPILE_NO_CONDITION included? Under the session's lock. */
bool arming_holds(const struct session *session, u32 condition)
{
	return condition == SPILE_NO_CONDITION || session->arming.holds[condition];
}

static void arming_work(struct work_struct *work)
{
	struct arming *arming = container_of(to_delayed_work(work), struct arming, work);
	struct session *session = container_of(arming, struct session, arming);

	/* Who writes a global from now on asks again: pairs with spile_conditions_changed(). */
	smp_store_mb(arming->requested, false);
	mutex_lock(&session->lock);
	if (session_state(session) == SPILE_STATE_RUNNING && !session->over)
		attach_change(session);
	WRITE_ONCE(arming->earliest, jiffies + msecs_to_jiffies(PAUSE_MS));
	mutex_unlock(&session->lock);
}

/* Hard interrupt. */
static void arming_irq_work(struct irq_work *work)
{
	struct arming *arming = container_of(work, struct arming, irq_work);
	long delay = READ_ONCE(arming->earliest) - jiffies;

	queue_delayed_work(queue, &arming->work, clamp(delay, 0L, (long)msecs_to_jiffies(PAUSE_MS)));
}

/* A handler's call: preemption off, any context incl. NMI. */
void spile_conditions_changed(struct spile_ctx *ctx)
{
	struct arming *arming = &context_cpu(ctx)->session->arming;

	/* What was written is seen by who clears the flag, or the cleared flag is seen here. */
	smp_mb();
	if (READ_ONCE(arming->requested))
		return;
	WRITE_ONCE(arming->requested, true);
	irq_work_queue(&arming->irq_work);
}

/* Process context. */
void arming_init(struct session *session)
{
	struct arming *arming = &session->arming;

	arming->earliest = jiffies;
	init_irq_work(&arming->irq_work, arming_irq_work);
	INIT_DELAYED_WORK(&arming->work, arming_work);
}

/* Process context; no handler of the session runs, or will. */
void arming_release(struct session *session)
{
	irq_work_sync(&session->arming.irq_work);
	cancel_delayed_work_sync(&session->arming.work);
}
