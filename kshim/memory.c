// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Loads and stores that may fault, for handlers. A kernel address takes a
 * range check and one instruction with an exception-table entry. What could
 * have a page brought in does so with page faults off: nothing sleeps.
 */
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "arch.h"
#include "import.h"

/* The loads of kernel memory: every instruction counts. */
ARCH_LOAD_FUNCTION(8)
ARCH_LOAD_FUNCTION(16)
ARCH_LOAD_FUNCTION(32)
ARCH_LOAD_FUNCTION(64)

#define STORE_KERNEL(bits)							\
u64 spile_store_kernel_u##bits(u64 addr, u64 value)				\
{										\
	u64 fault = 1;								\
										\
	/* A write to what is read-only may look like a page to be copied. */	\
	pagefault_disable();							\
	if (likely(arch_kernel_range(addr, bits / 8)))				\
		ARCH_STORE(ARCH_STORE_##bits, addr, value, fault);		\
	pagefault_enable();							\
	return fault;								\
}

/*
 * A kernel thread has no user memory, though it may borrow an address space.
 * An NMI may have interrupted a switch of address spaces, which only the
 * kernel's own function can tell.
 */
#define LOAD_USER(bits)								\
struct spile_loaded spile_load_user_u##bits(u64 addr)				\
{										\
	const u##bits __user *from = (const u##bits __user *)addr;		\
	u##bits value = 0;							\
	u64 fault = 1;								\
										\
	if (unlikely(!current->mm)) {						\
		/* None. */							\
	} else if (unlikely(in_nmi())) {					\
		fault = !!copy_from_user_nofault(&value, from, sizeof(value));	\
	} else if (likely(access_ok(from, sizeof(value)))) {			\
		pagefault_disable();						\
		fault = !!__get_user(value, from);				\
		pagefault_enable();						\
	}									\
	return (struct spile_loaded){ fault ? 0 : value, fault };		\
}

LOAD_USER(8)
LOAD_USER(16)
LOAD_USER(32)
LOAD_USER(64)

STORE_KERNEL(8)
STORE_KERNEL(16)
STORE_KERNEL(32)
STORE_KERNEL(64)
