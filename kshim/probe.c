// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The table of probe kinds, and what all kinds share. */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/nospec.h>

#include "arch.h"
#include "context.h"
#include "owner.h"
#include "probe.h"

static bool probe_check_nothing(const struct spile_probe *spec, const char *name)
{
	return true;
}

/* Run by START and STOP. */
static const struct probe_ops probe_sequence_ops = {
	.check = probe_check_nothing,
};

static const struct probe_ops *const probe_kinds[] = {
	[SPILE_PROBE_BEGIN] = &probe_sequence_ops,
	[SPILE_PROBE_END] = &probe_sequence_ops,
	[SPILE_PROBE_ERROR] = &probe_sequence_ops,
	[SPILE_PROBE_TIMER] = &probe_timer_ops,
	[SPILE_PROBE_FUNCTION] = &probe_function_ops,
	[SPILE_PROBE_RETURN] = &probe_return_ops,
	[SPILE_PROBE_ADDRESS] = &probe_address_ops,
	[SPILE_PROBE_TRACEPOINT] = &probe_tracepoint_ops,
};

/* NULL if there is no such kind. */
const struct probe_ops *probe_ops_of(u32 kind)
{
	if (kind >= ARRAY_SIZE(probe_kinds))
		return NULL;
	return probe_kinds[array_index_nospec(kind, ARRAY_SIZE(probe_kinds))];
}

/*
 * Runs a handler here and now, if the session is in @state. Process context.
 * Returns whether it ran.
 */
bool probe_run(struct probe *probe, enum spile_state state)
{
	struct spile_ctx *ctx = context_enter(probe->session, state);

	if (!ctx)
		return false;
	context_hit(ctx, probe);
	context_leave(probe->session, ctx);
	return true;
}

/*
 * Where ftrace's call is in the probe's function, and whose function that is.
 * Process context, under the session's lock.
 */
int probe_site(const struct probe *probe, unsigned long *ip, struct module **owner)
{
	unsigned long address = probe->spec->address;

	if (!address || probe->spec->offset)
		return -ENOENT;
	if (within_module(address, THIS_MODULE))
		return -EINVAL;
	*ip = arch_fentry(address);
	return *ip ? owner_find(address, owner) : -ENXIO;
}

/* Does its condition hold, or has it none? Under the session's lock. */
bool probe_armed(const struct probe *probe)
{
	return !probe->session->over && arming_holds(probe->session, probe->spec->condition);
}

/* Is it to be attached now? Under the session's lock. */
bool probe_wanted(const struct probe *probe)
{
	return !probe->attached && !probe->tried && !probe->gone && probe_armed(probe);
}

/* It is. */
void probe_attached(struct probe *probe, enum spile_attach how)
{
	probe->error = 0;
	probe->attach = how;
	probe->attached = true;
	probe->times++;
}

/* Only functions leave a choice of how they are attached. */
static bool probe_has_choice(const struct probe *probe)
{
	return probe->spec->kind == SPILE_PROBE_FUNCTION ||
	       probe->spec->kind == SPILE_PROBE_RETURN;
}

/*
 * Attaches a probe by itself, unless it is attached. Process context, under
 * the session's lock. A failure is kept in the probe.
 */
void probe_attach(struct probe *probe)
{
	const struct probe_ops *ops = probe->ops;

	if (!ops->attach || !probe_wanted(probe))
		return;
	if (probe_has_choice(probe) && !session_may_attach(probe->session, ops->attach_kind))
		probe->error = -EOPNOTSUPP;
	else
		probe->error = ops->attach(probe);
	if (probe->error)
		return;
	probe_attached(probe, ops->attach_kind);
	probe->alone = true;
}

/* Process context, under the session's lock. */
u64 probe_missed(const struct probe *probe)
{
	if (probe->alone && probe->ops->missed)
		return probe->missed + probe->ops->missed(probe);
	return probe->missed;
}

static u32 probe_collect(struct probe *probes, u32 n, const struct probe_ops *ops, void **batch)
{
	u32 i, count = 0;

	for (i = 0; i < n; i++) {
		struct probe *probe = &probes[i];

		if (!probe->alone || probe->ops != ops || probe_armed(probe))
			continue;
		probe->missed = probe_missed(probe);
		probe->attached = false;
		probe->alone = false;
		batch[count++] = probe;
	}
	return count;
}

/*
 * probe_detach - detach all probes that are attached alone and not armed, kind by kind
 * @batch: room for n pointers, so that nothing here can fail
 *
 * Process context, under the session's lock. On return no handler of them
 * runs or will. Returns how many there were.
 */
u32 probe_detach(struct probe *probes, u32 n, void **batch)
{
	u32 kind, count, total = 0;

	for (kind = 0; kind < ARRAY_SIZE(probe_kinds); kind++) {
		const struct probe_ops *ops = probe_kinds[kind];

		if (!ops || !ops->detach)
			continue;
		count = probe_collect(probes, n, ops, batch);
		if (count)
			ops->detach(batch, count);
		total += count;
	}
	return total;
}
