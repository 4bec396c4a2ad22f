// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A caller may sleep for long in a function that a trampoline called, and then
 * return to it, or die there. Nobody waits for that: a session that ends meanwhile keeps its
 * memory, its text and a reference to the module until the last one has left.
 */
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#include "queue.h"
#include "reaper.h"
#include "session.h"
#include "trampoline.h"

/* Soon at first, at last once a second. */
static void reaper_wait(struct session *session)
{
	unsigned long delay = min_t(unsigned long, msecs_to_jiffies(10) << session->reap_tries, HZ);

	session->reap_tries = min(session->reap_tries + 1, 8u);
	queue_delayed_work(queue, &session->reaping, delay);
}

static void reaper_try(struct work_struct *work)
{
	struct session *session = container_of(to_delayed_work(work), struct session, reaping);

	if (!trampoline_left(session, (unsigned long)__builtin_frame_address(0))) {
		reaper_wait(session);
		return;
	}
	session_free(session);
	module_put(THIS_MODULE);
}

/* Process context; the caller holds a reference to the module. */
void reaper_take(struct session *session)
{
	__module_get(THIS_MODULE);
	INIT_DELAYED_WORK(&session->reaping, reaper_try);
	reaper_wait(session);
}
