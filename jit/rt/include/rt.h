/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * The freestanding runtime: what generated code calls.
 *
 * It is linked into every image, as far as the image uses it. It keeps no
 * static data: all state is in the image's data, the CPU's part and the
 * context, reached through the context argument. It never sleeps, never
 * recurses without bound, and runs in any context including NMI.
 *
 * A function that fails sets ctx->error and ctx->error_arg; generated code
 * checks ctx->error after each operation that can fail, and fills
 * ctx->error_location.
 */
#ifndef SPILE_RT_H
#define SPILE_RT_H

#ifndef SPILE_FREESTANDING
#define SPILE_FREESTANDING
#endif
#include "spile_abi.h"

/*
 * A string: a length and so many bytes, no NUL. Storage for one (a slot) has
 * room for max_string - 1 bytes: rt_str_slot() bytes, a multiple of 8.
 */
struct rt_str {
	__u32 len;
	__u8 data[];
};

/* The view that generated code and this runtime have of struct spile_ctx. */
struct rt_ctx {
	__u64 next, state, hits, rows;
	__u64 data, part, parts, part_stride;
	__u64 scratch, counters, session, param;
	__u32 n_cpus, cpu, level, probe;
	__u64 regs, args, entry, result, task;
	__u64 calls, returns, lost_returns, sample, clocks, owner;
	/* From here on it is spile_ctx.image. */
	__u64 frame_top;	/* first free byte of the scratch memory; set by handlers that call functions */
	__s64 budget;		/* actions left in this hit */
	__u32 depth;		/* calls in progress */
	__u32 error;		/* enum spile_error of the error under way, or 0, or RT_ABORT */
	__u64 error_arg;	/* an address or a size, by the error */
	__u32 error_location;	/* index in the host part's locations */
	__u32 matched;		/* groups of the last regular expression and 1, or 0 where it did not match */
	__u64 error_text;	/* address of the script's own struct rt_str, or 0 */
	__u64 random;		/* state of the random numbers */
	__u64 word;		/* the result of a call that leaves all registers as they are */
	__u64 keys[4];		/* of an element that is inserted */
};

/* At the start of an image's data; filled by rt_init(). */
struct rt_session {
	__u64 errors;		/* so far, atomic */
	__u64 skips;		/* hits skipped for a lock, atomic */
	__u32 max_string;	/* MAXSTRINGLEN */
	__u32 max_errors;
	__u32 max_skipped;
	__u32 max_nesting;
	__u32 max_trylock;
	__u32 scratch_size;
	__u32 reserve;		/* rt_scratch_reserve(): the end of the scratch memory, the runtime's own */
	__u32 timing_off;	/* of struct rt_timing, in each context's part; 0: handlers are not timed */
	__u64 begun;		/* when, cycles, where they are */
	__u64 globals;		/* address of the first struct rt_global */
};

/* The script's abort(): unwinds like an error that cannot be caught, and is none. */
#define RT_ABORT 0xffffffffu

enum rt_kind { RT_INT = 0, RT_STR = 1, RT_STAT = 2, RT_MAP = 3 };
enum rt_hist { RT_HIST_NONE = 0, RT_HIST_LOG = 1, RT_HIST_LINEAR = 2 };

/* A global, constant, in the image's text. The jit fills the upper part, rt_layout() the lower. */
struct rt_global {
	__u8 kind;		/* enum rt_kind */
	__u8 value;		/* maps: enum rt_kind of the elements' value */
	__u8 hist;		/* statistics: enum rt_hist */
	__u8 variance;		/* statistics: 1 if kept */
	__u8 variance_shift;
	__u8 wrap;		/* maps */
	__u8 n_keys;		/* maps */
	__u8 sized;		/* maps: the script gave the capacity (chooses the message) */
	__u8 sum, extremes;	/* statistics: 1 if kept */
	__u8 sharded;		/* integers: 1 if each context has a part of the sum */
	__u8 shared;		/* maps: 1 if handlers that only add to elements may run beside each other */
	__u8 spare;		/* maps: 1 if handlers that empty it run beside others: there are heads to change to */
	__u8 n_orders;		/* maps: so many orders are found before handlers that sort have their locks */
	__u8 reserved[2];
	__u32 visits;		/* maps: of those, so many elements are visited at most */
	__u32 str_keys;		/* maps: bit i is set where key i is a string */
	__u32 capacity;		/* maps: elements */
	__u32 max_string;
	__s64 low, high, step;	/* linear histograms */

