// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A ring is written by its own CPU and read by the agent through a mapping.
 *
 * Several contexts of the CPU may be writing at once, each on top of the one
 * it interrupted. A writer reserves by cmpxchg, marks its record BUSY, fills
 * it, and commits by clearing BUSY. The agent must never see a head beyond a
 * record whose BUSY mark is not yet written; so a writer publishes the head
 * only if it is where its own record begins. Else it interrupted one that has
 * reserved but not published: that one does it for both, after its own mark.
 *
 * A ring that keeps the newest records has no reader that writers would have to
 * heed: a writer moves `first` over the oldest records, and then writes where
 * they were. It follows their sizes, which only this CPU writes.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/timekeeping.h>
#include <linux/timex.h>
#include <linux/vmalloc.h>

#include "arch.h"
#include "context.h"
#include "import.h"
#include "ring.h"

/* Records wait this long for company before the agent is woken. */
#define WAKE_DELAY_NS	(16 * NSEC_PER_MSEC)

#define TAIL_PAGE	1
#define HEADER_PAGES	2

enum spile_clock ring_clock __ro_after_init;

/* Before any ring. */
void __init ring_init(void)
{
	if (arch_cycles_are_shared())
		ring_clock = SPILE_CLOCK_CYCLES;
}

static u64 ring_time(void)
{
	return ring_clock == SPILE_CLOCK_CYCLES ? get_cycles() : ktime_get_mono_fast_ns();
}

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
	ring->wake_queued = ring->overwrite;
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

/* Wakes the agent when more records have had the time to come. Preemption off, any context incl. NMI. */
static noinline void ring_wake_soon(struct ring *ring)
{
	WRITE_ONCE(ring->wake_queued, true);
	irq_work_queue(&ring->work);
}

/* Wakes the agent as soon as possible. Preemption off, any context incl. NMI. */
void ring_wake(struct ring *ring)
{
	if (READ_ONCE(ring->wake_now))
		return;
	WRITE_ONCE(ring->wake_now, true);
	ring_wake_soon(ring);
}

/* Bytes that the agent has not consumed, given a head; too many if it lies. */
static u64 ring_used(const struct ring *ring, u64 head)
{
	return head - READ_ONCE(ring->tail->tail);
}

static __always_inline struct spile_record *ring_record(struct ring *ring, u64 position)
{
	u8 *data = (u8 *)ring->page + HEADER_PAGES * PAGE_SIZE;

	return (struct spile_record *)(data + (position & ring->mask));
}

