/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The contract, with what kshim's C needs around it. */
#ifndef SPILE_KSHIM_ABI_H
#define SPILE_KSHIM_ABI_H

#include "spile_abi.h"
#include "spile_abi_hash.h"

/* A function of an image. Runs with preemption off, in any context. */
typedef void (*spile_handler)(struct spile_ctx *ctx);

#endif
