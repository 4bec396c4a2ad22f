/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/* What is kept of the last match of a regular expression. */
#ifndef SPILE_RT_REGEX_H
#define SPILE_RT_REGEX_H

#include "base.h"

#define NOWHERE 0xffffffffu

/* Places in a string. */
struct range {
	u32 start, end;		/* NOWHERE: none */
};

/* At the end of the scratch memory. The string is followed by bits. */
struct match {
	struct range registers[RT_MAX_REGISTERS];
	struct rt_str s;
};

/* Bytes of it, with one bit for each place in the string. */
ALWAYS_INLINE u32 match_size(u32 max_string)
{
	return (u32)align_up(sizeof(struct match) + align_up(max_string, 8) + max_string / 8 + 1, 8);
}

#endif /* SPILE_RT_REGEX_H */
