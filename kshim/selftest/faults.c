// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* See faults.h. Tests have one session at a time: the parameters have no lock. */
#include <linux/atomic.h>
#include <linux/moduleparam.h>

static int fault_at;
module_param(fault_at, int, 0600);
MODULE_PARM_DESC(fault_at, "which call from now on fails; 1 is the next, 0 none");

static int fault_error = -ENOMEM;
module_param(fault_error, int, 0600);
MODULE_PARM_DESC(fault_error, "how it fails, unless it gives memory");

static atomic_t fault_held;
module_param_named(fault_held, fault_held.counter, int, 0400);
MODULE_PARM_DESC(fault_held, "what kshim has of the kernel: allocations and registrations");

int fault_now(void)
{
	return fault_at > 0 && !--fault_at ? fault_error : 0;
}

void *fault_took(void *memory)
{
	if (memory)
		atomic_inc(&fault_held);
	return memory;
}

void fault_gave(const void *memory)
{
	if (memory)
		atomic_dec(&fault_held);
}

int fault_registered(int err)
{
	if (!err)
		atomic_inc(&fault_held);
	return err;
}

int fault_unregistered(int err)
{
	if (!err)
		atomic_dec(&fault_held);
	return err;
}
