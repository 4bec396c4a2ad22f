// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The memory of contexts. Every possible CPU has its part, so that none needs
 * to be prepared when it comes online.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>

#include "clock.h"
#include "context.h"

/* Parts of CPUs and levels do not share cache lines. */
#define PART_ALIGN	128

DEFINE_PER_CPU(struct spile_ctx *, context_free_top[SPILE_MAX_SESSIONS]);

/* Who has a slot; changed under the lock. */
static DEFINE_MUTEX(context_slots_lock);
static struct session *context_slots[SPILE_MAX_SESSIONS];

/* Process context. Returns -EUSERS when there are too many sessions. */
int context_slot_take(struct session *session)
{
	int err = -EUSERS;
	u32 slot;

	mutex_lock(&context_slots_lock);
	for (slot = 0; slot < SPILE_MAX_SESSIONS; slot++) {
		if (context_slots[slot])
			continue;
		session->slot = slot;
		WRITE_ONCE(context_slots[slot], session);
		err = 0;
		break;
	}
	mutex_unlock(&context_slots_lock);
	return err;
}

/* Process context; nothing of the session runs, or will. */
void context_slot_give(struct session *session)
{
	u32 cpu;

	for_each_possible_cpu(cpu)
		per_cpu(context_free_top[session->slot], cpu) = NULL;
	mutex_lock(&context_slots_lock);
	WRITE_ONCE(context_slots[session->slot], NULL);
	mutex_unlock(&context_slots_lock);
}

/* The session that has a slot; it is there as long as its text runs. Any context. */
struct session *context_session(u64 slot)
{
	if (slot >= SPILE_MAX_SESSIONS)
		return NULL;
	return READ_ONCE(context_slots[array_index_nospec(slot, SPILE_MAX_SESSIONS)]);
}

static u64 context_part(u64 size)
{
	return ALIGN(size, PART_ALIGN);
}

/* It fails before anybody is killed for it. */
static void *context_memory(u64 size)
{
	return __vmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN |
			 __GFP_RETRY_MAYFAIL);
}

static u64 context_hits_stride(u32 n_probes)
{
	return context_part(n_probes * (u64)sizeof(u64));
}

/* Bytes for all that context_alloc() would allocate. */
static u64 context_total(const struct session *session, const struct image *image)
{
	const struct spile_image *header = image->header;
	u64 each = sizeof(struct session_cpu) + ring_stride(session->ring_bytes);

	each += context_part(header->part_size) * SPILE_LEVELS;
	each += context_hits_stride(header->n_probes) * SPILE_LEVELS;
	each += context_part(header->scratch_size) * SPILE_LEVELS;
	return image->rows_size + header->data_size + each * session->n_cpus;
}

/* Pages that nobody has to be killed for. Drivers' contiguous memory is not for us. */
static u64 context_available(void)
{
	long pages = si_mem_available() - (long)global_zone_page_state(NR_FREE_CMA_PAGES);

	return max(pages, 0L);
}

static void context_init(struct session *session, const struct spile_image *header,
			 u32 cpu, u32 level)
{
	u64 part_stride = context_part(header->part_size);
	u64 scratch_stride = context_part(header->scratch_size);
	u64 hits_stride = context_hits_stride(header->n_probes);
	struct session_cpu *part = &session->cpus[cpu];
	u64 n = cpu * SPILE_LEVELS + level;

	part->contexts[level].ctx = (struct spile_ctx){
		.next = level + 1 < SPILE_LEVELS ? (u64)&part->contexts[level + 1].ctx : 0,
		.state = (u64)&session->state.counter,
		.hits = (u64)session->hits + n * hits_stride,
		.rows = (u64)session->rows,
		.data = (u64)session->data,
		.part = (u64)session->parts + n * part_stride,
		.parts = (u64)session->parts,
		.part_stride = part_stride,
		.scratch = (u64)session->scratch + n * scratch_stride,
		.counters = (u64)&part->ring.page->counters,
		.session = (u64)part,
		.param = session->param,
		.n_cpus = session->n_cpus,
		.cpu = cpu,
		.level = level,
		.sample = SPILE_SAMPLE,
		.clocks = (u64)&clocks_shared,
		.owner = SPILE_OWNER | cpu,
	};
}

