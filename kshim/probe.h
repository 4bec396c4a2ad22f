/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Probes: what each kind of them can do. */
#ifndef SPILE_PROBE_H
#define SPILE_PROBE_H

#include <linux/hrtimer.h>
#include <linux/kprobes.h>

#include "abi.h"

struct module;
struct probe;
struct session;
struct tracepoint;

struct timer_probe {
	struct hrtimer hrtimer;
	u64 random;
};

struct tracepoint_probe {
	struct tracepoint *tracepoint;
	struct module *owner;	/* held while attached; NULL: the kernel itself */
};

struct probe {
	struct session *session;
	const struct probe_ops *ops;
	const struct spile_probe *spec;	/* checked */
	const char *name;
	spile_handler handler;
	spile_handler entry_handler;	/* or NULL */
	u32 index;
	enum spile_attach attach;	/* how, if attached */
	bool tried;			/* to attach it, since its condition became true */
	bool attached;
	bool alone;			/* attached by its own ops */
	bool gone;			/* with its module */
	int error;			/* of attach */
	int direct_error;		/* why no trampoline runs it */
	u32 times;			/* it was attached */
	struct probe *next;		/* at the same site of ftrace's */
	u64 missed;			/* the kernel's counts, taken when it was detached */
	union {
		struct kprobe kprobe;
		struct kretprobe kretprobe;
		struct timer_probe timer;
		struct tracepoint_probe tracepoint;
	};
};

/* A kind of probes. All are called in process context, under the session's lock. */
struct probe_ops {
	enum spile_attach attach_kind;	/* what attach() makes */
	/* Is this row of an image's table sound? @name is its name. */
	bool (*check)(const struct spile_probe *spec, const char *name);
	/* The rest is absent for the kinds that START and STOP run themselves. */
	int (*attach)(struct probe *probe);
	/*
	 * Detaches n probes of this kind; on return none of their handlers
	 * runs or will. May overwrite the array, but not beyond n pointers.
	 */
	void (*detach)(void **probes, u32 n);
	/* Hits that the kernel lost; optional. */
	u64 (*missed)(const struct probe *probe);
};

extern const struct probe_ops probe_function_ops;
extern const struct probe_ops probe_return_ops;
extern const struct probe_ops probe_address_ops;
extern const struct probe_ops probe_timer_ops;
extern const struct probe_ops probe_tracepoint_ops;

const struct probe_ops *probe_ops_of(u32 kind);
bool probe_run(struct probe *probe, enum spile_state state);
int probe_site(const struct probe *probe, unsigned long *ip, struct module **owner);
bool probe_armed(const struct probe *probe);
bool probe_wanted(const struct probe *probe);
void probe_attached(struct probe *probe, enum spile_attach how);
void probe_attach(struct probe *probe);
u32 probe_detach(struct probe *probes, u32 n, void **batch);
u64 probe_missed(const struct probe *probe);

int tracepoint_find(const char *name, struct tracepoint_probe *found);

#endif