	__u32 slot;		/* rt_str_slot(max_string) */
	__u32 n_buckets;	/* of a histogram: 128, or (high - low) / step + 3 */
	__u32 stat_size;	/* one aggregate of one CPU, bytes */
	__u32 node_size;	/* maps: one element, bytes */
	__u32 n_slots;		/* maps: of the hash table, a power of two */
	__u32 data_off;		/* in the image's data, multiple of 64 */
	__u32 data_size;
	__u32 part_off;		/* in each context's part, multiple of 8 */
	__u32 part_size;
	__u32 lock_off;		/* its lock word, in the image's data */
	__u32 nodes_off;	/* maps: the first element, in the image's data */
	__u32 keys_off;		/* maps: the first key, in an element */
	__u32 hash_shift;	/* maps: from a hash to the slot of the hash table */
	__u32 select;		/* maps: so many elements are found for each order */
	__u32 select_off;	/* maps: behind the elements, struct selection for each order, in the image's data */
	__u32 select_size;	/* of one, bytes */
	__u32 select_lock_off;	/* the lock word of the first */
	__u32 unused;
};

/*
 * Computes the lower part of a global, and advances *data and *part, the
 * bytes used so far (*data begins at sizeof(struct rt_session)). Also built
 * for the host, where the jit calls it. Returns 0, or -1 where it is too large.
 */
int rt_layout(struct rt_global *global, __u64 *data, __u64 *part);
__u32 rt_str_slot(__u32 max_string);
/*
 * Bytes at the end of the scratch memory that the runtime keeps for itself: scratch_size is the frames' need and these.
 * matches: 1 if what regular expressions matched is kept.
 */
__u32 rt_scratch_reserve(__u32 max_string, __u32 matches);

/*
 * Which lock an operation needs: none for sharded integers and scalar aggregates
 * (rt_stat_add, _read, _clear, rt_hist_bucket); WRITE for rt_map_put, rt_map_delete,
 * rt_map_clear, rt_stat_add to a map, and rt_iter_first that sorts; READ for
 * the rest. Of a map that is shared, UPDATE for atomic additions to what
 * rt_map_make gives, ALONE for all else.
 */
enum rt_lock_mode {
	RT_LOCK_READ = 1,
	RT_LOCK_WRITE = 2,
	RT_LOCK_UPDATE = 3,
	RT_LOCK_ALONE = 4,
	RT_LOCK_SELECT = 5,	/* of a map's selection, which is then made; before all others */
};

/* A lock's word counts readers, or is spile_ctx.owner of the writer's. */
#define RT_LOCK_WRITER SPILE_OWNER

struct rt_lock {
	__u32 lock_off;
	__u32 mode;		/* enum rt_lock_mode */
	__u32 global;		/* whose it is */
	__u32 what;		/* SELECT: the order; WRITE, ALONE: 1 if the map has spare heads that are needed */
	__u32 visits;		/* SELECT: so many elements are visited at most; 0: not known before */
};

/* A handler, constant, in the image's text. */
struct rt_handler {
	__u32 n_locks;
	__u32 reserved;
	struct rt_lock locks[];	/* in the order of lock_off */
};

/* The image's constants for rt_init(); max_string and so on as in rt_session. */
struct rt_init_info {
	__u32 max_string, max_errors, max_skipped, max_nesting, max_trylock, scratch_size;
	__u32 n_globals;	/* globals follow at the address `globals` + i * sizeof(struct rt_global) */
	__u32 reserve;		/* rt_scratch_reserve() */
};
/* Prepares session block, maps and aggregates of every CPU. Run once, at load. */
void rt_init(struct rt_ctx *ctx, const struct rt_init_info *info, const struct rt_global *globals);

