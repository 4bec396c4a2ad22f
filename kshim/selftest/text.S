/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The head of the text, the stubs that kshim fills, and the parameters. */
#include "handlers.h"

#define N_STUBS	32

	.section .text.head, "ax"
start:
	.long	stubs - start
	.long	params - start
	.long	fixups - start
	.long	fixups_end - start
#define OFFSET(name) .long handle_##name - start;
	HANDLERS(OFFSET)
	.balign	16
stubs:
	.fill	N_STUBS * 16, 1, 0
	.balign	8
	.globl	params
	.hidden	params
params:
	.fill	N_PARAMS, 8, 0

	.hidden	fixups, fixups_end

	.macro	import name, number
	.globl	\name
	.hidden	\name
	.set	\name, stubs + 16 * \number
	.endm

	import	load_kernel_u8, 0
	import	load_kernel_u16, 1
	import	load_kernel_u32, 2
	import	load_kernel_u64, 3
	import	load_user_u8, 4
	import	load_user_u16, 5
	import	load_user_u32, 6
	import	load_user_u64, 7
	import	store_kernel_u8, 8
	import	store_kernel_u16, 9
	import	store_kernel_u32, 10
	import	store_kernel_u64, 11
	import	ring_reserve, 12
	import	ring_commit, 13
	import	session_exit, 14
	import	session_fail, 15
	import	time_mono_ns, 16
	import	time_real_ns, 17
	import	time_boot_ns, 18
	import	cycles, 19
	import	jiffies, 20
	import	resched, 21
	import	hit_skipped, 22
	import	hit_timed, 23
	import	conditions_changed, 25

	.section .note.GNU-stack, "", %progbits
