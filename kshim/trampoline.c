// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Attaches trampolines: to functions by ftrace's direct calls, to tracepoints as
 * their probe function. Probes of what cannot be attached so are left to others.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>

#include "arch.h"
#include "arena.h"
#include "compat/ftrace.h"
#include "context.h"
#include "session.h"
#include "stack.h"
#include "trampoline.h"

/* Registrations that a session has a part in; each may take a grace period to undo. */
#define MAX_DIRECTS	64

/*
 * How often nobody must be found on the stacks. RCU tasks waits for tasks that
 * took themselves off the list while they exit. Kernels without it do not, and
 * such a task may sleep once more, to drop its entries of /proc: that is given
 * the seconds between the looks.
 */
#define LOOKS	(IS_ENABLED(CONFIG_TASKS_RCU) ? 1 : 16)

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
		trampoline->user.code = (unsigned long)session->text + trampoline->spec->code;
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
static int trampoline_prepare(const struct trampoline *trampoline, u32 site,
			      struct direct_place *place)
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

/* The functions that want it. Returns how many there are. */
static u32 trampoline_collect(const struct trampoline *trampoline, struct direct_place *places)
{
	u32 site, n = 0;
	int err;

	for (site = 0; site < trampoline->spec->n_sites; site++) {
		if (!trampoline_site_wanted(trampoline, site))
			continue;
		err = places ? trampoline_prepare(trampoline, site, &places[n]) : -ENOMEM;
		if (err)
			trampoline_mark(trampoline, site, SPILE_ATTACH_NONE, err);
		else
			n++;
		cond_resched();
	}
	return n;
}

static void trampoline_attach_functions(struct trampoline *trampoline)
{
	struct session *session = trampoline->session;
	struct direct_place *places;
	u32 i, n, parts = trampoline->user.n_parts;

	places = kvmalloc_array(trampoline->spec->n_sites, sizeof(*places), GFP_KERNEL);
	n = trampoline_collect(trampoline, places);
	if (n)
		direct_attach(&trampoline->user, places, n, MAX_DIRECTS - session->n_directs);
	for (i = 0; i < n; i++)
		trampoline_mark(trampoline, places[i].site, SPILE_ATTACH_DIRECT, places[i].err);
	kvfree(places);
	if (trampoline->user.n_parts == parts)
		return;
	session->n_directs += trampoline->user.n_parts - parts;
	session->direct = true;
	session->returns |= trampoline->spec->flags & SPILE_TRAMPOLINE_RETURNS;
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
		err = tracepoint_probe_register(tracepoint->tracepoint, (void *)trampoline->user.code,
						trampoline);
		if (err)
			module_put(tracepoint->owner);
	}
	trampoline->on_tracepoint = !err;
	trampoline_mark(trampoline, 0, SPILE_ATTACH_TRACEPOINT, err);
}

static bool trampoline_wanted(const struct trampoline *trampoline)
{
	u32 site;

	for (site = 0; site < trampoline->spec->n_sites; site++)
		if (trampoline_site_wanted(trampoline, site))
			return true;
	return false;
}

/* Process context, under the session's lock. What fails is told by the probes. */
void trampoline_attach(struct session *session)
{
	u32 i;

	for (i = 0; i < session->image.header->n_trampolines; i++) {
		struct trampoline *trampoline = &session->trampolines[i];

		if (trampoline_probe(trampoline, 0, 0)->spec->kind == SPILE_PROBE_TRACEPOINT)
			trampoline_attach_tracepoint(trampoline);
		else if (trampoline_wanted(trampoline))
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
					    (void *)trampoline->user.code, trampoline);
		count++;
	}
	if (count)
		tracepoints_release(session);
	return count;
}

/* Is it still called for a function that it was to be called for no more? */
static bool trampoline_keeps(const struct trampoline *trampoline, u32 site)
{
	return trampoline->user.n_parts &&
	       direct_serves(&trampoline->user,
			     arch_fentry(trampoline_probe(trampoline, site, 0)->spec->address));
}

/* Has it called no more: for functions that are gone, or for all. */
static u32 trampoline_undo(struct trampoline *trampoline, bool gone)
{
	u32 count = trampoline->user.n_parts ? direct_detach(&trampoline->user, gone) : 0;

	trampoline->session->n_directs -= count;
	return count;
}

/*
 * All of one that is not armed. Where that fails it goes on to be called, and
 * its probes to be attached: handlers look at their conditions themselves.
 */
static u32 trampoline_disarm(struct trampoline *trampoline)
{
	u32 site, count;

	if (!trampoline->user.n_parts || trampoline_armed(trampoline))
		return 0;
	count = trampoline_undo(trampoline, false);
	for (site = 0; count && site < trampoline->spec->n_sites; site++)
		if (!trampoline_keeps(trampoline, site))
			trampoline_unmark(trampoline, site);
	return count;
}

/*
 * Process context, under the session's lock. On return no trampoline that is
 * not armed is entered any more, or it is in session->n_directs; who sleeps in
 * a function may still return to one. Returns how many registrations there were.
 */
u32 trampoline_detach(struct session *session)
{
	u32 i, count = trampoline_detach_tracepoints(session);

	for (i = 0; i < session->image.header->n_trampolines; i++)
		count += trampoline_disarm(&session->trampolines[i]);
	/* What is disarmed for now is left by and by. */
	if (session->over && session->direct) {
		arena_synchronize();
		session->direct = session->n_directs > 0;
	}
	return count;
}

/* Functions of a module that goes. Process context, under the session's lock. */
u32 trampoline_forget(struct session *session, const struct module *module)
{
	u32 i, count = 0;

	direct_forget(module);
	for (i = 0; i < session->image.header->n_trampolines; i++)
		count += trampoline_undo(&session->trampolines[i], true);
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
	/* Memory was short, or the kernel will not let go of it. */
	if (session->n_directs)
		trampoline_detach(session);
	if (session->n_directs)
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
	arena_synchronize();
	return true;
}
