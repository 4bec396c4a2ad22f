// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What happens to a session, in the order of its states.
 *
 *   LOADED --START--> STARTING --> RUNNING --exit()--> EXITING --STOP--> STOPPED
 *                         any of them --fatal error--> FAILED --STOP--> STOPPED
 *
 * ioctls are serialised by session->lock. Handlers change the state by
 * cmpxchg, at any time.
 */
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

#include "arena.h"
#include "attach.h"
#include "context.h"
#include "owner.h"
#include "probe.h"
#include "reaper.h"
#include "session.h"
#include "trampoline.h"

static bool session_move(struct session *session, enum spile_state from, enum spile_state to)
{
	return atomic_cmpxchg(&session->state, from, to) == from;
}

/* From a handler: only end probes are left to run. Any context incl. NMI. */
void session_exit(struct session_cpu *cpu)
{
	struct session *session = cpu->session;

	if (session_move(session, SPILE_STATE_RUNNING, SPILE_STATE_EXITING) ||
	    session_move(session, SPILE_STATE_STARTING, SPILE_STATE_EXITING))
		ring_wake(&cpu->ring);
}

/* From a handler: only error probes are left to run. Any context incl. NMI. */
void session_fail(struct session_cpu *cpu)
{
	WRITE_ONCE(cpu->session->failed, true);
	atomic_set(&cpu->session->state, SPILE_STATE_FAILED);
	ring_wake(&cpu->ring);
}

/* Process context. */
struct session *session_create(void)
{
	struct session *session = kzalloc(sizeof(*session), GFP_KERNEL_ACCOUNT);

	if (!session)
		return NULL;
	mutex_init(&session->lock);
	init_waitqueue_head(&session->wait);
	session->n_cpus = nr_cpu_ids;
	arming_init(session);
	owner_watch(session);
	return session;
}

static spile_handler session_handler(const struct session *session, u32 offset)
{
	return offset == SPILE_NO_TEXT ? NULL : (spile_handler)(session->text + offset);
}

/* Puts the text where it runs. */
static int session_load_text(struct session *session)
{
	u32 size = session->image.header->text_size;
	void *text = arena_alloc(size, SPILE_TEXT_ALIGN);
	int err;

	if (IS_ERR(text))
		return PTR_ERR(text);
	session->text = text;
	err = image_link(&session->image, text, session->slot,
			 (unsigned long)&context_free_top[session->slot]);
	return err ?: arena_write(text, session->image.text, size);
}

static int session_load_probes(struct session *session)
{
	const struct image *image = &session->image;
	u32 i, n = image->header->n_probes;

	session->conditions = session_handler(session, image->header->conditions);
	session->probes = kvcalloc(n, sizeof(*session->probes), GFP_KERNEL_ACCOUNT);
	session->batch = kvcalloc(n, sizeof(*session->batch), GFP_KERNEL_ACCOUNT);
	if (!session->probes || !session->batch)
		return -ENOMEM;
	session->n_probes = n;
	for (i = 0; i < n; i++) {
		struct probe *probe = &session->probes[i];

		probe->session = session;
		probe->index = i;
		probe->spec = &image->probes[i];
		probe->ops = probe_ops_of(probe->spec->kind);
		probe->name = image_string(image, probe->spec->name);
		probe->handler = session_handler(session, probe->spec->handler);
		if (probe->spec->kind == SPILE_PROBE_RETURN)
			probe->entry_handler = session_handler(session, probe->spec->entry_handler);
	}
	return 0;
}

/* Undoes as much of a load as was done. Nothing of the text runs, or will. */
static void session_unload(struct session *session)
{
	context_slot_give(session);
	context_release(session);
	trampoline_unload(session);
	arming_unload(session);
	kvfree(session->batch);
	kvfree(session->probes);
	session->batch = NULL;
	session->probes = NULL;
	session->n_probes = 0;
	if (session->text)
		arena_free(session->text, session->image.header->text_size);
	session->text = NULL;
	image_free(&session->image);
}

/* The image's own preparation of its data, before any probe. */
static void session_init(struct session *session)
{
	spile_handler init = session_handler(session, session->image.header->init);
	struct spile_ctx *ctx;

	if (!init)
		return;
	ctx = context_enter(session, SPILE_STATE_LOADED);
	if (ctx) {
		ctx->probe = 0;
		init(ctx);
		context_leave(session, ctx);
	}
}

static bool session_check_load(const struct spile_load *load)
{
	const u32 flags = SPILE_LOAD_OVERWRITE | SPILE_LOAD_NO_OVERLOAD;
	const u32 attach = (2u << SPILE_ATTACH_TIMER) - 1;

	return is_power_of_2(load->ring_bytes) && load->ring_bytes >= SPILE_MIN_RING &&
	       load->ring_bytes >= PAGE_SIZE && load->ring_bytes <= SPILE_MAX_RING &&
	       !(load->flags & ~flags) && !(load->attach & ~attach);
}

/*
 * session_load - take an image, once
 *
 * Process context. Returns -EBUSY the second time, -EPERM where the kernel is
 * locked down, -ENOSPC when the arena is full, -EUSERS when there are too many
 * sessions, and image_read()'s errors.
 */