/* The first words of a record, which are written at once. */
static __always_inline u64 ring_header(u64 size, u64 type, u64 level)
{
	BUILD_BUG_ON(offsetof(struct spile_record, type) != 4);
	BUILD_BUG_ON(offsetof(struct spile_record, level) != 6);
	BUILD_BUG_ON(!IS_ENABLED(CONFIG_64BIT) || IS_ENABLED(CONFIG_CPU_BIG_ENDIAN));
	return size | type << 32 | level << 48;
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

/* A record's place: from start on, but behind a pad where the ring ends before. */
struct ring_place {
	u64 start;
	u64 record;
	u64 end;
	u64 time;
};

/*
 * How far records can go from here without a look at anything: to the middle of the
 * room, where the agent is woken; then to its end; never round the ring's.
 * An interrupt's result may be overwritten by one from before: that goes less far.
 */
static void ring_look_ahead(struct ring *ring, u64 end, u64 tail)
{
	u64 room = end - tail > ring->bytes / 2 ? ring->bytes : ring->bytes / 2;

	WRITE_ONCE(ring->quick_end, min(tail + room, (end | ring->mask) + 1));
}

/*
 * Finds room for size bytes and takes it. Returns false when there is none.
 * The time is taken anew at each try: records are in the order of their times.
 */
static bool ring_take(struct ring *ring, u64 size, struct ring_place *place)
{
	u64 head, used, rest, pad, first;

	do {
		head = local_read(&ring->reserved);
		rest = ring->bytes - (head & ring->mask);
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
		place->time = ring_time();
		if (likely(local_cmpxchg(&ring->reserved, head, head + pad + size) == head))
			break;
	} while (true);
	place->start = head;
	place->record = head + pad;
	place->end = head + pad + size;
	if (ring->overwrite)
		ring_give_up(ring, first);
	/* A pad has no time: there may be only 8 bytes. */
	if (unlikely(pad))
		WRITE_ONCE(*(u64 *)ring_record(ring, head), ring_header(pad, SPILE_RECORD_PAD, 0));
	if (ring->quick)
		ring_look_ahead(ring, place->end, head - used);
	if (unlikely(place->end - (head - used) > ring->bytes / 2) && !ring->overwrite)
		ring_wake(ring);
	return true;
}

/* Publishes what was left to this writer. Returns the record. */
static noinline u64 ring_publish_rest(struct ring *ring, struct spile_record *record)
{
	struct spile_ring *page = ring->page;
	u64 end;

	/*
	 * While the head is behind, all others leave it to us. One that comes
	 * between the two looks and finds it up to date moves it beyond end.
	 */
	while (end = local_read(&ring->reserved), READ_ONCE(page->head) < end) {
		smp_store_release(&page->head, end);
		barrier();
	}
	return (u64)record;
}

/* Writes the header of a record whose place is reserved, and publishes it. */
static __always_inline u64 ring_begin(struct ring *ring, struct ring_place place, u64 header)
{
	struct spile_record *record = ring_record(ring, place.record);
	struct spile_ring *page = ring->page;

	record->time = place.time;
	WRITE_ONCE(*(u64 *)record, header | SPILE_RECORD_BUSY);
	counter_add(&page->records, 1);
	/* Until the head is published nobody else moves it from start. */
	if (unlikely(page->head != place.start))
		return (u64)record;
	smp_store_release(&page->head, place.end);
	barrier();
	if (unlikely(local_read(&ring->reserved) != place.end))
		return ring_publish_rest(ring, record);
	return (u64)record;
}

static noinline u64 ring_drop(struct ring *ring, u64 size)
{
	counter_add(&ring->page->dropped, 1);
	counter_add(&ring->page->dropped_bytes, min_t(u64, size, SPILE_RECORD_SIZE));
	return 0;
}

/* Any record of a size that may be. */
static noinline u64 ring_reserve(struct ring *ring, u64 size, u64 header)
{
	struct ring_place place;

	if (likely(ring_take(ring, size, &place)))
		return ring_begin(ring, place, header);
	ring_wake(ring);
	return ring_drop(ring, size);
}

/*
 * spile_ring_reserve - start a record
 * @size: of the whole record, header included; rounded up to 8 bytes
 *
 * Preemption off, any context incl. NMI. Returns the address of the record,
 * or 0 when it is dropped; the drop is counted.
 *
 * A record before quick_end has nothing to look at. All that an interrupt may
 * change here is what is reserved; by that it may move quick_end, too, but then
 * there is another try.
 */
u64 spile_ring_reserve(struct spile_ctx *ctx, u64 size, u64 type)
{
	struct ring *ring = &context_cpu(ctx)->ring;
	u64 start, end, header, time;

	if (unlikely(size - sizeof(struct spile_record) > ring->payload_max))
		return ring_drop(ring, size);
	size = ALIGN(size, 8);
	header = ring_header(size, type, ctx->level);
	do {
		start = local_read(&ring->reserved);
		end = start + size;
		if (unlikely(end > ring->quick_end))
			return ring_reserve(ring, size, header);
		time = get_cycles();
	} while (unlikely(local_cmpxchg(&ring->reserved, start, end) != start));
	return ring_begin(ring, (struct ring_place){ start, start, end, time }, header);
}

/* Ends a record from spile_ring_reserve(). Preemption off, any context incl. NMI. */
void spile_ring_commit(struct spile_ctx *ctx, u64 address)
{
	struct spile_record *record = (struct spile_record *)address;
	struct ring *ring = &context_cpu(ctx)->ring;

	/* After the record's contents. */
	smp_store_release(&record->size, record->size & ~SPILE_RECORD_BUSY);
	/*
	 * The flag is cleared on this CPU, by an interrupt after which the
	 * agent looks at the ring: so the compiler's order is enough.
	 */
	barrier();
	if (unlikely(!ring->wake_queued))
		ring_wake_soon(ring);
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
	ring->bytes = bytes;
	ring->mask = bytes - 1;
	ring->payload_max = bytes / 4 - sizeof(struct spile_record);
	ring->overwrite = overwrite;
	ring->wake_queued = overwrite;
	ring->quick = !overwrite && ring_clock == SPILE_CLOCK_CYCLES;
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
