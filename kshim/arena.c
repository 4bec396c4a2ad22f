// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The arena is reserved in an executable section of the module, so it needs
 * no unexported allocator, and the kernel treats an image as it treats any
 * module text. It is never writable where it is executable: code is written
 * through a second mapping of its pages, which exists only meanwhile.
 *
 * arena_lock covers the map of used granules and every write.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "abi.h"
#include "arch.h"
#include "arena.h"

/* The unit of what is handed out: room for a small stub. */
#define GRANULE		256
#define GRANULES	(SPILE_ARENA_BYTES / GRANULE)

static DEFINE_MUTEX(arena_lock);
static DECLARE_BITMAP(arena_used, GRANULES);

static unsigned int granules(u32 size)
{
	return DIV_ROUND_UP(size, GRANULE);
}

/* Maps the pages under [text, text + size) writable elsewhere. May sleep. */
static void *arena_map(void *text, u32 size, void **mapping)
{
	unsigned long first = (unsigned long)text & PAGE_MASK;
	unsigned int n = (PAGE_ALIGN((unsigned long)text + size) - first) >> PAGE_SHIFT;
	struct page **pages;
	unsigned int i;

	pages = kvmalloc_array(n, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	for (i = 0; i < n; i++)
		pages[i] = vmalloc_to_page((void *)(first + i * PAGE_SIZE));
	*mapping = vmap(pages, n, VM_MAP, PAGE_KERNEL);
	kvfree(pages);
	return *mapping ? *mapping + offset_in_page(text) : NULL;
}

static int arena_update(void *text, const void *from, u32 size)
{
	void *mapping, *to;

	lockdep_assert_held(&arena_lock);
	to = arena_map(text, size, &mapping);
	if (!to)
		return -ENOMEM;
	if (from)
		memcpy(to, from, size);
	else
		arch_fill_traps(to, size);
	vunmap(mapping);
	/* No CPU may still see what these bytes were before. */
	arch_sync_text(text, size);
	return 0;
}

/*
 * arena_alloc - reserve executable memory
 * @size: in bytes, not 0
 * @align: of its address, a power of two up to SPILE_TEXT_ALIGN; GRANULE is the least there is
 *
 * Process context. Returns an address or an ERR_PTR.
 */
void *arena_alloc(u32 size, u32 align)
{
	unsigned long at, mask = granules(align) - 1;

	mutex_lock(&arena_lock);
	at = bitmap_find_next_zero_area(arena_used, GRANULES, 0, granules(size), mask);
	if (at < GRANULES)
		bitmap_set(arena_used, at, granules(size));
	mutex_unlock(&arena_lock);
	return at < GRANULES ? spile_arena_text + at * GRANULE : ERR_PTR(-ENOSPC);
}

/* Fills memory from arena_alloc() with code. Process context. */
int arena_write(void *text, const void *from, u32 size)
{
	int err;

	mutex_lock(&arena_lock);
	err = arena_update(text, from, size);
	mutex_unlock(&arena_lock);
	return err;
}

/* Process context. The caller made sure that no CPU runs this code any more. */
void arena_free(void *text, u32 size)
{
	unsigned long at = ((u8 *)text - spile_arena_text) / GRANULE;

	mutex_lock(&arena_lock);
	/* Only a precaution, so it may fail. */
	arena_update(text, NULL, granules(size) * GRANULE);
	bitmap_clear(arena_used, at, granules(size));
	mutex_unlock(&arena_lock);
}

/*
 * Process context. Everything that was in text which nobody enters any more has
 * left it, unless it is in a function that the text called. Tasks may be preempted
 * in its first and last instructions, and interrupts may come where RCU does not look.
 */
void arena_synchronize(void)
{
	synchronize_rcu_tasks_rude();
	synchronize_rcu_tasks();
	synchronize_rcu();
}

u32 arena_bytes(void)
{
	return SPILE_ARENA_BYTES;
}

u32 arena_bytes_free(void)
{
	u32 used;

	mutex_lock(&arena_lock);
	used = bitmap_weight(arena_used, GRANULES);
	mutex_unlock(&arena_lock);
	return (GRANULES - used) * GRANULE;
}

int arena_init(void)
{
	BUILD_BUG_ON(SPILE_ARENA_BYTES % SPILE_TEXT_ALIGN || !SPILE_ARENA_BYTES);
	if (!IS_ALIGNED((unsigned long)spile_arena_text, SPILE_TEXT_ALIGN))
		return -ENOEXEC;
	return arena_write(spile_arena_text, NULL, SPILE_ARENA_BYTES) ? -ENOMEM : 0;
}

void arena_exit(void)
{
	WARN_ON(!bitmap_empty(arena_used, GRANULES));
}
