/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Sessions whose file is closed, but whose text somebody will return to. */
#ifndef SPILE_REAPER_H
#define SPILE_REAPER_H

struct session;

void reaper_take(struct session *session);

#endif
