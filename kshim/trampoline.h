/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Code of an image that the kernel calls where probes are. */
#ifndef SPILE_TRAMPOLINE_H
#define SPILE_TRAMPOLINE_H

#include "direct.h"
#include "probe.h"

struct module;
struct session;

struct trampoline {
	struct session *session;
	const struct spile_trampoline *spec;	/* checked */
	struct direct_user user;	/* its code, as ftrace calls it */
	const u32 *chains;		/* indices of probes, a chain for each site */
	struct tracepoint_probe tracepoint;
	bool on_tracepoint;		/* it is attached to it */
};

int trampoline_load(struct session *session);
void trampoline_unload(struct session *session);
void trampoline_attach(struct session *session);
u32 trampoline_detach(struct session *session);
u32 trampoline_forget(struct session *session, const struct module *module);
bool trampoline_left(struct session *session, unsigned long frame);

#endif
