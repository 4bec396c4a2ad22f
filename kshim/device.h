/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* /dev/spile: one session for each open file. */
#ifndef SPILE_DEVICE_H
#define SPILE_DEVICE_H

int device_init(void);
void device_exit(void);

#endif
