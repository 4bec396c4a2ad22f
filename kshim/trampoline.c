// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Attaches trampolines: to functions by ftrace's direct calls, one registration
 * for all functions of a trampoline; to tracepoints as their probe function.
 * Probes of what cannot be attached so are left to others.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/tracepoint.h>

#include "arch.h"
#include "compat/ftrace.h"
#include "context.h"
#include "session.h"
#include "stack.h"
#include "trampoline.h"

/* Registrations of a session; each takes a grace period to undo. */
#define MAX_DIRECTS	64
/* Registrations that may fail while the functions of a trampoline are sorted out. */
#define MAX_FAILURES	64

/*
 * How often nobody must be found on the stacks. RCU tasks waits for tasks that
 * took themselves off the list while they exit. Kernels without it do not, and
 * such a task may sleep once more, to drop its entries of /proc: that is given
 * the seconds between the looks.
 */
#define LOOKS	(IS_ENABLED(CONFIG_TASKS_RCU) ? 1 : 16)

/* A registration: functions of the kernel itself, or of one module. */
struct direct {
	struct direct *next;
	const struct module *owner;
	struct compat_direct calls;
};

/* A function of a trampoline that is to be registered. */
struct place {
	unsigned long ip;
	struct module *owner;
	u32 site;
};

struct batch {
	struct trampoline *trampoline;
	struct place *places;
	unsigned long *ips;		/* theirs */
	u32 n;
	u32 failures;			/* so far */
};

/* Process context, after the image was read and its probes made. */
int trampoline_load(struct session *session)
{
	const struct image *image = &session->image;
	u32 i, n = image->header->n_trampolines;

	if (!n)
		return 0;
	session->trampolines = kvcalloc(n, sizeof(*session->trampolines), GFP_KERNEL_ACCOUNT);
	if (!session->trampolines)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		struct trampoline *trampoline = &session->trampolines[i];

		trampoline->session = session;
		trampoline->spec = &image->trampolines[i];
		trampoline->code = (unsigned long)session->text + trampoline->spec->code;
		trampoline->chains = image->chains + image->chain_starts[i];
	}
	return 0;
}

/* Process context; nothing is attached. */
void trampoline_unload(struct session *session)
{
	kvfree(session->trampolines);
	session->trampolines = NULL;
}

static struct probe *trampoline_probe(const struct trampoline *trampoline, u32 site, u32 position)
{
	u32 place = site * trampoline->spec->n_probes + position;

	return &trampoline->session->probes[trampoline->chains[place]];
}

static void trampoline_mark(const struct trampoline *trampoline, u32 site,
			    enum spile_attach attach, int err)
{
	u32 i;

	for (i = 0; i < trampoline->spec->n_probes; i++) {
		struct probe *probe = trampoline_probe(trampoline, site, i);

		probe->direct_error = err;
		if (!err)
			probe_attached(probe, attach);
	}
}

/* Probes of a site that was attached are no longer. */
static void trampoline_unmark(const struct trampoline *trampoline, u32 site)
{
	u32 i;

	for (i = 0; i < trampoline->spec->n_probes; i++) {
		struct probe *probe = trampoline_probe(trampoline, site, i);

		/* Those that found another way have their own. */
		probe->attached &= !!probe->direct_error;
	}
}

/* Is one of the site's probes to be attached, and none of them in another way? */
static bool trampoline_site_wanted(const struct trampoline *trampoline, u32 site)
{
	bool wanted = false;
	u32 i;

	for (i = 0; i < trampoline->spec->n_probes; i++) {
		const struct probe *probe = trampoline_probe(trampoline, site, i);

		if (probe->attached)
			return false;
		wanted |= probe_wanted(probe);
	}
	return wanted;
}

/* Is one of all its probes armed? */
static bool trampoline_armed(const struct trampoline *trampoline)
{
	u32 site, i;

	for (site = 0; site < trampoline->spec->n_sites; site++)
		for (i = 0; i < trampoline->spec->n_probes; i++)
			if (probe_armed(trampoline_probe(trampoline, site, i)))
				return true;
	return false;
}

static bool trampoline_needs_regs(const struct trampoline *trampoline, u32 site)
{
	u32 i;

	for (i = 0; i < trampoline->spec->n_probes; i++)
		if (trampoline_probe(trampoline, site, i)->spec->flags & SPILE_PROBE_REGS)
			return true;
	return false;
}

/* May the trampoline be used at all? */
static int trampoline_usable(const struct trampoline *trampoline)
{
	if (!session_may_attach(trampoline->session, SPILE_ATTACH_DIRECT))
		return -EPERM;
	return 0;
}

/* Lets the trampoline find the site's probes. -EEXIST: the function is another of its sites. */
static int trampoline_add_row(const struct trampoline *trampoline, u32 site, u64 address)
{
	const struct spile_trampoline *spec = trampoline->spec;
	u64 *row = trampoline->session->rows + spec->rows_off;
	u32 i;

	if (!spec->rows_log2)
		return 0;
	row += ((u32)((u32)address * SPILE_ROW_HASH) >> (32 - spec->rows_log2)) *
	       (1 + (u64)spec->n_probes);
	while (*row && *row != address)
		row += 1 + spec->n_probes;
	/* It may be there from the last time. */
	if (*row)
		return row[1] == trampoline_probe(trampoline, site, 0)->index ? 0 : -EEXIST;
	for (i = 0; i < spec->n_probes; i++)
		row[1 + i] = trampoline_probe(trampoline, site, i)->index;
	*row = address;
	return 0;
}

