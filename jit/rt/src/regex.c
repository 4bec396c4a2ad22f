// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/*
 * Regular expressions: walks over tables. All loops are bounded by the length
 * of the string, but for repetitions of groups, by its square.
 */
#include "regex.h"

ALWAYS_INLINE struct match *match_of(const struct rt_ctx *ctx)
{
	const struct rt_session *session = session_of(ctx);

	return at(ctx->scratch + session->scratch_size - match_size(session->max_string));
}

__u64 rt_match(const struct rt_regex *regex, const struct rt_str *s)
{
	const u8 *p = s->data, *end = p + s->len;
	const struct rt_dfa *dfa = &regex->search;
	/* Row 0 and those that accept are never left: one comparison for both. */
	u32 leaves = dfa->accepts - 1u, state = dfa->start_at_edge;

	for (; p < end && state - 1 < leaves; p++)
		state = dfa->next[state + regex->classes[*p]];
	return state >= (p == end ? dfa->accepts_at_edge : dfa->accepts);
}

/* A walk in a string, from a place. */
struct walk {
	const struct rt_captures *captures;
	const struct match *match;
	u8 *bits;		/* one for each place */
};

ALWAYS_INLINE const struct rt_dfa *walk_dfa(const struct walk *walk, u32 offset)
{
	return (const struct rt_dfa *)((const u8 *)walk->captures + offset);
}

ALWAYS_INLINE u32 walk_step(const struct walk *walk, const struct rt_dfa *dfa, u32 state, u32 place)
{
	return dfa->next[state + walk->captures->classes[walk->match->s.data[place]]];
}

ALWAYS_INLINE int bit_is_set(const u8 *bits, u32 place)
{
	return bits[place / 8] >> place % 8 & 1;
}

ALWAYS_INLINE void bit_set(u8 *bits, u32 place)
{
	bits[place / 8] |= (u8)(1u << place % 8);
}

static void bits_clear(u8 *bits, u32 start, u32 end)
{
	memset(bits + start / 8, 0, end / 8 - start / 8 + 1);
}

/* Whether a walk forward accepts at a place. */
ALWAYS_INLINE int accepts_at(const struct walk *walk, const struct rt_dfa *dfa, u32 state, u32 place)
{
	return state >= (place == walk->match->s.len ? dfa->accepts_at_edge : dfa->accepts);
}

/* Whether a walk back does. */
ALWAYS_INLINE int accepts_back(const struct rt_dfa *dfa, u32 state, u32 place)
{
	return state >= (place ? dfa->accepts : dfa->accepts_at_edge);
}

ALWAYS_INLINE u32 start_forward(const struct rt_dfa *dfa, u32 place)
{
	return place ? dfa->start : dfa->start_at_edge;
}

ALWAYS_INLINE u32 start_back(const struct walk *walk, const struct rt_dfa *dfa, u32 place)
{
	return place == walk->match->s.len ? dfa->start_at_edge : dfa->start;
}

/* The last place in `range` where a walk from its start accepts. */
static u32 walk_longest(const struct walk *walk, u32 offset, struct range range)
{
	const struct rt_dfa *dfa = walk_dfa(walk, offset);
	u32 state = start_forward(dfa, range.start), place = range.start, found = NOWHERE;

	for (;; place++) {
		if (accepts_at(walk, dfa, state, place))
			found = place;
		if (place == range.end || !state)
			return found;
		state = walk_step(walk, dfa, state, place);
	}
}

/* The first place in `range` where a walk back from its end accepts. */
static u32 walk_back(const struct walk *walk, u32 offset, struct range range)
{
	const struct rt_dfa *dfa = walk_dfa(walk, offset);
	u32 state = start_back(walk, dfa, range.end), place = range.end, found = NOWHERE;

	for (;; place--) {
		if (accepts_back(dfa, state, place))
			found = place;
		if (place == range.start || !state)
			return found;
		state = walk_step(walk, dfa, state, place - 1);
	}
}

/* The last place where both a walk from the start and one back from the end accept. */
static u32 walk_split(const struct walk *walk, const struct rt_step *step, struct range range)
{
	const struct rt_dfa *dfa = walk_dfa(walk, step->forward);
	u32 state = start_forward(dfa, range.start), place, last = range.start;

	bits_clear(walk->bits, range.start, range.end);
	for (place = range.start;; place++) {
		if (accepts_at(walk, dfa, state, place)) {
			bit_set(walk->bits, place);
			last = place;
		}
		if (place == range.end || !state)
			break;
		state = walk_step(walk, dfa, state, place);
	}
	dfa = walk_dfa(walk, step->backward);
	state = start_back(walk, dfa, range.end);
	for (place = range.end;; place--) {
		if (place <= last && bit_is_set(walk->bits, place) && accepts_back(dfa, state, place))
			return place;
		if (place == range.start || !state)
			return NOWHERE;
		state = walk_step(walk, dfa, state, place - 1);
	}
}

