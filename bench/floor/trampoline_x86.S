/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * vfs_read's call of __fentry__ comes here. On the stack: where it goes on,
 * then where vfs_read returns to. It has four arguments.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/ibt.h>
#include <asm/nospec-branch.h>

.macro save_arguments
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
.endm

.macro restore_arguments
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
.endm

.macro entry name
SYM_FUNC_START(floor_\name\()_trampoline)
	ENDBR
	pushq	%rbp
	movq	%rsp, %rbp
	save_arguments
	call	floor_\name
	restore_arguments
	popq	%rbp
	RET
SYM_FUNC_END(floor_\name\()_trampoline)
.endm

/* Calls the function itself, then returns to its caller. (The lab's machines have no IBT.) */
.macro pair name, passes
SYM_FUNC_START(floor_\name\()_trampoline)
	ENDBR
	pushq	%rbp
	movq	%rsp, %rbp
	.if \passes
	pushq	%rbx
	.endif
	save_arguments
	call	floor_\name\()_entry
	.if \passes
	movq	%rax, %rbx
	.endif
	restore_arguments
	ANNOTATE_RETPOLINE_SAFE
	call	*8(%rbp)
	pushq	%rax
	.if \passes
	movq	%rbx, %rdi
	.endif
	call	floor_\name\()_exit
	popq	%rax
	.if \passes
	popq	%rbx
	.endif
	popq	%rbp
	addq	$8, %rsp
	RET
SYM_FUNC_END(floor_\name\()_trampoline)
STACK_FRAME_NON_STANDARD floor_\name\()_trampoline
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
