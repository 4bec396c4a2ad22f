// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arithmetic and comparison, for the interpreter and for whoever knows the operands early.

use crate::{BinaryOp, CompareOp};

impl BinaryOp {
    /// The result of an operation; `None` where it divides by 0.
    pub fn apply(self, a: i64, b: i64) -> Option<i64> {
        // Wrapping shifts take the low 6 bits of their count.
        let bits = b as u32;
        Some(match self {
            Self::Add => a.wrapping_add(b),
            Self::Sub => a.wrapping_sub(b),
            Self::Mul => a.wrapping_mul(b),
            Self::Div | Self::Rem if b == 0 => return None,
            Self::Div => a.wrapping_div(b),
            Self::Rem => a.wrapping_rem(b),
            Self::And => a & b,
            Self::Or => a | b,
            Self::Xor => a ^ b,
            Self::Shl => a.wrapping_shl(bits),
            Self::Shr => a.wrapping_shr(bits),
            Self::UShr => (a as u64).wrapping_shr(bits) as i64,
        })
    }
}

impl CompareOp {
    /// The truth of a comparison.
    pub fn holds<T: Ord + ?Sized>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Eq => a == b,
            Self::Ne => a != b,
            Self::Lt => a < b,
            Self::Le => a <= b,
            Self::Gt => a > b,
            Self::Ge => a >= b,
        }
    }
}
