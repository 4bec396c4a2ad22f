/* SPDX-License-Identifier: (GPL-2.0-only OR MIT OR Apache-2.0) */
/*
 * The contract between images, kshim, the agent and the host.
 *
 * This header is the one source of truth. The Rust mirror (abi/src/raw.rs) is
 * generated from it, and both sides check SPILE_ABI_HASH when an image is
 * loaded. All integers are little-endian; all structures are naturally
 * aligned without implicit padding.
 *
 *   image file   struct spile_image, text, imports, probes, strings, host part
 *   handlers     void handler(struct spile_ctx *), reached through probes
 *   imports      what a handler may ask of the kernel: SPILE_IMPORTS
 *   ring         one per CPU: struct spile_ring, struct spile_ring_tail, data
 *   ioctls       SPILE_IOC_*
 */
#ifndef SPILE_ABI_H
#define SPILE_ABI_H

#ifdef __KERNEL__
#include <linux/ioctl.h>
#include <linux/types.h>
#elif defined(SPILE_FREESTANDING)
/* jit/rt is compiled without any system header. */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef long long __s64;
#else
#include <linux/ioctl.h>
#include <linux/types.h>
#endif

#define SPILE_MAGIC		0x454c4950u	/* "PILE" */
#define SPILE_ABI_VERSION	1u

#define SPILE_ARCH_X86_64	62u	/* EM_X86_64 */
#define SPILE_ARCH_AARCH64	183u	/* EM_AARCH64 */

/* Upper bounds that kshim enforces on an image. */
#define SPILE_MAX_IMAGE		(16u << 20)
#define SPILE_MAX_IMPORTS	64u
#define SPILE_MAX_PROBES	65536u
#define SPILE_MAX_DATA		(1u << 30)
#define SPILE_MAX_PART		(64u << 20)
#define SPILE_MAX_SCRATCH	(4u << 20)
#define SPILE_MAX_ENTRY_WORDS	32u
#define SPILE_MAX_CONDITIONS	1024u
#define SPILE_MIN_RING		(16u << 10)
#define SPILE_MAX_RING		(256u << 20)

/* Each import stub in the text is this many bytes; the jit leaves them zero. */
#define SPILE_STUB_BYTES	16u
/* Text starts at a multiple of this in the image and in memory (adrp). */
#define SPILE_TEXT_ALIGN	4096u
/* "No text offset": an absent function. */
#define SPILE_NO_TEXT		0xffffffffu

/*
 * The image header, at offset 0 of the file. Offsets count from the start of
 * the file, text offsets (init, probes' handlers) from the start of the text.
 */
struct spile_image {
	__u32 magic;
	__u32 version;
	__u64 abi_hash;
	__u32 arch;		/* SPILE_ARCH_* */
	__u32 image_size;	/* of the whole file, bytes */
	__u32 text_off;		/* multiple of SPILE_TEXT_ALIGN */
	__u32 text_size;	/* code, constants and stubs, bytes */
	__u32 stubs;		/* text offset of stub 0, multiple of 16 */
	__u32 imports_off;	/* n_imports of __u32: enum spile_import of stub i */
	__u32 n_imports;
	__u32 probes_off;	/* n_probes of struct spile_probe */
	__u32 n_probes;
	__u32 strings_off;	/* NUL-terminated names */
	__u32 strings_size;
	__u32 data_size;	/* shared by all CPUs, zeroed at load, bytes */
	__u32 part_size;	/* for each context, zeroed at load, bytes */
	__u32 scratch_size;	/* for each context, not zeroed, bytes */
	__u32 init;		/* text offset of a handler run once at load, or SPILE_NO_TEXT */
	__u32 host_off;		/* the host's part; kshim never looks at it */
	__u32 host_size;
	__u32 trampolines_off;	/* n_trampolines of struct spile_trampoline */
	__u32 n_trampolines;
	__u32 fixups_off;	/* n_fixups of struct spile_fixup */
	__u32 n_fixups;
	__u32 conditions;	/* text offset of a handler that asks all conditions, or SPILE_NO_TEXT */
	__u32 n_conditions;
	__u32 reserved;
};

