/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Conditions of probes: a probe whose condition is false is not attached. */
#ifndef SPILE_ARMING_H
#define SPILE_ARMING_H

#include <linux/bitmap.h>
#include <linux/irq_work.h>
#include <linux/workqueue.h>

#include "abi.h"

struct session;

struct arming {
	DECLARE_BITMAP(holds, SPILE_MAX_CONDITIONS);	/* each condition, when it was last asked */
	u64 *words;			/* of LOAD: what the image says of each */
	bool requested;			/* they shall be asked again; written by handlers */
	unsigned long earliest;		/* jiffies: not before */
	struct irq_work irq_work;
	struct delayed_work work;
};

void arming_init(struct session *session);
int arming_load(struct session *session);
void arming_unload(struct session *session);
void arming_release(struct session *session);
bool arming_ask(struct session *session);
bool arming_holds(const struct session *session, u32 condition);

#endif
