/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The output of one CPU, mapped by the agent. */
#ifndef SPILE_RING_H
#define SPILE_RING_H

#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/mm_types.h>
#include <linux/wait.h>
#include <asm/local.h>

#include "abi.h"

/*
 * Written only by its own CPU, in any context: contexts nest, so that each
 * variable here is either changed by one instruction (local_t), or put back
 * before an interrupted context goes on.
 */
struct ring {
	struct spile_ring *page;	/* what the agent sees; start of the mapping */
	u64 mask;			/* bytes - 1 */
	u64 payload_max;		/* of a record; its header is not counted */
	local_t reserved;		/* bytes; page->head follows */
	u64 quick_end;			/* up to here there is room, in one piece, and no reason to wake */
	bool wake_queued;		/* a wake-up is on its way, or none is ever wanted */
	bool wake_now;			/* without the batching delay */
	bool quick;			/* quick_end may be set */
	bool overwrite;			/* new records take the room of the oldest */
	u32 bytes;
	struct spile_ring_tail *tail;	/* written by the agent: never trusted */
	struct irq_work work;
	struct hrtimer timer;
	wait_queue_head_t *wait;
};

/* What the times of all records are of. */
extern enum spile_clock ring_clock;

void ring_init(void);
int ring_alloc(struct ring *ring, u32 bytes, bool overwrite, wait_queue_head_t *wait);
void ring_free(struct ring *ring);
u64 ring_stride(u32 bytes);

void ring_wake(struct ring *ring);
void ring_flush(struct ring *ring);

bool ring_has_data(const struct ring *ring);
int ring_mmap(struct ring *ring, struct vm_area_struct *vma, unsigned long page);

/* Adds to a counter that nesting contexts of this CPU share. */
static __always_inline void counter_add(u64 *counter, long n)
{
	BUILD_BUG_ON(sizeof(local_t) != sizeof(*counter));
	local_add(n, (local_t *)counter);
}

#endif