/*
 * Conditions. A probe with one need not be attached while it is false. The
 * image's handler for them leaves a word for each where spile_ctx.entry points
 * to, 0 or 1. kshim calls it when the begin probes have run, and after calls of
 * conditions_changed(), with interrupts off, beside handlers of other CPUs. It
 * waits for nobody: where it finds what it would read locked, it leaves the
 * words as they were, SPILE_NOT_ASKED, and is called again a little later. A
 * change takes a while to arrive, and probes share sites, so handlers look at
 * their conditions themselves, too.
 */
#define SPILE_NO_CONDITION	0xffffffffu
#define SPILE_NOT_ASKED		2u

/*
 * Code that the kernel calls where probes are, without kshim in between: it takes
 * a context, runs the handlers of all probes of a site in their order, and gives
 * the context back. A site is a function, of ftrace's direct calls (the code may
 * also return in the function's stead), or a tracepoint, whose probe function the
 * code is. Where the kernel does not take it, kshim calls the handlers.
 *
 * Code that serves several functions finds which one by its return address, in rows.
 * Where nothing that it runs asks, it does not look, and counts all hits as of the
 * probes of site 0.
 *
 * Where several sessions have code for a function, kshim has each called as ftrace would,
 * but all except the last return to kshim instead of the function, and to an address
 * that is in no row: then the return address in the function is in the SPILE_RETURN_WORD
 * bytes before the one that kshim gave. It is there as long as the entry part runs.
 */
struct spile_trampoline {
	__u32 code;		/* text offset, multiple of 16; it starts with endbr64 or bti c */
	__u32 flags;		/* SPILE_TRAMPOLINE_* */
	__u32 n_sites;
	__u32 n_probes;		/* of each site, at most SPILE_MAX_CHAIN */
	__u32 rows_log2;	/* of so many rows; at least twice the sites, or 0: one site, no rows */
	__u32 rows_off;		/* of the first row, from spile_ctx.rows, bytes; multiple of 8 */
};

/* It calls the function, and runs return handlers after it. */
#define SPILE_TRAMPOLINE_RETURNS	(1u << 0)

#define SPILE_RETURN_WORD	8u

#define SPILE_MAX_CHAIN		16u
#define SPILE_NO_TRAMPOLINE	0xffffffffu

/*
 * The hash table that a trampoline of several sites looks in; filled by kshim. A
 * row is 1 + n_probes __u64: the return address in the function, and the indices of
 * its probes in the probe table. The row of an address is the first from
 * (__u32)((__u32)address * SPILE_ROW_HASH) >> (32 - rows_log2) on that has it; one that
 * is 0 ends the search. There are 2 << rows_log2 rows, so that no search needs to wrap.
 */
#define SPILE_ROW_HASH		0x9e3779b1u

/* What kshim writes into the copy of the text at LOAD, since no host can know it. */
enum spile_fixup_kind {
	/*
	 * Of this CPU's pointer to the free context of the session: x86_64: __s32
	 * displacement in %gs; aarch64: __u64 offset from the per-CPU base.
	 */
	SPILE_FIXUP_CONTEXT = 1,
	/*
	 * Of the count that keeps preemption off: x86_64: __s32 displacement in
	 * %gs; aarch64: __u64 offset from sp_el0, the current task.
	 */
	SPILE_FIXUP_PREEMPT = 2,
	/* x86_64 only: __s32 displacement in %gs of the pointer to the current task. */
	SPILE_FIXUP_CURRENT = 3,
	/* aarch64 only: an instruction `mrs xN, tpidr_el1`, which reads tpidr_el2 where the kernel runs there. */
	SPILE_FIXUP_PERCPU_BASE = 4,
	/* The session's number, for hit_skipped(): x86_64: __u32; aarch64: __u64. */
	SPILE_FIXUP_SESSION = 5,
};

struct spile_fixup {
	__u32 at;		/* text offset, multiple of the size on aarch64 */
	__u32 kind;		/* enum spile_fixup_kind */
};

#define SPILE_MAX_FIXUPS	65536u

