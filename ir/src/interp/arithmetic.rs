// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arithmetic and comparison, for the interpreter and for folding.

use crate::{BinaryOp, CompareOp};

/// The result of an operation; `None` where it divides by 0.
pub(crate) fn binary(op: BinaryOp, a: i64, b: i64) -> Option<i64> {
    // Wrapping shifts take the low 6 bits of their count.
    let bits = b as u32;
    Some(match op {
        BinaryOp::Add => a.wrapping_add(b),
        BinaryOp::Sub => a.wrapping_sub(b),
        BinaryOp::Mul => a.wrapping_mul(b),
        BinaryOp::Div | BinaryOp::Rem if b == 0 => return None,
        BinaryOp::Div => a.wrapping_div(b),
        BinaryOp::Rem => a.wrapping_rem(b),
        BinaryOp::And => a & b,
        BinaryOp::Or => a | b,
        BinaryOp::Xor => a ^ b,
        BinaryOp::Shl => a.wrapping_shl(bits),
        BinaryOp::Shr => a.wrapping_shr(bits),
        BinaryOp::UShr => (a as u64).wrapping_shr(bits) as i64,
    })
}

/// The truth of a comparison.
pub(crate) fn compare<T: Ord + ?Sized>(op: CompareOp, a: &T, b: &T) -> bool {
    match op {
        CompareOp::Eq => a == b,
        CompareOp::Ne => a != b,
        CompareOp::Lt => a < b,
        CompareOp::Le => a <= b,
        CompareOp::Gt => a > b,
        CompareOp::Ge => a >= b,
    }
}
