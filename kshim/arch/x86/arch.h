/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What depends on the instruction set: x86_64. */
#ifndef SPILE_ARCH_H
#define SPILE_ARCH_H

#include <linux/smp.h>
#include <linux/string.h>
#include <asm/sync_core.h>
#include <asm/vsyscall.h>

#include "abi.h"
#include "compat/compat.h"

#define ARCH_IMAGE		SPILE_ARCH_X86_64

static inline void arch_fill_traps(void *at, u32 size)
{
	memset(at, 0xcc, size);
}

/* A stub at @at, which will run at @address: jmp @target. */
static inline bool arch_write_jump(u8 *at, unsigned long address, unsigned long target)
{
	s64 offset = target - (address + 5);
	s32 rel32 = offset;

	if (rel32 != offset)
		return false;
	arch_fill_traps(at, SPILE_STUB_BYTES);
	at[0] = 0xe9;
	memcpy(at + 1, &rel32, sizeof(rel32));
	return true;
}

/* May an indirect call arrive here? Only at endbr64. */
static inline bool arch_is_entry(const u8 *code)
{
	static const u8 endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };

	return !memcmp(code, endbr64, sizeof(endbr64));
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
 * May a load of kernel memory go here? Only the upper half, without wrapping
 * around to user memory, and without the vsyscall page, which faults in ways
 * of its own. The rest of the upper half faults cleanly, also where it is not
 * canonical.
 */
static inline bool arch_kernel_range(u64 addr, u32 size)
{
	if ((s64)addr >= 0 || addr > -(u64)size)
		return false;
	return addr - (VSYSCALL_ADDR - size + 1) >= PAGE_SIZE + size - 1;
}

/* On a fault execution goes on at 2: with value and fault unchanged. */
#define ARCH_LOAD(insn, addr, value, fault)			\
	asm volatile("1:	" insn "\n"			\
		     "	xorl %k[f], %k[f]\n"			\
		     "2:\n"					\
		     COMPAT_EXTABLE(1b, 2b)			\
		     : [v] "+r" (value), [f] "+r" (fault)	\
		     : [a] "r" (addr) : "cc", "memory")

#define ARCH_LOAD_8	"movzbl (%[a]), %k[v]"
#define ARCH_LOAD_16	"movzwl (%[a]), %k[v]"
#define ARCH_LOAD_32	"movl (%[a]), %k[v]"
#define ARCH_LOAD_64	"movq (%[a]), %[v]"

#define ARCH_STORE_8	"movb %b[v], (%[a])"
#define ARCH_STORE_16	"movw %w[v], (%[a])"
#define ARCH_STORE_32	"movl %k[v], (%[a])"
#define ARCH_STORE_64	"movq %[v], (%[a])"

#endif
