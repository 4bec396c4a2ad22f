// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ftrace takes one call for a function. So registrations belong to nobody: a
 * trampoline whose functions nobody has makes one, and is called by ftrace itself.
 * Others that come to one of these functions join it. Then ftrace calls a stub, which
 * has all trampolines of the function called, each as if by ftrace; functions of
 * the registration that nobody joined cost two or three instructions for each step
 * of a binary search. Registrations go when the last trampoline does.
 *
 * A trampoline that was called by a stub, and is not the last of its function, returns
 * to the stub instead of the function. See struct spile_trampoline, which finds
 * its row by that, and arch_stub.h.
 *
 * Code that may be running is never changed. Where the calls go changes by ftrace
 * alone, to a new stub, or back to the trampoline that is left.
 */
#include <linux/err.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "arch_stub.h"
#include "compat/ftrace.h"
#include "direct.h"

/* Registrations that may fail while the functions of a trampoline are sorted out. */
#define MAX_FAILURES	64
/* Calls of trampolines that join a registration. */
#define MAX_LINKS	512

/* A trampoline that has joined, and for which function. */
struct direct_link {
	unsigned long ip;
	const struct direct_user *user;
};

/* A registration: functions of the kernel itself, or of one module. */
struct direct {
	struct list_head list;
	const struct module *owner;
	struct compat_direct calls;
	unsigned long *ips;		/* in order */
	u32 n_ips;
	u32 n_links;
	const struct direct_user *first;	/* called for all of them; NULL: it has left */
	struct direct_link *links;	/* by function, then as they came */
	struct stub *stub;		/* what ftrace calls, or NULL: the only trampoline */
	bool gone;			/* with its module */
};

/* What a trampoline is to be called for: functions of one owner. */
struct batch {
	struct direct_user *user;
	const struct module *owner;
	struct direct_place **places;	/* that are left to do */
	struct direct_place **found;	/* in the registration at hand */
	unsigned long *ips;
	u32 n;
	u32 room;			/* for parts */
	u32 failures;			/* so far */
};

/* Taken inside sessions' own locks. */
static DEFINE_MUTEX(direct_lock);
static LIST_HEAD(directs);

