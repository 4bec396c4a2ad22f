// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * printf: %[flag][width][.precision][l]conversion, where the flag is one of
 * 0 + - space #, and width and precision may be *. A zero after another flag
 * therefore belongs to the width: %+05d pads with blanks.
 */
#include "format.h"

/* Wider fields are cut to this, so that a width from the script costs little. */
#define MAX_WIDTH 65535

struct spec {
	u8 flag;		/* or 0 */
	u8 conversion;
	u64 width;
	s64 precision;		/* or -1 */
};

static void sink_byte(struct sink *sink, u8 byte)
{
	if (sink->length < sink->capacity)
		sink->data[sink->length] = byte;
	sink->length++;
}

/* Few bytes are copied by two words that may overlap, which is less than calling memcpy. */
ALWAYS_INLINE void copy_bytes(u8 *to, const u8 *from, u64 n)
{
	if (n > 16) {
		memcpy(to, from, n);
	} else if (n >= 8) {
		u64 last = load_u64(from + n - 8);

		store_u64(to, load_u64(from));
		store_u64(to + n - 8, last);
	} else {
		for (; n; n--)
			*to++ = *from++;
	}
}

static void sink_bytes(struct sink *sink, const void *bytes, u64 n)
{
	if (sink->length < sink->capacity)
		copy_bytes(sink->data + sink->length, bytes, min_u64(n, sink->capacity - sink->length));
	sink->length += n;
}

static void sink_fill(struct sink *sink, u8 byte, u64 n)
{
	if (!n)
		return;
	if (sink->length < sink->capacity)
		memset(sink->data + sink->length, byte, min_u64(n, sink->capacity - sink->length));
	sink->length += n;
}

/* An absent argument reads as 0. */
static void format_arg(const struct format_args *args, u64 index, struct rt_value *value)
{
	value->type = RT_ARG_INT;
	value->word = 0;
	value->length = 0;
	if (index >= args->n)
		return;
	if (args->values)
		*value = args->values[index];
	else
		format_arg_resolve(args, index, value);
}

static s64 format_arg_int(const struct format_args *args, u64 index)
{
	struct rt_value value;

	format_arg(args, index, &value);
	return value.type == RT_ARG_INT ? (s64)value.word : 0;
}

/* Bytes with blanks on either side. */
static void print_field(struct sink *sink, const struct spec *spec, const u8 *bytes, u64 n)
{
	u64 blanks = spec->width > n ? spec->width - n : 0;

	if (spec->flag != '-')
		sink_fill(sink, ' ', blanks);
	sink_bytes(sink, bytes, n);
	if (spec->flag == '-')
		sink_fill(sink, ' ', blanks);
}

static void print_string(struct sink *sink, const struct spec *spec, const struct rt_value *value)
{
	u64 n = value->length;

	if (spec->precision >= 0)
		n = min_u64(n, (u64)spec->precision);
	print_field(sink, spec, at(value->word), n);
}

/* Decimal digits, as print_digits(); a division for two of them. */
static u32 print_decimal(u8 out[22], u64 number)
{
	u32 n = 0;

	while (number >= 10) {
		u64 rest = number / 100;
		u32 two = (u32)(number - rest * 100), tens = two / 10;

		out[22 - ++n] = (u8)('0' + two - tens * 10);
		out[22 - ++n] = (u8)('0' + tens);
		number = rest;
	}
	if (number || !n)
		out[22 - ++n] = (u8)('0' + number);
	return n;
}

/* Digits of a number, right-aligned in 22 bytes; returns how many, at least one. */
static u32 print_digits(u8 out[22], u64 number, u32 base, u8 letter_a)
{
	u32 n = 0;

	if (base == 10)
		return print_decimal(out, number);
	do {
		u64 rest = base == 16 ? number >> 4 : number >> 3;
		u8 digit = (u8)(number - rest * base);

		out[22 - ++n] = digit < 10 ? '0' + digit : letter_a + digit - 10;
		number = rest;
	} while (number);
	return n;
}

