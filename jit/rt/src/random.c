// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Random numbers: xorshift64*, one state in each context, seeded by the clock. */
#include "imports.h"

__s64 rt_random(struct rt_ctx *ctx, __s64 bound)
{
	u64 state = ctx->random;

	if (bound <= 0)
		return 0;
	if (!state)
		state = (spile_import_cycles() ^ address_of(ctx)) | 1;
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	ctx->random = state;
	/* The high word of the product is below the bound. */
	return (s64)((unsigned __int128)(state * 0x2545f4914f6cdd1dull) * (u64)bound >> 64);
}
