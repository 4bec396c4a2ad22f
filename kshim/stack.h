/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What lies on the stacks of tasks. */
#ifndef SPILE_STACK_H
#define SPILE_STACK_H

#include <linux/types.h>

bool stack_has_text(const void *text, u32 size, unsigned long frame);

#endif
