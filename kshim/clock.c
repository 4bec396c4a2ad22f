// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Follows the kernel's clocks: whenever the timekeeper changes, it tells those
 * who keep the time of guests, and with the same numbers so can handlers. They
 * are what ktime_get_mono_fast_ns() computes with, so the two agree.
 */
#include <linux/cache.h>
#include <linux/notifier.h>
#include <linux/pvclock_gtod.h>
#include <linux/timekeeper_internal.h>

#include "arch.h"
#include "clock.h"

struct spile_clocks clocks_shared ____cacheline_aligned = { .ended = 1 };

/*
 * The timekeeper's lock is held, and interrupts are off: one writer at a time.
 * Readers may be in any context incl. NMI, on this CPU too.
 */
static int clock_follow(struct notifier_block *block, unsigned long was_set, void *data)
{
	const struct timekeeper *keeper = data;
	const struct tk_read_base *mono = &keeper->tkr_mono;
	u64 begun = clocks_shared.begun;
	/* The copy that is not in use. */
	u32 other = sizeof(struct spile_clocks_copy) - (u32)begun;
	u64 number = ((begun >> 32) + 1) << 32 | other;
	bool usable = mono->clock->vdso_clock_mode == ARCH_CLOCK_MODE;
	struct spile_clocks_copy *copy = (void *)clocks_shared.copies + other;

	/* Whoever still reads this copy must see that `ended` has moved on since. */
	smp_wmb();
	WRITE_ONCE(copy->last, mono->cycle_last);
	WRITE_ONCE(copy->mult, mono->mult);
	WRITE_ONCE(copy->fraction, mono->xtime_nsec);
	WRITE_ONCE(copy->shift, mono->shift);
	WRITE_ONCE(copy->mono, mono->base);
	WRITE_ONCE(copy->real, mono->base + keeper->offs_real);
	WRITE_ONCE(copy->boot, mono->base + keeper->offs_boot);
	smp_wmb();
	WRITE_ONCE(clocks_shared.ended, usable ? number : number + 1);
	WRITE_ONCE(clocks_shared.begun, number);
	return NOTIFY_OK;
}

static struct notifier_block clock_notifier = { .notifier_call = clock_follow };

/* Before any session. Process context; calls clock_follow() at once. */
int __init clock_init(void)
{
	return pvclock_gtod_register_notifier(&clock_notifier);
}

/* After all sessions. Process context. */
void clock_exit(void)
{
	pvclock_gtod_unregister_notifier(&clock_notifier);
}
