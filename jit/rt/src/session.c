// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* What is around each handler: the session block, locks, the budget, errors, scratch memory. */
#include "format.h"
#include "imports.h"

_Static_assert(__builtin_offsetof(struct rt_ctx, frame_top) == __builtin_offsetof(struct spile_ctx, image),
	       "struct rt_ctx begins as struct spile_ctx");
_Static_assert(sizeof(struct rt_ctx) <= sizeof(struct spile_ctx), "the image's part of the context is large enough");
_Static_assert(sizeof(struct rt_session) == 64, "the session block is one cache line");

#define MESSAGE_BYTES 96

void rt_init(struct rt_ctx *ctx, const struct rt_init_info *info, const struct rt_global *globals)
{
	struct rt_session *session = session_of(ctx);

	/* Zeroed memory is empty maps and aggregates. */
	session->globals = address_of(globals);
	session->max_string = info->max_string;
	session->max_errors = info->max_errors;
	session->max_skipped = info->max_skipped;
	session->max_nesting = info->max_nesting;
	session->max_trylock = info->max_trylock;
	session->scratch_size = info->scratch_size;
	session->reserve = info->reserve;
}

/* Counts a hit that found a global locked, and says which. */
static void session_skip(struct rt_ctx *ctx, u32 global)
{
	static const u8 text[] =
		"Skipped too many probes, check MAXSKIPPED or try again with stap -t for more details.";
	struct rt_session *session = session_of(ctx);
	struct spile_counters *counters = at(ctx->counters);

	__atomic_fetch_add(&counters->skips[SPILE_SKIP_LOCK], 1, __ATOMIC_RELAXED);
	output_message(ctx, SPILE_RECORD_SKIPPED, global, text, 0);
	if (__atomic_fetch_add(&session->skips, 1, __ATOMIC_RELAXED) != session->max_skipped)
		return;
	output_message(ctx, SPILE_RECORD_ERROR, SPILE_ERROR_NONE, text, sizeof(text) - 1);
	spile_import_session_fail(kshim_ctx(ctx));
}

__u64 rt_enter(struct rt_ctx *ctx, const struct rt_handler *handler)
{
	const struct rt_lock *locked = locks_take(ctx, handler);

	if (LIKELY(!locked))
		return 1;
	session_skip(ctx, locked->global);
	return 0;
}

__u64 rt_ask(struct rt_ctx *ctx, const struct rt_handler *handler)
{
	u32 i, seen;

	for (i = 0; i < handler->n_locks; i++) {
		if (lock_try(ctx, &handler->locks[i], &seen))
			continue;
		locks_release(ctx, handler, i);
		return 0;
	}
	return 1;
}

void rt_leave(struct rt_ctx *ctx, const struct rt_handler *handler)
{
	locks_release(ctx, handler, handler->n_locks);
}

void rt_failed(struct rt_ctx *ctx)
{
	struct rt_session *session = session_of(ctx);
	u32 error = ctx->error;

	ctx->error = SPILE_ERROR_NONE;
	if (error == RT_ABORT)
		return;
	if (error == SPILE_ERROR_SCRIPT) {
		const struct rt_str *text = at(ctx->error_text);

		output_message(ctx, SPILE_RECORD_ERROR, error, text->data, text->len);
	} else {
		u8 text[MESSAGE_BYTES];
		u64 length = rt_message(text, sizeof(text), error, ctx->error_arg);

		output_message(ctx, SPILE_RECORD_ERROR, error, text, (u32)min_u64(length, sizeof(text)));
	}
	if (__atomic_fetch_add(&session->errors, 1, __ATOMIC_RELAXED) >= session->max_errors)
		spile_import_session_fail(kshim_ctx(ctx));
}

void rt_caught(struct rt_ctx *ctx, struct rt_str *dst)
{
	if (ctx->error == SPILE_ERROR_SCRIPT) {
		rt_str_copy(ctx, dst, at(ctx->error_text));
	} else {
		u32 limit = str_limit(ctx);

		dst->len = (u32)min_u64(rt_message(dst->data, limit, ctx->error, ctx->error_arg), limit);
	}
	ctx->error = SPILE_ERROR_NONE;
	ctx->error_text = 0;
}

void rt_error(struct rt_ctx *ctx, const struct rt_str *text)
{
	ctx->error_text = address_of(text);
	fail(ctx, SPILE_ERROR_SCRIPT, 0);
}

void rt_exhausted(struct rt_ctx *ctx)
{
	fail(ctx, SPILE_ERROR_EXHAUSTED, 0);
}

void rt_abort(struct rt_ctx *ctx)
{
	spile_import_session_exit(kshim_ctx(ctx));
	fail(ctx, RT_ABORT, 0);
}
