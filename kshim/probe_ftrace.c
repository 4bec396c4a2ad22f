// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Function entries by ftrace, where no trampoline can be called directly. One
 * ftrace_ops has all functions of a session in its filter that share a condition,
 * or have none; a second one those whose handlers want all registers, which cost
 * more.
 */
#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
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
	struct ftrace_set *next;
	struct session *session;
	u32 condition;			/* of all its probes */
	struct ftrace_site *sites;	/* a hash table, at most half full */
	u32 log2;			/* of its size */
	u32 failures;
	bool regs;
};

enum { SET_ARGS, SET_REGS, N_SETS };

/* Which functions go into a set. */
struct ftrace_kind {
	u32 condition;
	int which;
};

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
	struct probe *probe = READ_ONCE(ftrace_site(set, ip)->first);
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

/* Is the probe still to be attached, in a set of this kind? */
static bool ftrace_wants(const struct probe *probe, struct ftrace_kind kind)
{
	int which = probe->spec->flags & SPILE_PROBE_REGS ? SET_REGS : SET_ARGS;

	return probe->spec->kind == SPILE_PROBE_FUNCTION && which == kind.which &&
	       probe->spec->condition == kind.condition && probe_wanted(probe);
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
static u32 ftrace_collect(struct session *session, struct ftrace_set *set,
			  struct ftrace_kind kind, unsigned long *ips)
{
	u32 i, n = 0, left = 0;
	struct module *owner;
	unsigned long ip;

	for (i = 0; i < session->n_probes; i++) {
		struct probe *probe = &session->probes[i];

		if (ftrace_wants(probe, kind) && !probe_site(probe, &ip, &owner) &&
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

/* Process context; it is not registered. */
static void ftrace_set_free(struct ftrace_set *set)
{
	if (set->sites)
		compat_ftrace_clear(&set->ops);
	kvfree(set->sites);
	kfree(set);
}

static void ftrace_set_mark(struct ftrace_set *set)
{
	struct probe *probe;
	u32 i;

	for (i = 0; i < 1u << set->log2; i++)
		for (probe = set->sites[i].first; probe; probe = probe->next)
			probe_attached(probe, SPILE_ATTACH_FTRACE);
}

static void ftrace_set_attach(struct session *session, struct ftrace_kind kind, u32 wanted)
{
	struct ftrace_set *set = kzalloc(sizeof(*set), GFP_KERNEL_ACCOUNT);
	unsigned long *ips = kvmalloc_array(wanted, sizeof(*ips), GFP_KERNEL);
	bool registered = false;

	if (!set || !ips)
		goto out;
	set->session = session;
	set->condition = kind.condition;
	set->regs = kind.which == SET_REGS;
	set->log2 = ilog2(roundup_pow_of_two(2 * wanted));
	set->sites = kvcalloc(1u << set->log2, sizeof(*set->sites), GFP_KERNEL_ACCOUNT);
	set->ops.func = ftrace_hit;
	set->ops.flags = COMPAT_FTRACE_FLAGS | (set->regs ? COMPAT_FTRACE_REGS : COMPAT_FTRACE_ARGS);
	if (set->sites && ftrace_collect(session, set, kind, ips))
		registered = !register_ftrace_function(&set->ops);
out:
	kvfree(ips);
	if (registered) {
		set->next = session->ftrace_sets;
		session->ftrace_sets = set;
		ftrace_set_mark(set);
	} else if (set) {
		ftrace_set_free(set);
	}
}

static void ftrace_attach_kind(struct session *session, struct ftrace_kind kind)
{
	u32 i, wanted = 0;

	if (kind.which == SET_REGS ? !COMPAT_FTRACE_REGS : !COMPAT_FTRACE_HAS_ARGS)
		return;
	for (i = 0; i < session->n_probes; i++)
		wanted += ftrace_wants(&session->probes[i], kind);
	if (wanted)
		ftrace_set_attach(session, kind, wanted);
}

/*
 * Process context, under the session's lock. Attaches function entries that
 * are not attached yet; what fails is left for kprobes.
 */
void ftrace_attach(struct session *session)
{
	DECLARE_BITMAP(conditions, SPILE_MAX_CONDITIONS) = {};
	struct ftrace_kind kind;
	u32 i;

	if (!session_may_attach(session, SPILE_ATTACH_FTRACE))
		return;
	for (i = 0; i < session->n_probes; i++) {
		const struct probe *probe = &session->probes[i];

		if (probe->spec->condition != SPILE_NO_CONDITION && probe_wanted(probe))
			__set_bit(probe->spec->condition, conditions);
	}
	for (kind.which = 0; kind.which < N_SETS; kind.which++) {
		kind.condition = SPILE_NO_CONDITION;
		ftrace_attach_kind(session, kind);
		for_each_set_bit(kind.condition, conditions, SPILE_MAX_CONDITIONS)
			ftrace_attach_kind(session, kind);
	}
}

/* Takes a set out of the session's, and undoes it. On return no handler runs from there or will. */
static void ftrace_set_detach(struct session *session, struct ftrace_set **at)
{
	struct ftrace_set *set = *at;
	struct probe *probe;
	u32 i;

	*at = set->next;
	/* Only after the kernel gave up on ftrace. */
	if (WARN_ON_ONCE(unregister_ftrace_function(&set->ops))) {
		session->stuck = true;
		return;
	}
	for (i = 0; i < 1u << set->log2; i++)
		for (probe = set->sites[i].first; probe; probe = probe->next)
			probe->attached = false;
	ftrace_set_free(set);
}

/*
 * Process context, under the session's lock. On return no handler that is not
 * armed runs from here or will. Returns how many registrations there were.
 */
u32 ftrace_detach(struct session *session)
{
	struct ftrace_set **at = &session->ftrace_sets;
	u32 count = 0;

	while (*at) {
		if (!session->over && arming_holds(session, (*at)->condition)) {
			at = &(*at)->next;
			continue;
		}
		ftrace_set_detach(session, at);
		count++;
	}
	return count;
}

/* Takes a module's functions out of a set's filter, which never is empty: that would mean all functions. */
static void ftrace_set_forget(struct ftrace_set *set, const struct module *module)
{
	u32 i;

	for (i = 0; i < 1u << set->log2; i++) {
		struct ftrace_site *site = &set->sites[i];

		if (!site->first || !within_module(site->ip, module))
			continue;
		/* If it stays in the filter, then a hit there finds no probe. */
		ftrace_set_filter_ip(&set->ops, site->ip, 1, 0);
		WRITE_ONCE(site->first, NULL);
	}
}

/* Functions of a module that goes. Process context, under the session's lock. */
u32 ftrace_forget(struct session *session, const struct module *module)
{
	struct ftrace_set **at = &session->ftrace_sets;
	u32 i, others, count = 0;

	while (*at) {
		struct ftrace_set *set = *at;

		others = 0;
		for (i = 0; i < 1u << set->log2; i++)
			others += set->sites[i].first && !within_module(set->sites[i].ip, module);
		if (others) {
			ftrace_set_forget(set, module);
			at = &set->next;
		} else {
			ftrace_set_detach(session, at);
			count++;
		}
	}
	return count;
}
