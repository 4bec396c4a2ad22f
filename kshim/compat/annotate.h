/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* For assembly: what objtool wants to know, where there is an objtool that asks. */
#ifndef SPILE_COMPAT_ANNOTATE_H
#define SPILE_COMPAT_ANNOTATE_H

#ifdef CONFIG_X86_KERNEL_IBT
#include <linux/objtool.h>
#else
#define ANNOTATE_NOENDBR
#endif

#endif