static bool direct_has(const struct direct *direct, unsigned long ip)
{
	u32 low = 0, high = direct->n_ips, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (direct->ips[mid] == ip)
			return true;
		if (direct->ips[mid] < ip)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static bool direct_has_part(const struct direct *direct, const struct direct_user *user)
{
	u32 i;

	for (i = 0; i < direct->n_links; i++)
		if (direct->links[i].user == user)
			return true;
	return direct->first == user;
}

/* Where a stub returns to: behind the call in the function. */
static unsigned long direct_return(const struct direct_link *link)
{
	return link->ip + ARCH_FENTRY_BYTES;
}

/* Has all trampolines of one function called. */
static void direct_write_calls(struct stub *stub, const struct direct *direct,
			       const struct direct_link *link, u32 n)
{
	unsigned long address = direct_return(link);
	u32 i;

	if (direct->first)
		arch_stub_call(stub, direct->first->code, address, true, false);
	for (i = 0; i < n; i++)
		arch_stub_call(stub, link[i].user->code, address, !direct->first && !i, i == n - 1);
}

/* Finds out which of the functions it is. @other: where to go if it is none of them */
static void direct_write_search(struct stub *stub, const struct direct *direct,
				const struct direct_link *link, u32 n, u32 other)
{
	u32 mid = n / 2, from;

	/* Not between those of one function. */
	while (mid && link[mid - 1].ip == link[mid].ip)
		mid--;
	while (!mid || (mid < n && link[mid].ip == link[0].ip))
		mid++;
	if (mid == n) {
		if (direct->n_ips > 1)
			arch_stub_unless(stub, direct_return(link), other);
		direct_write_calls(stub, direct, link, n);
		return;
	}
	from = arch_stub_from(stub, direct_return(&link[mid]));
	direct_write_search(stub, direct, link, mid, other);
	arch_stub_land(stub, from);
	direct_write_search(stub, direct, link + mid, n - mid, other);
}

/* Makes the stub of a registration. Returns its entry, or 0 and an error. */
static unsigned long direct_write(struct direct *direct, bool needed, int *err)
{
	u32 size = ARCH_STUB_BYTES + (direct->n_links + 1) * ARCH_STUB_CALL_BYTES;
	struct stub *stub = stub_create(size, needed);
	unsigned long entry;

	*err = PTR_ERR_OR_ZERO(stub);
	if (*err)
		return 0;
	/* For functions that nobody joined. */
	if (direct->first)
		arch_stub_jump(stub, direct->first->code);
	else
		arch_stub_back(stub);
	stub_align(stub, 16);
	entry = stub_here(stub);
	arch_stub_entry(stub);
	direct_write_search(stub, direct, direct->links, direct->n_links, 0);
	*err = stub_write(stub);
	if (*err)
		return 0;
	direct->stub = stub;
	return entry;
}

/* Has the calls go to whom they should. */
static int direct_call_users(struct direct *direct, bool needed)
{
	unsigned long code;
	int err = 0;

	if (!direct->n_links)
		code = direct->first->code;
	else if (!direct->first && direct->n_links == 1 && direct->n_ips == 1)
		code = direct->links->user->code;
	else
		code = direct_write(direct, needed, &err);
	return err ?: compat_direct_modify(&direct->calls, code);
}

/*
 * Has the calls go to these users instead. Takes over the links, if it returns 0;
 * else all is as before.
 */
static int direct_change(struct direct *direct, const struct direct_user *first,
			 struct direct_link *links, u32 n_links, bool needed)
{
	const struct direct_user *old_first = direct->first;
	struct direct_link *old_links = direct->links;
	struct stub *old_stub = direct->stub;
	u32 old_n_links = direct->n_links;
	int err;

	direct->first = first;
	direct->links = links;
	direct->n_links = n_links;
	direct->stub = NULL;
	err = direct->gone ? 0 : direct_call_users(direct, needed);
	if (!err) {
		stub_retire(old_stub);
		kvfree(old_links);
		if (!n_links) {
			kvfree(links);
			direct->links = NULL;
		}
		return 0;
	}
	stub_retire(direct->stub);
	direct->first = old_first;
	direct->links = old_links;
	direct->n_links = old_n_links;
	direct->stub = old_stub;
	return err;
}

/* Those that have joined already, and a user for some places: both are in order. */
static struct direct_link *direct_links_with(const struct direct *direct, const struct direct_user *user,
					     struct direct_place *const *places, u32 n)
{
	struct direct_link *links, *to;
	u32 i = 0, j = 0;

	links = kvmalloc_array(direct->n_links + n, sizeof(*links), GFP_KERNEL);
	for (to = links; links && i + j < direct->n_links + n; to++)
		if (j == n || (i < direct->n_links && direct->links[i].ip <= places[j]->ip))
			*to = direct->links[i++];
		else
			*to = (struct direct_link){ .ip = places[j++]->ip, .user = user };
	return links;
}

/* Those of others. @n: how many there are */
static struct direct_link *direct_links_without(const struct direct *direct,
						const struct direct_user *user, u32 *n)
{
	struct direct_link *links;
	u32 i;

	*n = 0;
	links = kvmalloc_array(direct->n_links, sizeof(*links), GFP_KERNEL);
	for (i = 0; links && i < direct->n_links; i++)
		if (direct->links[i].user != user)
			links[(*n)++] = direct->links[i];
	return links;
}

/* Has a trampoline called for @n of the places found in a registration. */
static int direct_join(struct direct *direct, const struct direct_user *user,
		       struct direct_place *const *found, u32 n)
{
	/* Where the first one has left, one for all functions can be it. */
	bool all = !direct->first && n == direct->n_ips;
	struct direct_link *links;
	int err;

	if (all)
		n = 0;
	links = direct_links_with(direct, user, found, n);
	if (!links)
		return -ENOMEM;
	err = direct_change(direct, all ? user : direct->first, links, direct->n_links + n, false);
	if (err)
		kvfree(links);
	return err;
}

/* Joins a registration, if some of the places are in it. */
static void batch_join(struct batch *batch, struct direct *direct)
{
	u32 i, n, n_found = 0, left = 0;
	int err;

	if (!batch->n || direct->ips[0] > batch->places[batch->n - 1]->ip ||
	    direct->ips[direct->n_ips - 1] < batch->places[0]->ip)
		return;
	for (i = 0; i < batch->n; i++)
		if (direct_has(direct, batch->places[i]->ip))
			batch->found[n_found++] = batch->places[i];
		else
			batch->places[left++] = batch->places[i];
	batch->n = left;
	if (!n_found)
		return;
	n = n_found;
	if (direct->first || n < direct->n_ips)
		n = min_t(u32, n, MAX_LINKS - direct->n_links);
	err = n && batch->room && !direct_has_part(direct, batch->user) ?
	      direct_join(direct, batch->user, batch->found, n) : -ENOSPC;
	for (i = 0; i < n_found; i++)
		batch->found[i]->err = i < n ? err : -ENOSPC;
	if (err)
		return;
	batch->user->n_parts++;
	batch->room--;
}

/* Process context; nobody has a part in it. */
static void direct_free(struct direct *direct)
{
	list_del(&direct->list);
	stub_retire(direct->stub);
	kvfree(direct->links);
	kvfree(direct->ips);
	kfree(direct);
}

static int direct_register(struct batch *batch, u32 first, u32 n)
{
	struct direct *direct;
	int err;

	if (!batch->room)
		return -ENOSPC;
	direct = kzalloc(sizeof(*direct), GFP_KERNEL);
	if (!direct)
		return -ENOMEM;
	INIT_LIST_HEAD(&direct->list);
	direct->ips = kvmalloc_array(n, sizeof(*direct->ips), GFP_KERNEL);
	err = direct->ips ? compat_direct_register(&direct->calls, batch->ips + first, n,
						   batch->user->code) : -ENOMEM;
	if (err) {
		direct_free(direct);
		return err;
	}
	memcpy(direct->ips, batch->ips + first, n * sizeof(*direct->ips));
	direct->n_ips = n;
	direct->owner = batch->owner;
	direct->first = batch->user;
	list_add(&direct->list, &directs);
	batch->user->n_parts++;
	batch->room--;
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
		batch->places[i]->err = err;
}

/* Functions that somebody has are joined, the others registered. */
static void batch_attach(struct batch *batch)
{
	struct direct *direct;
	u32 i;

	list_for_each_entry(direct, &directs, list)
		if (direct->owner == batch->owner && !direct->gone)
			batch_join(batch, direct);
	for (i = 0; i < batch->n; i++)
		batch->ips[i] = batch->places[i]->ip;
	if (batch->n)
		batch_register(batch, 0, batch->n);
}

static int place_compare(const void *a, const void *b)
{
	const struct direct_place *p = a, *q = b;

	if (p->owner != q->owner)
		return p->owner < q->owner ? -1 : 1;
	return p->ip < q->ip ? -1 : p->ip > q->ip;
}

/* In order. Those of each module apart, as it may go. */
static void direct_attach_sorted(struct batch *batch, struct direct_place *places, u32 n)
{
	u32 i = 0;

	while (i < n) {
		batch->owner = places[i].owner;
		for (batch->n = 0; i < n && places[i].owner == batch->owner; i++)
			batch->places[batch->n++] = &places[i];
		batch_attach(batch);
	}
}

/*
 * direct_attach - have a trampoline called for functions
 * @places: sorted by this; what came of each is in it
 * @room: how many parts in registrations the user may get
 *
 * Process context. Whoever finds a function's module alive calls it in time for
 * direct_forget() to come after it.
 */
void direct_attach(struct direct_user *user, struct direct_place *places, u32 n, u32 room)
{
	struct batch batch = { .user = user, .room = room };
	u32 i;

	batch.places = kvmalloc_array(n, sizeof(*batch.places), GFP_KERNEL);
	batch.found = kvmalloc_array(n, sizeof(*batch.found), GFP_KERNEL);
	batch.ips = kvmalloc_array(n, sizeof(*batch.ips), GFP_KERNEL);
	for (i = 0; i < n; i++)
		places[i].err = -ENOMEM;
	sort(places, n, sizeof(*places), place_compare, NULL);
	mutex_lock(&direct_lock);
	if (batch.places && batch.found && batch.ips)
		direct_attach_sorted(&batch, places, n);
	mutex_unlock(&direct_lock);
	kvfree(batch.places);
	kvfree(batch.found);
	kvfree(batch.ips);
}

static bool direct_has_others(const struct direct *direct, const struct direct_user *user)
{
	u32 i;

	for (i = 0; i < direct->n_links; i++)
		if (direct->links[i].user != user)
			return true;
	return direct->first && direct->first != user;
}

/* Takes a user out of a registration. An error leaves it there. */
static int direct_leave(struct direct *direct, const struct direct_user *user)
{
	struct direct_link *links;
	u32 n;
	int err;

	if (!direct_has_others(direct, user)) {
		err = direct->gone ? 0 : compat_direct_unregister(&direct->calls);
		/* Only after the kernel gave up on ftrace. Then the text must stay for ever. */
		if (!WARN_ON_ONCE(err))
			direct_free(direct);
		return err;
	}
	links = direct_links_without(direct, user, &n);
	if (!links)
		return -ENOMEM;
	err = direct_change(direct, direct->first == user ? NULL : direct->first, links, n, true);
	if (err)
		kvfree(links);
	return err;
}

/*
 * direct_detach - have a trampoline called no more
 * @gone: leave only what is gone
 *
 * Process context. Returns how many registrations it has left. Where memory is
 * short it stays in some, which is in user->n_parts, and is called as before: try again.
 */
u32 direct_detach(struct direct_user *user, bool gone)
{
	struct direct *direct, *next;
	u32 count = 0;

	mutex_lock(&direct_lock);
	list_for_each_entry_safe(direct, next, &directs, list)
		if (direct->gone >= gone && direct_has_part(direct, user))
			count += !direct_leave(direct, user);
	user->n_parts -= count;
	mutex_unlock(&direct_lock);
	return count;
}

/* Is the trampoline called for a function? Process context. */
bool direct_serves(const struct direct_user *user, unsigned long ip)
{
	struct direct *direct;
	bool serves = false;
	u32 i;

	mutex_lock(&direct_lock);
	list_for_each_entry(direct, &directs, list) {
		serves |= direct->first == user && direct_has(direct, ip);
		for (i = 0; i < direct->n_links; i++)
			serves |= direct->links[i].user == user && direct->links[i].ip == ip;
	}
	mutex_unlock(&direct_lock);
	return serves;
}

/*
 * A module goes, and nobody calls its functions any more: all its registrations go,
 * whoever has a part in them. Process context; may be called again.
 */
void direct_forget(const struct module *module)
{
	struct direct *direct;

	mutex_lock(&direct_lock);
	list_for_each_entry(direct, &directs, list)
		if (direct->owner == module && !direct->gone)
			direct->gone = !WARN_ON_ONCE(compat_direct_unregister(&direct->calls));
	mutex_unlock(&direct_lock);
}
