/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/* The functions of kshim that the runtime calls, as spile_import_NAME. */
#ifndef SPILE_RT_IMPORTS_H
#define SPILE_RT_IMPORTS_H

#include "base.h"

typedef struct spile_loaded spile_loaded;
#define IMPORT_DECLARE(name, result, args) result spile_import_##name args;
SPILE_IMPORTS(IMPORT_DECLARE)

ALWAYS_INLINE struct spile_ctx *kshim_ctx(struct rt_ctx *ctx)
{
	return (struct spile_ctx *)ctx;
}

#endif /* SPILE_RT_IMPORTS_H */
