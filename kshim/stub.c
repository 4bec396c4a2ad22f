// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Stubs are written once, before anybody calls them. One that nobody calls any
 * more may still have somebody in it, preempted between two instructions: work of
 * our own waits for those, many at once; the queue does not go before it is done.
 * Nobody sleeps in one of his own accord, nor returns to one afterwards.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "arch.h"
#include "arena.h"
#include "queue.h"
#include "stub.h"

/* All of them together, so that images have the rest. */
#define MAX_BYTES	(SPILE_ARENA_BYTES / 4)

static LLIST_HEAD(stubs_retired);
static atomic_t stubs_bytes;

/* Process context; nobody is in it, or will be. */
static void stub_free(struct stub *stub)
{
	arena_free(stub->text, stub->size);
	atomic_sub(stub->size, &stubs_bytes);
	kvfree(stub->bytes);
	kfree(stub);
}

static void stubs_free(struct work_struct *work)
{
	struct llist_node *retired = llist_del_all(&stubs_retired);
	struct stub *stub, *next;

	if (!retired)
		return;
	arena_synchronize();
	llist_for_each_entry_safe(stub, next, retired, retired)
		stub_free(stub);
}

static DECLARE_WORK(stubs_work, stubs_free);

/*
 * stub_create - room for a stub
 * @needed: take memory also where there are many
 *
 * Process context. Returns an ERR_PTR where there is no room.
 */
struct stub *stub_create(u32 size, bool needed)
{
	struct stub *stub = kzalloc(sizeof(*stub), GFP_KERNEL);
	void *text = ERR_PTR(-ENOMEM);

	if (!stub)
		return ERR_PTR(-ENOMEM);
	stub->size = size;
	stub->bytes = kvmalloc_array(size, 1, GFP_KERNEL);
	if (atomic_add_return(size, &stubs_bytes) > MAX_BYTES && !needed)
		text = ERR_PTR(-ENOSPC);
	else if (stub->bytes)
		text = arena_alloc(size, 1);
	if (IS_ERR(text)) {
		atomic_sub(size, &stubs_bytes);
		kvfree(stub->bytes);
		kfree(stub);
		return ERR_CAST(text);
	}
	stub->text = text;
	/* What is left out. */
	arch_fill_traps(stub->bytes, size);
	return stub;
}

/* Puts what was written where it runs, or frees the stub. Process context. */
int stub_write(struct stub *stub)
{
	int err = stub->failed ? -ERANGE : arena_write(stub->text, stub->bytes, stub->size);

	kvfree(stub->bytes);
	stub->bytes = NULL;
	if (err)
		stub_free(stub);
	return err;
}

/* Frees a stub, or NULL, later. Process context; nobody calls it any more. */
void stub_retire(struct stub *stub)
{
	if (!stub)
		return;
	llist_add(&stub->retired, &stubs_retired);
	queue_work(queue, &stubs_work);
}