/* Finds the call in the function of a site, and makes its row. */
static int trampoline_prepare(const struct trampoline *trampoline, u32 site, struct place *place)
{
	int err = trampoline_usable(trampoline);

	if (!err && (trampoline->spec->n_sites > COMPAT_DIRECT_MAX ||
		     trampoline_needs_regs(trampoline, site)))
		err = -EOPNOTSUPP;
	if (!err)
		err = probe_site(trampoline_probe(trampoline, site, 0), &place->ip, &place->owner);
	place->site = site;
	return err ?: trampoline_add_row(trampoline, site, place->ip + ARCH_FENTRY_BYTES);
}

static int direct_register(const struct batch *batch, u32 first, u32 n)
{
	struct trampoline *trampoline = batch->trampoline;
	struct session *session = trampoline->session;
	struct direct *direct;
	int err;

	if (session->n_directs >= MAX_DIRECTS)
		return -ENOSPC;
	direct = kzalloc(sizeof(*direct), GFP_KERNEL);
	if (!direct)
		return -ENOMEM;
	err = compat_direct_register(&direct->calls, batch->ips + first, n, trampoline->code);
	if (err) {
		kfree(direct);
		return err;
	}
	direct->owner = batch->places[first].owner;
	direct->next = trampoline->directs;
	trampoline->directs = direct;
	session->n_directs++;
	session->direct = true;
	session->returns |= trampoline->spec->flags & SPILE_TRAMPOLINE_RETURNS;
	return 0;
}

/* Registers functions first to first + n, or as many of them as will do. */
static void batch_register(struct batch *batch, u32 first, u32 n)
{
	u32 i, half = n / 2;
	int err;

	err = direct_register(batch, first, n);
	/* One of them is taken, or no call after all: look for it in both halves. */
	if ((err == -EBUSY || err == -EINVAL) && n > 1 && batch->failures++ < MAX_FAILURES) {
		batch_register(batch, first, half);
		batch_register(batch, first + half, n - half);
		return;
	}
	for (i = first; i < first + n; i++)
		trampoline_mark(batch->trampoline, batch->places[i].site, SPILE_ATTACH_DIRECT, err);
}

static int place_compare(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	if (p->owner != q->owner)
		return p->owner < q->owner ? -1 : 1;
	return p->ip < q->ip ? -1 : p->ip > q->ip;
}

/* Registers all, those of each module apart: it may go. */
static void batch_register_all(struct batch *batch)
{
	u32 i, first = 0;

	sort(batch->places, batch->n, sizeof(*batch->places), place_compare, NULL);
	for (i = 0; i < batch->n; i++)
		batch->ips[i] = batch->places[i].ip;
	for (i = 1; i <= batch->n; i++) {
		if (i < batch->n && batch->places[i].owner == batch->places[first].owner)
			continue;
		batch_register(batch, first, i - first);
		first = i;
	}
}

static void trampoline_attach_functions(struct trampoline *trampoline)
{
	u32 site, n = trampoline->spec->n_sites;
	struct batch batch = { .trampoline = trampoline };
	int err;

	batch.ips = kvmalloc_array(n, sizeof(*batch.ips), GFP_KERNEL);
	batch.places = kvmalloc_array(n, sizeof(*batch.places), GFP_KERNEL);
	for (site = 0; site < n; site++) {
		if (!trampoline_site_wanted(trampoline, site))
			continue;
		err = !batch.ips || !batch.places ? -ENOMEM :
		      trampoline_prepare(trampoline, site, &batch.places[batch.n]);
		if (err)
			trampoline_mark(trampoline, site, SPILE_ATTACH_NONE, err);
		else
			batch.n++;
		cond_resched();
	}
	batch_register_all(&batch);
	kvfree(batch.ips);
	kvfree(batch.places);
}

static void trampoline_attach_tracepoint(struct trampoline *trampoline)
{
	struct tracepoint_probe *tracepoint = &trampoline->tracepoint;
	int err = trampoline_usable(trampoline);

	if (!trampoline_site_wanted(trampoline, 0))
		return;
	if (!err)
		err = tracepoint_find(trampoline_probe(trampoline, 0, 0)->name, tracepoint);
	if (!err) {
		err = tracepoint_probe_register(tracepoint->tracepoint, (void *)trampoline->code,
						trampoline);
		if (err)
			module_put(tracepoint->owner);
	}
	trampoline->on_tracepoint = !err;
	trampoline_mark(trampoline, 0, SPILE_ATTACH_TRACEPOINT, err);
}

