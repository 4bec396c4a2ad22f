/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Two trampolines, as plain as they can be: all arguments are saved, and C in
 * handlers.c does the rest. One is for entries, the other returns as well.
 */
#include "handlers.h"

	.section .text.trampoline, "ax"

/* A row of the table of fixups: where in the text, which starts at address 0, and of which kind. */
	.macro	fixup at, kind
	.pushsection .text.fixups, "ax"
	.long	\at, \kind
	.popsection
	.endm

#define CONTEXT	1
#define PREEMPT	2
#define SESSION	5
#define BASE	4
#define LOST_RETURNS 168

#if defined(__x86_64__)

	.macro	preempt_off
	.byte	0x65, 0xff, 0x04, 0x25		/* incl %gs:… */
	field	PREEMPT
	.endm

	.macro	preempt_on resched
	.byte	0x65, 0x40, 0xff, 0x0c, 0x25	/* rex decl %gs:… */
	field	PREEMPT
	jz	\resched
	.endm

	.macro	field kind
14:	fixup	14b, \kind
	.long	0
	.endm

/* The free context in rdi, taken. */
	.macro	take none
	.byte	0x65, 0x48, 0x8b, 0x3c, 0x25	/* mov %gs:…, %rdi */
	field	CONTEXT
	test	%rdi, %rdi
	jz	\none
	mov	(%rdi), %rax
	.byte	0x65, 0x48, 0x89, 0x04, 0x25	/* mov %rax, %gs:… */
	field	CONTEXT
	.endm

	.macro	give
	.byte	0x65, 0x48, 0x89, 0x3c, 0x25	/* mov %rdi, %gs:… */
	field	CONTEXT
	.endm

	.macro	skipped
	.byte	0xbf				/* mov $…, %edi */
	field	SESSION
	xor	%esi, %esi
	call	hit_skipped
	.endm

/* 0: the context, 8: the address in the function, 24 to 71: arguments. */
	.macro	enter_frame
	endbr64
	push	%rbp
	mov	%rsp, %rbp
	push	%r9
	push	%r8
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	sub	$24, %rsp
	.endm

	.macro	restore
	mov	24(%rsp), %rdi
	mov	32(%rsp), %rsi
	mov	40(%rsp), %rdx
	mov	48(%rsp), %rcx
	mov	56(%rsp), %r8
	mov	64(%rsp), %r9
	.endm

	.macro	entry_part function
	preempt_off
	take	8f
	mov	%rdi, (%rsp)
	mov	8(%rbp), %rsi
	lea	24(%rsp), %rdx
	call	\function
	mov	%rax, 8(%rsp)
	mov	(%rsp), %rdi
	give
	.endm

	.balign	16
	.globl	handle_trampoline_entry, handle_trampoline_return
	.hidden	handle_trampoline_entry, handle_trampoline_return
handle_trampoline_entry:
	enter_frame
	entry_part trampoline_hit
7:	preempt_on 9f
6:	restore
	leave
	ret
8:	skipped
	jmp	7b
9:	call	resched
	jmp	6b

	.balign	16
handle_trampoline_return:
	enter_frame
	entry_part trampoline_call
	preempt_on 9f
6:	restore
	lea	5f(%rip), %rax
	push	%rax
	push	8(%rbp)
	ret
5:	mov	%rax, 24(%rsp)
	mov	%rdx, 32(%rsp)
	preempt_off
	take	4f
	mov	%rdi, 40(%rsp)
	mov	8(%rsp), %rsi
	mov	24(%rsp), %rdx
	call	trampoline_returned
	mov	40(%rsp), %rdi
	give
3:	preempt_on 2f
1:	mov	24(%rsp), %rax
	mov	32(%rsp), %rdx
	leave
	add	$8, %rsp
	ret
9:	call	resched
	jmp	6b
/* Nothing is called from here on but the function. */
8:	skipped
	preempt_on 9f
	restore
	leave
	ret
9:	call	resched
	restore
	leave
	ret
