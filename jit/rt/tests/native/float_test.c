// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Arithmetic on bit patterns against the processor's and the C library's. */
#include <math.h>

#include "world.h"

#define ROUNDS 60000
#define NAN_BITS 0x7ff8000000000000ll

/* Room for the longest text. */
#define LONG_STRING 512

static __s64 bits_of(double value)
{
	__s64 bits;

	memcpy(&bits, &value, sizeof(bits));
	return isnan(value) ? NAN_BITS : bits;
}

static double double_of(__s64 bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Any pattern; or one near a limit of exponent or mantissa, where mistakes are. */
static __s64 pick_bits(__u64 *state)
{
	static const __u64 exponents[] = { 0, 1, 2, 52, 53, 1022, 1023, 1024, 1075, 1076, 2045, 2046, 2047 };
	static const __u64 fractions[] = { 0, 1, 2, 3, 1ull << 51, (1ull << 51) + 1, (1ull << 52) - 1, (1ull << 52) - 2 };
	__u64 any = (__u64)pick(state, 0x7fffffff) << 33 ^ (__u64)pick(state, 0x7fffffff) << 11 ^ pick(state, 0x7fff);

	if (pick(state, 3) == 0)
		any = (any & ~(0x7ffull << 52)) | exponents[pick(state, 13)] << 52;
	if (pick(state, 3) == 0)
		any = (any & 0xfffull << 52) | fractions[pick(state, 8)];
	/* Another exponent near that of 1, so that sums and remainders interact. */
	if (pick(state, 3) == 0)
		any = (any & ~(0x7ffull << 52)) | (__u64)(1020 + pick(state, 8)) << 52;
	return (__s64)any;
}

static void same(__s64 ours, double theirs, const char *what, __s64 a, __s64 b)
{
	if (ours == bits_of(theirs))
		return;
	fprintf(stderr, "%s(%#llx, %#llx) = %#llx, not %#llx\n", what, (unsigned long long)a, (unsigned long long)b,
		(unsigned long long)ours, (unsigned long long)bits_of(theirs));
	exit(1);
}

/* IEEE 754 gives a remainder of zero the sign of x; not all libraries do. */
static double remainder_of(double x, double y)
{
	double rest = remainder(x, y);

	return rest == 0 ? copysign(0, x) : rest;
}

static void arithmetic(void)
{
	__u64 state = 4;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		__s64 a = pick_bits(&state), b = pick_bits(&state);
		double x = double_of(a), y = double_of(b);

		same(rt_fp_add(a, b), x + y, "add", a, b);
		same(rt_fp_mul(a, b), x * y, "mul", a, b);
		same(rt_fp_div(a, b), x / y, "div", a, b);
		same(rt_fp_rem(a, b), remainder_of(x, y), "rem", a, b);
		same(rt_fp_sqrt(a), sqrt(x), "sqrt", a, 0);
	}
}

/* A slot with room for the longest text. */
static struct rt_str *long_slot(const char *text)
{
	struct rt_str *s = malloc(rt_str_slot(LONG_STRING));

	s->len = (__u32)strlen(text);
	memcpy(s->data, text, s->len);
	return s;
}

static void text(struct rt_ctx *ctx)
{
	struct rt_session *session = (struct rt_session *)(__UINTPTR_TYPE__)ctx->data;
	__u32 limit = session->max_string;
	__u64 state = 5;
	int i;

	session->max_string = LONG_STRING;
	for (i = 0; i < ROUNDS / 10; i++) {
		__s64 a = pick_bits(&state);
		int precision = (int)pick(&state, 20) == 0 ? 100 : (int)pick(&state, 30);
		struct rt_str *s = long_slot("");
		char expected[LONG_STRING];

		if (isnan(double_of(a)))
			a = bits_of(0.5);
		snprintf(expected, sizeof(expected), "%.*f", precision, double_of(a));
		rt_fp_to_string(ctx, s, a, precision);
		if (!slot_is(s, expected)) {
			fprintf(stderr, "%#llx: %.*s, not %s\n", (unsigned long long)a, (int)s->len, (char *)s->data, expected);
			exit(1);
		}
		same(rt_string_to_fp(s), strtod(expected, NULL), "string", a, precision);
		free(s);
	}
	session->max_string = limit;
}

/* Numbers written with a few digits and any exponent, and halves between two doubles with all their digits. */
static void numbers(void)
{
	__u64 state = 6;
	int i;

	for (i = 0; i < ROUNDS / 10; i++) {
		char written[1200];
		struct rt_str *s;

		if (i % 2) {
			snprintf(written, sizeof(written), "%s%u%s%u.%ue%d", i % 3 ? "" : "-", pick(&state, 1000000000),
				 i % 5 ? "" : "00000", pick(&state, 1000000), pick(&state, 1000), (int)pick(&state, 700) - 350);
		} else {
			double low = double_of((__s64)(pick(&state, 2000) | (__u64)pick(&state, 3) << 52));
			long double half = ((long double)low + nextafter(low, INFINITY)) / 2;

			snprintf(written, sizeof(written), "%.1080Lf%s", half, i % 4 ? "" : "1");
		}
		s = malloc(sizeof(*s) + strlen(written));
		s->len = (__u32)strlen(written);
		memcpy(s->data, written, s->len);
		same(rt_string_to_fp(s), strtod(written, NULL), written, 0, 0);
		free(s);
	}
}

static void odd_texts(void)
{
	static const struct {
		const char *text;
		__s64 bits;
	} known[] = {
		{ "", 0 }, { "-", (__s64)(1ull << 63) }, { ".", 0 }, { "x", 0 }, { " 1", 0 },
		{ "+1", 0x3ff0000000000000 }, { "1x", 0x3ff0000000000000 }, { "1e", 0x3ff0000000000000 },
		{ "1e+", 0x3ff0000000000000 }, { ".5.", 0x3fe0000000000000 }, { "5.", 0x4014000000000000 },
		{ "1e999999999999", 0x7ff0000000000000 }, { "1e-999999999999", 0 }, { "-Infinity", (__s64)0xfff0000000000000 },
		{ "nan", NAN_BITS }, { "2.4703282292062328e-324", 1 }, { "2.4703282292062327e-324", 0 },
		{ "1.7976931348623159e308", 0x7ff0000000000000 }, { "1.7976931348623158e308", 0x7fefffffffffffff },
	};
	unsigned int i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct rt_str *s = long_slot(known[i].text);
		__s64 bits = rt_string_to_fp(s);

		if (bits != known[i].bits) {
			fprintf(stderr, "\"%s\" is %#llx\n", known[i].text, (unsigned long long)bits);
			exit(1);
		}
		free(s);
	}
}

void test_float(void)
{
	struct world world;

	world_init(&world);
	world_start(&world);
	arithmetic();
	text(world_ctx(&world, 0, 0));
	numbers();
	odd_texts();
	world_free(&world);
}