/* Process context, under the session's lock. What fails is told by the probes. */
void trampoline_attach(struct session *session)
{
	u32 i;

	for (i = 0; i < session->image.header->n_trampolines; i++) {
		struct trampoline *trampoline = &session->trampolines[i];

		if (trampoline_probe(trampoline, 0, 0)->spec->kind == SPILE_PROBE_TRACEPOINT)
			trampoline_attach_tracepoint(trampoline);
		else if (!trampoline->directs)
			trampoline_attach_functions(trampoline);
		cond_resched();
	}
}

static void tracepoints_release(struct session *session)
{
	u32 i;

	tracepoint_synchronize_unregister();
	for (i = 0; i < session->image.header->n_trampolines; i++) {
		struct trampoline *trampoline = &session->trampolines[i];

		if (!trampoline->on_tracepoint || trampoline_armed(trampoline))
			continue;
		module_put(trampoline->tracepoint.owner);
		trampoline->on_tracepoint = false;
		trampoline_unmark(trampoline, 0);
	}
}

/* Those that are not armed. */
static u32 trampoline_detach_tracepoints(struct session *session)
{
	u32 i, count = 0;

	for (i = 0; i < session->image.header->n_trampolines; i++) {
		struct trampoline *trampoline = &session->trampolines[i];

		if (!trampoline->on_tracepoint || trampoline_armed(trampoline))
			continue;
		tracepoint_probe_unregister(trampoline->tracepoint.tracepoint,
					    (void *)trampoline->code, trampoline);
		count++;
	}
	if (count)
		tracepoints_release(session);
	return count;
}

/*
 * Everything that was in a trampoline has left it, unless it is in the
 * function that the trampoline called. Tasks may be preempted in the first and
 * last instructions, and interrupts may come where RCU does not look.
 */
static void trampoline_synchronize(void)
{
	synchronize_rcu_tasks_rude();
	synchronize_rcu_tasks();
	synchronize_rcu();
}

/* Undoes registrations of a trampoline: those of a module, or all. Returns how many there were. */
static u32 trampoline_undo(struct trampoline *trampoline, const struct module *module)
{
	struct direct *direct, **at = &trampoline->directs;
	u32 count = 0;

	while ((direct = *at)) {
		if (module && direct->owner != module) {
			at = &direct->next;
			continue;
		}
		*at = direct->next;
		trampoline->session->n_directs--;
		count++;
		/* Only after the kernel gave up on ftrace. Then the text must stay for ever. */
		if (WARN_ON_ONCE(compat_direct_unregister(&direct->calls)))
			trampoline->session->stuck = true;
		else
			kfree(direct);
	}
	return count;
}

/* All of one that is not armed. */
static u32 trampoline_disarm(struct trampoline *trampoline)
{
	u32 site, count;

	if (!trampoline->directs || trampoline_armed(trampoline))
		return 0;
	count = trampoline_undo(trampoline, NULL);
	for (site = 0; site < trampoline->spec->n_sites; site++)
		trampoline_unmark(trampoline, site);
	return count;
}

/*
 * Process context, under the session's lock. On return no trampoline that is
 * not armed is entered any more; who sleeps in a function may still return to
 * one. Returns how many registrations there were.
 */
u32 trampoline_detach(struct session *session)
{
	u32 i, count = trampoline_detach_tracepoints(session);

	for (i = 0; i < session->image.header->n_trampolines; i++)
		count += trampoline_disarm(&session->trampolines[i]);
	/* What is disarmed for now is left by and by. */
	if (session->over && session->direct) {
		trampoline_synchronize();
		session->direct = false;
	}
	return count;
}

/* Functions of a module that goes. Process context, under the session's lock. */
u32 trampoline_forget(struct session *session, const struct module *module)
{
	u32 i, count = 0;

	for (i = 0; i < session->image.header->n_trampolines; i++)
		count += trampoline_undo(&session->trampolines[i], module);
	return count;
}

/* Calls through trampolines that have not come back. */
static u64 trampoline_callers(const struct session *session)
{
	u64 calls = 0, returns = 0;
	u32 cpu, level;

	for (cpu = 0; cpu < session->n_cpus; cpu++)
		for (level = 0; level < SPILE_LEVELS; level++) {
			const struct spile_ctx *ctx = &session->cpus[cpu].contexts[level].ctx;

			calls += READ_ONCE(ctx->calls);
			returns += READ_ONCE(ctx->returns) + READ_ONCE(ctx->lost_returns);
		}
	return calls - returns;
}

/*
 * Has everybody left the text? Process context, after trampoline_detach().
 * If not, then ask again later: nobody enters it any more.
 *
 * A task that died in a function will not come back to be counted. So what
 * is counted as inside is looked for on the stacks, if @frame is the frame
 * address of a caller that was not entered through a trampoline itself, not 0.
 */
bool trampoline_left(struct session *session, unsigned long frame)
{
	u32 size = session->image.header->text_size;

	if (session->stuck)
		return false;
	if (!session->returns)
		return true;
	if (trampoline_callers(session)) {
		if (!frame || stack_has_text(session->text, size, frame))
			return false;
		if (++session->reap_looks < LOOKS)
			return false;
	}
	/* The last of them have counted themselves out, but may not be gone. */
	trampoline_synchronize();
	return true;
}
