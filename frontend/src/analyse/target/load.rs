// SPDX-License-Identifier: MIT OR Apache-2.0
//! The end of the way: an object's value or address.

use super::Reach;
use crate::analyse::body::Walk;
use crate::errors::semantic as errors;
use crate::hir::{CType, Expr, ExprKind as H};
use crate::span::Span;
use crate::target::{TypeId, TypeShape};
use spile_ir::{BinaryOp, Space};

/// The word to load for a bit-field.
pub(super) struct FieldWord {
    /// Where it is, from the structure's address.
    pub(super) offset: i64,
    /// Its size.
    pub(super) bytes: u8,
    /// The field's first bit in it.
    pub(super) first: u32,
}

/// The smallest aligned word that holds a bit-field, given by its first bit and number of bits.
pub(super) fn word_of((first, count): (u32, u32)) -> Option<FieldWord> {
    let bytes = [1u32, 2, 4, 8].into_iter().find(|bytes| first % (8 * bytes) + count <= 8 * bytes)?;
    let start = first / (8 * bytes) * (8 * bytes);
    Some(FieldWord { offset: (start / 8).into(), bytes: bytes as u8, first: first - start })
}

impl Walk<'_, '_, '_> {
    /// The value of what was reached: numbers and pointers are loaded, of arrays and structures it is the address.
    pub fn load(&mut self, reach: Reach, span: Span) -> Option<Expr> {
        let (addr, ty, bits) = match reach {
            Reach::Value(value) => return Some(Expr { span, ..value }),
            Reach::Words { words, first, ty, bits } => return self.load_words(words, first, ty, bits, span),
            Reach::Memory { addr, ty, bits } => (addr, ty, bits),
        };
        if let Some(bits) = bits {
            return self.bit_field(addr, ty, bits, span);
        }
        let (bytes, signed) = match self.a.target.shape(ty) {
            TypeShape::Array { element, .. } => {
                return Some(Expr { ctype: Some(CType::PointerTo(element)), span, ..addr });
            }
            TypeShape::Struct { .. } | TypeShape::Function => {
                return Some(Expr { ctype: Some(CType::PointerTo(ty)), span, ..addr });
            }
            TypeShape::Pointer(_) => (8, false),
            TypeShape::Int { bytes, signed, .. } | TypeShape::Enum { bytes, signed } => (bytes, signed),
            TypeShape::Float { bytes } => (bytes, false),
            TypeShape::Void => (0, false),
        };
        if !matches!(bytes, 1 | 2 | 4 | 8) {
            let spelling = self.a.target.spelling(ty);
            self.report(errors::unreadable(span, &spelling));
            return None;
        }
        let kind = H::Load { space: Space::Kernel, addr: Box::new(addr), bytes: bytes as u8, signed };
        Some(Expr { ctype: Some(CType::Value(ty)), ..self.long(span, kind) })
    }

    /// A bit-field: the word that holds it, shifted up and down again.
    fn bit_field(&mut self, addr: Expr, ty: TypeId, bits: (u32, u32), span: Span) -> Option<Expr> {
        let Some(field) = word_of(bits) else {
            let spelling = self.a.target.spelling(ty);
            self.report(errors::unreadable(span, &spelling));
            return None;
        };
        let signed = self.is_signed(ty);
        let addr = Box::new(self.offset(addr, field.offset));
        let word = self.long(span, H::Load { space: Space::Kernel, addr, bytes: field.bytes, signed: false });
        let value = self.cut(word, field.first, bits.1, signed, span);
        Some(Expr { ctype: Some(CType::Value(ty)), ..value })
    }

    pub(super) fn is_signed(&self, ty: TypeId) -> bool {
        matches!(self.a.target.shape(ty), TypeShape::Int { signed: true, .. } | TypeShape::Enum { signed: true, .. })
    }

    /// Some bits of a word, extended to 64.
    pub fn cut(&mut self, word: Expr, first: u32, count: u32, signed: bool, span: Span) -> Expr {
        let up = self.int(span, (64 - first - count).into());
        let down = self.int(span, (64 - count).into());
        let shifted = self.long(span, H::Binary(BinaryOp::Shl, Box::new(word), Box::new(up)));
        let op = if signed { BinaryOp::Shr } else { BinaryOp::UShr };
        self.long(span, H::Binary(op, Box::new(shifted), Box::new(down)))
    }

    /// `&x`
    pub fn address(&mut self, reach: Reach, span: Span) -> Option<Expr> {
        match reach {
            Reach::Memory { addr, ty, bits: None } => Some(Expr { ctype: Some(CType::PointerTo(ty)), span, ..addr }),
            // The address that a cast was given.
            Reach::Value(value) if matches!(value.ctype, Some(CType::PointerTo(_))) => Some(value),
            _ => {
                self.report(errors::no_address(span));
                None
            }
        }
    }
}
