// SPDX-License-Identifier: MIT OR Apache-2.0
//! `$x$` and `$x$$`: target values as text, `{.f_mode=1, .f_pos=0, …}`.
//!
//! `$` shows one level: structures and arrays inside are `{...}` and `[...]`. `$$` goes on through what a structure contains,
//! but follows no pointer. A text that is cut by MAXSTRINGLEN would not grow by more values, so there is a limit of them.

use super::body::Walk;
use super::target::{Reach, Words};
use crate::ast::{Name, Pretty};
use crate::hir::{CType, Expr, ExprKind as H, LocalId, Place, Print, PrintArg, PrintFormat};
use crate::span::Span;
use crate::target::{Member, TypeId, TypeShape};
use spile_ir::Intrinsic;

/// Most values in one text, so that it stays a line and its code small.
const MAX_VALUES: usize = 48;
/// Most elements shown of an array.
const MAX_ELEMENTS: u32 = 4;
/// Levels of structures that `$$` goes through.
const DEEP: u32 = 8;

/// A text under construction.
struct Text {
    format: String,
    args: Vec<PrintArg>,
    object: Object,
    span: Span,
}

/// What is shown.
#[derive(Clone, Copy)]
enum Object {
    /// An object in memory, whose address is kept in a local.
    Memory(LocalId),
    /// One in registers.
    Words(Words, u32),
}

