// SPDX-License-Identifier: MIT OR Apache-2.0
//! aarch64 instructions that may be in an image, by encoding class (the field that the
//! architecture calls op0, bits 28 to 25).

use super::Refusal;
use super::scan::Step;

const PLAIN: Step = Step { length: 4, falls_through: true, target: None };

/// Decodes and checks one instruction at a text offset.
pub fn step(bytes: &[u8], place: u32, is_glue: bool) -> Result<Step, Refusal> {
    let word = u32::from_le_bytes(*bytes.first_chunk().ok_or(Refusal::Invalid)?);
    match word >> 25 & 0xf {
        // udf, matrix instructions; unallocated; SVE; unallocated.
        0b0000 if word >> 16 == 0 => Err(Refusal::Trap),
        0b0001 | 0b0011 => Err(Refusal::Invalid),
        0b0000 | 0b0010 => Err(Refusal::Vector),
        // Data processing, immediate and register.
        0b1000 | 0b1001 | 0b0101 | 0b1101 => Ok(PLAIN),
        0b1010 | 0b1011 => branch(word, place, is_glue),
        // Loads and stores: bit 26 says vector register.
        0b0100 | 0b1100 => Ok(PLAIN),
        // 0110, 1110: loads and stores of vector registers; 0111, 1111: vector arithmetic.
        _ => Err(Refusal::Vector),
    }
}

/// Branches, exceptions and system instructions.
fn branch(word: u32, place: u32, is_glue: bool) -> Result<Step, Refusal> {
    const RET: u32 = 0xd65f_03c0;
    const RET_REGISTER: u32 = 0x1f << 5;
    let words = match word >> 24 {
        // b, bl
        0x14..=0x17 | 0x94..=0x97 => field(word, 0, 26),
        // b.cond, cbz, cbnz
        0x54 | 0x34 | 0x35 | 0xb4 | 0xb5 => field(word, 5, 19),
        // tbz, tbnz
        0x36 | 0x37 | 0xb6 | 0xb7 => field(word, 5, 14),
        _ if word == RET || is_glue && word & !RET_REGISTER == RET & !RET_REGISTER => {
            return Ok(Step { falls_through: false, ..PLAIN });
        }
        0xd6 | 0xd7 => return Err(Refusal::Indirect),
        0xd4 => return Err(Refusal::Trap),
        0xd5 if is_hint_or_barrier(word) || is_counter(word) || is_glue && is_own_register(word) => return Ok(PLAIN),
        0xd5 => return Err(Refusal::Privileged),
        _ => return Err(Refusal::Invalid),
    };
    let falls_through = !matches!(word >> 24, 0x14..=0x17);
    Ok(Step { falls_through, target: Some(i64::from(place) + words * 4), ..PLAIN })
}

/// nop, yield, bti, paciasp, …; dmb, dsb, isb, clrex.
fn is_hint_or_barrier(word: u32) -> bool {
    word & 0xffff_f01f == 0xd503_201f || word & 0xffff_f01f == 0xd503_301f
}

/// Reads cntvct_el0, the cycle counter.
fn is_counter(word: u32) -> bool {
    word & !0x1f == 0xd53b_e040
}

/// Reads sp_el0 or tpidr_el1, where the kernel keeps the current task and the CPU's data.
fn is_own_register(word: u32) -> bool {
    matches!(word & !0x1f, 0xd538_4100 | 0xd538_d080)
}

/// A signed bit field.
fn field(word: u32, low: u32, bits: u32) -> i64 {
    let shift = 64 - bits;
    (i64::from(word >> low) << shift) >> shift
}