/*
 * Around handlers. rt_enter() takes the locks, all or none; 0: skip this hit
 * (counted). rt_leave() releases them; where there is one lock only, generated
 * code does both, and asks rt_enter() where it would have to wait. rt_failed()
 * reports an error that nobody caught, and ends it: a record, MAXERRORS,
 * session_fail. No error is under way when a handler begins. rt_ask() takes
 * the locks as rt_enter() does, but waits for none, and counts nothing.
 */
__u64 rt_ask(struct rt_ctx *ctx, const struct rt_handler *handler);
__u64 rt_enter(struct rt_ctx *ctx, const struct rt_handler *handler);
void rt_leave(struct rt_ctx *ctx, const struct rt_handler *handler);
void rt_failed(struct rt_ctx *ctx);

/*
 * What the handlers of a probe took: one for each probe, n_probes of them from
 * timing_off in each context's part. The numbers are those of struct spile_timing.
 */
struct rt_timing {
	__u64 count, sum, min, max, squares_low, squares_high;
	__u64 lock_waits, lock_wait_ns;
	__u64 buckets[32];
};

/* From now on: called once, after rt_init(), with an offset that is not 0. */
void rt_timing_init(struct rt_ctx *ctx, __u64 offset);
/* This hit's handler took so many cycles. */
void rt_timed(struct rt_ctx *ctx, __u64 cycles);
/* A record for each probe that was hit. */
void rt_timing_report(struct rt_ctx *ctx, __u64 n_probes);

/* The message of the error under way into dst; the error is then over. */
void rt_caught(struct rt_ctx *ctx, struct rt_str *dst);

/* Strings. dst is a slot; results are cut to max_string - 1 bytes. dst may be an argument. */
void rt_str_copy(struct rt_ctx *ctx, struct rt_str *dst, const struct rt_str *src);
void rt_str_concat(struct rt_ctx *ctx, struct rt_str *dst, const struct rt_str *a, const struct rt_str *b);
/* <0, 0, >0 as memcmp, then by length. */
__s64 rt_str_compare(const struct rt_str *a, const struct rt_str *b);

/*
 * Maps. keys: one word each, an integer or the address of a struct rt_str.
 * A mask has bit i set where key i matches anything. Values of elements are
 * the address of an __s64 or a struct rt_str slot.
 */
__u64 rt_map_get(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys);	/* address, or 0: no such element */
__u64 rt_map_put(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys);	/* made where missing; 0: full, error set */
__u64 rt_map_has(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys, __u64 mask);
void rt_map_delete(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys, __u64 mask);
/* As rt_map_put() where the lock is UPDATE, which others may have too: it is given back meanwhile. */
__u64 rt_map_make(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys);
/* For keys that no element has, with their hash: as rt_map_put(). */
__u64 rt_map_insert(struct rt_ctx *ctx, const struct rt_global *map, const __u64 *keys, __u64 hash);
/* The element at a place: see map.h. */
void rt_map_remove(struct rt_ctx *ctx, const struct rt_global *map, __u64 place);
void rt_map_clear(struct rt_ctx *ctx, const struct rt_global *map);

/*
 * Statistics. keys is 0 for a scalar aggregate. field: enum rt_field. The
 * variance is Welford's, in integers: of values shifted left by
 * variance_shift, mean += (v - mean) / count; m2 += (v - old mean) * (v - mean);
 * read as m2 / (count - 1), shifted back twice; 0 of one value.
 */
/* An element's aggregate, at an address. */
void rt_stat_add_to(const struct rt_global *global, __u64 stat, __s64 value);
enum rt_field { RT_COUNT = 0, RT_SUM = 1, RT_MIN = 2, RT_MAX = 3, RT_AVG = 4, RT_VARIANCE = 5 };
void rt_stat_add(struct rt_ctx *ctx, const struct rt_global *global, const __u64 *keys, __s64 value);
__s64 rt_stat_read(struct rt_ctx *ctx, const struct rt_global *global, const __u64 *keys, __u64 field);
__s64 rt_hist_bucket(struct rt_ctx *ctx, const struct rt_global *global, const __u64 *keys, __s64 index);
void rt_stat_clear(struct rt_ctx *ctx, const struct rt_global *global);

