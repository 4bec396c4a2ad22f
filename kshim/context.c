// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The memory of contexts. Every possible CPU has its part, so that none needs
 * to be prepared when it comes online.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "context.h"

/* Parts of CPUs and levels do not share cache lines. */
#define PART_ALIGN	128

static u64 context_part(u64 size)
{
	return ALIGN(size, PART_ALIGN);
}

static void *context_memory(u64 size)
{
	return __vmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN);
}

/* Bytes for all that context_alloc() would allocate. */
static u64 context_total(const struct session *session, const struct spile_image *header,
			 u32 ring_bytes)
{
	u64 each = sizeof(struct session_cpu) + ring_stride(ring_bytes);

	each += (u64)header->n_probes * sizeof(u64);
	each += context_part(header->percpu_size);
	each += context_part(header->scratch_size) * SPILE_LEVELS;
	return header->data_size + each * session->n_cpus;
}

static void context_init(struct session *session, const struct spile_image *header,
			 u32 cpu, u32 level)
{
	u64 percpu_stride = context_part(header->percpu_size);
	u64 scratch_stride = context_part(header->scratch_size);
	struct context *context = &session->cpus[cpu].contexts[level];

	context->cpu = &session->cpus[cpu];
	context->ctx = (struct spile_ctx){
		.data = (u64)session->data,
		.percpu = (u64)session->percpu + cpu * percpu_stride,
		.percpu_base = (u64)session->percpu,
		.percpu_stride = percpu_stride,
		.scratch = (u64)session->scratch + (cpu * SPILE_LEVELS + level) * scratch_stride,
		.counters = (u64)&session->cpus[cpu].ring.page->counters,
		.session = (u64)session,
		.param = session->param,
		.n_cpus = session->n_cpus,
		.cpu = cpu,
		.level = level,
	};
}

/*
 * Allocates data, parts, scratch memory, rings and contexts as the header
 * says. Process context, under the session's lock. After an error
 * context_free() is still due.
 */
int context_alloc(struct session *session, const struct spile_image *header, u32 ring_bytes)
{
	u64 n = session->n_cpus;
	u32 cpu, level;
	int err;

	/* Not more than half of the memory. */
	if (context_total(session, header, ring_bytes) / PAGE_SIZE > totalram_pages() / 2)
		return -ENOMEM;
	/* Never of size 0, so that NULL always means failure. */
	session->data = context_memory((u64)header->data_size + 1);
	session->percpu = context_memory(n * context_part(header->percpu_size) + 1);
	session->scratch = context_memory(n * SPILE_LEVELS * context_part(header->scratch_size) + 1);
	session->hits = context_memory(n * header->n_probes * sizeof(u64) + 1);
	session->cpus = context_memory(n * sizeof(*session->cpus));
	if (!session->data || !session->percpu || !session->scratch || !session->hits ||
	    !session->cpus)
		return -ENOMEM;
	for (cpu = 0; cpu < n; cpu++) {
		session->cpus[cpu].session = session;
		session->cpus[cpu].hits = session->hits + (u64)cpu * header->n_probes;
		err = ring_alloc(&session->cpus[cpu].ring, ring_bytes, &session->wait);
		if (err)
			return err;
		for (level = 0; level < SPILE_LEVELS; level++)
			context_init(session, header, cpu, level);
	}
	return 0;
}

/* Process context; no handler of the session runs, or will. */
void context_free(struct session *session)
{
	u32 cpu;

	for (cpu = 0; session->cpus && cpu < session->n_cpus; cpu++)
		ring_free(&session->cpus[cpu].ring);
	vfree(session->cpus);
	vfree(session->hits);
	vfree(session->scratch);
	vfree(session->percpu);
	vfree(session->data);
	session->cpus = NULL;
	session->hits = NULL;
	session->scratch = NULL;
	session->percpu = NULL;
	session->data = NULL;
}
