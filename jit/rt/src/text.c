// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Text made of bytes and times: escapes and dates. */
#include "format.h"

/* The letter of a two-byte escape, or 0. */
static u8 escape_letter(u8 byte)
{
	static const u8 controls[] = "abtnvfr";	/* 7 to 13 */

	if (byte >= 7 && byte <= 13)
		return controls[byte - 7];
	return byte == '"' || byte == '\\' ? byte : 0;
}

static u32 text_escape(u8 byte, u8 out[4])
{
	u8 letter = escape_letter(byte);

	if (!letter && byte >= ' ' && byte < 127) {
		out[0] = byte;
		return 1;
	}
	out[0] = '\\';
	if (letter) {
		out[1] = letter;
		return 2;
	}
	out[1] = '0' + (byte >> 6);
	out[2] = '0' + (byte >> 3 & 7);
	out[3] = '0' + (byte & 7);
	return 4;
}

/* Bytes of a string, escaped. */
static u64 text_escaped_length(const struct rt_str *s)
{
	u64 n = 0;
	u8 escaped[4];
	u32 i;

	for (i = 0; i < s->len; i++)
		n += text_escape(s->data[i], escaped);
	return n;
}

void rt_text_str(struct rt_ctx *ctx, struct rt_str *dst, const struct rt_str *s, __s64 length, __s64 quoted)
{
	static const u8 cut[] = "\"...";
	u32 limit = str_limit(ctx), i, fits;
	/* In the scratch memory's reserve: dst may be s. */
	struct rt_str *out = at(reserve_of(ctx));
	u64 room;

	if (length > 0 && length < limit)
		limit = (u32)length;
	room = limit;
	if (quoted)
		room -= min_u64(room, 2);
	fits = text_escaped_length(s) <= room;
	if (quoted && !fits)
		room -= min_u64(room, 3);
	out->len = 0;
	if (quoted && limit)
		out->data[out->len++] = '"';
	room += out->len;
	for (i = 0; i < s->len; i++) {
		u8 escaped[4];
		u32 n = text_escape(s->data[i], escaped);

		if (out->len + n > room)
			break;
		memcpy(out->data + out->len, escaped, n);
		out->len += n;
	}
	if (quoted) {
		u64 n = min_u64(fits ? 1 : 4, limit - out->len);

		memcpy(out->data + out->len, cut, n);
		out->len += (u32)n;
	}
	rt_str_copy(ctx, dst, out);
}

struct date {
	s64 year;
	u32 month, day;		/* from 0; from 1 */
};

/* The Gregorian date of a day counted from 1970, by eras of 400 years that begin in March. */
static struct date date_of_day(s64 day)
{
	s64 shifted = day + 719468;
	s64 era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	u32 of_era = (u32)(shifted - era * 146097);
	u32 year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	u32 of_year = of_era - (365 * year + year / 4 - year / 100);
	u32 month = (5 * of_year + 2) / 153;	/* from March */
	struct date date;

	date.day = of_year - (153 * month + 2) / 5 + 1;
	date.month = month < 10 ? month + 2 : month - 10;
	date.year = era * 400 + year + (date.month < 2);
	return date;
}

/* Beyond these, dates have years before 1 or after 9999. */
#define FIRST_SECOND (-62135596800ll)
#define LAST_SECOND 253402300799ll

void rt_ctime(struct rt_ctx *ctx, struct rt_str *dst, __s64 seconds)
{
	static const u8 days[] = "ThuFriSatSunMonTueWed";
	static const u8 months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static const u8 format[] = "%s %s %2d %02d:%02d:%02d %4d";
	static const u8 early[] = "a long, long time ago...";
	static const u8 late[] = "far far in the future...";
	s64 day, second;
	struct date date;

	if (seconds < FIRST_SECOND || seconds > LAST_SECOND) {
		str_set(ctx, dst, seconds < 0 ? early : late, 24);
		return;
	}
	day = (seconds >= 0 ? seconds : seconds - 86399) / 86400;
	second = seconds - day * 86400;
	date = date_of_day(day);
	{
		struct rt_value values[7] = {
			{ RT_ARG_STR, address_of(days + (u64)((day % 7 + 7) % 7) * 3), 3 },
			{ RT_ARG_STR, address_of(months + date.month * 3), 3 },
			{ RT_ARG_INT, date.day, 0 },
			{ RT_ARG_INT, (u64)(second / 3600), 0 },
			{ RT_ARG_INT, (u64)(second / 60 % 60), 0 },
			{ RT_ARG_INT, (u64)(second % 60), 0 },
			{ RT_ARG_INT, (u64)date.year, 0 },
		};
		u64 n = rt_format(dst->data, str_limit(ctx), format, sizeof(format) - 1, values, 7);

		dst->len = (u32)min_u64(n, str_limit(ctx));
	}
}
