// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The whole runtime as one relocatable ELF object for each instruction set.
//!
//! Each function of `rt.h` is a hidden global symbol in a section of its own; sections to link are
//! `.text*` and `.rodata*`. Undefined symbols are `spile_import_NAME`, and nothing else.

use spile_abi::{SPILE_ARCH_AARCH64, SPILE_ARCH_X86_64};

/// ELF readers want their structures aligned.
#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

static X86_64: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/rt-x86_64.o")));
static AARCH64: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/rt-aarch64.o")));

/// The runtime for one of `SPILE_ARCH_*`, an ELF file aligned to 16 bytes; empty for any other number.
pub fn object(arch: u32) -> &'static [u8] {
    match arch {
        SPILE_ARCH_X86_64 => &X86_64.0,
        SPILE_ARCH_AARCH64 => &AARCH64.0,
        _ => &[],
    }
}
