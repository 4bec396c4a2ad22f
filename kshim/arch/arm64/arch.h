/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What depends on the instruction set: aarch64. */
#ifndef SPILE_ARCH_H
#define SPILE_ARCH_H

#include <linux/bitops.h>
#include <linux/string.h>
#include <asm/cacheflush.h>

#include "abi.h"
#include "compat/compat.h"

#define ARCH_IMAGE		SPILE_ARCH_AARCH64

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
	return insn == 0xd503245f || insn == 0xd50324df ||
	       insn == 0xd503233f || insn == 0xd503237f;
}

/* After a change of code. Interrupts on. */
static inline void arch_sync_text(void *text, u32 size)
{
	flush_icache_range((unsigned long)text, (unsigned long)text + size);
}

/*
 * May a load of kernel memory go here? Bit 55 tells the kernel's half from
 * the user's, whatever a tag in the top byte says; no kernel has more than 52
 * bits of addresses. It must not wrap around to user memory either.
 */
static inline bool arch_kernel_range(u64 addr, u32 size)
{
	u64 untagged = sign_extend64(addr, 55);

	return untagged >= 0xfff0000000000000ull && untagged <= -(u64)size;
}

/* On a fault execution goes on at 2: with value and fault unchanged. */
#define ARCH_LOAD(insn, addr, value, fault)			\
	asm volatile("1:	" insn "\n"			\
		     "	mov %w[f], wzr\n"			\
		     "2:\n"					\
		     COMPAT_EXTABLE(1b, 2b)			\
		     : [v] "+r" (value), [f] "+r" (fault)	\
		     : [a] "r" (addr) : "memory")

#define ARCH_LOAD_8	"ldrb %w[v], [%[a]]"
#define ARCH_LOAD_16	"ldrh %w[v], [%[a]]"
#define ARCH_LOAD_32	"ldr %w[v], [%[a]]"
#define ARCH_LOAD_64	"ldr %x[v], [%[a]]"

#define ARCH_STORE_8	"strb %w[v], [%[a]]"
#define ARCH_STORE_16	"strh %w[v], [%[a]]"
#define ARCH_STORE_32	"str %w[v], [%[a]]"
#define ARCH_STORE_64	"str %x[v], [%[a]]"

#endif