/* The last of the repetitions that a range consists of, each as long as it can be and none empty. */
static struct range walk_last(const struct walk *walk, const struct rt_step *step, struct range range)
{
	const struct range nothing = { NOWHERE, NOWHERE };
	const struct rt_dfa *dfa = walk_dfa(walk, step->backward);
	u32 state = start_back(walk, dfa, range.end), place, start = range.start;

	if (range.start == range.end)
		return walk_longest(walk, step->forward, range) == NOWHERE ? nothing : range;
	/* Where a repetition may end, so that others follow to the end. */
	bits_clear(walk->bits, range.start, range.end);
	for (place = range.end;; place--) {
		if (accepts_back(dfa, state, place))
			bit_set(walk->bits, place);
		if (place == range.start || !state)
			break;
		state = walk_step(walk, dfa, state, place - 1);
	}
	dfa = walk_dfa(walk, step->forward);
	for (;;) {
		u32 end = NOWHERE;

		state = start_forward(dfa, start);
		for (place = start; place < range.end && state;) {
			state = walk_step(walk, dfa, state, place++);
			if (bit_is_set(walk->bits, place) && accepts_at(walk, dfa, state, place))
				end = place;
		}
		if (end == NOWHERE)
			return nothing;
		if (end == range.end)
			return (struct range){ start, end };
		start = end;
	}
}

static void registers_set(struct match *match, u32 number, u32 start, u32 end)
{
	if (number != RT_NO_REGISTER)
		match->registers[number] = (struct range){ start, end };
}

/* One step of the plan, of a range that is not none. */
static void match_step(const struct walk *walk, struct match *match, const struct rt_step *step, struct range range)
{
	u32 middle = NOWHERE, n;

	switch (step->kind) {
	case RT_STEP_COPY:
		match->registers[step->to] = range;
		return;
	case RT_STEP_CHOOSE:
		n = walk_longest(walk, step->forward, range) == range.end ? step->to : step->rest;
		registers_set(match, n, range.start, range.end);
		return;
	case RT_STEP_OPTIONAL:
		if (range.start < range.end || (step->forward && walk_longest(walk, step->forward, range) != NOWHERE))
			match->registers[step->to] = range;
		return;
	case RT_STEP_LAST:
		match->registers[step->to] = walk_last(walk, step, range);
		return;
	case RT_STEP_CLEAR:
		for (n = step->to; n <= step->rest; n++)
			registers_set(match, n, NOWHERE, NOWHERE);
		return;
	case RT_STEP_SPLIT_AFTER:
		middle = range.start + step->forward;
		break;
	case RT_STEP_SPLIT_BEFORE:
		middle = range.end - step->forward;
		break;
	case RT_STEP_SPLIT:
		middle = walk_split(walk, step, range);
		break;
	}
	/* Outside of the range: the plan is wrong. */
	if (middle < range.start || middle > range.end)
		return;
	registers_set(match, step->to, range.start, middle);
	registers_set(match, step->rest, middle, range.end);
}

__u64 rt_match_groups(struct rt_ctx *ctx, const struct rt_captures *captures, const struct rt_str *s)
{
	struct match *match = match_of(ctx);
	struct walk walk = { captures, match, match->s.data + align_up(session_of(ctx)->max_string, 8) };
	struct range found = { 0, 0 };
	u32 i;

	rt_str_copy(ctx, &match->s, s);
	ctx->matched = 0;
	found.end = match->s.len;
	if (!captures->anchored)
		found.start = walk_back(&walk, captures->find, found);
	if (found.start == NOWHERE)
		return 0;
	found.end = walk_longest(&walk, captures->whole, found);
	if (found.end == NOWHERE)
		return 0;
	for (i = 0; i < captures->registers; i++)
		registers_set(match, i, NOWHERE, NOWHERE);
	match->registers[0] = found;
	for (i = 0; i < captures->n_steps; i++) {
		const struct rt_step *step = &captures->steps[i];
		struct range range = match->registers[step->from];

		if (range.start != NOWHERE)
			match_step(&walk, match, step, range);
	}
	ctx->matched = captures->groups + 1;
	return 1;
}

__s64 rt_matched_groups(struct rt_ctx *ctx)
{
	return (s64)ctx->matched - 1;
}

void rt_matched_text(struct rt_ctx *ctx, struct rt_str *dst, __s64 n)
{
	const struct match *match = match_of(ctx);
	struct range range = { NOWHERE, NOWHERE };

	if (n >= 0 && n < ctx->matched)
		range = match->registers[n];
	dst->len = range.end - range.start;
	memcpy(dst->data, match->s.data + (range.start == NOWHERE ? 0 : range.start), dst->len);
}
