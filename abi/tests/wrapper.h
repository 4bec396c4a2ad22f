/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What bindgen reads: the header, and as constants the macros that it cannot evaluate. */
#include "spile_abi.h"

static const __u32 SPILE_IOCTL_INFO = SPILE_IOC_INFO;
static const __u32 SPILE_IOCTL_LOAD = SPILE_IOC_LOAD;
static const __u32 SPILE_IOCTL_START = SPILE_IOC_START;
static const __u32 SPILE_IOCTL_STOP = SPILE_IOC_STOP;
static const __u32 SPILE_IOCTL_STATUS = SPILE_IOC_STATUS;
static const __u32 SPILE_IOCTL_PROBE = SPILE_IOC_PROBE;
