// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* The part of the runtime that the host and the agent use: formatting, messages, layout. */
#include "string.c"
#include "format.c"
#include "chart.c"
#include "message.c"
#include "text.c"
#include "layout.c"

/* Arguments are values here. */
static void format_arg_resolve(const struct format_args *args, u64 index, struct rt_value *value)
{
	(void)args;
	(void)index;
	(void)value;
}

