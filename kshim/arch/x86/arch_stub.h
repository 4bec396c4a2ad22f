/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Pieces of the stubs that call several trampolines: x86_64. On top of the stack is
 * where the trampoline is to return to, and below it where the function is.
 */
#ifndef SPILE_ARCH_STUB_H
#define SPILE_ARCH_STUB_H

#include "arch.h"
#include "stub.h"

/* The most that a stub takes for all functions, and for each call of a trampoline. */
#define ARCH_STUB_BYTES		32
#define ARCH_STUB_CALL_BYTES	64

/* An instruction that ends in a distance to @target. */
static inline void arch_stub_relative(struct stub *stub, const u8 *opcode, u32 n,
				      unsigned long target)
{
	s64 distance = target - (stub_here(stub) + n + sizeof(s32));
	s32 rel32 = distance;

	stub->failed |= rel32 != distance;
	stub_put(stub, opcode, n);
	stub_put(stub, &rel32, sizeof(rel32));
}

/* An instruction that ends in an address, of which the lower half is enough. */
static inline void arch_stub_absolute(struct stub *stub, const u8 *opcode, u32 n,
				      unsigned long address)
{
	s32 imm32 = address;

	stub->failed |= imm32 != (s64)address;
	stub_put(stub, opcode, n);
	stub_put(stub, &imm32, sizeof(imm32));
}

static inline void arch_stub_jump(struct stub *stub, unsigned long trampoline)
{
	static const u8 jmp[] = { 0xe9 };

	/* Past its endbr64. */
	arch_stub_relative(stub, jmp, sizeof(jmp),
			   trampoline + (arch_is_entry((u8 *)trampoline) ? 4 : 0));
}

/* Back into the function. */
static inline void arch_stub_back(struct stub *stub)
{
	static const u8 ret[] = { 0xc3 };

	stub_put(stub, ret, sizeof(ret));
}

/* Calls come here, and never through a pointer. */
static inline void arch_stub_entry(struct stub *stub)
{
}

static inline void arch_stub_compare(struct stub *stub, unsigned long address)
{
	static const u8 cmpq_rsp[] = { 0x48, 0x81, 0x3c, 0x24 };

	arch_stub_absolute(stub, cmpq_rsp, sizeof(cmpq_rsp), address);
}

/* To an earlier place, unless the return address is this one. */
static inline void arch_stub_unless(struct stub *stub, unsigned long address, u32 to)
{
	static const u8 jne[] = { 0x0f, 0x85 };

	arch_stub_compare(stub, address);
	arch_stub_relative(stub, jne, sizeof(jne), (unsigned long)stub->text + to);
}

/* To a place that is told later, if the return address is this one or above. Returns what to tell it. */
static inline u32 arch_stub_from(struct stub *stub, unsigned long address)
{
	static const u8 jae[] = { 0x0f, 0x83 };

	arch_stub_compare(stub, address);
	arch_stub_relative(stub, jae, sizeof(jae), stub_here(stub));
	return stub->at;
}

/* The place is here. */
static inline void arch_stub_land(struct stub *stub, u32 from)
{
	s32 rel32 = stub->at - from;

	if (!stub->failed)
		memcpy(stub->bytes + from - sizeof(rel32), &rel32, sizeof(rel32));
}

/*
 * Calls a trampoline for the function with this return address. What follows is
 * what it returns to, unless it is the last, and the address is in the word before that.
 */
static inline void arch_stub_call(struct stub *stub, unsigned long trampoline,
				  unsigned long address, bool first, bool last)
{
	static const u8 movq_rsp[] = { 0x48, 0xc7, 0x04, 0x24 }, push[] = { 0x68 };
	const u32 move = sizeof(movq_rsp) + sizeof(s32), jump = 1 + sizeof(s32);
	unsigned long next = stub_here(stub) + (first ? move : jump) + jump + sizeof(u64);

	if (!first)
		arch_stub_absolute(stub, push, sizeof(push), last ? address : next);
	else if (!last)
		arch_stub_absolute(stub, movq_rsp, sizeof(movq_rsp), next);
	arch_stub_jump(stub, trampoline);
	if (!last)
		stub_put(stub, &address, sizeof(address));
}

#endif
