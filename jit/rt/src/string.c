// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Strings: slots with a length, cut to the session's limit. A result may be its own argument. */
#include "base.h"

__u32 rt_str_slot(__u32 max_string)
{
	/* Whole words, for words.h. */
	return (u32)align_up(sizeof(struct rt_str) + align_up(max_string ? max_string - 1 : 0, 8), 8);
}

/* Sets dst to n bytes, which may be dst's own. */
static void str_set(struct rt_ctx *ctx, struct rt_str *dst, const u8 *data, u64 n)
{
	n = min_u64(n, str_limit(ctx));
	memmove(dst->data, data, n);
	dst->len = (u32)n;
}

void rt_str_copy(struct rt_ctx *ctx, struct rt_str *dst, const struct rt_str *src)
{
	u32 n = src->len, i;

	if (UNLIKELY(n > str_limit(ctx)))
		n = str_limit(ctx);
	for (i = 0; i < n; i += 8)
		store_u64(dst->data + i, load_u64(src->data + i));
	dst->len = n;
}

void rt_str_concat(struct rt_ctx *ctx, struct rt_str *dst, const struct rt_str *a, const struct rt_str *b)
{
	u32 limit = str_limit(ctx);
	u32 head = (u32)min_u64(a->len, limit);
	u32 tail = (u32)min_u64(b->len, limit - head);

	/* The tail first: dst may be b. */
	memmove(dst->data + head, b->data, tail);
	if (dst != a)
		memmove(dst->data, a->data, head);
	dst->len = head + tail;
}

__s64 rt_str_compare(const struct rt_str *a, const struct rt_str *b)
{
	s64 order = memcmp(a->data, b->data, min_u64(a->len, b->len));

	return order ? order : (s64)a->len - (s64)b->len;
}

__s64 rt_strlen(const struct rt_str *s)
{
	return s->len;
}

void rt_substr(struct rt_ctx *ctx, struct rt_str *dst, const struct rt_str *s, __s64 start, __s64 length)
{
	if (start < 0 || start >= s->len || length <= 0)
		dst->len = 0;
	else
		str_set(ctx, dst, s->data + start, min_u64((u64)length, (u64)(s->len - start)));
}

__s64 rt_stringat(const struct rt_str *s, __s64 position)
{
	return position >= 0 && position < s->len ? s->data[position] : 0;
}

/* Where part first occurs in s from a position on, or -1. */
static s64 str_find(const struct rt_str *s, u64 from, const struct rt_str *part)
{
	if (!part->len)
		return (s64)from;
	for (; from + part->len <= s->len; from++) {
		if (s->data[from] == part->data[0] && !memcmp(s->data + from, part->data, part->len))
			return (s64)from;
	}
	return -1;
}

__s64 rt_strpos(const struct rt_str *s, const struct rt_str *part)
{
	return str_find(s, 0, part);
}

__s64 rt_isinstr(const struct rt_str *s, const struct rt_str *part)
{
	return str_find(s, 0, part) >= 0;
}

/* How many bytes s begins with that are in the set, or that are not. */
static s64 str_span(const struct rt_str *s, const struct rt_str *set, int inside)
{
	u32 i, j;

	for (i = 0; i < s->len; i++) {
		for (j = 0; j < set->len && set->data[j] != s->data[i]; j++)
			;
		if ((j < set->len) != inside)
			break;
	}
	return i;
}

__s64 rt_strspn(const struct rt_str *s, const struct rt_str *set)
{
	return str_span(s, set, 1);
}

__s64 rt_strcspn(const struct rt_str *s, const struct rt_str *set)
{
	return str_span(s, set, 0);
}

/* The value of a digit in any base up to 36, or 36. */
static u32 digit_value(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? c - 'a' + 10u : 36;
}

/* No leading blanks, no plus sign; overflow wraps. */
__s64 rt_strtol(const struct rt_str *s, __s64 base)
{
	const u8 *p = s->data, *end = p + s->len;
	u64 value = 0;
	int negative = p < end && *p == '-', hex;

	if (base < 0 || base == 1 || base > 36)
		return 0;
	p += negative;
	hex = end - p > 2 && p[0] == '0' && (p[1] | 0x20) == 'x' && digit_value(p[2]) < 16;
	if (!base)
		base = hex ? 16 : p < end && *p == '0' ? 8 : 10;
	if (hex && base == 16)
		p += 2;
	for (; p < end; p++) {
		u32 digit = digit_value(*p);

		if (digit >= base)
			break;
		value = value * (u64)base + digit;
	}
	return (s64)(negative ? -value : value);
}

/* Builds a result that must not overlap its arguments. */
struct str_builder {
	struct rt_str *dst;
	u32 limit;
};

static void builder_add(struct str_builder *builder, const u8 *data, u64 n)
{
	struct rt_str *dst = builder->dst;

	n = min_u64(n, builder->limit - dst->len);
	memcpy(dst->data + dst->len, data, n);
	dst->len += (u32)n;
}

void rt_str_replace(struct rt_ctx *ctx, struct rt_str *dst, const struct rt_str *s, const struct rt_str *search,
		    const struct rt_str *replacement)
{
	struct str_builder builder = { at(reserve_of(ctx)), str_limit(ctx) };
	u64 from = 0;

	if (!search->len) {
		rt_str_copy(ctx, dst, s);
		return;
	}
	/* In the scratch memory's reserve: dst may be an argument. */
	builder.dst->len = 0;
	for (;;) {
		s64 found = str_find(s, from, search);

		if (found < 0)
			break;
		builder_add(&builder, s->data + from, (u64)found - from);
		builder_add(&builder, replacement->data, replacement->len);
		from = (u64)found + search->len;
	}
	builder_add(&builder, s->data + from, s->len - from);
	rt_str_copy(ctx, dst, builder.dst);
}
