// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Records in the ring, and text made in the handler. */
#include "format.h"
#include "imports.h"
#include "words.h"

/* A record of text. Dropped, and counted by kshim, where the ring has no room. */
static void output_message(struct rt_ctx *ctx, u32 type, u32 code, const u8 *text, u32 length)
{
	u64 padded = align_up(length, 8);
	struct spile_message *message =
		at(spile_import_ring_reserve(kshim_ctx(ctx), sizeof(*message) + padded, type));

	if (!message)
		return;
	message->code = code;
	message->location = code ? ctx->error_location : SPILE_NO_LOCATION;
	message->probe = ctx->probe;
	message->length = length;
	if (padded)
		*(u64 *)((u8 *)(message + 1) + padded - 8) = 0;
	memcpy(message + 1, text, length);
	spile_import_ring_commit(kshim_ctx(ctx), address_of(message));
}

void rt_warn(struct rt_ctx *ctx, const struct rt_str *text)
{
	output_message(ctx, SPILE_RECORD_WARNING, SPILE_ERROR_NONE, text->data, text->len);
}

void rt_system(struct rt_ctx *ctx, const struct rt_str *command)
{
	output_message(ctx, SPILE_RECORD_SYSTEM, SPILE_ERROR_NONE, command->data, command->len);
}

/* Bytes of an argument in a record. */
static u64 print_arg_size(u8 type, u64 word)
{
	if (type == RT_ARG_STR)
		return sizeof(u64) + align_up(((const struct rt_str *)at(word))->len, 8);
	if (type == RT_ARG_HIST) {
		const struct rt_global *global = at(((const struct rt_hist_arg *)at(word))->global);

		return sizeof(struct spile_hist) + global->n_buckets * sizeof(u64);
	}
	return sizeof(u64);
}

/* Writes an argument; returns where the next one goes. */
static u64 *print_arg(struct rt_ctx *ctx, u64 *out, u8 type, u64 word)
{
	if (type == RT_ARG_STR) {
		const struct rt_str *s = at(word);
		u64 words = align_up(s->len, 8) / 8;

		*out = s->len;
		if (words)
			out[words] = 0;
		memcpy(out + 1, s->data, s->len);
		return out + 1 + words;
	}
	if (type == RT_ARG_HIST) {
		const struct rt_hist_arg *arg = at(word);
		const struct rt_global *global = at(arg->global);
		struct spile_hist *hist = (struct spile_hist *)out;

		stat_hist(ctx, global, at(arg->keys), hist);
		return (u64 *)(hist + 1) + global->n_buckets;
	}
	*out = word;
	return out + 1;
}

__u64 rt_print_str(__u64 to, const struct rt_str *s)
{
	u32 n = s->len, i;

	for (i = 0; i * 8 < n; i++)
		store_u64(at(to + i * 8), str_word(s, i));
	return to + i * 8;
}

void rt_print(struct rt_ctx *ctx, __u64 format, __u64 n, const __u8 *types, const __u64 *args)
{
	u64 size = sizeof(struct spile_print), i, *out;
	struct spile_print *print;

	for (i = 0; i < n; i++)
		size += print_arg_size(types[i], args[i]);
	print = at(spile_import_ring_reserve(kshim_ctx(ctx), size, SPILE_RECORD_PRINT));
	if (UNLIKELY(!print))
		return;
	print->format = (u32)format;
	print->n_args = (u32)n;
	out = (u64 *)(print + 1);
	for (i = 0; i < n; i++)
		out = print_arg(ctx, out, types[i], args[i]);
	spile_import_ring_commit(kshim_ctx(ctx), address_of(print));
}

static void format_arg_resolve(const struct format_args *args, u64 index, struct rt_value *value)
{
	u64 word = args->words[index];

	value->type = args->types[index];
	value->word = word;
	if (value->type == RT_ARG_STR) {
		const struct rt_str *s = at(word);

		value->word = address_of(s->data);
		value->length = s->len;
	} else if (value->type == RT_ARG_HIST) {
		const struct rt_hist_arg *arg = at(word);
		/* In the scratch memory's reserve, behind the string. */
		struct spile_hist *hist = at(reserve_of(args->ctx) + rt_str_slot(session_of(args->ctx)->max_string));

		stat_hist(args->ctx, at(arg->global), at(arg->keys), hist);
		value->word = address_of(hist);
	}
}

void rt_sprint(struct rt_ctx *ctx, struct rt_str *dst, const struct rt_str *format, __u64 n, const __u8 *types,
	       const __u64 *args)
{
	/* In the scratch memory's reserve: dst may be an argument. */
	struct rt_str *out = at(reserve_of(ctx));
	struct sink sink = { out->data, str_limit(ctx), 0 };
	struct format_args from = { n, 0, ctx, types, args };

	format_text(&sink, format->data, format->len, &from);
	out->len = 0;
	/* A string ends at a NUL. */
	while (out->len < min_u64(sink.length, sink.capacity) && out->data[out->len])
		out->len++;
	rt_str_copy(ctx, dst, out);
}
