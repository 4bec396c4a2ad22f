// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* The texts of errors, without the place that the host adds. */
#include "format.h"

__u64 rt_message(__u8 *out, __u64 capacity, __u32 code, __u64 arg)
{
	/* One array, since an array of pointers would need absolute addresses; in the order of enum spile_error. */
	static const u8 texts[] =
		"\0"
		"MAXACTION exceeded\0"
		"MAXNESTING exceeded\0"
		"division by 0\0"
		"Array overflow, check MAXMAPENTRIES\0"
		"Array overflow, check size limit (%d)\0"
		"empty aggregate\0"
		"histogram index out of range\0"
		"all functions exhausted\0"
		"read fault [man error::fault] at 0x%016x\0"
		"read fault [man error::fault] at 0x%016x\0"
		"kernel string copy fault at 0x%016x [man error::fault]\0"
		"user string copy fault -14 at 0x%016x [man error::fault]\0"
		"write fault [man error::fault] at 0x%016x\0";
	struct rt_value value = { RT_ARG_INT, arg, 0 };
	const u8 *text = texts;
	u64 length = 0;

	if (code >= SPILE_ERROR_SCRIPT)
		return 0;
	for (; code; code--) {
		while (*text)
			text++;
		text++;
	}
	while (text[length])
		length++;
	return rt_format(out, capacity, text, length, &value, 1);
}
