/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Modules that probed functions are in. */
#ifndef SPILE_OWNER_H
#define SPILE_OWNER_H

struct module;
struct session;

int owner_init(void);
void owner_exit(void);

void owner_watch(struct session *session);
void owner_unwatch(struct session *session);

int owner_find(unsigned long address, struct module **owner);

#endif
