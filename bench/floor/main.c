// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The module: one work, from insmod to rmmod. */
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "floor.h"

static char *work = "empty";
module_param(work, charp, 0444);
MODULE_PARM_DESC(work, "what to do at a hit");

static int hits_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%llu\n", floor_hits());
}

static const struct kernel_param_ops hits_ops = {
	.get = hits_get,
};
module_param_cb(hits, &hits_ops, NULL, 0444);
MODULE_PARM_DESC(hits, "hits so far, as the work counts them");

static int __init floor_init(void)
{
	int err = floor_works_init();

	if (err)
		return err;
	err = floor_attach(work);
	if (err)
		floor_works_exit();
	return err;
}

static void __exit floor_exit(void)
{
	floor_detach();
	floor_works_exit();
}

module_init(floor_init);
module_exit(floor_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("What a hit costs in C");
