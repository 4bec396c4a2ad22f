/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/* Where formatted text goes, and where its arguments come from. */
#ifndef SPILE_RT_FORMAT_H
#define SPILE_RT_FORMAT_H

#include "base.h"

/* Text beyond the capacity is counted in length, but not stored. */
struct sink {
	u8 *data;
	u64 capacity;
	u64 length;
};

/* Either values, or types and words as rt_sprint() gets them. */
struct format_args {
	u64 n;
	const struct rt_value *values;
	struct rt_ctx *ctx;
	const u8 *types;
	const u64 *words;
};

/* Makes a value of types[index] and words[index] (output.c; nothing on the host). */
static void format_arg_resolve(const struct format_args *args, u64 index, struct rt_value *value);

static void sink_byte(struct sink *sink, u8 byte);
static void sink_bytes(struct sink *sink, const void *bytes, u64 n);
static void sink_fill(struct sink *sink, u8 byte, u64 n);
static void format_text(struct sink *sink, const u8 *text, u64 length, const struct format_args *args);
/* A chart of a histogram; its buckets follow the structure. */
static void chart_draw(struct sink *sink, const struct spile_hist *hist);
/* The byte as it is if printable, else its C escape, into 4 bytes; returns how many. */
static u32 text_escape(u8 byte, u8 out[4]);

#endif /* SPILE_RT_FORMAT_H */