enum spile_probe_kind {
	SPILE_PROBE_BEGIN = 1,		/* param: sequence number */
	SPILE_PROBE_END = 2,		/* param: sequence number */
	SPILE_PROBE_ERROR = 3,		/* param: sequence number */
	SPILE_PROBE_TIMER = 4,		/* param: period in ns, at least 10,000; param2: it varies by so much, at most param */
	SPILE_PROBE_FUNCTION = 5,	/* name, address: function entry */
	SPILE_PROBE_RETURN = 6,		/* name, address: function return; param: maxactive up to 4096, 0 for default */
	SPILE_PROBE_ADDRESS = 7,	/* address: any instruction (kprobe) */
	SPILE_PROBE_TRACEPOINT = 8,	/* name: the tracepoint, without its system; param: arguments, at most 12 */
};

/* Not fatal if it cannot be attached: reported, and the session goes on. */
#define SPILE_PROBE_OPTIONAL	(1u << 0)
/* Its handlers read spile_ctx.regs: not spile_ctx.args and .result only. */
#define SPILE_PROBE_REGS	(1u << 1)

struct spile_probe {
	__u32 kind;		/* enum spile_probe_kind */
	__u32 flags;
	__u32 handler;		/* text offset, multiple of 16; it starts with endbr64 or bti c */
	__u32 entry_handler;	/* returns only: runs at entry, or SPILE_NO_TEXT */
	__u32 name;		/* offset in the strings: symbol or tracepoint; 0 is "" */
	__u32 entry_words;	/* returns only: __u64s kept from entry to return */
	__s64 param;
	__s64 param2;
	__u64 offset;		/* of the probed instruction from the symbol, bytes */
	__u64 address;		/* filled by the agent from /proc/kallsyms, symbol + offset */
	__u32 trampoline;	/* index of the trampoline that runs its handlers, or SPILE_NO_TRAMPOLINE */
	__u32 site;		/* of the trampoline */
	__u32 position;		/* in the site's chain */
	__u32 condition;	/* which one, or SPILE_NO_CONDITION; none of begin, end and error */
};

/*
 * What a handler gets. kshim keeps SPILE_LEVELS of them for each CPU, so that a
 * hit during a handler (in an interrupt, or a fault) has its own. They are used
 * as a stack: a pointer of the CPU is to the free one, or 0 where all are in use.
 * A hit takes the one pointed to, and lets the pointer be its `next`; at the end
 * it puts the pointer back. Interrupts in between leave the pointer as they found
 * it, so plain loads and stores serve.
 *
 * Handlers run with preemption off. Who takes the context sets the fields of the
 * hit; handlers may change nothing but `image`.
 */
#define SPILE_LEVELS		4
#define SPILE_OWNER		(1u << 31)
#define SPILE_CTX_IMAGE_WORDS	16

struct spile_ctx {
	__u64 next;		/* address of the context for a hit during this one, or 0 */
	__u64 state;		/* address of the session's state, __u32 enum spile_state */
	__u64 hits;		/* address of a __u64 for each probe: handlers run, in this context */
	__u64 rows;		/* address of the trampolines' rows */
	__u64 data;		/* address of the image's data */
	__u64 part;		/* address of this context's part */
	__u64 parts;		/* address of the first: CPU 0, level 0 */
	__u64 part_stride;	/* from one part to the next, of the next level or CPU, bytes */
	__u64 scratch;		/* address of this context's scratch memory */
	__u64 counters;		/* address of this CPU's struct spile_counters */
	__u64 session;		/* kshim's own */
	__u64 param;		/* spile_load.param */
	__u32 n_cpus;		/* each has SPILE_LEVELS parts */
	__u32 cpu;
	__u32 level;		/* how many hits this one is in */
	__u32 probe;		/* of the hit: index in the probe table */
	/* Of the hit: the rest. */
	__u64 regs;		/* address of struct pt_regs, or 0 where a trampoline runs the handler */
	__u64 args;		/* address of __u64 arguments: registers (functions, 6 or 8), or of a tracepoint */
	__u64 entry;		/* address of the entry words (returns), or 0 */
	__u64 result;		/* the return value register (returns) */
	__u64 task;		/* address of the current task */
	/* Trampolines that return: calls begun and ended in this context. */
	__u64 calls;
	__u64 returns;
	__u64 lost_returns;	/* changed atomically: ended where no context was free; of calls begun in this one */
	/* Counts down to the next hit that is timed, for the share of the CPU: see hit_timed(). */
	__u64 sample;
	__u64 clocks;		/* address of a struct spile_clocks */
	__u64 owner;		/* SPILE_OWNER | cpu: how a word of the image's says that a CPU has it */
	__u64 image[SPILE_CTX_IMAGE_WORDS];	/* the image's own, kept between calls */
};

