// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A ring is written by its own CPU and read by the agent through a mapping.
 *
 * Several contexts of the CPU may be writing at once, each on top of the one
 * it interrupted. A writer reserves by cmpxchg, marks its record BUSY, fills
 * it, and commits by clearing BUSY. The agent must never see a head beyond a
 * record whose BUSY mark is not yet written; so the head is published by the
 * outermost writer only, after it wrote its own mark: by then all writers
 * that interrupted it have written theirs.
 *
 * A ring that keeps the newest records has no reader that writers would have to
 * heed: a writer moves `first` over the oldest records, and then writes where
 * they were. It follows their sizes, which only this CPU writes.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "compat/compat.h"
#include "ring.h"

/* Records wait this long for company before the agent is woken. */
#define WAKE_DELAY_NS	(16 * NSEC_PER_MSEC)

#define TAIL_PAGE	1
#define HEADER_PAGES	2

/* Bytes from one CPU's ring to the next in the mapping. */
u64 ring_stride(u32 bytes)
{
	return HEADER_PAGES * PAGE_SIZE + bytes;
}

/* Hard interrupt, on the ring's CPU. */
static enum hrtimer_restart ring_wake_late(struct hrtimer *timer)
{
	struct ring *ring = container_of(timer, struct ring, timer);

	/* First, so that what commits from now on asks for the next wake-up. */
	ring->wake_now = false;
	ring->wake_queued = false;
	barrier();
	wake_up_interruptible_poll(ring->wait, EPOLLIN);
	return HRTIMER_NORESTART;
}

/* Hard interrupt, on the ring's CPU. */
static void ring_work(struct irq_work *work)
{
	struct ring *ring = container_of(work, struct ring, work);

	if (READ_ONCE(ring->wake_now))
		wake_up_interruptible_poll(ring->wait, EPOLLIN);
	hrtimer_start(&ring->timer, ns_to_ktime(WAKE_DELAY_NS), HRTIMER_MODE_REL_PINNED);
}

/* Wakes the agent as soon as possible. Preemption off, any context incl. NMI. */
void ring_wake(struct ring *ring)
{
	if (READ_ONCE(ring->wake_now))
		return;
	WRITE_ONCE(ring->wake_now, true);
	WRITE_ONCE(ring->wake_queued, true);
	irq_work_queue(&ring->work);
}

/* Bytes that the agent has not consumed, given a head; too many if it lies. */
static u64 ring_used(const struct ring *ring, u64 head)
{
	return head - READ_ONCE(ring->tail->tail);
}

static struct spile_record *ring_record(struct ring *ring, u64 position)
{
	return (struct spile_record *)(ring->data + (position & (ring->bytes - 1)));
}

/*
 * Where the oldest record is once there is room up to @end. Records that are not
 * committed, or not yet published, are in nobody's way for long, but they stay:
 * then the result leaves too little room. An interrupt may overwrite what is
 * looked at; it moves ring->reserved, so that the caller tries again.
 */
static u64 ring_first_for(struct ring *ring, u64 first, u64 end)
{
	u64 head = READ_ONCE(ring->page->head);
	u32 size;

	while (end - first > ring->bytes && first < head) {
		size = READ_ONCE(ring_record(ring, first)->size);
		if (size & SPILE_RECORD_BUSY || size < 8 || size % 8)
			break;
		first += size;
	}
	return first;
}

/* Gives up the records before @first, unless an interrupt gave up more. */
static void ring_give_up(struct ring *ring, u64 first)
{
	local_t *shared = (local_t *)&ring->page->first;
	long old;

	do {
		old = local_read(shared);
		if ((u64)old >= first)
			return;
	} while (unlikely(local_cmpxchg(shared, old, first) != old));
	/* Before the records that take their room: the reader looks in the other order. */
	smp_wmb();
}

/*
 * Finds room for size bytes and takes it. Returns false when there is none.
 * The time is taken anew at each try: records are in the order of their times.
 */
static bool ring_take(struct ring *ring, u32 size, u64 *position, u64 *time_ns)
{
	u64 head, used, rest, pad, first;

	do {
		head = local_read(&ring->reserved);
		rest = ring->bytes - (head & (ring->bytes - 1));
		pad = rest < size ? rest : 0;
		if (ring->overwrite) {
			first = READ_ONCE(ring->page->first);
			first = ring_first_for(ring, first, head + pad + size);
			used = head - first;
		} else {
			used = ring_used(ring, head);
		}
		if (unlikely(used > ring->bytes || used + pad + size > ring->bytes)) {
			if (head == local_read(&ring->reserved))
				return false;
			continue;
		}
		*time_ns = ktime_get_mono_fast_ns();
		if (likely(local_cmpxchg(&ring->reserved, head, head + pad + size) == head))
			break;
	} while (true);
	if (ring->overwrite)
		ring_give_up(ring, first);

	if (unlikely(pad)) {
		struct spile_record *record = ring_record(ring, head);

		/* There may be only 8 bytes: a pad has no time. */
		record->type = SPILE_RECORD_PAD;
		record->level = 0;
		WRITE_ONCE(record->size, pad);
	}
	*position = head + pad;
	if (unlikely(used > ring->bytes / 2) && !ring->overwrite)
		ring_wake(ring);
	return true;
}

