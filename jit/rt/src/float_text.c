// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Doubles as decimal text and back, exactly: by whole numbers of many words. */
#include "base.h"

/* Digits of a text that can decide how it is rounded. */
#define FLOAT_SIGNIFICANT 769
/* Most digits after the point. */
#define FLOAT_PRECISION 100
/* A sign, the digits of the largest number, a point, digits after it. */
#define FLOAT_TEXT (1 + 309 + 1 + FLOAT_PRECISION)

/* Unsigned, the lowest word first. The largest have FLOAT_SIGNIFICANT + 1 digits: 2558 bits, and one for a shift. */
#define BIG_WORDS 84
struct big {
	u32 n;			/* words in use: the highest of them is not 0 */
	u32 words[BIG_WORDS];
};

/* x * factor + term, which fits. */
static void big_multiply(struct big *x, u32 factor, u32 term)
{
	u64 carry = term;
	u32 i;

	for (i = 0; i < x->n; i++) {
		carry += (u64)x->words[i] * factor;
		x->words[i] = (u32)carry;
		carry >>= 32;
	}
	if (carry && x->n < BIG_WORDS)
		x->words[x->n++] = (u32)carry;
}

/* x * base^power */
static void big_scale(struct big *x, u32 base, u32 power)
{
	while (power--)
		big_multiply(x, base, 0);
}

static void big_trim(struct big *x)
{
	while (x->n && !x->words[x->n - 1])
		x->n--;
}

/* x / divisor; returns the remainder. */
static u32 big_divide(struct big *x, u32 divisor)
{
	u64 rest = 0;
	u32 i;

	for (i = x->n; i-- > 0;) {
		rest = rest << 32 | x->words[i];
		x->words[i] = (u32)(rest / divisor);
		rest %= divisor;
	}
	big_trim(x);
	return (u32)rest;
}

static void big_shift_left(struct big *x, u32 by)
{
	u32 words = by / 32, i;

	big_multiply(x, 1u << (by % 32), 0);
	if (!x->n || !words || x->n + words > BIG_WORDS)
		return;
	for (i = x->n; i-- > 0;)
		x->words[i + words] = x->words[i];
	for (i = 0; i < words; i++)
		x->words[i] = 0;
	x->n += words;
}

static u32 big_bit(const struct big *x, u32 bit)
{
	return bit / 32 < x->n ? x->words[bit / 32] >> (bit % 32) & 1 : 0;
}

/* Shifts right, to the nearest, ties to even. */
static void big_shift_right(struct big *x, u32 by)
{
	u32 words = by / 32, bits = by % 32, half, below = 0, i;

	if (!by)
		return;
	half = big_bit(x, by - 1);
	for (i = 0; i < by - 1 && i < x->n * 32 && !below; i++)
		below = big_bit(x, i);
	for (i = 0; i < x->n; i++) {
		u64 pair = i + words < x->n ? x->words[i + words] : 0;

		if (i + words + 1 < x->n)
			pair |= (u64)x->words[i + words + 1] << 32;
		x->words[i] = (u32)(pair >> bits);
	}
	big_trim(x);
	if (half && (below || big_bit(x, 0)))
		big_multiply(x, 1, 1);
}

static u32 big_bits(const struct big *x)
{
	return x->n ? x->n * 32 - (u32)__builtin_clz(x->words[x->n - 1]) : 0;
}

static int big_is_less(const struct big *a, const struct big *b)
{
	u32 i;

	if (a->n != b->n)
		return a->n < b->n;
	for (i = a->n; i-- > 0;) {
		if (a->words[i] != b->words[i])
			return a->words[i] < b->words[i];
	}
	return 0;
}

/* a - b, which is not negative. */
static void big_subtract(struct big *a, const struct big *b)
{
	u64 borrow = 0;
	u32 i;

	for (i = 0; i < a->n; i++) {
		u64 word = (u64)a->words[i] - (i < b->n ? b->words[i] : 0) - borrow;

		a->words[i] = (u32)word;
		borrow = word >> 63;
	}
	big_trim(a);
}

/* Decimal digits before `end`, at least so many; returns where they begin. */
static u8 *big_digits(struct big *x, u8 *end, u32 at_least)
{
	u8 *first = end - at_least;

	while (x->n || end > first) {
		u32 nine = big_divide(x, 1000000000), i;

		for (i = 0; i < 9 && (x->n || nine || end > first); i++) {
			*--end = (u8)('0' + nine % 10);
			nine /= 10;
		}
	}
	return end;
}

