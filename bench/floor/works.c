// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What is done at a hit. vfs_read is not called in interrupts, so state of
 * a CPU needs preemption off and no more.
 */
#include <asm/word-at-a-time.h>
#include <linux/bitops.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/timex.h>
#include <linux/vmalloc.h>

#include "floor.h"

#define SLOTS_LOG2	8
#define SLOTS		(1u << SLOTS_LOG2)
#define RING_BYTES	(16u << 20)

struct floor_key {
	u64 comm[2];
	u64 pid;
};

struct slot {
	struct floor_key key;
	u64 count, sum, min, max;
};

struct record {
	u32 size, type;
	u64 time;
	u64 comm[2];
	u32 pid, tid, uid, reserved;
};

/* What a work counts. */
static DEFINE_PER_CPU(u64, counter);
static DEFINE_PER_CPU(u64[64], histogram);
/* A module has little static memory of CPUs. */
static struct slot __percpu *table;

struct ring {
	u64 head, tail, dropped;
	char *data;
};

static DEFINE_PER_CPU(struct ring, rings);

void floor_empty(FLOOR_ARGS)
{
}

u64 floor_both_entry(void)
{
	return 0;
}

void floor_both_exit(u64 begun)
{
}

void floor_count(FLOOR_ARGS)
{
	this_cpu_inc(counter);
}

void floor_sys_enter(void *data, struct pt_regs *regs, long id)
{
	this_cpu_inc(counter);
}

void floor_histogram(FLOOR_ARGS)
{
	this_cpu_inc(histogram[fls64(count) & 63]);
}

u64 floor_latency_entry(void)
{
	return ktime_get_mono_fast_ns();
}

void floor_latency_exit(u64 begun)
{
	this_cpu_inc(histogram[fls64(ktime_get_mono_fast_ns() - begun) & 63]);
}

/* Of a word, what is before its first NUL. */
static __always_inline bool cut_at_nul(u64 *word)
{
	const struct word_at_a_time constants = WORD_AT_A_TIME_CONSTANTS;
	unsigned long zero;

	if (!has_zero(*word, &zero, &constants))
		return false;
	*word &= zero_bytemask(create_zero_mask(prep_zero_mask(*word, zero, &constants)));
	return true;
}

/* What follows the NUL in a comm is anything. */
static __always_inline void read_comm(u64 *comm)
{
	memcpy(comm, current->comm, sizeof(current->comm));
	if (cut_at_nul(&comm[0]))
		comm[1] = 0;
	else
		cut_at_nul(&comm[1]);
}

/* The slot of a key in this CPU's table, NULL when that is full. */
static __always_inline struct slot *find(struct slot *slots, const struct floor_key *key)
{
	u64 hash = (key->comm[0] ^ rol64(key->comm[1], 32) ^ key->pid) * 0x9e3779b97f4a7c15ull;
	u32 at = hash >> (64 - SLOTS_LOG2), end = at + SLOTS;

	for (; at != end; at++) {
		struct slot *slot = &slots[at % SLOTS];

		if (slot->key.comm[0] == key->comm[0] && slot->key.comm[1] == key->comm[1] &&
		    slot->key.pid == key->pid)
			return slot;
		/* A comm is not empty, so a slot that is has no key. */
		if (!slot->key.comm[0]) {
			slot->key = *key;
			slot->min = U64_MAX;
			return slot;
		}
	}
	return NULL;
}

void floor_array(FLOOR_ARGS)
{
	struct floor_key key = { };
	struct slot *slot;

	read_comm(key.comm);
	preempt_disable();
	slot = find(this_cpu_ptr(table), &key);
	if (slot)
		slot->count++;
	preempt_enable();
}

void floor_statistics(FLOOR_ARGS)
{
	struct floor_key key = { .pid = current->tgid };
	struct slot *slot;

	read_comm(key.comm);
	preempt_disable();
	slot = find(this_cpu_ptr(table), &key);
	if (slot) {
		slot->count++;
		slot->sum += count;
		if (count < slot->min)
			slot->min = count;
		if (count > slot->max)
			slot->max = count;
	}
	preempt_enable();
}

void floor_printf(FLOOR_ARGS)
{
	struct record *record;
	struct ring *ring;

	preempt_disable();
	ring = this_cpu_ptr(&rings);
	if (ring->head + sizeof(*record) - READ_ONCE(ring->tail) > RING_BYTES) {
		ring->dropped++;
	} else {
		record = (struct record *)(ring->data + ring->head % RING_BYTES);
		record->size = sizeof(*record);
		record->type = 1;
		record->time = get_cycles();
		memcpy(record->comm, current->comm, sizeof(record->comm));
		record->pid = current->tgid;
		record->tid = current->pid;
		record->uid = current_cred()->uid.val;
		smp_store_release(&ring->head, ring->head + sizeof(*record));
	}
	preempt_enable();
}

void floor_compare(FLOOR_ARGS)
{
	if (current->comm[0] == 'x' && current->comm[1] == '\0')
		this_cpu_inc(counter);
}

u64 floor_hits(void)
{
	u64 hits = 0;
	u32 cpu, at;

	for_each_possible_cpu(cpu) {
		hits += per_cpu(counter, cpu) + per_cpu(rings, cpu).head / sizeof(struct record);
		for (at = 0; at < 64; at++)
			hits += per_cpu(histogram, cpu)[at];
		for (at = 0; at < SLOTS; at++)
			hits += per_cpu_ptr(table, cpu)[at].count;
	}
	return hits;
}

int floor_works_init(void)
{
	u32 cpu;

	BUILD_BUG_ON(RING_BYTES % sizeof(struct record) % 8);
	table = __alloc_percpu(SLOTS * sizeof(*table), __alignof__(*table));
	if (!table)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		/* A record may reach over the end. */
		per_cpu(rings, cpu).data = vzalloc(RING_BYTES + sizeof(struct record));
		if (!per_cpu(rings, cpu).data) {
			floor_works_exit();
			return -ENOMEM;
		}
	}
	return 0;
}

void floor_works_exit(void)
{
	u32 cpu;

	for_each_possible_cpu(cpu)
		vfree(per_cpu(rings, cpu).data);
	free_percpu(table);
}
