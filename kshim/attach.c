// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The ladder: each probe is attached in the cheapest way that the kernel has,
 * and that LOAD allowed. Trampolines first, all functions of one at once; then
 * ftrace with kshim's function, all of a condition at once; the rest one by one.
 *
 * Probes whose condition is false are left out, and go down the ladder anew each
 * time that it becomes true.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>

#include "attach.h"
#include "context.h"
#include "probe.h"
#include "probe_ftrace.h"
#include "session.h"
#include "trampoline.h"

static int attach_rest(struct session *session)
{
	u32 i;

	for (i = 0; i < session->n_probes; i++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		probe_attach(&session->probes[i]);
		cond_resched();
	}
	return 0;
}

static void attach_count(struct session *session)
{
	u32 i;

	session->n_attached = 0;
	for (i = 0; i < session->n_probes; i++)
		session->n_attached += session->probes[i].attached;
}

static int attach_armed(struct session *session)
{
	u32 i;
	int err;

	trampoline_attach(session);
	ftrace_attach(session);
	err = attach_rest(session);
	for (i = 0; i < session->n_probes; i++)
		session->probes[i].tried |= probe_armed(&session->probes[i]);
	attach_count(session);
	return err;
}

/* What is not armed. On return the kernel begins no more hits of it; some may be under way. */
static void detach_unarmed(struct session *session)
{
	u32 i;

	session->undone += trampoline_detach(session);
	session->undone += ftrace_detach(session);
	session->undone += probe_detach(session->probes, session->n_probes, session->batch);
	for (i = 0; i < session->n_probes; i++)
		session->probes[i].tried &= probe_armed(&session->probes[i]);
}

/*
 * Process context, under the session's lock. A probe that cannot be attached
 * is no error here. Returns -EINTR if the caller is being killed; then some
 * are attached.
 */
int attach_all(struct session *session)
{
	arming_ask(session);
	return attach_armed(session);
}

/*
 * Asks the conditions, and attaches and detaches what they say. The text stays,
 * so nobody waits here for those who are in it. Process context, under the
 * session's lock; the session runs.
 */
void attach_change(struct session *session)
{
	if (!arming_ask(session))
		return;
	detach_unarmed(session);
	attach_armed(session);
}

/*
 * A module goes: nothing of it may stay attached by ftrace. Its kprobes the
 * kernel has seen to. Process context, under the session's lock.
 */
void attach_forget(struct session *session, const struct module *module)
{
	u32 i;

	session->undone += trampoline_forget(session, module);
	session->undone += ftrace_forget(session, module);
	for (i = 0; i < session->n_probes; i++) {
		struct probe *probe = &session->probes[i];

		if (probe->gone || !within_module(probe->spec->address, module))
			continue;
		probe->gone = true;
		probe->attached = false;
		probe->error = -ENODEV;
	}
	attach_count(session);
}

/*
 * Process context, under the session's lock. On return no handler of an
 * attached probe runs or will, on any CPU.
 */
void detach_all(struct session *session)
{
	u64 *missed;
	u32 i;

	session->over = true;
	detach_unarmed(session);
	session->n_attached = 0;
	if (!session->undone)
		return;
	session->undone = 0;
	synchronize_rcu();
	missed = &session->cpus[0].ring.page->counters.skips[SPILE_SKIP_MISSED];
	for (i = 0; i < session->n_probes; i++)
		counter_add(missed, session->probes[i].missed);
}
