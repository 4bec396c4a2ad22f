// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
#include "world.h"

#define LONG "0123456789012345678901234567890123456"	/* 37 of at most 39 */

static struct rt_ctx *ctx;

/* Runs a function of one string, into a fresh slot and then into its own argument. */
#define BOTH_WAYS(input, call, expected)			\
	do {							\
		struct rt_str *s = slot_new(input);		\
		struct rt_str *dst = slot_new("old");		\
		call;						\
		CHECK(slot_is(dst, expected));			\
		free(dst);					\
		dst = s;					\
		call;						\
		CHECK(slot_is(dst, expected));			\
		free(s);					\
	} while (0)

static void copy_and_concat(void)
{
	struct rt_str *a = slot_new("abc"), *b = slot_new("12345678"), *c = slot_new(LONG), *dst = slot_new("");

	rt_str_copy(ctx, dst, b);
	CHECK(slot_is(dst, "12345678"));
	rt_str_concat(ctx, dst, a, b);
	CHECK(slot_is(dst, "abc12345678"));
	rt_str_concat(ctx, dst, dst, a);
	CHECK(slot_is(dst, "abc12345678abc"));
	rt_str_concat(ctx, dst, a, dst);
	CHECK(slot_is(dst, "abcabc12345678abc"));
	rt_str_concat(ctx, dst, dst, dst);
	CHECK(slot_is(dst, "abcabc12345678abcabcabc12345678abc"));
	rt_str_concat(ctx, dst, c, b);
	CHECK(slot_is(dst, LONG "12"));
	CHECK(rt_strlen(dst) == MAX_STRING - 1);
	rt_str_concat(ctx, dst, dst, a);
	CHECK(slot_is(dst, LONG "12"));
	rt_str_concat(ctx, dst, a, dst);
	CHECK(slot_is(dst, "abc012345678901234567890123456789012345"));
	free(a);
	free(b);
	free(c);
	free(dst);
}

static void compare(const char *a, const char *b, int sign)
{
	struct rt_str *p = slot_new(a), *q = slot_new(b);
	__s64 order = rt_str_compare(p, q);

	CHECK((order > 0) - (order < 0) == sign);
	free(p);
	free(q);
}

static void search(const char *text, const char *part, __s64 position)
{
	struct rt_str *s = slot_new(text), *p = slot_new(part);

	CHECK(rt_strpos(s, p) == position);
	CHECK(rt_isinstr(s, p) == (position >= 0));
	free(s);
	free(p);
}

static void span(const char *text, const char *set, __s64 inside, __s64 outside)
{
	struct rt_str *s = slot_new(text), *p = slot_new(set);

	CHECK(rt_strspn(s, p) == inside);
	CHECK(rt_strcspn(s, p) == outside);
	free(s);
	free(p);
}

static void spans(void)
{
	span("abcab", "ba", 2, 0);
	span("abcab", "c", 0, 2);
	span("abc", "xyz", 0, 3);
	span("aaa", "a", 3, 0);
	span("abc", "", 0, 3);
	span("", "abc", 0, 0);
}

static void number(const char *text, __s64 base, __s64 expected)
{
	struct rt_str *s = slot_new(text);

	CHECK(rt_strtol(s, base) == expected);
	free(s);
}

static void replace(const char *text, const char *part, const char *by, const char *expected)
{
	struct rt_str *p = slot_new(part), *q = slot_new(by);

	BOTH_WAYS(text, rt_str_replace(ctx, dst, s, p, q), expected);
	free(p);
	free(q);
}

static void numbers(void)
{
	number("123", 10, 123);
	number("-123abc", 10, -123);
	number("0x1f", 16, 31);
	number("1F", 16, 31);
	number("0x1f", 0, 31);
	number("017", 0, 15);
	number("19", 0, 19);
	number("0x", 0, 0);
	number("0xg", 16, 0);
	number("08", 0, 0);
	number("zz", 36, 35 * 36 + 35);
	number("102", 2, 2);
	number(" 1", 10, 0);
	number("+1", 10, 0);
	number("", 10, 0);
	number("-", 10, 0);
	number("1", 1, 0);
	number("1", 37, 0);
	number("1", -1, 0);
	number("9223372036854775808", 10, (-9223372036854775807ll - 1));
}

static void parts(void)
{
	struct rt_str *bytes = slot_new("h\xff");

	BOTH_WAYS("hello world", rt_substr(ctx, dst, s, 6, 5), "world");
	BOTH_WAYS("hello", rt_substr(ctx, dst, s, 2, 100), "llo");
	BOTH_WAYS("hello", rt_substr(ctx, dst, s, 5, 1), "");
	BOTH_WAYS("hello", rt_substr(ctx, dst, s, -1, 3), "");
	BOTH_WAYS("hello", rt_substr(ctx, dst, s, 1, -1), "");
	BOTH_WAYS("hello", rt_substr(ctx, dst, s, 1, (-9223372036854775807ll - 1)), "");
	CHECK(rt_stringat(bytes, 1) == 0xff && !rt_stringat(bytes, 2) && !rt_stringat(bytes, -1));
	free(bytes);
	search("hello", "l", 2);
	search("hello", "lo", 3);
	search("hello", "lol", -1);
	search("hello", "", 0);
	search("", "x", -1);
	search("aab", "ab", 1);
	replace("a-b-c", "-", "+", "a+b+c");
	replace("a-b-c", "-", "", "abc");
	replace("aaa", "a", "bb", "bbbbbb");
	replace("aaa", "aa", "b", "ba");
	replace("abc", "", "x", "abc");
	replace("abc", "x", "y", "abc");
	replace("aaaa", "a", LONG, LONG "01");
}

