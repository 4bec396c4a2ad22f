/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A session: one image, from LOAD until its file is closed. */
#ifndef SPILE_SESSION_H
#define SPILE_SESSION_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "abi.h"
#include "arming.h"
#include "image.h"
#include "overload.h"

struct ftrace_set;
struct probe;
struct session_cpu;
struct trampoline;

struct session {
	struct mutex lock;		/* all but what handlers use */
	atomic_t state;			/* enum spile_state; handlers change it by cmpxchg */
	wait_queue_head_t wait;
	bool loaded;			/* set last, with release: the rest is there */
	bool started;
	bool failed;			/* set by handlers, never cleared */
	u32 slot;			/* of context_free_top */
	u32 flags;			/* of LOAD */
	u64 overload_interval;		/* cycles */
	u64 overload_threshold;		/* of handlers, cycles */
	u32 attach;			/* of LOAD */
	struct image image;
	void *text;			/* in the arena */
	struct probe *probes;
	void **batch;			/* room for a pointer to each probe */
	u32 n_probes;
	struct trampoline *trampolines;
	u32 n_directs;			/* their registrations for direct calls */
	struct ftrace_set *ftrace_sets;	/* what ftrace calls kshim for */
	spile_handler conditions;	/* asks them; NULL where there are none */
	struct arming arming;
	bool over;			/* nothing is attached any more, or will be */
	u32 undone;			/* registrations, since all handlers were waited for */
	bool direct;			/* a trampoline was attached since they were waited for */
	bool returns;			/* a trampoline that returns was attached */
	bool stuck;			/* the kernel would not let go of it */
	struct list_head watched;	/* see owner.c */
	u32 n_attached;
	u32 n_cpus;
	u32 ring_bytes;
	u64 param;			/* of LOAD, for handlers */
	/* Memory of handlers: see context.c. */
	struct session_cpu *cpus;
	void *data;
	void *rows;
	void *parts;
	void *scratch;
	void *hits;
	atomic_t overloaded;		/* enum overload_state */
	struct overload_report overload;
	/* After its file was closed: see reaper.c. */
	struct delayed_work reaping;
	u32 reap_tries;
	u32 reap_looks;			/* that found nobody on the stacks */
};

struct session *session_create(void);
void session_destroy(struct session *session);
void session_free(struct session *session);

int session_load(struct session *session, const struct spile_load *load);
int session_start(struct session *session);
int session_stop(struct session *session);
int session_status(struct session *session, struct spile_status *status);
int session_probe_status(struct session *session, struct spile_probe_status *status);

void session_exit(struct session_cpu *cpu);
void session_fail(struct session_cpu *cpu);

/* Any context incl. NMI. */
static __always_inline enum spile_state session_state(const struct session *session)
{
	return atomic_read(&session->state);
}

/* May probes be attached so? */
static inline bool session_may_attach(const struct session *session, enum spile_attach attach)
{
	return !session->attach || session->attach & (1u << attach);
}

/* Is all of it there that LOAD makes? Never undone before the file is closed. */
static inline bool session_loaded(const struct session *session)
{
	/* Pairs with the release at the end of session_load(). */
	return smp_load_acquire(&session->loaded);
}

#endif