4:	mov	(%rsp), %rdi
	lock incq LOST_RETURNS(%rdi)
	skipped
	jmp	3b
2:	call	resched
	jmp	1b

#else

	.macro	literal register, kind
	ldr	\register, 10f
	b	11f
	.balign	8
10:	fixup	10b, \kind
	.quad	0
11:
	.endm

	.macro	base
12:	fixup	12b, BASE
	mrs	x11, tpidr_el1
	.endm

	.macro	preempt_off
	literal	x10, PREEMPT
	mrs	x11, sp_el0
	ldr	w12, [x11, x10]
	add	w12, w12, #1
	str	w12, [x11, x10]
	.endm

/* The other half of the word is 0 where a reschedule is due. */
	.macro	preempt_on resched
	literal	x10, PREEMPT
	mrs	x11, sp_el0
	ldr	w12, [x11, x10]
	sub	w12, w12, #1
	str	w12, [x11, x10]
	ldr	x12, [x11, x10]
	cbz	x12, \resched
	.endm

	.macro	take none
	literal	x10, CONTEXT
	base
	ldr	x0, [x11, x10]
	cbz	x0, \none
	ldr	x12, [x0]
	str	x12, [x11, x10]
	.endm

	.macro	give
	literal	x10, CONTEXT
	base
	str	x0, [x11, x10]
	.endm

	.macro	skipped
	literal	x0, SESSION
	mov	x1, #0
	bl	hit_skipped
	.endm

/* 0: frame and the caller's address, 16: where to return, 24: the context, 32 to 95: arguments, 96: the address in the function. */
	.macro	enter_frame
	bti	c
	stp	x29, x9, [sp, #-112]!
	mov	x29, sp
	str	x30, [sp, #16]
	stp	x0, x1, [sp, #32]
	stp	x2, x3, [sp, #48]
	stp	x4, x5, [sp, #64]
	stp	x6, x7, [sp, #80]
	.endm

	.macro	restore
	ldp	x0, x1, [sp, #32]
	ldp	x2, x3, [sp, #48]
	ldp	x4, x5, [sp, #64]
	ldp	x6, x7, [sp, #80]
	ldr	x10, [sp, #16]
	.endm

	.macro	entry_part function
	preempt_off
	take	8f
	str	x0, [sp, #24]
	ldr	x1, [sp, #16]
	add	x2, sp, #32
	bl	\function
	str	x0, [sp, #96]
	ldr	x0, [sp, #24]
	give
	.endm

	.macro	to_function
	restore
	ldp	x29, x30, [sp], #112
	ret	x10
	.endm

	.balign	16
	.globl	handle_trampoline_entry, handle_trampoline_return
	.hidden	handle_trampoline_entry, handle_trampoline_return
handle_trampoline_entry:
	enter_frame
	entry_part trampoline_hit
7:	preempt_on 9f
6:	to_function
8:	skipped
	b	7b
9:	bl	resched
	b	6b

	.balign	16
handle_trampoline_return:
	enter_frame
	entry_part trampoline_call
	preempt_on 9f
6:	restore
	adr	x30, 5f
	ret	x10
5:	stp	x0, x1, [sp, #32]
	preempt_off
	take	4f
	str	x0, [sp, #48]
	ldr	x1, [sp, #96]
	ldr	x2, [sp, #32]
	bl	trampoline_returned
	ldr	x0, [sp, #48]
	give
3:	preempt_on 2f
1:	ldp	x0, x1, [sp, #32]
	ldp	x29, x30, [sp], #112
	ret
9:	bl	resched
	b	6b
/* Nothing is called from here on but the function. */
8:	skipped
	preempt_on 9f
7:	to_function
9:	bl	resched
	b	7b
4:	ldr	x0, [sp, #24]
	add	x0, x0, #LOST_RETURNS
13:	ldxr	x12, [x0]
	add	x12, x12, #1
	stxr	w13, x12, [x0]
	cbnz	w13, 13b
	skipped
	b	3b
2:	bl	resched
	b	1b

#endif

	.section .note.GNU-stack, "", %progbits
