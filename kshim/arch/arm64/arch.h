/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What depends on the instruction set: aarch64. */
#ifndef SPILE_ARCH_H
#define SPILE_ARCH_H

#include <linux/bitops.h>
#include <linux/clocksource.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/cacheflush.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>
#include <asm/virt.h>

#include "abi.h"
#include "compat/compat.h"

#define ARCH_IMAGE		SPILE_ARCH_AARCH64

/* Arguments in registers. */
#define ARCH_ARGUMENTS		8

/* Bytes of ftrace's call in a function: where it returns to. */
#define ARCH_FENTRY_BYTES	4

#define ARCH_BTI_C		0xd503245f
#define ARCH_MOV_X9_X30		0xaa1e03e9
/* A kprobe's breakpoint. */
#define ARCH_BRK_KPROBE		0xd4200080
/* Without the register. */
#define ARCH_MRS_TPIDR_EL1	0xd538d080
#define ARCH_MRS_TPIDR_EL2	0xd53cd040

/* Of a clocksource that is what get_cycles() counts, and that has no erratum. */
#define ARCH_CLOCK_MODE		VDSO_CLOCKMODE_ARCHTIMER

/* Does get_cycles() count the same on all CPUs, and for user space? */
static inline bool arch_cycles_are_shared(void)
{
	return true;
}

/* BRK with an immediate that no kernel hook claims: an oops. */
static inline void arch_fill_traps(void *at, u32 size)
{
	memset32(at, 0xd4200020, size / 4);
}

/* A stub at @at, which will run at @address: b @target. */
static inline bool arch_write_jump(u8 *at, unsigned long address, unsigned long target)
{
	s64 offset = target - address;
	u32 b = 0x14000000 | ((offset >> 2) & 0x03ffffff);

	if (offset < -(s64)(128 << 20) || offset >= (s64)(128 << 20) || offset & 3)
		return false;
	arch_fill_traps(at, SPILE_STUB_BYTES);
	memcpy(at, &b, sizeof(b));
	return true;
}

/* May an indirect call arrive here? At bti c or jc, paciasp and pacibsp. */
static inline bool arch_is_entry(const u8 *code)
{
	u32 insn;

	memcpy(&insn, code, sizeof(insn));
	return insn == ARCH_BTI_C || insn == 0xd50324df ||
	       insn == 0xd503233f || insn == 0xd503237f;
}

/* Stack pointer of a task that does not run. */
static inline unsigned long arch_task_sp(const struct task_struct *task)
{
	return READ_ONCE(task->thread.cpu_context.sp);
}

static __always_inline void arch_arguments(const struct pt_regs *regs, u64 *args)
{
	u32 i;

	for (i = 0; i < ARCH_ARGUMENTS; i++)
		args[i] = regs->regs[i];
}

/*
 * Makes registers of ftrace's what kprobes show for a breakpoint at @address.
 * ftrace saves no processor state, without which user_mode() is a guess.
 */
static __always_inline void arch_regs_of_kprobe(struct pt_regs *regs, unsigned long address)
{
	regs->pc = address;
	regs->pstate = read_sysreg(CurrentEL) | (PSR_MODE_EL1h ^ PSR_MODE_EL1t) | read_sysreg(daif);
}

/*
 * Where ftrace's call is in the function at @address, or 0: behind a landing
 * pad and the move that saves the link register, of which a kprobe may hide the
 * first. The kernel has the last word.
 */
static inline unsigned long arch_fentry(unsigned long address)
{
	u32 code[2];

	if (copy_from_kernel_nofault(code, (void *)address, sizeof(code)))
		return 0;
	if (code[1] == ARCH_MOV_X9_X30 && (code[0] == ARCH_BTI_C || code[0] == ARCH_BRK_KPROBE))
		return address + 8;
	return code[0] == ARCH_MOV_X9_X30 || code[0] == ARCH_BRK_KPROBE ? address + 4 : 0;
}