/*
 * How handlers tell the kernel's clocks by the cycle counter (the TSC, cntvct_el0)
 * without a call: kshim keeps the numbers that the kernel does so by in two copies,
 * of which one is as it was while the other is written. A reader takes the counter,
 * loads `begun`, computes with the copy that begins so many bytes behind the first as
 * its lower half says, and then loads `ended`. If that is another number, the copy was
 * written meanwhile, or the kernel's clocks are not this counter's: it asks
 * time_mono_ns() and so on. The difference of cycles has a sign, since the counter
 * may be read before the kernel did.
 *
 *   ns = base + ((__s64)((cycles - last) * mult + fraction) >> shift)
 */
struct spile_clocks_copy {
	__u64 last;		/* the counter when the kernel last did this */
	__u64 mult;
	__u64 fraction;		/* ns << shift */
	__u64 shift;
	__u64 mono;		/* bases of the clocks, ns */
	__u64 real;
	__u64 boot;
	__u64 reserved;
};

struct spile_clocks {
	__u64 begun;		/* its upper half grows by 1 with each change */
	__u64 ended;
	__u64 reserved[6];
	struct spile_clocks_copy copies[2];
};

/* One in so many hits of a context is timed. */
#define SPILE_SAMPLE		32u

/* Why a hit did not run its handler to the end. */
enum spile_skip {
	SPILE_SKIP_NESTED = 0,	/* the level's context was busy */
	SPILE_SKIP_LOCK = 1,	/* a global stayed locked (counted by the image) */
	SPILE_SKIP_STATE = 2,	/* the session was not running */
	SPILE_SKIP_MISSED = 3,	/* the kernel's own count (nmissed) */
	SPILE_SKIPS = 4,
};

struct spile_counters {
	__u64 hits;			/* handlers run; skips are not among them; filled at STOP */
	__u64 skips[SPILE_SKIPS];	/* MISSED is filled at STOP */
};

/*
 * Functions that handlers may call; kshim writes a direct jump to each into
 * the stub that the image reserves for it.
 *
 *   X(name, result, arguments)
 *
 * All may be called in any context including NMI, never sleep, and take and
 * return 64-bit integers. A load returns two: the value (0 on a fault), and
 * 0 or 1 for a fault (struct spile_loaded, in two registers).
 */
#define SPILE_IMPORTS(X)							\
	X(load_kernel_u8, spile_loaded, (__u64 addr))				\
	X(load_kernel_u16, spile_loaded, (__u64 addr))				\
	X(load_kernel_u32, spile_loaded, (__u64 addr))				\
	X(load_kernel_u64, spile_loaded, (__u64 addr))				\
	X(load_user_u8, spile_loaded, (__u64 addr))				\
	X(load_user_u16, spile_loaded, (__u64 addr))				\
	X(load_user_u32, spile_loaded, (__u64 addr))				\
	X(load_user_u64, spile_loaded, (__u64 addr))				\
	/* Stores return 0, or 1 for a fault. */				\
	X(store_kernel_u8, __u64, (__u64 addr, __u64 value))			\
	X(store_kernel_u16, __u64, (__u64 addr, __u64 value))			\
	X(store_kernel_u32, __u64, (__u64 addr, __u64 value))			\
	X(store_kernel_u64, __u64, (__u64 addr, __u64 value))			\
	/* Address of a record with its header filled, or 0: dropped, counted. */ \
	/* size: of the whole record, header included; type: enum spile_record_type. */ \
	X(ring_reserve, __u64, (struct spile_ctx *ctx, __u64 size, __u64 type))	\
	X(ring_commit, void, (struct spile_ctx *ctx, __u64 record))		\
	/* The script's exit(): no handler but end's runs after this one. */	\
	X(session_exit, void, (struct spile_ctx *ctx))				\
	/* A fatal error: only error probes run after this handler. */		\
	X(session_fail, void, (struct spile_ctx *ctx))				\
	X(time_mono_ns, __u64, (void))						\
	X(time_real_ns, __u64, (void))						\
	X(time_boot_ns, __u64, (void))						\
	X(cycles, __u64, (void))						\
	X(jiffies, __u64, (void))						\
	/* Trampolines: lets a waiting task run, after the count of preemption went to 0. */ \
	X(resched, void, (void))						\
	/* A hit without a context, or in the wrong state; reason: enum spile_skip. */ \
	X(hit_skipped, void, (__u64 session, __u64 reason))			\
	/* The cycles that a hit took, one of SPILE_SAMPLE; sets the countdown again. */ \
	X(hit_timed, void, (struct spile_ctx *ctx, __u64 cycles))		\
	/* The reader shall look at all rings, though they keep the newest records only. */ \
	X(ring_flush, void, (struct spile_ctx *ctx))				\
	/* What conditions read has been written: attach and detach probes soon. */ \
	X(conditions_changed, void, (struct spile_ctx *ctx))

