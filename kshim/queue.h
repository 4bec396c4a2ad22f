/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Where kshim's own work is done, in process context. */
#ifndef SPILE_QUEUE_H
#define SPILE_QUEUE_H

struct workqueue_struct;

extern struct workqueue_struct *queue;

int queue_init(void);
void queue_exit(void);

#endif
