// SPDX-License-Identifier: MIT OR Apache-2.0
//! Structures that are passed in registers: their members are bits of argument words.

use super::Reach;
use crate::analyse::body::Walk;
use crate::errors::{semantic as errors, target as target_errors};
use crate::hir::{CType, Expr, ExprKind as H};
use crate::span::Span;
use crate::target::{TypeId, TypeShape};

/// The registers that hold a structure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::analyse) enum Words {
    /// Argument words, from this one on.
    Arguments(u32),
    /// Those of the result.
    Result,
}

impl Walk<'_, '_, '_> {
    /// The value of a part of a structure in registers.
    pub(super) fn load_words(
        &mut self,
        words: Words,
        first: u32,
        ty: TypeId,
        bits: Option<u32>,
        span: Span,
    ) -> Option<Expr> {
        let (bytes, signed) = match self.a.target.shape(ty) {
            TypeShape::Int { bytes, signed, .. } | TypeShape::Enum { bytes, signed } => (bytes, signed),
            TypeShape::Pointer(_) => (8, false),
            TypeShape::Float { bytes } => (bytes, false),
            _ => (0, false),
        };
        let count = bits.unwrap_or(8 * bytes);
        if count == 0 || count > 64 {
            let spelling = self.a.target.spelling(ty);
            self.report(errors::unreadable(span, &spelling));
            return None;
        }
        let start = first % 64;
        if start + count > 64 {
            self.report(target_errors::across_registers(span));
            return None;
        }
        let word = self.word(words, first / 64, span)?;
        let value = if count == 64 { word } else { self.cut(word, start, count, signed, span) };
        Some(Expr { ctype: Some(CType::Value(ty)), span, ..value })
    }

    fn word(&mut self, words: Words, index: u32, span: Span) -> Option<Expr> {
        Some(match words {
            Words::Arguments(first) => self.long(span, H::Arg(first + index)),
            Words::Result if index == 0 => self.long(span, H::ReturnValue),
            // The second register of a result is that of the third argument, or of the second.
            Words::Result => {
                let register = self.second_result_register();
                self.register(register, span)?
            }
        })
    }

    /// `[index]` of an array in registers.
    pub(super) fn index_words(
        &mut self,
        words: Words,
        first: u32,
        element: TypeId,
        index: Option<i64>,
        span: Span,
    ) -> Option<Reach> {
        let bits = self.a.target.size_of(element).saturating_mul(8);
        let offset = index.and_then(|index| u64::try_from(index).ok()?.checked_mul(bits));
        let offset = offset.and_then(|offset| u32::try_from(offset).ok()).filter(|offset| *offset < 128);
        let Some(offset) = offset else {
            self.report(target_errors::index_in_registers(span));
            return None;
        };
        Some(Reach::Words { words, first: first + offset, ty: element, bits: None })
    }
}
