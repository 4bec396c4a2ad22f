/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The kernel's clocks, for handlers that read the cycle counter themselves. */
#ifndef SPILE_CLOCK_H
#define SPILE_CLOCK_H

#include "abi.h"

extern struct spile_clocks clocks_shared;

int clock_init(void);
void clock_exit(void);

#endif
