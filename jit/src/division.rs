// SPDX-License-Identifier: MIT OR Apache-2.0
//! Signed division, encoded here: Cranelift's own division keeps a trap for a divisor of 0,
//! which the caller has ruled out. Arguments and result as for any function of two integers.

use crate::Arch;

/// Name and code of `a / b` or `a % b` for b other than 0; MIN / -1 is MIN, MIN % -1 is 0.
pub fn code(arch: Arch, remainder: bool) -> (&'static str, Vec<u8>) {
    let name = if remainder { "remainder" } else { "quotient" };
    let bytes: &[&[u8]] = match (arch, remainder) {
        (Arch::X86_64, false) => &[
            &[0x48, 0x89, 0xf8],       // mov rax, rdi
            &[0x48, 0x83, 0xfe, 0xff], // cmp rsi, -1: idiv would fault for MIN
            &[0x74, 0x06],             // je 1f
            &[0x48, 0x99],             // cqo
            &[0x48, 0xf7, 0xfe],       // idiv rsi
            &[0xc3],                   // ret
            &[0x48, 0xf7, 0xd8],       // 1: neg rax
            &[0xc3],                   // ret
        ],
        (Arch::X86_64, true) => &[
            &[0x48, 0x83, 0xfe, 0xff], // cmp rsi, -1
            &[0x74, 0x0c],             // je 1f
            &[0x48, 0x89, 0xf8],       // mov rax, rdi
            &[0x48, 0x99],             // cqo
            &[0x48, 0xf7, 0xfe],       // idiv rsi
            &[0x48, 0x89, 0xd0],       // mov rax, rdx
            &[0xc3],                   // ret
            &[0x31, 0xc0],             // 1: xor eax, eax
            &[0xc3],                   // ret
        ],
        (Arch::Aarch64, false) => &[
            &[0x00, 0x0c, 0xc1, 0x9a], // sdiv x0, x0, x1
            &[0xc0, 0x03, 0x5f, 0xd6], // ret
        ],
        (Arch::Aarch64, true) => &[
            &[0x02, 0x0c, 0xc1, 0x9a], // sdiv x2, x0, x1
            &[0x40, 0x80, 0x01, 0x9b], // msub x0, x2, x1, x0
            &[0xc0, 0x03, 0x5f, 0xd6], // ret
        ],
    };
    (name, bytes.concat())
}
