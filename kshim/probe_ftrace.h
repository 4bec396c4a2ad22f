/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Function entries for which ftrace calls kshim. */
#ifndef SPILE_PROBE_FTRACE_H
#define SPILE_PROBE_FTRACE_H

#include <linux/types.h>

struct module;
struct session;

void ftrace_attach(struct session *session);
u32 ftrace_detach(struct session *session);
u32 ftrace_forget(struct session *session, const struct module *module);

#endif