int session_load(struct session *session, const struct spile_load *load)
{
	int err;

	/* A signed module must not be a way around signatures. */
	err = security_locked_down(LOCKDOWN_MODULE_SIGNATURE);
	if (err)
		return err;
	if (session->loaded)
		return -EBUSY;
	if (!session_check_load(load))
		return -EINVAL;
	err = image_read(&session->image, load->image, load->image_size);
	if (err)
		return err;
	err = context_slot_take(session);
	if (err) {
		image_free(&session->image);
		return err;
	}
	session->param = load->param;
	session->flags = load->flags;
	overload_init(session, load);
	session->attach = load->attach;
	session->ring_bytes = load->ring_bytes;
	err = session_load_text(session);
	if (!err)
		err = session_load_probes(session);
	if (!err)
		err = arming_load(session);
	if (!err)
		err = trampoline_load(session);
	if (!err)
		err = context_alloc(session, &session->image);
	if (err) {
		session_unload(session);
		return err;
	}
	session_init(session);
	/* For poll() and mmap(), which take no lock. */
	smp_store_release(&session->loaded, true);
	return 0;
}

static int session_compare(const void *a, const void *b)
{
	const struct probe *p = *(const struct probe **)a, *q = *(const struct probe **)b;

	if (p->spec->param != q->spec->param)
		return p->spec->param < q->spec->param ? -1 : 1;
	return p->index < q->index ? -1 : p->index > q->index;
}

/*
 * Runs all handlers of a kind, in the order of their sequence numbers, until
 * one takes the session out of @state. Process context, under the lock.
 */
static int session_run(struct session *session, u32 kind, enum spile_state state)
{
	struct probe **order = (struct probe **)session->batch;
	u32 i, n = 0;

	for (i = 0; i < session->n_probes; i++)
		if (session->probes[i].spec->kind == kind)
			order[n++] = &session->probes[i];
	sort(order, n, sizeof(*order), session_compare, NULL);
	for (i = 0; i < n && session_state(session) == state; i++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		probe_run(order[i], state);
		cond_resched();
	}
	return 0;
}

/*
 * session_start - run begin probes, then attach the rest
 *
 * Process context. A probe that cannot be attached is no error here: see
 * session_probe_status(). Returns -EINVAL if there is nothing to start, -EINTR
 * if the caller is being killed.
 */
int session_start(struct session *session)
{
	int err;

	/* The image's init failed: STOP runs the error probes. */
	if (session->loaded && session_state(session) == SPILE_STATE_FAILED && !session->started)
		return 0;
	if (!session->loaded || !session_move(session, SPILE_STATE_LOADED, SPILE_STATE_STARTING))
		return -EINVAL;
	session->started = true;
	err = session_run(session, SPILE_PROBE_BEGIN, SPILE_STATE_STARTING);
	if (!err && session_state(session) == SPILE_STATE_STARTING)
		err = attach_all(session);
	if (!err)
		session_move(session, SPILE_STATE_STARTING, SPILE_STATE_RUNNING);
	return err;
}

/*
 * session_stop - detach, then run end or error probes
 *
 * Process context, in any state, any number of times. Returns -EINVAL before
 * LOAD, -EINTR if the caller is being killed.
 */
int session_stop(struct session *session)
{
	int err = 0;

	if (!session->loaded)
		return -EINVAL;
	/* All probes fall silent at once, though they are detached one by one. */
	if (!session_move(session, SPILE_STATE_RUNNING, SPILE_STATE_EXITING))
		session_move(session, SPILE_STATE_STARTING, SPILE_STATE_EXITING);
	detach_all(session);
	if (session_state(session) == SPILE_STATE_EXITING)
		err = session_run(session, SPILE_PROBE_END, SPILE_STATE_EXITING);
	if (!err && session_state(session) == SPILE_STATE_FAILED)
		err = session_run(session, SPILE_PROBE_ERROR, SPILE_STATE_FAILED);
	context_sum_hits(session);
	if (!err)
		atomic_set(&session->state, SPILE_STATE_STOPPED);
	return err;
}

/* Process context, under the lock. */
int session_status(struct session *session, struct spile_status *status)
{
	*status = (struct spile_status){
		.state = session_state(session),
		.n_attached = session->n_attached,
		.text = (u64)session->text,
		.failed = READ_ONCE(session->failed),
	};
	/* Pairs with the release in overload_fail(). */
	if (atomic_read_acquire(&session->overloaded) == OVERLOAD_REPORTED) {
		status->overload_cpu = session->overload.cpu;
		status->overload_cycles = session->overload.cycles;
		status->overload_interval = session->overload.interval;
		status->overload_threshold = session->overload.threshold;
	}
	return 0;
}

/* Process context, under the lock. */
int session_probe_status(struct session *session, struct spile_probe_status *status)
{
	struct probe *probe;
	u32 cpu, i = status->probe;

	if (!session->loaded || i >= session->n_probes)
		return -EINVAL;
	i = array_index_nospec(i, session->n_probes);
	probe = &session->probes[i];
	*status = (struct spile_probe_status){
		.probe = i,
		.error = probe->error,
		.missed = probe_missed(probe),
		.attach = probe->attach,
		.direct_error = probe->direct_error,
		.armed = probe->attached || arming_holds(session, probe->spec->condition),
		.times = probe->times,
	};
	for (cpu = 0; cpu < session->n_cpus; cpu++)
		status->hits += context_hits(session, cpu, i);
	return 0;
}

/* Process context; nothing of the session runs, or will. */
void session_free(struct session *session)
{
	arming_release(session);
	if (session->loaded)
		session_unload(session);
	kfree(session);
}

/*
 * Undoes everything, without running any handler. What somebody may return to
 * goes later. Process context.
 */
void session_destroy(struct session *session)
{
	bool left = true;

	owner_unwatch(session);
	/* Work of our own may be at it. */
	mutex_lock(&session->lock);
	if (session->loaded) {
		atomic_set(&session->state, SPILE_STATE_STOPPED);
		detach_all(session);
		/* The caller may be inside itself, closing a file. */
		left = trampoline_left(session, 0);
	}
	mutex_unlock(&session->lock);
	if (left)
		session_free(session);
	else
		reaper_take(session);
}
