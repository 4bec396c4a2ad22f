/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* All probes of a session, attached and detached. */
#ifndef SPILE_ATTACH_H
#define SPILE_ATTACH_H

struct session;

int attach_all(struct session *session);
void detach_all(struct session *session);

#endif