static void texts(void)
{
	BOTH_WAYS("a\tb\n\x01\"\\", rt_text_str(ctx, dst, s, 0, 0), "a\\tb\\n\\001\\\"\\\\");
	BOTH_WAYS("hi", rt_text_str(ctx, dst, s, 0, 1), "\"hi\"");
	BOTH_WAYS("hello world", rt_text_str(ctx, dst, s, 10, 1), "\"hello\"...");
	BOTH_WAYS("hello world", rt_text_str(ctx, dst, s, 5, 0), "hello");
	BOTH_WAYS("ab\ncd", rt_text_str(ctx, dst, s, 3, 0), "ab");
	BOTH_WAYS("hello", rt_text_str(ctx, dst, s, 1, 1), "\"");
	BOTH_WAYS(LONG, rt_text_str(ctx, dst, s, 0, 1), "\"" LONG "\"");
	BOTH_WAYS(LONG "\n", rt_text_str(ctx, dst, s, 0, 1), "\"0123456789012345678901234567890123\"...");
}

static void date(__s64 seconds, const char *expected)
{
	struct rt_str *dst = slot_new("");

	rt_ctime(ctx, dst, seconds);
	CHECK(slot_is(dst, expected));
	free(dst);
}

static void dates(void)
{
	date(0, "Thu Jan  1 00:00:00 1970");
	date(-1, "Wed Dec 31 23:59:59 1969");
	date(951782400, "Tue Feb 29 00:00:00 2000");
	date(1700000000, "Tue Nov 14 22:13:20 2023");
	date(253402300799, "Fri Dec 31 23:59:59 9999");
	date(-62135596800, "Mon Jan  1 00:00:00    1");
	date(253402300800, "far far in the future...");
	date((-9223372036854775807ll - 1), "a long, long time ago...");
}

static void from_memory(void)
{
	static __u8 memory[64] __attribute__((aligned(8)));
	struct rt_str *dst = slot_new("");
	int start, n;

	mock.memory = memory;
	mock.memory_size = sizeof(memory);
	for (start = 0; start < 16; start++) {
		for (n = 0; n < 40; n++) {
			char expected[64] = { 0 };

			memset(memory, 'x', sizeof(memory));
			memory[start + n] = 0;
			memset(expected, 'x', n);
			rt_kernel_string(ctx, dst, (__u64)memory + start, 1000);
			CHECK(!ctx->error && slot_is(dst, n < MAX_STRING ? expected : LONG));
			expected[n / 2] = 0;
			rt_user_string(ctx, dst, (__u64)memory + start, n / 2);
			CHECK(!ctx->error && slot_is(dst, expected));
		}
	}
	memory[2] = 0;
	rt_kernel_bytes(ctx, dst, (__u64)memory + 1, 11);
	CHECK(!ctx->error && dst->len == 11 && !memcmp(dst->data, memory + 1, 11));
	rt_user_bytes(ctx, dst, (__u64)memory + 2, 1);
	CHECK(!ctx->error && dst->len == 1 && !dst->data[0]);
	rt_kernel_string(ctx, dst, (__u64)memory, -1);
	CHECK(!ctx->error && slot_is(dst, ""));
	memset(memory, 'x', sizeof(memory));
	rt_kernel_string(ctx, dst, (__u64)memory + 60, 4);
	CHECK(!ctx->error && slot_is(dst, "xxxx"));
	rt_kernel_string(ctx, dst, (__u64)memory + 60, 5);
	CHECK(ctx->error == SPILE_ERROR_KERNEL_STRING && ctx->error_arg == (__u64)memory + 60 && slot_is(dst, ""));
	rt_user_string(ctx, dst, 8, 5);
	CHECK(ctx->error == SPILE_ERROR_USER_STRING && ctx->error_arg == 8);
	ctx->error = 0;
	free(dst);
	mock_reset();
}

void test_string(void)
{
	struct world world;
	__u64 seen = 0;
	int i;

	world_init(&world);
	world_start(&world);
	ctx = world_ctx(&world, 0, 0);
	CHECK(rt_str_slot(512) == 520 && rt_str_slot(1) == 8 && rt_str_slot(5) == 16 && rt_str_slot(6) == 16);
	copy_and_concat();
	compare("", "", 0);
	compare("a", "", 1);
	compare("abc", "abd", -1);
	compare("abcdefghij", "abcdefghik", -1);
	compare("abcdefgh", "abcdefg", 1);
	compare("\xff", "a", 1);
	parts();
	spans();
	numbers();
	texts();
	dates();
	from_memory();
	for (i = 0; i < 1000; i++) {
		__s64 value = rt_random(ctx, 10);

		CHECK(value >= 0 && value < 10);
		seen |= 1u << value;
	}
	CHECK(seen == 0x3ff && !rt_random(ctx, 0) && !rt_random(ctx, -5));
	world_free(&world);
}