#define SPILE_IMPORT_ENUM(name, result, args) SPILE_IMPORT_##name,
enum spile_import {
	SPILE_IMPORTS(SPILE_IMPORT_ENUM)
	SPILE_N_IMPORTS,
};

struct spile_loaded {
	__u64 value;
	__u64 fault;
};

/*
 * The ring of one CPU. Mapped at n * spile_info.ring_stride: page 0 (read-only)
 * struct spile_ring, page 1 (writable) struct spile_ring_tail, then ring_bytes
 * of data (read-only), a power of two. Positions only grow; the data offset is
 * the position modulo ring_bytes. A record never wraps: SPILE_RECORD_PAD fills
 * the end. The reader stops at a record that is still SPILE_RECORD_BUSY.
 *
 * With SPILE_LOAD_OVERWRITE a new record takes the room of the oldest ones, and
 * `first` moves over them before it is written. Nobody waits for the tail, so a
 * reader copies what it finds from `first` on, and then looks at `first` again:
 * what lies before that may have been overwritten meanwhile. No record is a reason
 * to wake the reader, but ring_flush() is.
 *
 * A mapping is MAP_SHARED and lies within one ring. It is read-only, except
 * one of the tail page alone. /dev/spile polls readable when there is a record
 * (within some ms, sooner when a ring fills), or when the session has to be
 * stopped: SPILE_STATE_EXITING, SPILE_STATE_FAILED.
 */
struct spile_ring {
	__u64 head;		/* bytes reserved so far */
	__u64 first;		/* position of the oldest record; 0 without OVERWRITE */
	__u64 flushes;		/* calls of ring_flush() so far */
	__u64 records;		/* records reserved so far */
	__u64 dropped;		/* records that found no room */
	__u64 dropped_bytes;
	struct spile_counters counters;
};

struct spile_ring_tail {
	__u64 tail;		/* bytes consumed so far; checked by kshim at every use */
	__u64 flushes;		/* that were answered */
};

#define SPILE_RECORD_BUSY	(1u << 31)
#define SPILE_RECORD_SIZE	((1u << 30) - 1)

enum spile_record_type {
	SPILE_RECORD_PAD = 0,		/* skip it; may be 8 bytes, and has no time */
	SPILE_RECORD_PRINT = 1,		/* struct spile_print */
	SPILE_RECORD_ERROR = 2,		/* struct spile_message */
	SPILE_RECORD_WARNING = 3,	/* struct spile_message */
	SPILE_RECORD_SYSTEM = 4,	/* struct spile_message: a shell command to run */
	SPILE_RECORD_SKIPPED = 5,	/* struct spile_message: a hit was; code: the global that stayed locked */
	SPILE_RECORD_TIMING = 6,	/* struct spile_timing */
};

struct spile_record {
	__u32 size;		/* bytes, header and padding to 8 included; BUSY until committed */
	__u16 type;		/* enum spile_record_type */
	__u16 level;
	__u64 time;		/* of the reservation, in the unit of spile_info.clock */
};

