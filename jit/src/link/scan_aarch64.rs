// SPDX-License-Identifier: MIT OR Apache-2.0
//! aarch64 instructions that may be in an image, by encoding class (the field that the
//! architecture calls op0, bits 28 to 25).

use super::Refusal;
use super::scan::{Code, Finding};

/// Checks a function at a text offset.
pub fn scan(bytes: &[u8], start: u32, code: &Code) -> Finding {
    let (words, rest) = bytes.as_chunks::<4>();
    for (index, word) in words.iter().enumerate() {
        let offset = index as u32 * 4;
        check(u32::from_le_bytes(*word), start + offset, code).map_err(|what| (offset, what))?;
    }
    if rest.is_empty() { Ok(()) } else { Err((words.len() as u32 * 4, Refusal::Invalid)) }
}

fn check(word: u32, place: u32, code: &Code) -> Result<(), Refusal> {
    match word >> 25 & 0xf {
        // udf, matrix instructions; unallocated; SVE; unallocated.
        0b0000 if word >> 16 == 0 => Err(Refusal::Trap),
        0b0001 | 0b0011 => Err(Refusal::Invalid),
        0b0000 | 0b0010 => Err(Refusal::Vector),
        // Data processing, immediate and register.
        0b1000 | 0b1001 | 0b0101 | 0b1101 => Ok(()),
        0b1010 | 0b1011 => branch(word, place, code),
        // Loads and stores: bit 26 says vector register.
        0b0100 | 0b1100 => Ok(()),
        // 0110, 1110: loads and stores of vector registers; 0111, 1111: vector arithmetic.
        _ => Err(Refusal::Vector),
    }
}

/// Branches, exceptions and system instructions.
fn branch(word: u32, place: u32, code: &Code) -> Result<(), Refusal> {
    const RET: u32 = 0xd65f_03c0;
    let distance = match word >> 24 {
        // b, bl
        0x14..=0x17 | 0x94..=0x97 => Some(field(word, 0, 26)),
        // b.cond, cbz, cbnz
        0x54 | 0x34 | 0x35 | 0xb4 | 0xb5 => Some(field(word, 5, 19)),
        // tbz, tbnz
        0x36 | 0x37 | 0xb6 | 0xb7 => Some(field(word, 5, 14)),
        _ => None,
    };
    match distance {
        Some(words) if code.contains(i64::from(place) + words * 4) => Ok(()),
        Some(_) => Err(Refusal::Escape),
        None if word == RET => Ok(()),
        None => match word >> 24 {
            0xd6 | 0xd7 => Err(Refusal::Indirect),
            0xd4 => Err(Refusal::Trap),
            0xd5 if is_hint_or_barrier(word) => Ok(()),
            0xd5 => Err(Refusal::Privileged),
            _ => Err(Refusal::Invalid),
        },
    }
}

/// nop, yield, bti, paciasp, …; dmb, dsb, isb, clrex.
fn is_hint_or_barrier(word: u32) -> bool {
    word & 0xffff_f01f == 0xd503_201f || word & 0xffff_f01f == 0xd503_301f
}

/// A signed bit field.
fn field(word: u32, low: u32, bits: u32) -> i64 {
    let shift = 64 - bits;
    (i64::from(word >> low) << shift) >> shift
}
