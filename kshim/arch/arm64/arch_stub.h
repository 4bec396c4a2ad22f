/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Pieces of the stubs that call several trampolines: aarch64. x30 is where the
 * trampoline is to return to, and x9 where the function is. x16 is free.
 */
#ifndef SPILE_ARCH_STUB_H
#define SPILE_ARCH_STUB_H

#include "arch.h"
#include "stub.h"

/* The most that a stub takes for all functions, and for each call of a trampoline. */
#define ARCH_STUB_BYTES		32
#define ARCH_STUB_CALL_BYTES	80

#define ARCH_NOP		0xd503201f
#define ARCH_CMP_X30_X16	0xeb1003df
/* Without its distance. */
#define ARCH_B			0x14000000
#define ARCH_B_HS		0x54000002
#define ARCH_B_NE		0x54000001
#define ARCH_ADR_X30		0x1000001e
#define ARCH_LDR_X30		0x5800001e
/* Without its 16 bits. */
#define ARCH_MOVN_X16		0x92800010
#define ARCH_MOVK_X16_16	0xf2a00010
#define ARCH_MOVK_X16_32	0xf2c00010

static inline void arch_stub_put(struct stub *stub, u32 insn)
{
	stub_put(stub, &insn, sizeof(insn));
}

/* A distance within a stub, in words, where conditional branches, adr and ldr have it. */
static inline u32 arch_stub_words(u32 from, u32 to)
{
	return (((s32)(to - from) / 4) & 0x7ffff) << 5;
}

static inline void arch_stub_jump(struct stub *stub, unsigned long trampoline)
{
	s64 distance;

	/* Past its landing pad, unless that signs. */
	trampoline += *(u32 *)trampoline == ARCH_BTI_C ? 4 : 0;
	distance = trampoline - stub_here(stub);
	stub->failed |= distance < -(s64)(128 << 20) || distance >= (s64)(128 << 20) || distance & 3;
	arch_stub_put(stub, ARCH_B | ((distance >> 2) & 0x03ffffff));
}

/* Back into the function. */
static inline void arch_stub_back(struct stub *stub)
{
	arch_stub_put(stub, 0xaa1e03ea);	/* mov x10, x30 */
	arch_stub_put(stub, 0xaa0903fe);	/* mov x30, x9 */
	arch_stub_put(stub, 0xd65f0140);	/* ret x10 */
}

/* Calls come here, some of them through a register. */
static inline void arch_stub_entry(struct stub *stub)
{
	arch_stub_put(stub, ARCH_BTI_C);
}

static inline void arch_stub_compare(struct stub *stub, unsigned long address)
{
	/* The upper 16 bits of every address of the kernel's are set. */
	stub->failed |= address >> 48 != 0xffff;
	arch_stub_put(stub, ARCH_MOVN_X16 | (~address & 0xffff) << 5);
	arch_stub_put(stub, ARCH_MOVK_X16_16 | ((address >> 16) & 0xffff) << 5);
	arch_stub_put(stub, ARCH_MOVK_X16_32 | ((address >> 32) & 0xffff) << 5);
	arch_stub_put(stub, ARCH_CMP_X30_X16);
}

/* To an earlier place, unless the return address is this one. */
static inline void arch_stub_unless(struct stub *stub, unsigned long address, u32 to)
{
	arch_stub_compare(stub, address);
	arch_stub_put(stub, ARCH_B_NE | arch_stub_words(stub->at, to));
}

/* To a place that is told later, if the return address is this one or above. Returns what to tell it. */
static inline u32 arch_stub_from(struct stub *stub, unsigned long address)
{
	arch_stub_compare(stub, address);
	arch_stub_put(stub, ARCH_B_HS);
	return stub->at - 4;
}

/* The place is here. */
static inline void arch_stub_land(struct stub *stub, u32 from)
{
	u32 insn = ARCH_B_HS | arch_stub_words(from, stub->at);

	if (!stub->failed)
		memcpy(stub->bytes + from, &insn, sizeof(insn));
}

/*
 * Calls a trampoline for the function with this return address. What follows is
 * what it returns to, unless it is the last, and the address is in the word before that.
 */
static inline void arch_stub_call(struct stub *stub, unsigned long trampoline,
				  unsigned long address, bool first, bool last)
{
	u32 word = stub->at - sizeof(u64);

	if (!first)
		arch_stub_put(stub, ARCH_MOV_X9_X30);
	if (last) {
		if (!first)
			arch_stub_put(stub, ARCH_LDR_X30 | arch_stub_words(stub->at, word));
		arch_stub_jump(stub, trampoline);
		return;
	}
	word = ALIGN(stub->at + 8, sizeof(u64));
	arch_stub_put(stub, ARCH_ADR_X30 | arch_stub_words(stub->at, word + sizeof(u64)));
	arch_stub_jump(stub, trampoline);
	if (stub->at < word)
		arch_stub_put(stub, ARCH_NOP);
	stub_put(stub, &address, sizeof(address));
}

#endif
