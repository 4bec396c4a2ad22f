/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* All probes of a session, attached and detached. */
#ifndef SPILE_ATTACH_H
#define SPILE_ATTACH_H

struct module;
struct session;

int attach_all(struct session *session);
void attach_change(struct session *session);
void attach_forget(struct session *session, const struct module *module);
void detach_all(struct session *session);

#endif