/* Ends a reservation; the outermost one publishes all of them. */
static void ring_publish(struct ring *ring)
{
	u64 head;

	barrier();
	if (ring->writers > 1) {
		ring->writers--;
		return;
	}
	do {
		head = local_read(&ring->reserved);
		/* After the BUSY marks of all records up to it. */
		smp_store_release(&ring->page->head, head);
		WRITE_ONCE(ring->writers, 0);
		barrier();
		/* One that came between saw writers > 0, and left it to us. */
		if (likely(head == local_read(&ring->reserved)))
			return;
		WRITE_ONCE(ring->writers, 1);
		barrier();
	} while (true);
}

/*
 * ring_reserve - start a record
 * @size: of the whole record, header included; rounded up to 8 bytes
 *
 * Preemption off, any context incl. NMI. Returns the address of the record,
 * or 0 when it is dropped; the drop is counted.
 */
u64 ring_reserve(struct ring *ring, u64 size, u16 type, u16 level)
{
	struct spile_record *record = NULL;
	u64 position, time_ns;

	if (unlikely(size < sizeof(*record) || size > ring->bytes / 4))
		goto dropped;
	size = ALIGN(size, 8);
	WRITE_ONCE(ring->writers, ring->writers + 1);
	barrier();
	if (likely(ring_take(ring, size, &position, &time_ns))) {
		record = ring_record(ring, position);
		record->type = type;
		record->level = level;
		record->time_ns = time_ns;
		WRITE_ONCE(record->size, size | SPILE_RECORD_BUSY);
	}
	ring_publish(ring);
	if (likely(record)) {
		counter_add(&ring->page->records, 1);
		return (u64)record;
	}
	ring_wake(ring);
dropped:
	counter_add(&ring->page->dropped, 1);
	counter_add(&ring->page->dropped_bytes, min_t(u64, size, SPILE_RECORD_SIZE));
	return 0;
}

/* Ends a record from ring_reserve(). Preemption off, any context incl. NMI. */
void ring_commit(struct ring *ring, u64 address)
{
	struct spile_record *record = (struct spile_record *)address;

	/* After the record's contents. */
	smp_store_release(&record->size, record->size & ~SPILE_RECORD_BUSY);
	/*
	 * The flag is cleared on this CPU, by an interrupt after which the
	 * agent looks at the ring: so no barrier is needed.
	 */
	if (READ_ONCE(ring->wake_queued) || ring->overwrite)
		return;
	WRITE_ONCE(ring->wake_queued, true);
	irq_work_queue(&ring->work);
}

/* The agent shall look at the rings. Preemption off, any context incl. NMI. */
void ring_flush(struct ring *ring)
{
	counter_add(&ring->page->flushes, 1);
	ring_wake(ring);
}

/* A hint for poll(). Any context. */
bool ring_has_data(const struct ring *ring)
{
	if (ring->overwrite)
		return READ_ONCE(ring->page->flushes) != READ_ONCE(ring->tail->flushes);
	return ring_used(ring, READ_ONCE(ring->page->head)) != 0;
}

/*
 * Maps pages of the ring from @page on. Only the tail page may be writable,
 * mapped by itself; no mapping can be made writable later. The pages live as
 * long as the file, which every mapping holds.
 */
int ring_mmap(struct ring *ring, struct vm_area_struct *vma, unsigned long page)
{
	bool tail = page == TAIL_PAGE && vma_pages(vma) == 1;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (!tail) {
		if (vma->vm_flags & VM_WRITE)
			return -EPERM;
		compat_vm_flags_clear(vma, VM_MAYWRITE);
	}
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	compat_vm_flags_clear(vma, VM_MAYEXEC);
	return remap_vmalloc_range(vma, ring->page, page);
}

/* Process context. */
int ring_alloc(struct ring *ring, u32 bytes, bool overwrite, wait_queue_head_t *wait)
{
	u8 *pages = vmalloc_user(ring_stride(bytes));

	if (!pages)
		return -ENOMEM;
	ring->page = (struct spile_ring *)pages;
	ring->tail = (struct spile_ring_tail *)(pages + TAIL_PAGE * PAGE_SIZE);
	ring->data = pages + HEADER_PAGES * PAGE_SIZE;
	ring->bytes = bytes;
	ring->overwrite = overwrite;
	ring->wait = wait;
	init_irq_work(&ring->work, ring_work);
	compat_hrtimer_setup(&ring->timer, ring_wake_late, CLOCK_MONOTONIC,
			     HRTIMER_MODE_REL_PINNED);
	return 0;
}

/* Process context; no writer is left. */
void ring_free(struct ring *ring)
{
	if (!ring->page)
		return;
	irq_work_sync(&ring->work);
	hrtimer_cancel(&ring->timer);
	vfree(ring->page);
	ring->page = NULL;
}
