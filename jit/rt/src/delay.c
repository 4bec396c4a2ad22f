// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Waiting, for scripts in guru mode. */
#include "imports.h"

void rt_delay(struct rt_ctx *ctx, __s64 ns)
{
	u64 start = spile_import_time_mono_ns();

	(void)ctx;
	while (ns > 0 && spile_import_time_mono_ns() - start < (u64)ns)
		;
}
