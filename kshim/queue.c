// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A queue of our own: on exit it can be waited for until the last work has left kshim's text. */
#include <linux/errno.h>
#include <linux/workqueue.h>

#include "queue.h"

struct workqueue_struct *queue;

int queue_init(void)
{
	queue = alloc_workqueue("spile", WQ_UNBOUND, 0);
	return queue ? 0 : -ENOMEM;
}

/* No session is left, as they hold references to the module. */
void queue_exit(void)
{
	destroy_workqueue(queue);
}