void rt_fp_to_string(struct rt_ctx *ctx, struct rt_str *dst, __s64 value, __s64 precision)
{
	static const u8 nan[] = "NaN", infinite[] = "-inf";
	u8 text[FLOAT_TEXT], *end = text + sizeof(text), *point = end, *begin;
	u32 digits = precision < 0 ? 0 : (u32)min_u64((u64)precision, FLOAT_PRECISION);
	struct real x = float_unpack((u64)value);
	struct big scaled = { 0, { 0 } };

	if (float_is_nan((u64)value)) {
		str_set(ctx, dst, nan, 3);
		return;
	}
	if (float_is_infinite((u64)value)) {
		str_set(ctx, dst, infinite + !x.sign, 3 + !!x.sign);
		return;
	}
	big_multiply(&scaled, 0, (u32)(x.mantissa >> 32));
	big_shift_left(&scaled, 32);
	big_multiply(&scaled, 1, (u32)x.mantissa);
	big_scale(&scaled, 10, digits);
	if (x.exponent >= 0)
		big_shift_left(&scaled, (u32)x.exponent);
	else
		big_shift_right(&scaled, (u32)-x.exponent);
	/* All digits at the end of the text; then those before the point move one place to the left. */
	begin = big_digits(&scaled, end, digits + 1);
	if (digits) {
		point = end - digits - 1;
		memmove(begin - 1, begin, (u64)(end - begin) - digits);
		*point = '.';
		begin--;
	}
	if (x.sign)
		*--begin = '-';
	str_set(ctx, dst, begin, (u64)(end - begin));
}

/* What a text says: digits * 10^exponent. */
struct decimal {
	u64 sign;
	struct big digits;
	u32 n_digits;		/* significant ones */
	s32 exponent;
};

/* Takes one more digit. Beyond those that can decide, one digit stands for all that are not 0. */
static void decimal_digit(struct decimal *x, u32 digit)
{
	if (x->n_digits < FLOAT_SIGNIFICANT) {
		big_multiply(&x->digits, 10, digit);
		x->n_digits += x->digits.n != 0;
		return;
	}
	if (digit && x->n_digits == FLOAT_SIGNIFICANT) {
		big_multiply(&x->digits, 10, 1);
		x->n_digits++;
		return;
	}
	x->exponent++;
}

static int is_digit(const u8 *p, const u8 *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

/* The exponent behind an 'e', if digits follow; large ones are all the same. */
static s32 decimal_exponent(const u8 *p, const u8 *end)
{
	int negative;
	s32 value = 0;

	if (p >= end || (*p | 0x20) != 'e')
		return 0;
	p++;
	negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	for (; is_digit(p, end); p++)
		value = value < 1000000 ? value * 10 + (*p - '0') : value;
	return negative ? -value : value;
}

static void decimal_parse(struct decimal *x, const u8 *p, const u8 *end)
{
	for (; is_digit(p, end); p++)
		decimal_digit(x, *p - '0');
	if (p < end && *p == '.') {
		for (p++; is_digit(p, end); p++) {
			decimal_digit(x, *p - '0');
			x->exponent--;
		}
	}
	x->exponent += decimal_exponent(p, end);
}

/* The double nearest to digits * 10^exponent, by long division in binary. */
static u64 decimal_pack(struct decimal *x)
{
	struct big *a = &x->digits, b = { 1, { 1 } };
	struct real result = { x->sign, 0, x->exponent - 63 };
	s32 magnitude = (s32)x->n_digits + x->exponent;
	u32 bit, a_bits, b_bits;

	if (!a->n || magnitude < -330)
		return x->sign;
	if (magnitude > 310)
		return x->sign | FLOAT_INFINITY;
	/* 10^n is 5^n * 2^n. */
	if (x->exponent >= 0)
		big_scale(a, 5, (u32)x->exponent);
	else
		big_scale(&b, 5, (u32)-x->exponent);
	a_bits = big_bits(a);
	b_bits = big_bits(&b);
	result.exponent += (s32)a_bits - (s32)b_bits;
	if (a_bits < b_bits)
		big_shift_left(a, b_bits - a_bits);
	else
		big_shift_left(&b, a_bits - b_bits);
	for (bit = 0; bit < 64; bit++) {
		int fits = !big_is_less(a, &b);

		result.mantissa = result.mantissa << 1 | (u64)fits;
		if (fits)
			big_subtract(a, &b);
		big_multiply(a, 2, 0);
	}
	result.mantissa |= a->n != 0;
	return float_pack(result);
}

/* Whether a text begins with three letters, of either case. */
static int begins_with(const u8 *p, const u8 *end, const u8 *letters)
{
	return end - p >= 3 && (p[0] | 0x20) == letters[0] && (p[1] | 0x20) == letters[1] && (p[2] | 0x20) == letters[2];
}

__s64 rt_string_to_fp(const struct rt_str *s)
{
	static const u8 infinite[] = "inf", nan[] = "nan";
	const u8 *p = s->data, *end = p + s->len;
	struct decimal x = { p < end && *p == '-' ? FLOAT_SIGN : 0, { 0, { 0 } }, 0, 0 };

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (begins_with(p, end, infinite))
		return (s64)(x.sign | FLOAT_INFINITY);
	if (begins_with(p, end, nan))
		return FLOAT_NAN;
	decimal_parse(&x, p, end);
	return (s64)decimal_pack(&x);
}
