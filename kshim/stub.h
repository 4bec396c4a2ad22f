/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Code that kshim writes itself: a piece of the arena, freed when nobody is in it. */
#ifndef SPILE_STUB_H
#define SPILE_STUB_H

#include <linux/kernel.h>
#include <linux/llist.h>
#include <linux/string.h>
#include <linux/types.h>

struct stub {
	struct llist_node retired;
	void *text;
	u32 size;
	/* While it is written. */
	u8 *bytes;
	u32 at;
	bool failed;		/* something does not fit, or does not reach */
};

struct stub *stub_create(u32 size, bool needed);
int stub_write(struct stub *stub);
void stub_retire(struct stub *stub);

/* Where the next byte will run. */
static inline unsigned long stub_here(const struct stub *stub)
{
	return (unsigned long)stub->text + stub->at;
}

static inline void stub_put(struct stub *stub, const void *bytes, u32 n)
{
	if (n > stub->size - stub->at) {
		stub->failed = true;
		return;
	}
	memcpy(stub->bytes + stub->at, bytes, n);
	stub->at += n;
}

static inline void stub_align(struct stub *stub, u32 bytes)
{
	stub->at = ALIGN(stub->at, bytes);
}

#endif
