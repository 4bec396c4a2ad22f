/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The pages that arena.c hands out. It fills them with traps first; int3 only
 * because objtool takes it for padding.
 */
#include <asm/page.h>

#include "compat/annotate.h"

	.section .text.arena, "ax"
	.balign	PAGE_SIZE
	.globl	spile_arena_text
spile_arena_text:
	ANNOTATE_NOENDBR
	.fill	SPILE_ARENA_BYTES / 4, 4, 0xcccccccc
	.balign	PAGE_SIZE

	.section .note.GNU-stack, "", %progbits
