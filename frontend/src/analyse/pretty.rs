// SPDX-License-Identifier: MIT OR Apache-2.0
//! `$x$` and `$x$$`: target values as text, `{.f_mode=1, .f_pos=0, …}`.

use super::body::Walk;
use super::target::Reach;
use crate::ast::{Name, Pretty};
use crate::hir::{CType, Expr, ExprKind as H, LocalId, Place, Print, PrintArg, PrintFormat};
use crate::span::Span;
use crate::target::{TypeId, TypeShape};
use spile_ir::Intrinsic;

/// Most values in one text, so that it stays a line and its code small.
const MAX_VALUES: usize = 32;
/// Most elements shown of an array.
const MAX_ELEMENTS: u32 = 4;
/// Levels of structures that `$$` goes through.
const DEEP: u32 = 4;

/// A text under construction.
struct Text {
    format: String,
    args: Vec<PrintArg>,
    /// Where the object's address is kept.
    base: LocalId,
    span: Span,
}

impl Walk<'_, '_, '_> {
    /// What was reached, as text. A pointer to a structure shows the structure.
    pub fn pretty(&mut self, reach: Reach, pretty: Pretty, span: Span) -> Option<Expr> {
        let levels = if pretty == Pretty::Deep { DEEP } else { 1 };
        let base = self.new_local(Name::from("<shown>"), span, false);
        self.local(base).written = true;
        let (value, ty, in_memory) = match self.behind(reach) {
            Reach::Memory { addr, ty, bits: None } => (addr, ty, true),
            field @ Reach::Memory { ty, .. } => (self.load(field, span)?, ty, false),
            Reach::Value(value) => match value.ctype {
                Some(CType::PointerTo(ty)) => (value, ty, true),
                Some(CType::Value(ty)) => (value, ty, false),
                None => return None,
            },
        };
        let mut text = Text { format: String::new(), args: Vec::new(), base, span };
        if in_memory {
            self.show(&mut text, 0, ty, levels);
        } else {
            let shown = self.at_base(&text, 0);
            self.show_value(&mut text, shown, ty);
        }
        self.a.unify(self.locals[base.index()].ty, value.ty, span);
        let keep = self.long(span, H::Assign(Place::Local(base), Box::new(value)));
        let format = PrintFormat::Text(text.format.into_bytes());
        let print = self.string(span, H::Print(Box::new(Print { to_string: true, format, args: text.args })));
        Some(self.string(span, H::Then(Box::new(keep), Box::new(print))))
    }

    /// The structure that a pointer points to; anything else as it is.
    fn behind(&mut self, reach: Reach) -> Reach {
        let structure = |walk: &Self, ty| match walk.a.target.shape(ty) {
            TypeShape::Pointer(to) if matches!(walk.a.target.shape(to), TypeShape::Struct { .. }) => Some(to),
            _ => None,
        };
        match reach {
            Reach::Value(value) => match value.ctype {
                Some(CType::Value(ty)) => match structure(self, ty) {
                    Some(to) => Reach::Memory { addr: value, ty: to, bits: None },
                    None => Reach::Value(value),
                },
                _ => Reach::Value(value),
            },
            Reach::Memory { addr, ty, bits: None } => match structure(self, ty) {
                Some(to) => Reach::Memory { addr: self.pointer_at(addr), ty: to, bits: None },
                None => Reach::Memory { addr, ty, bits: None },
            },
            field => field,
        }
    }

    fn at_base(&mut self, text: &Text, offset: i64) -> Expr {
        let base = self.long(text.span, H::Local(text.base));
        self.offset(base, offset)
    }

    /// An object so many bytes after the base.
    fn show(&mut self, text: &mut Text, offset: i64, ty: TypeId, levels: u32) {
        if text.args.len() >= MAX_VALUES {
            return text.format.push_str("...");
        }
        match self.a.target.shape(ty) {
            TypeShape::Struct { .. } if levels == 0 => text.format.push_str("{...}"),
            TypeShape::Array { .. } if levels == 0 => text.format.push_str("[...]"),
            TypeShape::Struct { members, .. } => {
                text.format.push('{');
                for (index, member) in members.iter().enumerate() {
                    if index > 0 {
                        text.format.push_str(", ");
                    }
                    if !member.name.is_empty() {
                        text.format.push_str(&format!(".{}=", member.name));
                    }
                    if text.args.len() >= MAX_VALUES {
                        text.format.push_str("...");
                        break;
                    }
                    if member.bit_size > 0 {
                        let addr = self.at_base(text, offset);
                        let bits = Some((member.bit_offset, member.bit_size));
                        if let Some(value) = self.load(Reach::Memory { addr, ty: member.ty, bits }, text.span) {
                            self.show_value(text, value, member.ty);
                        }
                    } else {
                        // Members of an anonymous structure are on the level of its own.
                        let level = if member.name.is_empty() { levels } else { levels - 1 };
                        self.show(text, offset + i64::from(member.bit_offset / 8), member.ty, level);
                    }
                }
                text.format.push('}');
            }
            TypeShape::Array { element, length } => self.show_array(text, offset, element, length, levels),
            TypeShape::Int { bytes: 1 | 2 | 4 | 8, .. }
            | TypeShape::Enum { bytes: 1 | 2 | 4 | 8, .. }
            | TypeShape::Pointer(_) => {
                let addr = self.at_base(text, offset);
                if let Some(value) = self.load(Reach::Memory { addr, ty, bits: None }, text.span) {
                    self.show_value(text, value, ty);
                }
            }
            _ => text.format.push('?'),
        }
    }

    fn show_array(&mut self, text: &mut Text, offset: i64, element: TypeId, length: u32, levels: u32) {
        if matches!(self.a.target.shape(element), TypeShape::Int { is_char: true, .. }) && length > 0 {
            let addr = self.at_base(text, offset);
            let most = self.int(text.span, length.into());
            let string = self.string(text.span, H::Intrinsic(Intrinsic::KernelString, vec![addr, most]));
            text.format.push_str("\"%s\"");
            return text.args.push(PrintArg::Value(string));
        }
        text.format.push('[');
        let size = self.a.target.size_of(element) as i64;
        for index in 0..length.min(MAX_ELEMENTS) {
            if index > 0 {
                text.format.push_str(", ");
            }
            self.show(text, offset + i64::from(index) * size, element, levels - 1);
        }
        text.format.push_str(if length > MAX_ELEMENTS { ", ...]" } else { "]" });
    }

    fn show_value(&mut self, text: &mut Text, value: Expr, ty: TypeId) {
        text.format.push_str(match self.a.target.shape(ty) {
            TypeShape::Pointer(_) => "%#x",
            TypeShape::Int { is_char: true, .. } => "'%c'",
            TypeShape::Int { bytes: 8, signed: false, .. } => "%u",
            _ => "%d",
        });
        text.args.push(PrintArg::Value(value));
    }
}
