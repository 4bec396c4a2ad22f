/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What depends on the instruction set: x86_64. */
#ifndef SPILE_ARCH_H
#define SPILE_ARCH_H

#include <linux/clocksource.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/ptrace.h>
#include <asm/sync_core.h>
#include <asm/tsc.h>
#include <asm/vsyscall.h>

#include "abi.h"
#include "compat/compat.h"

#define ARCH_IMAGE		SPILE_ARCH_X86_64

/* Arguments in registers. */
#define ARCH_ARGUMENTS		6

/* Bytes of ftrace's call in a function: where it returns to. */
#define ARCH_FENTRY_BYTES	5

/* Of a clocksource that is what get_cycles() counts. */
#define ARCH_CLOCK_MODE		VDSO_CLOCKMODE_TSC

/* Does get_cycles() count the same on all CPUs, and for user space? */
static inline bool arch_cycles_are_shared(void)
{
	return !check_tsc_unstable();
}

static inline void arch_fill_traps(void *at, u32 size)
{
	memset(at, 0xcc, size);
}

/* May an indirect call arrive here? Only at endbr64. */
static inline bool arch_is_entry(const u8 *code)
{
	static const u8 endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };

	return !memcmp(code, endbr64, sizeof(endbr64));
}

/* A stub at @at, which will run at @address: jmp @target, past its endbr64. */
static inline bool arch_write_jump(u8 *at, unsigned long address, unsigned long target)
{
	s64 offset = target + (arch_is_entry((u8 *)target) ? 4 : 0) - (address + 5);
	s32 rel32 = offset;

	if (rel32 != offset)
		return false;
	arch_fill_traps(at, SPILE_STUB_BYTES);
	at[0] = 0xe9;
	memcpy(at + 1, &rel32, sizeof(rel32));
	return true;
}

/* Stack pointer of a task that does not run. */
static inline unsigned long arch_task_sp(const struct task_struct *task)
{
	return READ_ONCE(task->thread.sp);
}

static __always_inline void arch_arguments(const struct pt_regs *regs, u64 *args)
{
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
	args[3] = regs->cx;
	args[4] = regs->r8;
	args[5] = regs->r9;
}

/* Makes registers of ftrace's what kprobes show for a breakpoint at @address. */
static __always_inline void arch_regs_of_kprobe(struct pt_regs *regs, unsigned long address)
{
	regs->ip = address + 1;
}

/*
 * Where ftrace's call is in the function at @address, or 0: behind endbr64 or
 * what is left of one that was sealed. It may be a breakpoint just now, while the
 * kernel changes it. The kernel has the last word on it.
 */
