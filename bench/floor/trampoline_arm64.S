/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * vfs_read's call of ftrace comes here: x30 is where it goes on, x9 where
 * vfs_read returns to. It has four arguments.
 */
#include <linux/linkage.h>
#include <asm/assembler.h>

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS

.macro save_arguments
	stp	x29, x30, [sp, #-64]!
	mov	x29, sp
	stp	x0, x1, [sp, #16]
	stp	x2, x3, [sp, #32]
	str	x9, [sp, #48]
.endm

.macro restore_arguments
	ldp	x0, x1, [sp, #16]
	ldp	x2, x3, [sp, #32]
.endm

.macro entry name
SYM_CODE_START(floor_\name\()_trampoline)
	hint	34			/* bti c */
	save_arguments
	bl	floor_\name
	restore_arguments
	ldr	x30, [sp, #48]
	ldp	x29, x10, [sp], #64
	ret	x10
SYM_CODE_END(floor_\name\()_trampoline)
.endm

/* Calls the function itself, then returns to its caller. */
.macro pair name, passes
SYM_CODE_START(floor_\name\()_trampoline)
	hint	34			/* bti c */
	save_arguments
	bl	floor_\name\()_entry
	.if \passes
	str	x0, [sp, #56]
	.endif
	restore_arguments
	ldr	x10, [sp, #8]
	adr	x30, 1f
	ret	x10			/* a call that needs no landing pad */
1:	str	x0, [sp, #16]
	.if \passes
	ldr	x0, [sp, #56]
	.endif
	bl	floor_\name\()_exit
	ldr	x0, [sp, #16]
	ldr	x30, [sp, #48]
	ldr	x29, [sp], #64
	ret
SYM_CODE_END(floor_\name\()_trampoline)
.endm

	.text
	entry	empty
	entry	count
	entry	histogram
	entry	array
	entry	statistics
	entry	printf
	entry	compare
	pair	both, 0
	pair	latency, 1

#endif
