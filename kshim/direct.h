/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Functions that ftrace calls trampolines for, those of several sessions one after the other. */
#ifndef SPILE_DIRECT_H
#define SPILE_DIRECT_H

#include <linux/types.h>

struct module;

/* A trampoline. */
struct direct_user {
	unsigned long code;
	u32 n_parts;		/* registrations that it has a part in */
};

/* A function that one is to be called for. */
struct direct_place {
	unsigned long ip;
	struct module *owner;
	u32 site;		/* the caller's */
	int err;		/* what came of it */
};

void direct_attach(struct direct_user *user, struct direct_place *places, u32 n, u32 room);
u32 direct_detach(struct direct_user *user, bool gone);
bool direct_serves(const struct direct_user *user, unsigned long ip);
void direct_forget(const struct module *module);

#endif
