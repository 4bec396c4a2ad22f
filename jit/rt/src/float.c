// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * IEEE-754 doubles as bit patterns, by integer arithmetic: handlers may not
 * touch the floating-point registers. Results are rounded to nearest, ties to
 * even. All results that are not a number are FLOAT_NAN.
 */
#include "base.h"

#define FLOAT_SIGN (1ull << 63)
#define FLOAT_INFINITY 0x7ff0000000000000ull
#define FLOAT_NAN 0x7ff8000000000000ull
#define FLOAT_FRACTION_BITS 52
#define FLOAT_LEADING (1ull << FLOAT_FRACTION_BITS)

/* A finite number: mantissa * 2^exponent. */
struct real {
	u64 sign;		/* FLOAT_SIGN or 0 */
	u64 mantissa;
	s32 exponent;
};

static int float_is_nan(u64 bits)
{
	return (bits & ~FLOAT_SIGN) > FLOAT_INFINITY;
}

static int float_is_infinite(u64 bits)
{
	return (bits & ~FLOAT_SIGN) == FLOAT_INFINITY;
}

static struct real float_unpack(u64 bits)
{
	struct real x = { bits & FLOAT_SIGN, bits & (FLOAT_LEADING - 1), (s32)(bits >> FLOAT_FRACTION_BITS & 0x7ff) };

	if (x.exponent)
		x.mantissa |= FLOAT_LEADING;
	else
		x.exponent = 1;
	x.exponent -= 1075;
	return x;
}

/* Moves the highest set bit of a mantissa to bit 63. Zero stays as it is. */
static struct real real_normalise(struct real x)
{
	int shift = x.mantissa ? __builtin_clzll(x.mantissa) : 0;

	x.mantissa <<= shift;
	x.exponent -= shift;
	return x;
}

/* Shifts right; bits that are lost leave the lowest bit set. */
static u64 shift_sticky(u64 value, u64 by)
{
	if (!by)
		return value;
	if (by > 63)
		return value != 0;
	return value >> by | ((value << (64 - by)) != 0);
}

/* The nearest double. The lowest bit may stand for others below it. */
static u64 float_pack(struct real x)
{
	u64 rounded, lost;
	s32 exponent;

	x = real_normalise(x);
	if (!x.mantissa)
		return x.sign;
	/* The exponent field of a leading bit in bit 63. */
	exponent = x.exponent + 1086;
	if (exponent >= 0x7ff)
		return x.sign | FLOAT_INFINITY;
	if (exponent < 1) {
		x.mantissa = shift_sticky(x.mantissa, (u64)(1 - exponent));
		exponent = 1;
	}
	rounded = x.mantissa >> 11;
	lost = x.mantissa & 0x7ff;
	rounded += lost > 0x400 || (lost == 0x400 && (rounded & 1));
	/* A leading bit is worth one in the exponent; a carry makes the next exponent, at last infinity. */
	return x.sign | (((u64)(exponent - 1) << FLOAT_FRACTION_BITS) + rounded);
}

__s64 rt_fp_add(__s64 first, __s64 second)
{
	u64 a = (u64)first, b = (u64)second;
	struct real x, y, sum;
	u64 distance;

	if (float_is_nan(a) || float_is_nan(b))
		return FLOAT_NAN;
	if (float_is_infinite(a))
		return float_is_infinite(b) && a != b ? (s64)FLOAT_NAN : first;
	if (float_is_infinite(b))
		return second;
	/* x is the one of the greater magnitude. */
	if ((a & ~FLOAT_SIGN) < (b & ~FLOAT_SIGN)) {
		a = (u64)second;
		b = (u64)first;
	}
	x = float_unpack(a);
	y = float_unpack(b);
	/* Ten bits below the mantissas are enough for rounding, one above for a carry. */
	distance = (u64)(x.exponent - y.exponent);
	x.mantissa <<= 10;
	y.mantissa = shift_sticky(y.mantissa << 10, distance);
	sum.sign = x.sign;
	sum.exponent = x.exponent - 10;
	sum.mantissa = x.sign == y.sign ? x.mantissa + y.mantissa : x.mantissa - y.mantissa;
	if (!sum.mantissa)
		sum.sign = x.sign & y.sign;
	return (s64)float_pack(sum);
}