/*
 * Arguments follow, in the order of the format: an integer is one word; a
 * string is one word with its length, then its bytes padded to 8; a histogram
 * is struct spile_hist, then its buckets, one word each. A string's length may
 * also be SPILE_PRINT_NAME: SPILE_NAME_BYTES follow, and it ends before the first NUL.
 */
#define SPILE_PRINT_NAME	0x80000000u

/* Bytes of a task's name, the NUL included if there is one. */
#define SPILE_NAME_BYTES	16u

struct spile_print {
	struct spile_record record;
	__u32 format;		/* index in the host part's formats */
	__u32 n_args;
};

struct spile_hist {
	__u32 kind;		/* 1: logarithmic, 2: linear */
	__u32 n_buckets;
	__s64 low, high, step;	/* linear only */
	__s64 count, sum, min, max;
};

struct spile_message {
	struct spile_record record;
	__u32 code;		/* enum spile_error */
	__u32 location;		/* index in the host part's locations, or SPILE_NO_LOCATION */
	__u32 probe;		/* index in the probe table */
	__u32 length;		/* of the text that follows, bytes */
};

#define SPILE_NO_LOCATION	0xffffffffu

/* What the handlers of a probe took, of those that came to their end: by end's or error's handlers, after all others. */
struct spile_timing {
	struct spile_record record;
	__u32 probe;		/* index in the probe table */
	__u32 reserved;
	__u64 elapsed;		/* since LOAD, cycles */
	__u64 count;
	__u64 sum, min, max;	/* cycles of a hit */
	__u64 squares_low, squares_high;	/* the sum of the cycles' squares, 128 bits */
	__u64 lock_waits;	/* hits that waited for a lock */
	__u64 lock_wait_ns;	/* so long together */
	__u64 buckets[32];	/* hits of 2^i cycles and more; the first also those of 0 */
};

/* Errors that a handler can raise. Up to _ACTION they cannot be caught. */
enum spile_error {
	SPILE_ERROR_NONE = 0,
	SPILE_ERROR_ACTION = 1,		/* MAXACTION exceeded */
	SPILE_ERROR_NESTING = 2,	/* MAXNESTING exceeded */
	SPILE_ERROR_DIVISION = 3,	/* division by 0 */
	SPILE_ERROR_MAP_FULL = 4,	/* Array overflow, check MAXMAPENTRIES */
	SPILE_ERROR_MAP_SIZE = 5,	/* Array overflow, check size limit (N) */
	SPILE_ERROR_EMPTY = 6,		/* empty aggregate */
	SPILE_ERROR_HIST_INDEX = 7,	/* histogram index out of range */
	SPILE_ERROR_EXHAUSTED = 8,	/* all functions exhausted */
	SPILE_ERROR_KERNEL_READ = 9,	/* read fault at 0x… (kernel) */
	SPILE_ERROR_USER_READ = 10,	/* read fault at 0x… (user) */
	SPILE_ERROR_KERNEL_STRING = 11,	/* kernel string copy fault at 0x… */
	SPILE_ERROR_USER_STRING = 12,	/* user string copy fault -14 at 0x… */
	SPILE_ERROR_KERNEL_WRITE = 13,	/* write fault at 0x… */
	SPILE_ERROR_SCRIPT = 14,	/* error("…"): the text is the script's */
};

enum spile_state {
	SPILE_STATE_LOADED = 0,
	SPILE_STATE_STARTING = 1,	/* begin probes run */
	SPILE_STATE_RUNNING = 2,
	SPILE_STATE_EXITING = 3,	/* exit(): only end probes are left to run */
	SPILE_STATE_FAILED = 4,		/* a fatal error: only error probes are left to run */
	SPILE_STATE_STOPPED = 5,
};

/*
 * The current task of an ordinary process (spile_ctx.task), where the script
 * library finds "task_struct" with this layout instead of the kernel's.
 */
struct spile_user_cred {
	__u32 uid, gid, euid, egid;
};

struct spile_user_task {
	__s32 pid;		/* of the thread */
	__s32 tgid;		/* of the process */
	__u64 real_parent;	/* address of the parent's struct spile_user_task */
	__u64 cred;		/* address of struct spile_user_cred */
	__u8 comm[SPILE_NAME_BYTES];
};