/* Sharded integers: the sum of all parts; and where nothing adds meanwhile, another value. */
__s64 rt_counter_get(struct rt_ctx *ctx, const struct rt_global *global);
void rt_counter_set(struct rt_ctx *ctx, const struct rt_global *global, __s64 value);

/*
 * Iteration. sort: 0 for none, else RT_SORT(), with RT_SELECTED() where the
 * handler has that selection's lock and has not changed the map; keys and mask
 * choose a slice (all bits set: everything); limit: so many elements will be visited at most, signed.
 */
enum rt_sort_by { RT_BY_KEY = 1, RT_BY_VALUE = 2, RT_BY_STAT = 3 };
#define RT_SORT(by, which, descending) ((by) | (which) << 8 | (descending) << 16)
#define RT_SELECTED(number) (((number) + 1) << 24)
__u64 rt_iter_first(struct rt_ctx *ctx, const struct rt_global *map, __u64 sort, const __u64 *keys, __u64 mask,
		    __u64 limit);
__u64 rt_iter_next(struct rt_ctx *ctx, const struct rt_global *map, __u64 cursor, const __u64 *keys, __u64 mask);
__u64 rt_iter_key(struct rt_ctx *ctx, const struct rt_global *map, __u64 cursor, __u64 position);	/* integer or address */
__u64 rt_iter_value(struct rt_ctx *ctx, const struct rt_global *map, __u64 cursor);		/* integer or address */
__s64 rt_iter_stat(struct rt_ctx *ctx, const struct rt_global *map, __u64 cursor, __u64 field);

/* A value for rt_format(): an integer; address and length of bytes; address of a struct spile_hist and its buckets. */
struct rt_value {
	__u64 type;		/* enum rt_arg */
	__u64 word;
	__u64 length;		/* of a string, bytes */
};
/*
 * printf into at most `capacity` bytes; returns the bytes of the whole text.
 * rt_message() does the same for the message of an error (enum spile_error).
 * Also built for the host and the agent.
 */
__u64 rt_format(__u8 *out, __u64 capacity, const __u8 *text, __u64 length, const struct rt_value *values, __u64 n);
__u64 rt_message(__u8 *out, __u64 capacity, __u32 code, __u64 arg);

/* Output. types: n bytes, enum rt_arg; args: integers, addresses of struct rt_str or of struct rt_hist_arg. */
enum rt_arg { RT_ARG_INT = 0, RT_ARG_STR = 1, RT_ARG_HIST = 2 };
struct rt_hist_arg {
	__u64 global;		/* address of a struct rt_global */
	__u64 keys;		/* address of its keys, or 0 */
};
/* A record that the jit fills: the bytes of a string, padded; returns the address behind them. */
__u64 rt_print_str(__u64 to, const struct rt_str *s);
void rt_print(struct rt_ctx *ctx, __u64 format, __u64 n, const __u8 *types, const __u64 *args);
void rt_sprint(struct rt_ctx *ctx, struct rt_str *dst, const struct rt_str *format, __u64 n, const __u8 *types,
	       const __u64 *args);

/*
 * Regular expressions, constant, in the image's text. An automaton: states are
 * offsets of rows in `next`, one column for each class of bytes; row 0 is where
 * nothing can match any more. Rows are in the order of what they accept.
 */
struct rt_dfa {
	__u16 start;		/* inside of the string */
	__u16 start_at_edge;	/* at the edge of the string that the walk leads away from */
	__u16 accepts_at_edge;	/* states from here on accept at the other edge */
	__u16 accepts;		/* states from here on accept anywhere */
	__u16 next[];
};

struct rt_regex {
	__u8 classes[256];
	struct rt_dfa search;
};

/* Whether s has a match. */
__u64 rt_match(const struct rt_regex *regex, const struct rt_str *s);

/* What captures are found by; spile_regex::Step says what the steps do. Automata are bytes from the beginning. */
enum rt_step_kind {
	RT_STEP_COPY = 0,
	RT_STEP_SPLIT_AFTER = 1,
	RT_STEP_SPLIT_BEFORE = 2,
	RT_STEP_SPLIT = 3,
	RT_STEP_CHOOSE = 4,
	RT_STEP_OPTIONAL = 5,
	RT_STEP_LAST = 6,
	RT_STEP_CLEAR = 7,
};