__s64 rt_fp_mul(__s64 first, __s64 second)
{
	u64 a = (u64)first, b = (u64)second, sign = (a ^ b) & FLOAT_SIGN;
	struct real x, y;
	unsigned __int128 product;

	if (float_is_nan(a) || float_is_nan(b))
		return FLOAT_NAN;
	if (float_is_infinite(a) || float_is_infinite(b)) {
		int zero = !(a & ~FLOAT_SIGN) || !(b & ~FLOAT_SIGN);

		return (s64)(zero ? FLOAT_NAN : sign | FLOAT_INFINITY);
	}
	x = real_normalise(float_unpack(a));
	y = real_normalise(float_unpack(b));
	product = (unsigned __int128)x.mantissa * y.mantissa;
	x.sign = sign;
	x.mantissa = (u64)(product >> 64) | ((u64)product != 0);
	x.exponent += y.exponent + 64;
	return (s64)float_pack(x);
}

__s64 rt_fp_div(__s64 first, __s64 second)
{
	u64 a = (u64)first, b = (u64)second, sign = (a ^ b) & FLOAT_SIGN, quotient = 0;
	struct real x, y;
	int bit;

	if (float_is_nan(a) || float_is_nan(b) || (float_is_infinite(a) && float_is_infinite(b)))
		return FLOAT_NAN;
	if (!(a << 1) && !(b << 1))
		return FLOAT_NAN;
	if (float_is_infinite(a) || !(b << 1))
		return (s64)(sign | FLOAT_INFINITY);
	if (float_is_infinite(b) || !(a << 1))
		return (s64)sign;
	x = real_normalise(float_unpack(a));
	y = real_normalise(float_unpack(b));
	/* Both are in [2^52, 2^53): 58 bits of the quotient, then what is left. */
	x.mantissa >>= 11;
	y.mantissa >>= 11;
	for (bit = 0; bit < 58; bit++) {
		u64 fits = x.mantissa >= y.mantissa;

		quotient = quotient << 1 | fits;
		x.mantissa = (x.mantissa - (fits ? y.mantissa : 0)) << 1;
	}
	quotient |= x.mantissa != 0;
	x.sign = sign;
	x.mantissa = quotient;
	x.exponent -= y.exponent + 57;
	return (s64)float_pack(x);
}

/* The remainder of division by the nearest whole quotient, the even one of two: it is exact. */
__s64 rt_fp_rem(__s64 first, __s64 second)
{
	u64 a = (u64)first, b = (u64)second, odd = 0, twice;
	struct real x, y;
	s32 distance;

	if (float_is_nan(a) || float_is_nan(b) || float_is_infinite(a) || !(b << 1))
		return FLOAT_NAN;
	if (float_is_infinite(b) || !(a << 1))
		return first;
	x = real_normalise(float_unpack(a));
	y = real_normalise(float_unpack(b));
	x.mantissa >>= 11;
	y.mantissa >>= 11;
	distance = x.exponent - y.exponent;
	/* Less than half of the divisor. */
	if (distance < -1)
		return first;
	if (distance < 0) {
		/* In units of x's exponent, which has the room: y is twice as large, and its quotient 0 so far. */
		y.mantissa <<= 1;
	} else {
		/* Eleven bits of the quotient at a time; only the last of all matters. */
		odd = x.mantissa / y.mantissa;
		x.mantissa %= y.mantissa;
		while (distance > 0) {
			s32 step = distance < 11 ? distance : 11;

			x.mantissa <<= step;
			odd = x.mantissa / y.mantissa;
			x.mantissa %= y.mantissa;
			distance -= step;
		}
		x.exponent = y.exponent;
	}
	x.exponent += 11;
	twice = x.mantissa * 2;
	if (twice > y.mantissa || (twice == y.mantissa && (odd & 1))) {
		x.sign ^= FLOAT_SIGN;
		x.mantissa = y.mantissa - x.mantissa;
	}
	return (s64)float_pack(x);
}

__s64 rt_fp_sqrt(__s64 value)
{
	u64 bits = (u64)value, root = 0, bit;
	struct real x;
	unsigned __int128 square;

	if (!(bits << 1))
		return value;
	if (float_is_nan(bits) || bits & FLOAT_SIGN)
		return FLOAT_NAN;
	if (float_is_infinite(bits))
		return value;
	x = real_normalise(float_unpack(bits));
	/* An even exponent; the square has 126 or 127 bits, so the root has 63 or 64. */
	square = (unsigned __int128)x.mantissa << (62 + (x.exponent & 1));
	x.exponent -= 62 + (x.exponent & 1);
	for (bit = 1ull << 63; bit; bit >>= 1) {
		u64 with = root | bit;

		if ((unsigned __int128)with * with <= square)
			root = with;
	}
	x.mantissa = root | ((unsigned __int128)root * root != square);
	x.exponent /= 2;
	return (s64)float_pack(x);
}
