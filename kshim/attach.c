// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The ladder: each probe is attached in the cheapest way that the kernel has,
 * and that LOAD allowed. Trampolines first, all functions of one at once; then
 * ftrace with kshim's function, all of a session at once; the rest one by one.
 */
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

/*
 * Process context, under the session's lock. A probe that cannot be attached
 * is no error here. Returns -EINTR if the caller is being killed; then some
 * are attached.
 */
int attach_all(struct session *session)
{
	u32 i;
	int err;

	trampoline_attach(session);
	ftrace_attach(session);
	err = attach_rest(session);
	for (i = 0; i < session->n_probes; i++)
		session->n_attached += session->probes[i].attached;
	return err;
}

/*
 * Process context, under the session's lock. On return no handler of an
 * attached probe runs or will, on any CPU.
 */
void detach_all(struct session *session)
{
	u64 *missed;
	u32 i, count;

	count = trampoline_detach(session);
	count += ftrace_detach(session);
	count += probe_detach(session->probes, session->n_probes, session->batch);
	session->n_attached = 0;
	if (!count)
		return;
	synchronize_rcu();
	missed = &session->cpus[0].ring.page->counters.skips[SPILE_SKIP_MISSED];
	for (i = 0; i < session->n_probes; i++) {
		session->probes[i].attached = false;
		counter_add(missed, session->probes[i].missed);
	}
}
