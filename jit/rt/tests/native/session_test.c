// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
#include "world.h"

static struct world world;
static struct rt_ctx *ctx;

static int record_is(int record, __u32 code, __u32 location, const char *text)
{
	const struct spile_message *message = (const void *)mock.records[record];

	return message->record.type == SPILE_RECORD_ERROR && message->code == code && message->location == location &&
	       message->probe == 7 && text_is(message + 1, message->length, text);
}

/* Runs a handler that fails, and says how many failures of the session there were then. */
static int fail_with(__u32 code, __u64 arg)
{
	CHECK(!ctx->error);
	ctx->error = code;
	ctx->error_arg = arg;
	ctx->error_location = 5;
	rt_failed(ctx);
	return mock.failures;
}

static void errors(void)
{
	struct rt_str *text = slot_new("my own");

	world_init(&world);
	world.info.max_errors = 2;
	world_start(&world);
	ctx = world_ctx(&world, 0, 0);
	CHECK(fail_with(SPILE_ERROR_DIVISION, 0) == 0);
	CHECK(fail_with(SPILE_ERROR_MAP_SIZE, 100) == 0);
	rt_error(ctx, text);
	ctx->error_location = 6;
	rt_failed(ctx);
	CHECK(mock.failures == 1 && mock.n_records == 3);
	CHECK(record_is(0, SPILE_ERROR_DIVISION, 5, "division by 0"));
	CHECK(record_is(1, SPILE_ERROR_MAP_SIZE, 5, "Array overflow, check size limit (100)"));
	CHECK(record_is(2, SPILE_ERROR_SCRIPT, 6, "my own"));
	CHECK(((struct rt_session *)world.data)->errors == 3);
	CHECK(!ctx->error);
	free(text);
	world_free(&world);
	mock_reset();
}

static void aborted(void)
{
	world_init(&world);
	world_start(&world);
	ctx = world_ctx(&world, 0, 0);
	rt_abort(ctx);
	CHECK(ctx->error == RT_ABORT && mock.exits == 1);
	rt_failed(ctx);
	CHECK(mock.n_records == 0 && mock.failures == 0);
	world_free(&world);
	mock_reset();
}

static void caught(void)
{
	struct rt_str *text = slot_new("my own"), *dst = slot_new("");

	world_init(&world);
	world_start(&world);
	ctx = world_ctx(&world, 0, 0);
	rt_error(ctx, text);
	CHECK(ctx->error == SPILE_ERROR_SCRIPT);
	rt_caught(ctx, dst);
	CHECK(!ctx->error && slot_is(dst, "my own"));
	rt_exhausted(ctx);
	rt_caught(ctx, dst);
	CHECK(!ctx->error && slot_is(dst, "all functions exhausted"));
	ctx->error = SPILE_ERROR_KERNEL_READ;
	ctx->error_arg = 0xffffffff81000000ull;
	rt_caught(ctx, dst);
	CHECK(slot_is(dst, "read fault [man error::fault] at 0xffff"));
	free(text);
	free(dst);
	world_free(&world);
}

void test_session(void)
{
	errors();
	aborted();
	caught();
}
