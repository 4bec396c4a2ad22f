// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Histograms drawn as charts: a row for each bucket, runs of empty ones left out. */
#include "format.h"
#include "hist.h"

#define CHART_WIDTH 50
#define CHART_MARGIN 2		/* empty buckets shown next to others */

struct chart {
	const struct spile_hist *hist;
	const u64 *buckets;
	u32 first, last;	/* shown */
	u64 max;
};

/* The label of a row; returns its bytes. */
static u32 chart_label(const struct chart *chart, u32 bucket, u8 out[24])
{
	static const u8 format[] = "%c%d";
	const struct spile_hist *hist = chart->hist;
	struct rt_value args[2] = { { RT_ARG_INT, 0, 0 }, { RT_ARG_INT, 0, 0 } };
	u64 value;

	if (hist->kind == RT_HIST_LOG) {
		value = bucket > LOG_ZERO ? 1ull << (bucket - LOG_ZERO - 1) :
			bucket < LOG_ZERO ? -(1ull << (LOG_ZERO - bucket - 1)) : 0;
	} else if (!bucket) {
		args[0].word = '<';
		value = (u64)hist->low;
	} else {
		u64 steps = bucket - 1;

		if (bucket == hist->n_buckets - 1) {
			args[0].word = '>';
			steps--;
		}
		value = (u64)hist->low + steps * (u64)hist->step;
	}
	args[1].word = value;
	if (args[0].word)
		return (u32)rt_format(out, 24, format, 4, args, 2);
	return (u32)rt_format(out, 24, format + 2, 2, args + 1, 1);
}

/* Finds the rows to show; 0 where all buckets are empty. */
static int chart_range(struct chart *chart)
{
	const struct spile_hist *hist = chart->hist;
	u32 i, end = hist->n_buckets - 1, found = 0;

	for (i = 0; i <= end; i++) {
		if (!chart->buckets[i])
			continue;
		if (!found++)
			chart->first = i;
		chart->last = i;
		if (chart->buckets[i] > chart->max)
			chart->max = chart->buckets[i];
	}
	if (!found)
		return 0;
	for (i = 0; i < CHART_MARGIN; i++) {
		/* Charts of values that are never negative begin at 0. */
		if (chart->first && !(hist->kind == RT_HIST_LOG && chart->first == LOG_ZERO))
			chart->first--;
		if (chart->last < end)
			chart->last++;
	}
	if (hist->kind == RT_HIST_LINEAR) {
		if (!chart->first && !chart->buckets[0])
			chart->first++;
		if (chart->last == end && !chart->buckets[end])
			chart->last--;
	}
	return 1;
}

/* Whether all buckets shown within CHART_MARGIN of one are empty. */
static int chart_elided(const struct chart *chart, u32 bucket)
{
	u32 from = bucket > chart->first + CHART_MARGIN ? bucket - CHART_MARGIN : chart->first;
	u32 to = bucket + CHART_MARGIN < chart->last ? bucket + CHART_MARGIN : chart->last;

	for (; from <= to; from++) {
		if (chart->buckets[from])
			return 0;
	}
	return 1;
}

static void chart_row(struct sink *sink, const struct chart *chart, u32 bucket, u32 label_width, u32 count_width)
{
	static const u8 row[] = "%*s |";
	static const u8 count[] = " %*u\n";
	u64 scale = (chart->max - 1) / CHART_WIDTH + 1;
	u64 bar = chart->buckets[bucket] / scale;
	u8 label[24];
	struct rt_value args[2] = { { RT_ARG_INT, label_width, 0 }, { RT_ARG_STR, address_of(label), 0 } };
	struct format_args from = { 2, args, 0, 0, 0 };

	args[1].length = chart_label(chart, bucket, label);
	format_text(sink, row, sizeof(row) - 1, &from);
	sink_fill(sink, '@', bar);
	sink_fill(sink, ' ', CHART_WIDTH - bar);
	args[0].word = count_width;
	args[1].type = RT_ARG_INT;
	args[1].word = chart->buckets[bucket];
	format_text(sink, count, sizeof(count) - 1, &from);
}

static void chart_draw(struct sink *sink, const struct spile_hist *hist)
{
	static const u8 header[] = "value |", count[] = " count\n", elision[] = " ~\n";
	struct chart chart = { hist, (const u64 *)(hist + 1), 0, 0, 0 };
	u32 i, label_width = 5, count_width, skipping = 0;
	u8 scratch[24];

	if (!chart_range(&chart))
		return;
	for (i = chart.first; i <= chart.last; i++) {
		u32 n = chart_label(&chart, i, scratch);

		if (n > label_width)
			label_width = n;
	}
	count_width = print_digits(scratch, chart.max, 10, 'a');
	sink_fill(sink, ' ', label_width - 5);
	sink_bytes(sink, header, sizeof(header) - 1);
	sink_fill(sink, '-', CHART_WIDTH);
	sink_bytes(sink, count, sizeof(count) - 1);
	for (i = chart.first; i <= chart.last; i++) {
		u32 elided = (u32)chart_elided(&chart, i);

		if (!elided) {
			chart_row(sink, &chart, i, label_width, count_width);
		} else if (!skipping) {
			sink_fill(sink, ' ', label_width);
			sink_bytes(sink, elision, sizeof(elision) - 1);
		}
		skipping = elided;
	}
	sink_byte(sink, '\n');
}