static inline unsigned long arch_fentry(unsigned long address)
{
	static const u8 nop[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	static const u8 old_nop[] = { 0x66, 0x66, 0x66, 0x66, 0x90 };
	u8 code[4 + ARCH_FENTRY_BYTES];
	u32 at;

	if (copy_from_kernel_nofault(code, (void *)address, sizeof(code)))
		return 0;
	for (at = 0; at <= 4; at += 4)
		if (!memcmp(code + at, nop, sizeof(nop)) || code[at] == 0xe8 || code[at] == 0xcc ||
		    !memcmp(code + at, old_nop, sizeof(old_nop)))
			return address + at;
	return 0;
}

/* Bytes that a fixup writes, or 0 if there is none of this kind here. */
static inline u32 arch_fixup_size(const u8 *text, u32 at, u32 kind)
{
	/* Room for the instruction that it is in. */
	if (at < 8)
		return 0;
	return kind == SPILE_FIXUP_CONTEXT || kind == SPILE_FIXUP_PREEMPT ||
	       kind == SPILE_FIXUP_CURRENT || kind == SPILE_FIXUP_SESSION ? 4 : 0;
}

/* Writes a fixup. @slot: per-CPU address of the pointer to the free context. */
static inline bool arch_fixup(u8 *at, u32 kind, unsigned long slot, u32 session)
{
	static const u8 dec[] = { 0x65, 0x40, 0xff, 0x0c, 0x25 };
	s64 value;
	s32 value32;

	switch (kind) {
	case SPILE_FIXUP_CONTEXT:
		value = slot;
		break;
	case SPILE_FIXUP_PREEMPT:
		value = (unsigned long)COMPAT_PREEMPT_COUNT;
		break;
	case SPILE_FIXUP_CURRENT:
		value = (unsigned long)COMPAT_CURRENT_TASK;
		break;
	default:
		value = session;
	}
	value32 = value;
	if (value32 != value)
		return false;
	/* The decrement `rex dec %gs:…`: of 64 bits where the count has so many. */
	if (kind == SPILE_FIXUP_PREEMPT && COMPAT_PREEMPT_COUNT_IS_LONG &&
	    !memcmp(at - sizeof(dec), dec, sizeof(dec)))
		at[1 - (int)sizeof(dec)] |= 8;
	memcpy(at, &value32, sizeof(value32));
	return true;
}

static inline void arch_sync_cpu(void *unused)
{
	sync_core();
}

/* After a change of code. Interrupts on. */
static inline void arch_sync_text(void *text, u32 size)
{
	on_each_cpu(arch_sync_cpu, NULL, 1);
}

/*
 * May a load of kernel memory go here? Only the upper half, and below the
 * vsyscall page, which faults in ways of its own; nothing is above it. The rest
 * of the upper half faults cleanly, also where it is not canonical.
 */
static inline bool arch_kernel_range(u64 addr, u32 size)
{
	return (s64)addr < 0 && addr <= VSYSCALL_ADDR - size;
}

/* On a fault execution goes on at 2: with value and fault unchanged. */
#define ARCH_STORE(insn, addr, value, fault)			\
	asm volatile("1:	" insn "\n"			\
		     "	xorl %k[f], %k[f]\n"			\
		     "2:\n"					\
		     COMPAT_EXTABLE(1b, 2b)			\
		     : [v] "+r" (value), [f] "+r" (fault)	\
		     : [a] "r" (addr) : "cc", "memory")

#define ARCH_STORE_8	"movb %b[v], (%[a])"
#define ARCH_STORE_16	"movw %w[v], (%[a])"
#define ARCH_STORE_32	"movl %k[v], (%[a])"
#define ARCH_STORE_64	"movq %[v], (%[a])"

/* A whole function, arch_kernel_range() included; value in rax, fault in rdx. */
#define ARCH_LOAD_FUNCTION(bits)						\
asm(".pushsection .text, \"ax\"\n"						\
    "	.balign 16\n"								\
    "	.globl spile_load_kernel_u" #bits "\n"					\
    "	.type spile_load_kernel_u" #bits ", @function\n"			\
    "spile_load_kernel_u" #bits ":\n"						\
    "	" COMPAT_ENDBR "\n"							\
    "	cmpq $-(10 << 20) - " #bits " / 8, %rdi\n"				\
    "	ja 2f\n"								\
    "	testq %rdi, %rdi\n"							\
    "	jns 2f\n"								\
    "1:	" ARCH_LOAD_##bits "\n"						\
    "	xorl %edx, %edx\n"							\
    "	" COMPAT_RET "\n"							\
    "2:	xorl %eax, %eax\n"							\
    "	movl $1, %edx\n"							\
    "	" COMPAT_RET "\n"							\
    "	.size spile_load_kernel_u" #bits ", . - spile_load_kernel_u" #bits "\n" \
    COMPAT_EXTABLE(1b, 2b)							\
    ".popsection\n");

#define ARCH_LOAD_8	"movzbl (%rdi), %eax"
#define ARCH_LOAD_16	"movzwl (%rdi), %eax"
#define ARCH_LOAD_32	"movl (%rdi), %eax"
#define ARCH_LOAD_64	"movq (%rdi), %rax"

#endif
