// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * The whole runtime as one translation unit: calls between its parts need no
 * linker, and helpers are inlined. In the order of dependence.
 */
#ifdef SPILE_RT_EMBEDDED
/* The jit links images itself and knows neither a GOT nor a PLT. */
#pragma GCC visibility push(hidden)
#endif

#include "memory.c"
#include "string.c"
#include "format.c"
#include "chart.c"
#include "message.c"
#include "text.c"
#include "float.c"
#include "float_text.c"
#include "layout.c"
#include "map.c"
#include "stat.c"
#include "sort.c"
#include "iter.c"
#include "timing.c"
#include "lock.c"
#include "select.c"
#include "output.c"
#include "memory_string.c"
#include "random.c"
#include "delay.c"
#include "regex.c"
#include "session.c"
#include "share.c"