static int context_init_cpu(struct session *session, const struct spile_image *header, u32 cpu)
{
	struct session_cpu *part = &session->cpus[cpu];
	u32 level;
	int err;

	part->session = session;
	err = ring_alloc(&part->ring, session->ring_bytes,
			 session->flags & SPILE_LOAD_OVERWRITE, &session->wait);
	if (err)
		return err;
	for (level = 0; level < SPILE_LEVELS; level++)
		context_init(session, header, cpu, level);
	return 0;
}

/*
 * Allocates data, parts, scratch memory, rings and contexts as the image
 * says. Process context, under the session's lock. After an error
 * context_release() is still due.
 */
int context_alloc(struct session *session, const struct image *image)
{
	const struct spile_image *header = image->header;
	u64 n = session->n_cpus, pages = context_total(session, image) / PAGE_SIZE;
	u32 cpu;
	int err;

	/* Not more than half of the memory, nor than is left. */
	if (pages > totalram_pages() / 2 || pages > context_available())
		return -ENOMEM;
	/* Never of size 0, so that NULL always means failure. */
	session->data = context_memory((u64)header->data_size + 1);
	session->rows = context_memory(image->rows_size + 1);
	session->parts = context_memory(n * SPILE_LEVELS * context_part(header->part_size) + 1);
	session->scratch = context_memory(n * SPILE_LEVELS * context_part(header->scratch_size) + 1);
	session->hits = context_memory(n * SPILE_LEVELS * context_hits_stride(header->n_probes) + 1);
	session->cpus = context_memory(n * sizeof(*session->cpus));
	if (!session->data || !session->rows || !session->parts || !session->scratch ||
	    !session->hits || !session->cpus)
		return -ENOMEM;
	for (cpu = 0; cpu < n; cpu++) {
		err = context_init_cpu(session, header, cpu);
		if (err)
			return err;
	}
	for_each_possible_cpu(cpu)
		per_cpu(context_free_top[session->slot], cpu) = &session->cpus[cpu].contexts[0].ctx;
	return 0;
}

/* Process context; no handler of the session runs, or will. */
void context_release(struct session *session)
{
	u32 cpu;

	for (cpu = 0; session->cpus && cpu < session->n_cpus; cpu++)
		ring_free(&session->cpus[cpu].ring);
	vfree(session->cpus);
	vfree(session->hits);
	vfree(session->scratch);
	vfree(session->parts);
	vfree(session->rows);
	vfree(session->data);
	session->cpus = NULL;
	session->hits = NULL;
	session->scratch = NULL;
	session->parts = NULL;
	session->rows = NULL;
	session->data = NULL;
}

/* How often handlers of a probe ran on a CPU. Handlers may go on meanwhile. */
u64 context_hits(const struct session *session, u32 cpu, u32 probe)
{
	u64 sum = 0;
	u32 level;

	for (level = 0; level < SPILE_LEVELS; level++) {
		const u64 *hits = (u64 *)session->cpus[cpu].contexts[level].ctx.hits;

		sum += READ_ONCE(hits[probe]);
	}
	return sum;
}

/* Fills spile_counters.hits. Process context. */
void context_sum_hits(struct session *session)
{
	u32 cpu, probe;
	u64 sum;

	for (cpu = 0; cpu < session->n_cpus; cpu++) {
		sum = 0;
		for (probe = 0; probe < session->n_probes; probe++)
			sum += context_hits(session, cpu, probe);
		WRITE_ONCE(session->cpus[cpu].ring.page->counters.hits, sum);
		cond_resched();
	}
}