/* Bytes that a fixup writes, or 0 if there is none of this kind here. */
static inline u32 arch_fixup_size(const u8 *text, u32 at, u32 kind)
{
	u32 insn;

	switch (kind) {
	case SPILE_FIXUP_CONTEXT:
	case SPILE_FIXUP_PREEMPT:
	case SPILE_FIXUP_SESSION:
		return IS_ALIGNED(at, 8) ? 8 : 0;
	case SPILE_FIXUP_PERCPU_BASE:
		memcpy(&insn, text + at, sizeof(insn));
		return IS_ALIGNED(at, 4) && (insn & ~0x1fu) == ARCH_MRS_TPIDR_EL1 ? 4 : 0;
	default:
		return 0;
	}
}

/* Writes a fixup. @slot: per-CPU address of the pointer to the free context. */
static inline bool arch_fixup(u8 *at, u32 kind, unsigned long slot, u32 session)
{
	u64 value;
	u32 insn;

	switch (kind) {
	case SPILE_FIXUP_PERCPU_BASE:
		memcpy(&insn, at, sizeof(insn));
		if (is_kernel_in_hyp_mode())
			insn = ARCH_MRS_TPIDR_EL2 | (insn & 0x1f);
		memcpy(at, &insn, sizeof(insn));
		return true;
	case SPILE_FIXUP_CONTEXT:
		value = slot;
		break;
	case SPILE_FIXUP_PREEMPT:
		value = offsetof(struct task_struct, thread_info.preempt.count);
		break;
	default:
		value = session;
	}
	memcpy(at, &value, sizeof(value));
	return true;
}

/* After a change of code. Interrupts on. */
static inline void arch_sync_text(void *text, u32 size)
{
	flush_icache_range((unsigned long)text, (unsigned long)text + size);
}

/*
 * May a load of kernel memory go here? Bit 55 tells the kernel's half from
 * the user's, whatever a tag in the top byte says; no kernel has more than 52
 * bits of addresses, so bits 52 to 55 are set. So they are at the last byte,
 * too, or it would wrap around to user memory.
 */
static inline bool arch_kernel_range(u64 addr, u32 size)
{
	return (s64)((addr << 8) + ((size - 1) << 8)) >> 60 == -1;
}

/* On a fault execution goes on at 2: with value and fault unchanged. */
#define ARCH_STORE(insn, addr, value, fault)			\
	asm volatile("1:	" insn "\n"			\
		     "	mov %w[f], wzr\n"			\
		     "2:\n"					\
		     COMPAT_EXTABLE(1b, 2b)			\
		     : [v] "+r" (value), [f] "+r" (fault)	\
		     : [a] "r" (addr) : "memory")

#define ARCH_STORE_8	"strb %w[v], [%[a]]"
#define ARCH_STORE_16	"strh %w[v], [%[a]]"
#define ARCH_STORE_32	"str %w[v], [%[a]]"
#define ARCH_STORE_64	"str %x[v], [%[a]]"

/* A whole function, arch_kernel_range() included; value in x0, fault in x1. */
#define ARCH_LOAD_FUNCTION(bits)						\
asm(".pushsection .text, \"ax\"\n"						\
    "	.balign 16\n"								\
    "	.globl spile_load_kernel_u" #bits "\n"					\
    "	.type spile_load_kernel_u" #bits ", %function\n"			\
    "spile_load_kernel_u" #bits ":\n"						\
    "	lsl x1, x0, #8\n"							\
    "	add x1, x1, #(" #bits " / 8 - 1) << 8\n"				\
    "	asr x1, x1, #60\n"							\
    "	cmn x1, #1\n"								\
    "	b.ne 2f\n"								\
    "1:	" ARCH_LOAD_##bits "\n"						\
    "	mov x1, xzr\n"								\
    "	ret\n"									\
    "2:	mov x0, xzr\n"								\
    "	mov x1, #1\n"								\
    "	ret\n"									\
    "	.size spile_load_kernel_u" #bits ", . - spile_load_kernel_u" #bits "\n" \
    COMPAT_EXTABLE(1b, 2b)							\
    ".popsection\n");

#define ARCH_LOAD_8	"ldrb w0, [x0]"
#define ARCH_LOAD_16	"ldrh w0, [x0]"
#define ARCH_LOAD_32	"ldr w0, [x0]"
#define ARCH_LOAD_64	"ldr x0, [x0]"

#endif
