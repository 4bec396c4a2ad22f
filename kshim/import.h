/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What handlers may call: the table in spile_abi.h, as C functions. */
#ifndef SPILE_IMPORT_H
#define SPILE_IMPORT_H

#include "abi.h"

typedef struct spile_loaded spile_loaded;

#define SPILE_IMPORT_PROTOTYPE(name, result, args) result spile_##name args;
SPILE_IMPORTS(SPILE_IMPORT_PROTOTYPE)

unsigned long import_address(u32 import);

#endif