#define RT_NO_REGISTER 0xffff
#define RT_MAX_REGISTERS 128

struct rt_step {
	__u16 kind;		/* enum rt_step_kind */
	__u16 from, to, rest;	/* registers */
	__u32 forward;		/* an automaton, or 0, or a length */
	__u32 backward;		/* an automaton */
};

struct rt_captures {
	__u8 classes[256];
	__u32 groups;
	__u32 registers;
	__u32 anchored;		/* matches begin at the beginning of the string */
	__u32 find;		/* the automaton that finds where a match begins */
	__u32 whole;		/* the automaton that finds where it ends */
	__u32 n_steps;
	struct rt_step steps[];
};

/* As rt_match(), and keeps what matched for the rest of this hit. */
__u64 rt_match_groups(struct rt_ctx *ctx, const struct rt_captures *captures, const struct rt_str *s);
/* Of the last rt_match_groups(): how many groups there are, -1 where it failed or there was none. */
__s64 rt_matched_groups(struct rt_ctx *ctx);
/* What group n matched, 0 for the whole match; "" where it matched nothing, or there is no such group. */
void rt_matched_text(struct rt_ctx *ctx, struct rt_str *dst, __s64 n);

/* Intrinsics of ir::Intrinsic, by the same names. Those with a string result take dst first. */
__s64 rt_strlen(const struct rt_str *s);
void rt_substr(struct rt_ctx *ctx, struct rt_str *dst, const struct rt_str *s, __s64 start, __s64 length);
__s64 rt_stringat(const struct rt_str *s, __s64 position);
__s64 rt_isinstr(const struct rt_str *s, const struct rt_str *part);
__s64 rt_strpos(const struct rt_str *s, const struct rt_str *part);
__s64 rt_strspn(const struct rt_str *s, const struct rt_str *set);
__s64 rt_strcspn(const struct rt_str *s, const struct rt_str *set);
__s64 rt_strtol(const struct rt_str *s, __s64 base);
void rt_str_replace(struct rt_ctx *ctx, struct rt_str *dst, const struct rt_str *s, const struct rt_str *search,
		    const struct rt_str *replacement);
void rt_text_str(struct rt_ctx *ctx, struct rt_str *dst, const struct rt_str *s, __s64 length, __s64 quoted);
void rt_ctime(struct rt_ctx *ctx, struct rt_str *dst, __s64 seconds);
void rt_kernel_string(struct rt_ctx *ctx, struct rt_str *dst, __u64 addr, __s64 length);	/* may fail */
void rt_user_string(struct rt_ctx *ctx, struct rt_str *dst, __u64 addr, __s64 length);		/* may fail */
void rt_kernel_bytes(struct rt_ctx *ctx, struct rt_str *dst, __u64 addr, __s64 length);	/* may fail */
void rt_user_bytes(struct rt_ctx *ctx, struct rt_str *dst, __u64 addr, __s64 length);		/* may fail */
void rt_delay(struct rt_ctx *ctx, __s64 ns);
void rt_error(struct rt_ctx *ctx, const struct rt_str *text);					/* fails */
void rt_exhausted(struct rt_ctx *ctx);								/* fails */
void rt_warn(struct rt_ctx *ctx, const struct rt_str *text);
void rt_system(struct rt_ctx *ctx, const struct rt_str *command);
__s64 rt_random(struct rt_ctx *ctx, __s64 bound);
void rt_abort(struct rt_ctx *ctx);								/* fails, as RT_ABORT */

/* Doubles as bit patterns; see float.c. */
__s64 rt_fp_add(__s64 a, __s64 b);
__s64 rt_fp_mul(__s64 a, __s64 b);
__s64 rt_fp_div(__s64 a, __s64 b);
__s64 rt_fp_rem(__s64 a, __s64 b);
__s64 rt_fp_sqrt(__s64 value);
void rt_fp_to_string(struct rt_ctx *ctx, struct rt_str *dst, __s64 value, __s64 precision);
__s64 rt_string_to_fp(const struct rt_str *s);

#endif /* SPILE_RT_H */