static void print_number(struct sink *sink, const struct spec *spec, u64 number, u32 base, int is_signed)
{
	u8 digits[22], prefix[2];
	u32 n_prefix = 0, n_digits;
	u64 zeros = 0, n, blanks;

	if (is_signed && (s64)number < 0) {
		prefix[n_prefix++] = '-';
		number = -number;
	} else if (is_signed && (spec->flag == '+' || spec->flag == ' ')) {
		prefix[n_prefix++] = spec->flag;
	}
	if (spec->flag == '#' && (base == 16 || (base == 8 && number))) {
		prefix[n_prefix++] = '0';
		if (base == 16)
			prefix[n_prefix++] = spec->conversion == 'X' ? 'X' : 'x';
	}
	n_digits = print_digits(digits, number, base, spec->conversion == 'X' ? 'A' : 'a');
	if (spec->precision > (s64)n_digits)
		zeros = (u64)spec->precision - n_digits;
	n = n_prefix + zeros + n_digits;
	blanks = spec->width > n ? spec->width - n : 0;
	if (spec->flag == '0') {
		zeros += blanks;
		blanks = 0;
	}
	if (spec->flag != '-')
		sink_fill(sink, ' ', blanks);
	sink_bytes(sink, prefix, n_prefix);
	sink_fill(sink, '0', zeros);
	sink_bytes(sink, digits + 22 - n_digits, n_digits);
	if (spec->flag == '-')
		sink_fill(sink, ' ', blanks);
}

/* %d */
static void print_plain(struct sink *sink, s64 number)
{
	u8 digits[22];
	u64 magnitude = number < 0 ? -(u64)number : (u64)number;
	u32 n = print_decimal(digits, magnitude);

	if (number < 0)
		digits[22 - ++n] = '-';
	sink_bytes(sink, digits + 22 - n, n);
}

static void print_char(struct sink *sink, const struct spec *spec, u8 byte)
{
	u8 escaped[4];

	if (spec->flag == '#')
		print_field(sink, spec, escaped, text_escape(byte, escaped));
	else
		print_field(sink, spec, &byte, 1);
}

static void print_binary(struct sink *sink, const struct spec *spec, u64 number)
{
	u64 n = spec->width;

	if (n != 1 && n != 2 && n != 4)
		n = 8;
	for (; n; n--, number >>= 8)
		sink_byte(sink, (u8)number);
}

static void print_int(struct sink *sink, struct spec *spec, u64 number)
{
	switch (spec->conversion) {
	case 'b':
		print_binary(sink, spec, number);
		break;
	case 'c':
		print_char(sink, spec, (u8)number);
		break;
	case 'o':
		print_number(sink, spec, number, 8, 0);
		break;
	case 'u':
		print_number(sink, spec, number, 10, 0);
		break;
	case 'p':
		spec->flag = '#';
		/* fall through */
	case 'x':
	case 'X':
		print_number(sink, spec, number, 16, 0);
		break;
	default:
		print_number(sink, spec, number, 10, 1);
		break;
	}
}

/* Bytes of memory in hexadecimal. */
static void print_hex(struct sink *sink, const struct spec *spec, const u8 *bytes, u64 n)
{
	static const u8 digits[] = "0123456789abcdef";
	u64 blanks = spec->width > 2 * n ? spec->width - 2 * n : 0;

	if (spec->flag != '-')
		sink_fill(sink, ' ', blanks);
	for (; n; n--, bytes++) {
		sink_byte(sink, digits[*bytes >> 4]);
		sink_byte(sink, digits[*bytes & 15]);
	}
	if (spec->flag == '-')
		sink_fill(sink, ' ', blanks);
}

