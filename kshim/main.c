// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Spile's kernel side: runs native images behind probes. It knows nothing of
 * the language the images were compiled from. See abi/include/spile_abi.h.
 */
#include <linux/module.h>
#include <linux/stringify.h>

#include "abi.h"
#include "arena.h"
#include "clock.h"
#include "device.h"
#include "owner.h"
#include "queue.h"
#include "ring.h"

static int __init spile_init(void)
{
	int err;

	ring_init();
	err = arena_init();
	if (err)
		return err;
	err = clock_init();
	if (err)
		return err;
	err = queue_init();
	if (err)
		goto no_queue;
	err = owner_init();
	if (err)
		goto no_owner;
	err = device_init();
	if (err)
		goto no_device;
	return 0;

no_device:
	owner_exit();
no_owner:
	queue_exit();
no_queue:
	clock_exit();
	return err;
}

/* Sessions hold references to the module: none is left here. */
static void __exit spile_exit(void)
{
	device_exit();
	owner_exit();
	queue_exit();
	clock_exit();
	arena_exit();
}

module_init(spile_init);
module_exit(spile_exit);

MODULE_DESCRIPTION("Runs Spile images behind probes");
MODULE_AUTHOR("The Spile authors");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION("0.1.0");
MODULE_INFO(abi_version, __stringify(SPILE_ABI_VERSION));
MODULE_INFO(abi_hash, __stringify(SPILE_ABI_HASH));
