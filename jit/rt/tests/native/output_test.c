// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
#include "world.h"

static struct world world;
static struct rt_ctx *ctx;

static void prints(const struct rt_global *stat)
{
	struct rt_str *s = slot_new("hello world"), *empty = slot_new("");
	struct rt_hist_arg hist = { (__u64)stat, 0 };
	const __u8 types[] = { RT_ARG_INT, RT_ARG_STR, RT_ARG_STR, RT_ARG_HIST };
	const __u64 args[] = { 42, (__u64)s, (__u64)empty, (__u64)&hist };
	const struct spile_print *print;
	const struct spile_hist *header;
	const __u64 *words;

	rt_print(ctx, 9, 4, types, args);
	CHECK(mock.n_records == 1);
	print = (const void *)mock.records[0];
	words = (const __u64 *)(print + 1);
	CHECK(print->record.type == SPILE_RECORD_PRINT && print->format == 9 && print->n_args == 4);
	CHECK(print->record.size == sizeof(*print) + 8 * (1 + 3 + 1) + sizeof(*header) + 128 * 8);
	CHECK(words[0] == 42 && words[1] == 11 && !memcmp(words + 2, "hello world\0\0\0\0\0", 16) && words[4] == 0);
	header = (const void *)(words + 5);
	CHECK(header->kind == 1 && header->n_buckets == 128 && header->count == 2 && header->sum == 17);
	CHECK(header->min == 1 && header->max == 16);
	words = (const __u64 *)(header + 1);
	CHECK(words[65] == 1 && words[69] == 1 && words[64] == 0);
	mock_reset();
	mock.ring_is_full = 1;
	rt_print(ctx, 9, 4, types, args);
	rt_warn(ctx, s);
	CHECK(mock.n_records == 0);
	mock_reset();
	free(s);
	free(empty);
}

static void sprints(const struct rt_global *stat)
{
	struct rt_str *s = slot_new("abc"), *format = slot_new("%5d|%-5s|%x"), *chart = slot_new("<%H"), *dst = slot_new("");
	struct rt_hist_arg hist = { (__u64)stat, 0 };
	const __u8 types[] = { RT_ARG_INT, RT_ARG_STR, RT_ARG_INT }, hist_type = RT_ARG_HIST;
	const __u64 args[] = { 42, (__u64)s, 255 }, hist_arg = (__u64)&hist;

	rt_sprint(ctx, dst, format, 3, types, args);
	CHECK(slot_is(dst, "   42|abc  |ff"));
	rt_sprint(ctx, s, format, 3, types, args);
	CHECK(slot_is(s, "   42|abc  |ff"));
	rt_sprint(ctx, s, format, 3, types, args);
	CHECK(slot_is(s, "   42|   42|abc  |ff|ff"));
	rt_sprint(ctx, s, s, 0, types, args);
	rt_sprint(ctx, dst, chart, 1, &hist_type, &hist_arg);
	CHECK(slot_is(dst, "<value |-------------------------------"));
	free(s);
	free(format);
	free(chart);
	free(dst);
}

static void messages(void)
{
	struct rt_str *s = slot_new("12345678"), *empty = slot_new("");
	const struct spile_message *message;

	rt_warn(ctx, s);
	rt_system(ctx, empty);
	CHECK(mock.n_records == 2);
	message = (const void *)mock.records[0];
	CHECK(message->record.type == SPILE_RECORD_WARNING && message->record.size == sizeof(*message) + 8);
	CHECK(message->code == 0 && message->location == SPILE_NO_LOCATION && message->probe == 7);
	CHECK(text_is(message + 1, message->length, "12345678"));
	message = (const void *)mock.records[1];
	CHECK(message->record.type == SPILE_RECORD_SYSTEM && message->record.size == sizeof(*message));
	CHECK(message->length == 0);
	mock_reset();
	free(s);
	free(empty);
}

void test_output(void)
{
	struct rt_global stat = { .kind = RT_STAT, .hist = RT_HIST_LOG, .sum = 1, .extremes = 1 };

	world_init(&world);
	world_add(&world, &stat);
	world_start(&world);
	ctx = world_ctx(&world, 0, 0);
	rt_stat_add(ctx, &stat, 0, 1);
	rt_stat_add(world_ctx(&world, 1, 2), &stat, 0, 16);
	prints(&stat);
	sprints(&stat);
	messages();
	world_free(&world);
}
