/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What the test program and the text of its images agree on. */
#ifndef HANDLERS_H
#define HANDLERS_H

/* Handlers, in the order of the table at the start of the text. */
#define HANDLERS(X)	\
	X(nop)		\
	X(init)		\
	X(count)	\
	X(record)	\
	X(exit)		\
	X(fail)		\
	X(memory)	\
	X(imports)	\
	X(entry)	\
	X(returned)	\
	X(arguments)	\
	X(argument)	\
	X(sizes)	\
	X(flood)	\
	X(spin)		\
	X(interrupt)	\
	X(dump)		\
	X(result)	\
	X(conditions)	\
	X(toggle)	\
	X(trampoline_entry) \
	X(trampoline_return)

/* More than the kernel has of any architecture. */
#define TASK_STRUCT_BYTES	16384
#define N_PARAMS	64	/* __u64s that tests write into the text */
/* Parameters of trampolines: rows_log2, rows_off, n_probes, and the first probe where there are no rows. */
#define PARAM_ROWS	32

#define N_COUNTERS	16	/* __u64s in the data that `dump` sends */

/* Their uses. */
#define COUNTER_HITS	0
#define COUNTER_INIT	1
#define COUNTER_PAIRED	2	/* returns that got what their entry kept */
#define COUNTER_UNPAIRED 3
#define COUNTER_NESTED	4	/* interrupts inside `spin` */
#define COUNTER_SPINS	5
#define COUNTER_RESULTS	7	/* sum of return values */
#define COUNTER_STRAYS	8	/* trampolines called from nowhere */
#define COUNTER_SHIFTED	6	/* spins after which the context had changed */

#define COUNTER_TOGGLES	9	/* two conditions: it is odd, it is even */

#define INIT_MARK	0x5eed

#ifndef __ASSEMBLER__
/* The head of the text: text offsets. */
struct text_head {
	unsigned int stubs;	/* one for each import, in their order */
	unsigned int params;
	unsigned int fixups;		/* struct spile_fixup, up to fixups_end */
	unsigned int fixups_end;
	unsigned int handlers[];
};

/* One row of `memory`'s parameters, from params[1] on; params[0] counts them. */
struct access {
	unsigned long long import;	/* a load or store in enum spile_import */
	unsigned long long addr;
	unsigned long long value;	/* to store */
};
#endif

#endif
