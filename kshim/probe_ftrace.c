// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Function entries by ftrace, where no trampoline can be called directly. One
 * ftrace_ops has all functions of a session in its filter; a second one those
 * whose handlers want all registers, which cost more.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "arch.h"
#include "compat/ftrace.h"
#include "context.h"
#include "probe_ftrace.h"
#include "session.h"

/* Additions to a filter that may fail while functions are sorted out. */
#define MAX_FAILURES	64

/* A function, and the probes on it in their order. */
struct ftrace_site {
	unsigned long ip;		/* of ftrace's call; 0: a free place */
	struct probe *first;
};

struct ftrace_set {
	struct ftrace_ops ops;
	struct session *session;
	struct ftrace_site *sites;	/* a hash table, at most half full */
	u32 log2;			/* of its size */
	u32 failures;
	bool regs;
	bool registered;
};

enum { SET_ARGS, SET_REGS, N_SETS };

static __always_inline struct ftrace_site *ftrace_site(const struct ftrace_set *set,
							unsigned long ip)
{
	u32 mask = (1u << set->log2) - 1, i = hash_long(ip, set->log2);

	while (set->sites[i].ip && set->sites[i].ip != ip)
		i = (i + 1) & mask;
	return &set->sites[i];
}

/* Any context incl. NMI, also where RCU does not look. */
static void ftrace_hit(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
		       struct compat_ftrace_regs *ftrace_regs)
{
	struct ftrace_set *set = container_of(ops, struct ftrace_set, ops);
	struct probe *probe = ftrace_site(set, ip)->first;
	struct pt_regs *regs = NULL;
	u64 args[ARCH_ARGUMENTS];
	unsigned long saved_ip;
	struct spile_ctx *ctx;

	if (unlikely(!probe))
		return;
	compat_ftrace_arguments(ftrace_regs, args);
	if (set->regs) {
		/* Handlers see what they would of a kprobe. */
		regs = compat_ftrace_pt_regs(ftrace_regs);
		saved_ip = instruction_pointer(regs);
		arch_regs_of_kprobe(regs, probe->spec->address);
	}
	for (; probe; probe = probe->next) {
		ctx = context_enter(set->session, SPILE_STATE_RUNNING);
		if (!ctx)
			continue;
		ctx->args = (u64)args;
		ctx->regs = (u64)regs;
		context_hit(ctx, probe);
		context_leave(set->session, ctx);
	}
	if (regs)
		instruction_pointer_set(regs, saved_ip);
}

/* The set for a probe that is still to be attached, or -1. */
static int ftrace_set_of(const struct probe *probe)
{
	bool regs = probe->spec->flags & SPILE_PROBE_REGS;

	if (probe->spec->kind != SPILE_PROBE_FUNCTION || probe->attached)
		return -1;
	if (regs)
		return COMPAT_FTRACE_REGS ? SET_REGS : -1;
	return COMPAT_FTRACE_HAS_ARGS ? SET_ARGS : -1;
}

/* Puts the probe behind those that are on its function already. Returns whether it is the first. */
static bool ftrace_add_probe(struct ftrace_set *set, struct probe *probe, unsigned long ip)
{
	struct ftrace_site *site = ftrace_site(set, ip);
	struct probe **last = &site->first;
	bool first = !site->ip;

	site->ip = ip;
	while (*last)
		last = &(*last)->next;
	probe->next = NULL;
	*last = probe;
	return first;
}

/* Has functions traced, or as many of them as will do; forgets the probes of the others. */
static void ftrace_filter(struct ftrace_set *set, unsigned long *ips, u32 n)
{
	u32 i, half = n / 2;

	if (!compat_ftrace_add(&set->ops, ips, n))
		return;
	if (n > 1 && set->failures++ < MAX_FAILURES) {
		ftrace_filter(set, ips, half);
		ftrace_filter(set, ips + half, n - half);
		return;
	}
	for (i = 0; i < n; i++)
		ftrace_site(set, ips[i])->first = NULL;
}

/* Fills table and filter with all that wants it. Returns how many functions there are. */
static int ftrace_collect(struct session *session, struct ftrace_set *set, int which,
			  unsigned long *ips)
{
	u32 i, n = 0, left = 0;
	unsigned long ip;

	for (i = 0; i < session->n_probes; i++) {
		struct probe *probe = &session->probes[i];

		if (ftrace_set_of(probe) == which && !probe_site(probe, &ip) &&
		    ftrace_add_probe(set, probe, ip))
			ips[n++] = ip;
		cond_resched();
	}
	if (n)
		ftrace_filter(set, ips, n);
	for (i = 0; i < n; i++)
		left += !!ftrace_site(set, ips[i])->first;
	return left;
}

static void ftrace_set_attach(struct session *session, struct ftrace_set *set, int which, u32 wanted)
{
	unsigned long *ips = kvmalloc_array(wanted, sizeof(*ips), GFP_KERNEL);
	struct probe *probe;
	u32 i;

	set->session = session;
	set->regs = which == SET_REGS;
	set->log2 = ilog2(roundup_pow_of_two(2 * wanted));
	set->sites = kvcalloc(1u << set->log2, sizeof(*set->sites), GFP_KERNEL_ACCOUNT);
	set->ops.func = ftrace_hit;
	set->ops.flags = COMPAT_FTRACE_FLAGS | (set->regs ? COMPAT_FTRACE_REGS : COMPAT_FTRACE_ARGS);
	if (ips && set->sites && ftrace_collect(session, set, which, ips))
		set->registered = !register_ftrace_function(&set->ops);
	kvfree(ips);
	if (!set->registered)
		return;
	for (i = 0; i < 1u << set->log2; i++)
		for (probe = set->sites[i].first; probe; probe = probe->next) {
			probe->attach = SPILE_ATTACH_FTRACE;
			probe->attached = true;
		}
}

/*
 * Process context, under the session's lock. Attaches function entries that
 * are not attached yet; what fails is left for kprobes.
 */
void ftrace_attach(struct session *session)
{
	u32 i, wanted[N_SETS] = {};
	int which;

	if (!session_may_attach(session, SPILE_ATTACH_FTRACE))
		return;
	for (i = 0; i < session->n_probes; i++) {
		which = ftrace_set_of(&session->probes[i]);
		if (which >= 0)
			wanted[which]++;
	}
	if (!wanted[SET_ARGS] && !wanted[SET_REGS])
		return;
	session->ftrace_sets = kcalloc(N_SETS, sizeof(*session->ftrace_sets), GFP_KERNEL_ACCOUNT);
	if (!session->ftrace_sets)
		return;
	for (which = 0; which < N_SETS; which++)
		if (wanted[which])
			ftrace_set_attach(session, &session->ftrace_sets[which], which, wanted[which]);
}

/*
 * Process context, under the session's lock. On return no handler runs from
 * here or will. Returns how many registrations there were.
 */
u32 ftrace_detach(struct session *session)
{
	u32 which, count = 0;

	for (which = 0; session->ftrace_sets && which < N_SETS; which++) {
		struct ftrace_set *set = &session->ftrace_sets[which];

		if (set->registered) {
			count++;
			/* Only after the kernel gave up on ftrace. */
			if (WARN_ON_ONCE(unregister_ftrace_function(&set->ops))) {
				session->stuck = true;
				session->ftrace_sets = NULL;
				return count;
			}
		}
		if (set->sites)
			compat_ftrace_clear(&set->ops);
		kvfree(set->sites);
	}
	kfree(session->ftrace_sets);
	session->ftrace_sets = NULL;
	return count;
}
