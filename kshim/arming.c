// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Asks conditions, and has probes attached and detached as they change. A
 * handler that has written what a condition reads only leaves word of it, since
 * it may run anywhere: an interrupt of ours passes it on to process context,
 * where all that changed meanwhile is done at once.
 */
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "attach.h"
#include "context.h"
#include "queue.h"
#include "session.h"

/* Conditions that change all the time are not followed more closely: each change lets all CPUs synchronise. */
#define PAUSE_MS	10

/* Has the image fill in the words. They stay as they are where the session's state changes just now: it is over. */
static void arming_call(struct session *session)
{
	struct spile_ctx *ctx = context_enter(session, session_state(session));
	unsigned long flags;

	if (!ctx)
		return;
	ctx->entry = (u64)session->arming.words;
	ctx->probe = 0;
	/* Else a hit of this CPU could find a global locked that is not given back before it ends. */
	local_irq_save(flags);
	session->conditions(ctx);
	local_irq_restore(flags);
	context_leave(session, ctx);
}

/*
 * Asks all conditions, and has those asked again soon that could not be.
 * Process context, under the session's lock. Returns whether one has changed.
 */
bool arming_ask(struct session *session)
{
	u32 i, n = session->image.header->n_conditions;
	struct arming *arming = &session->arming;
	bool changed = false, again = false;

	if (!n)
		return false;
	for (i = 0; i < n; i++)
		arming->words[i] = SPILE_NOT_ASKED;
	arming_call(session);
	for (i = 0; i < n; i++) {
		if (arming->words[i] == SPILE_NOT_ASKED) {
			again = true;
			continue;
		}
		changed |= test_bit(i, arming->holds) != !!arming->words[i];
		__assign_bit(i, arming->holds, arming->words[i]);
	}
	if (again)
		queue_delayed_work(queue, &arming->work, msecs_to_jiffies(PAUSE_MS));
	return changed;
}

/* Does a condition hold, SPILE_NO_CONDITION included? Under the session's lock. */
bool arming_holds(const struct session *session, u32 condition)
{
	return condition == SPILE_NO_CONDITION || test_bit(condition, session->arming.holds);
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

/* Process context, when the image was read. */
int arming_load(struct session *session)
{
	u32 n = session->image.header->n_conditions;

	if (n)
		session->arming.words = kvcalloc(n, sizeof(u64), GFP_KERNEL_ACCOUNT);
	return n && !session->arming.words ? -ENOMEM : 0;
}

/* Process context; nobody asks any more. */
void arming_unload(struct session *session)
{
	kvfree(session->arming.words);
	session->arming.words = NULL;
}

/* Process context; no handler of the session runs, or will. */
void arming_release(struct session *session)
{
	irq_work_sync(&session->arming.irq_work);
	cancel_delayed_work_sync(&session->arming.work);
}
