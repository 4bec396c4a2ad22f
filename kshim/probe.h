/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Probes: what each kind of them can do. */
#ifndef SPILE_PROBE_H
#define SPILE_PROBE_H

#include <linux/hrtimer.h>
#include <linux/kprobes.h>

#include "abi.h"

struct module;
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
	int error;			/* of attach */
	bool attached;
	u64 missed;			/* the kernel's count, taken at detach */
	union {
		struct kprobe kprobe;
		struct kretprobe kretprobe;
		struct timer_probe timer;
		struct tracepoint_probe tracepoint;
	};
};

/* A kind of probes. All are called in process context, under the session's lock. */
struct probe_ops {
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
bool probe_run(struct probe *probe, spile_handler handler, enum spile_state state);
void probe_attach(struct probe *probe);
u32 probe_detach(struct probe *probes, u32 n, void **batch);
u64 probe_missed(const struct probe *probe);

#endif
