// SPDX-License-Identifier: MIT OR Apache-2.0
//! Encodings of aarch64 instructions, for code that Cranelift cannot emit.

/// The stack pointer, where an instruction means it by that number.
pub const SP: u32 = 31;

/// `ldr x, [base, #offset]`
pub fn load(register: u32, base: u32, offset: u32) -> u32 {
    0xf940_0000 | (offset / 8) << 10 | base << 5 | register
}

/// `ldur x, [base, #-bytes]`
pub fn load_before(register: u32, base: u32, bytes: u32) -> u32 {
    0xf840_0000 | (bytes.wrapping_neg() & 0x1ff) << 12 | base << 5 | register
}

/// `str x, [base, #offset]`
pub fn store(register: u32, base: u32, offset: u32) -> u32 {
    0xf900_0000 | (offset / 8) << 10 | base << 5 | register
}

/// `ldr w, [base, #offset]`
pub fn load_word(register: u32, base: u32, offset: u32) -> u32 {
    0xb940_0000 | (offset / 4) << 10 | base << 5 | register
}

/// `ldr x, [base, index]`
pub fn load_at(register: u32, base: u32, index: u32) -> u32 {
    0xf860_6800 | index << 16 | base << 5 | register
}

/// `str x, [base, index]`
pub fn store_at(register: u32, base: u32, index: u32) -> u32 {
    0xf820_6800 | index << 16 | base << 5 | register
}

/// `ldr w, [base, index]`
pub fn load_word_at(register: u32, base: u32, index: u32) -> u32 {
    0xb860_6800 | index << 16 | base << 5 | register
}

/// `str w, [base, index]`
pub fn store_word_at(register: u32, base: u32, index: u32) -> u32 {
    0xb820_6800 | index << 16 | base << 5 | register
}

/// `add x, x, #immediate`, also from and to the stack pointer
pub fn add_immediate(to: u32, from: u32, immediate: u32) -> u32 {
    0x9100_0000 | immediate << 10 | from << 5 | to
}

/// `sub x, x, #immediate`, also from and to the stack pointer
pub fn subtract_immediate(to: u32, from: u32, immediate: u32) -> u32 {
    0xd100_0000 | immediate << 10 | from << 5 | to
}

/// `cmp x, x`
pub fn compare(a: u32, b: u32) -> u32 {
    0xeb00_001f | b << 16 | a << 5
}

/// `stp x, x, [sp, #-bytes]!`
pub fn store_pair_down(first: u32, second: u32, bytes: u32) -> u32 {
    0xa980_0000 | ((bytes / 8).wrapping_neg() & 0x7f) << 15 | second << 10 | SP << 5 | first
}

/// `ldp x, x, [sp], #bytes`
pub fn load_pair_up(first: u32, second: u32, bytes: u32) -> u32 {
    0xa8c0_0000 | (bytes / 8) << 15 | second << 10 | SP << 5 | first
}

/// `ret x`
pub fn return_to(register: u32) -> u32 {
    0xd65f_0000 | register << 5
}

/// `stp x, x, [sp, #offset]`
pub fn store_pair(first: u32, second: u32, offset: u32) -> u32 {
    0xa900_0000 | (offset / 8) << 15 | second << 10 | SP << 5 | first
}

/// `ldp x, x, [sp, #offset]`
pub fn load_pair(first: u32, second: u32, offset: u32) -> u32 {
    0xa940_0000 | (offset / 8) << 15 | second << 10 | SP << 5 | first
}