impl Walk<'_, '_, '_> {
    /// What was reached, as text. A pointer to a structure shows the structure.
    pub fn pretty(&mut self, reach: Reach, pretty: Pretty, span: Span) -> Option<Expr> {
        let levels = if pretty == Pretty::Deep { DEEP } else { 1 };
        let (base, ty) = match self.behind(reach) {
            Reach::Memory { addr, ty, bits: None } => (addr, ty),
            Reach::Words { words, first, ty, bits: None } => {
                let mut text = Text::new(Object::Words(words, first), span);
                self.show(&mut text, 0, ty, levels);
                return Some(self.finish_text(text));
            }
            reach => {
                let value = self.load(reach, span)?;
                match value.ctype? {
                    CType::PointerTo(ty) => (value, ty),
                    CType::Value(ty) => {
                        let mut text = Text::new(Object::Words(Words::Result, 0), span);
                        match self.a.target.shape(ty) {
                            TypeShape::Pointer(to) if self.is_char(to) => self.show_string(&mut text, value),
                            _ => self.show_value(&mut text, value, ty),
                        }
                        return Some(self.finish_text(text));
                    }
                }
            }
        };
        let kept = self.new_local(Name::from("<shown>"), span, false);
        self.local(kept).written = true;
        self.a.unify(self.locals[kept.index()].ty, base.ty, span);
        let keep = self.long(span, H::Assign(Place::Local(kept), Box::new(base)));
        let mut text = Text::new(Object::Memory(kept), span);
        self.show(&mut text, 0, ty, levels);
        let shown = self.finish_text(text);
        Some(self.string(span, H::Then(Box::new(keep), Box::new(shown))))
    }

    fn finish_text(&mut self, text: Text) -> Expr {
        let format = PrintFormat::Text(text.format.into_bytes());
        self.string(text.span, H::Print(Box::new(Print { to_string: true, format, args: text.args })))
    }

    /// The structure that a pointer points to; anything else as it is.
    fn behind(&mut self, reach: Reach) -> Reach {
        let structure = |walk: &Self, ty| match walk.a.target.shape(ty) {
            TypeShape::Pointer(to) if matches!(walk.a.target.shape(to), TypeShape::Struct { .. }) => Some(to),
            TypeShape::Pointer(to) => walk.completed(to),
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
            other => other,
        }
    }

    /// A part of the object: its first bit, its type, its bits if it is a bit-field.
    fn part(&mut self, text: &Text, first: u32, ty: TypeId, bits: u32) -> Reach {
        match text.object {
            Object::Memory(base) => {
                let base = self.long(text.span, H::Local(base));
                if bits > 0 {
                    return Reach::Memory { addr: base, ty, bits: Some((first, bits)) };
                }
                Reach::Memory { addr: self.offset(base, (first / 8).into()), ty, bits: None }
            }
            Object::Words(words, start) => {
                Reach::Words { words, first: start + first, ty, bits: Some(bits).filter(|bits| *bits > 0) }
            }
        }
    }

    /// A part of the object, from this bit on.
    fn show(&mut self, text: &mut Text, first: u32, ty: TypeId, levels: u32) {
        if text.is_full() {
            return text.format.push_str("...");
        }
        match self.a.target.shape(ty) {
            TypeShape::Struct { .. } if levels == 0 => text.format.push_str("{...}"),
            TypeShape::Array { .. } if levels == 0 && self.is_text(ty).is_none() => text.format.push_str("[...]"),
            TypeShape::Struct { members, .. } => {
                text.format.push('{');
                self.show_members(text, first, &members, levels);
                text.format.push('}');
            }
            TypeShape::Array { element, length } => self.show_array(text, first, element, length, levels),
            TypeShape::Int { bytes: 1 | 2 | 4 | 8, .. }
            | TypeShape::Enum { bytes: 1 | 2 | 4 | 8, .. }
            | TypeShape::Pointer(_) => self.show_part(text, first, ty, 0),
            _ => text.format.push('?'),
        }
    }

    fn show_members(&mut self, text: &mut Text, first: u32, members: &[Member], levels: u32) {
        for (index, member) in members.iter().enumerate() {
            if index > 0 {
                text.format.push_str(", ");
            }
            if text.is_full() {
                return text.format.push_str("...");
            }
            let at = first.saturating_add(member.bit_offset);
            if !member.name.is_empty() {
                text.format.push_str(&format!(".{}=", member.name));
            }
            if member.bit_size > 0 {
                self.show_part(text, at, member.ty, member.bit_size);
            } else {
                // Members of an anonymous structure are on the level of its own.
                self.show(text, at, member.ty, if member.name.is_empty() { levels } else { levels - 1 });
            }
        }
    }

    fn show_part(&mut self, text: &mut Text, first: u32, ty: TypeId, bits: u32) {
        let part = self.part(text, first, ty, bits);
        let (value, _) = self.attempt(|walk| walk.load(part, text.span));
        match value {
            Some(value) => self.show_value(text, value, ty),
            None => text.format.push('?'),
        }
    }

    /// Length of an array of characters.
    fn is_text(&self, ty: TypeId) -> Option<u32> {
        let TypeShape::Array { element, length } = self.a.target.shape(ty) else { return None };
        (self.is_char(element) && length > 0).then_some(length)
    }

    fn is_char(&self, ty: TypeId) -> bool {
        matches!(self.a.target.shape(ty), TypeShape::Int { is_char: true, .. })
    }

    /// What a pointer to characters points to; nothing where that cannot be read, as with a user's address.
    fn show_string(&mut self, text: &mut Text, value: Expr) {
        let most = self.int(text.span, i64::MAX);
        let string = self.string(text.span, H::Intrinsic(Intrinsic::KernelString, vec![value, most]));
        let string = self.string(text.span, H::Guarded(Box::new(string)));
        text.format.push_str("\"%s\"");
        text.args.push(PrintArg::Value(string));
    }

    fn show_array(&mut self, text: &mut Text, first: u32, element: TypeId, length: u32, levels: u32) {
        if let Object::Memory(base) = text.object
            && self.is_char(element)
            && length > 0
        {
            let base = self.long(text.span, H::Local(base));
            let addr = self.offset(base, (first / 8).into());
            let most = self.int(text.span, length.into());
            let string = self.string(text.span, H::Intrinsic(Intrinsic::KernelString, vec![addr, most]));
            text.format.push_str("\"%s\"");
            return text.args.push(PrintArg::Value(string));
        }
        text.format.push('[');
        let bits = u32::try_from(self.a.target.size_of(element).saturating_mul(8)).unwrap_or(u32::MAX);
        for index in 0..length.min(MAX_ELEMENTS) {
            if index > 0 {
                text.format.push_str(", ");
            }
            if text.is_full() {
                text.format.push_str("...");
                break;
            }
            let at = first.saturating_add(bits.saturating_mul(index));
            self.show(text, at, element, levels - 1);
        }
        text.format.push_str(if length > MAX_ELEMENTS { ", ...]" } else { "]" });
    }

    fn show_value(&mut self, text: &mut Text, value: Expr, ty: TypeId) {
        text.format.push_str(match self.a.target.shape(ty) {
            TypeShape::Pointer(_) => "%#x",
            TypeShape::Int { is_char: true, .. } => "'%#c'",
            TypeShape::Int { signed: false, .. } | TypeShape::Enum { signed: false, .. } => "%u",
            _ => "%d",
        });
        text.args.push(PrintArg::Value(value));
    }
}

impl Text {
    fn new(object: Object, span: Span) -> Self {
        Self { format: String::new(), args: Vec::new(), object, span }
    }

    fn is_full(&self) -> bool {
        self.args.len() >= MAX_VALUES
    }
}
