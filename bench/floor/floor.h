/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The floor of the bench: what a hit costs in a module written by hand for one
 * work, at one function, on the cheapest attachment that the kernel has.
 *
 *   main.c         the module: insmod floor.ko work=NAME attaches, rmmod detaches
 *   attach.c       the attachments
 *   trampoline_*.S code that vfs_read's ftrace call goes to directly
 *   works.c        what is done at a hit
 */
#ifndef FLOOR_H
#define FLOOR_H

#include <linux/types.h>

struct file;
struct pt_regs;

/* Arguments of vfs_read, which works at its entry get in their registers. */
#define FLOOR_ARGS \
	struct file *file, char __user *buf, size_t count, loff_t *pos

/* Works at the entry: FLOOR_ENTRY(name). */
#define FLOOR_ENTRIES(X)	\
	X(empty)		\
	X(count)		\
	X(histogram)		\
	X(array)		\
	X(statistics)		\
	X(printf)		\
	X(compare)

/* Works at entry and return. The entry's result is passed to the exit. */
#define FLOOR_PAIRS(X)		\
	X(both)			\
	X(latency)

#define FLOOR_DECLARE(name)				\
	void floor_##name(FLOOR_ARGS);			\
	void floor_##name##_trampoline(void);
FLOOR_ENTRIES(FLOOR_DECLARE)

#define FLOOR_DECLARE_PAIR(name)			\
	u64 floor_##name##_entry(void);			\
	void floor_##name##_exit(u64 begun);		\
	void floor_##name##_trampoline(void);
FLOOR_PAIRS(FLOOR_DECLARE_PAIR)

/* The work at the tracepoint sys_enter. */
void floor_sys_enter(void *data, struct pt_regs *regs, long id);

int floor_works_init(void);
void floor_works_exit(void);
u64 floor_hits(void);

int floor_attach(const char *work);
void floor_detach(void);

#endif