/* What records' times are of: the cheapest clock that all CPUs share. They are for putting records in order. */
enum spile_clock {
	SPILE_CLOCK_MONOTONIC = 0,	/* CLOCK_MONOTONIC, ns */
	SPILE_CLOCK_CYCLES = 1,		/* x86_64: the TSC; aarch64: cntvct_el0 */
};

/* ioctls on /dev/spile. One session for each open file. */
struct spile_info {
	__u64 abi_hash;
	__u32 version;
	__u32 arch;
	__u32 n_cpus;		/* rings, from CPU 0 on */
	__u32 page_size;
	__u32 arena_size;	/* bytes for the text of all images */
	__u32 arena_free;
	__u64 ring_stride;	/* between two CPUs' rings in the mapping; 0 before LOAD */
	__u32 clock;		/* enum spile_clock */
	__u32 reserved;
};

struct spile_load {
	__u64 image;		/* user address */
	__u32 image_size;
	__u32 ring_bytes;	/* for each CPU, a power of two */
	__u64 param;		/* for the image's use: the target process, or 0 */
	__u32 flags;		/* SPILE_LOAD_* */
	__u32 attach;		/* enum spile_attach that may be used, a bit each (1 << kind); 0: all */
	/* How many cycles of handlers are too many in how many cycles of a CPU; 0: kshim's own numbers. */
	__u64 overload_threshold;
	__u64 overload_interval;
};

/* The newest records displace the oldest: see struct spile_ring. */
#define SPILE_LOAD_OVERWRITE	(1u << 0)
/* No limit on the share of a CPU's time. */
#define SPILE_LOAD_NO_OVERLOAD	(1u << 1)

/* How a probe is attached, the cheapest first. */
enum spile_attach {
	SPILE_ATTACH_NONE = 0,		/* not at all, or run by START and STOP */
	SPILE_ATTACH_DIRECT = 1,	/* ftrace calls the trampoline */
	SPILE_ATTACH_FTRACE = 2,	/* ftrace calls kshim */
	SPILE_ATTACH_FPROBE = 3,
	SPILE_ATTACH_KPROBE = 4,	/* kprobe, kretprobe */
	SPILE_ATTACH_TRACEPOINT = 5,	/* the tracepoint calls the trampoline */
	SPILE_ATTACH_TIMER = 6,
};

struct spile_status {
	__u32 state;		/* enum spile_state */
	__u32 n_attached;
	__u64 text;		/* address of the image's text, for symbolising */
	__u32 failed;		/* 1 once the state was FAILED */
	__u32 overload_cpu;	/* where overload_cycles were counted */
	/* Of handlers, and from what is more than the share: it made the session fail. 0: it did not. */
	__u64 overload_cycles;
	__u64 overload_interval;	/* cycles */
	__u64 overload_threshold;	/* cycles */
};

struct spile_probe_status {
	__u32 probe;		/* in: index in the probe table */
	__s32 error;		/* 0, or why it is not attached: -errno; -ENODEV: its module was unloaded */
	__u64 hits;		/* handlers run; see struct spile_trampoline */
	__u64 missed;		/* the kernel's nmissed */
	__u32 attach;		/* enum spile_attach: how it is attached, or was at last */
	__s32 direct_error;	/* why not SPILE_ATTACH_DIRECT: -errno, or 0 */
	__u32 armed;		/* 0: its condition is false, and it is not attached for that */
	__u32 times;		/* that it was attached */
};

#ifndef SPILE_FREESTANDING
#define SPILE_IOC_INFO		_IOR('S', 0x70, struct spile_info)
#define SPILE_IOC_LOAD		_IOW('S', 0x71, struct spile_load)
/* Runs begin probes, then attaches the rest. */
#define SPILE_IOC_START		_IO('S', 0x72)
/* Detaches, then runs end or error probes. May be called in any state after LOAD. */
#define SPILE_IOC_STOP		_IO('S', 0x73)
#define SPILE_IOC_STATUS	_IOR('S', 0x74, struct spile_status)
#define SPILE_IOC_PROBE		_IOWR('S', 0x75, struct spile_probe_status)
#endif

#endif /* SPILE_ABI_H */