/* The argument's own type wins over a conversion of another. Memory comes as a string of its bytes. */
static void print_value(struct sink *sink, struct spec *spec, const struct rt_value *value)
{
	if (value->type == RT_ARG_STR && spec->conversion == 'M')
		print_hex(sink, spec, at(value->word), value->length);
	else if (value->type == RT_ARG_STR && spec->conversion == 'm')
		print_field(sink, spec, at(value->word), value->length);
	else if (value->type == RT_ARG_STR)
		print_string(sink, spec, value);
	else if (value->type == RT_ARG_HIST)
		chart_draw(sink, at(value->word));
	else
		print_int(sink, spec, value->word);
}

static int is_conversion(u8 c)
{
	static const u8 all[] = "bcdHiMmopsuxX";
	u32 i;

	for (i = 0; i < sizeof(all) - 1; i++) {
		if (all[i] == c)
			return 1;
	}
	return 0;
}

/* A number, or an argument for *; *given is 0 where there is neither. */
static s64 parse_number(const u8 **text, const u8 *end, const struct format_args *args, u64 *next, int *given)
{
	const u8 *p = *text;
	s64 number = 0;

	*given = 0;
	if (p < end && *p == '*') {
		*given = 1;
		number = format_arg_int(args, (*next)++);
		p++;
	} else {
		for (; p < end && *p >= '0' && *p <= '9'; p++) {
			*given = 1;
			number = number < MAX_WIDTH ? number * 10 + (*p - '0') : MAX_WIDTH;
		}
	}
	*text = p;
	if (number > MAX_WIDTH)
		return MAX_WIDTH;
	return number < -MAX_WIDTH ? -MAX_WIDTH : number;
}

/* Parses what follows a %; returns its end, or 0 where it is no conversion. */
static const u8 *parse_spec(const u8 *p, const u8 *end, const struct format_args *args, u64 *next, struct spec *spec)
{
	s64 width;
	int given;

	spec->flag = 0;
	spec->precision = -1;
	if (p < end && (*p == '0' || *p == '+' || *p == '-' || *p == ' ' || *p == '#'))
		spec->flag = *p++;
	width = parse_number(&p, end, args, next, &given);
	if (width < 0) {
		spec->flag = '-';
		width = -width;
	}
	spec->width = (u64)width;
	if (p < end && *p == '.') {
		p++;
		spec->precision = parse_number(&p, end, args, next, &given);
		if (spec->precision < 0)
			spec->precision = -1;
	}
	if (p < end && *p == 'l')
		p++;
	if (p >= end || !is_conversion(*p))
		return 0;
	spec->conversion = *p++;
	return p;
}

static void format_text(struct sink *sink, const u8 *text, u64 length, const struct format_args *args)
{
	const u8 *p = text, *end = text + length;
	u64 next = 0;

	while (p < end) {
		const u8 *plain = p, *after;
		struct rt_value value;
		struct spec spec;

		while (p < end && *p != '%')
			p++;
		sink_bytes(sink, plain, (u64)(p - plain));
		if (p == end)
			break;
		p++;
		if (p < end && *p == '%') {
			sink_byte(sink, *p++);
			continue;
		}
		/* What most formats have. */
		if (p < end && (*p == 'd' || *p == 's')) {
			format_arg(args, next, &value);
			if (value.type == (*p == 'd' ? RT_ARG_INT : RT_ARG_STR)) {
				if (*p++ == 'd')
					print_plain(sink, (s64)value.word);
				else
					sink_bytes(sink, at(value.word), value.length);
				next++;
				continue;
			}
		}
		after = parse_spec(p, end, args, &next, &spec);
		if (!after) {
			/* Not a conversion: the % is literal. */
			sink_byte(sink, '%');
			continue;
		}
		p = after;
		format_arg(args, next++, &value);
		print_value(sink, &spec, &value);
	}
}

__u64 rt_format(__u8 *out, __u64 capacity, const __u8 *text, __u64 length, const struct rt_value *values, __u64 n)
{
	struct sink sink = { out, capacity, 0 };
	struct format_args args = { n, values, 0, 0, 0 };

	format_text(&sink, text, length, &args);
	return sink.length;
}
