// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writing to the traced system (guru mode): memory, bit-fields, and parameters and results in registers.

use super::{Reach, Words};
use crate::analyse::PointContext;
use crate::analyse::body::Walk;
use crate::ast::{self, ExprKind as A, FileKind, Target, TargetBase};
use crate::errors::{semantic as errors, target as target_errors};
use crate::hir::{CType, Expr, Place};
use crate::span::Span;
use crate::target::{TypeId, TypeShape};
use crate::types::TypeVar;

impl Walk<'_, '_, '_> {
    /// What is written to, of the traced system; and its type in the script.
    pub fn target_place(&mut self, place: &ast::Expr) -> Option<(Place, TypeVar)> {
        if !self.a.options.guru && self.file.kind == FileKind::User {
            self.report(errors::write_needs_guru(place.span));
            return None;
        }
        self.effects.acts = true;
        let span = place.span;
        let found = match &place.kind {
            A::Deref { user: true, .. } => {
                self.report(target_errors::not_writable(span, "it is memory of the process"));
                return None;
            }
            A::Deref { size_bytes, address, .. } => {
                let addr = Box::new(self.long_expr(address));
                // The parser has checked the size.
                Place::Memory { addr, bytes: size_bytes.value as u8, signed: false, bits: None }
            }
            A::Target(target) => self.written_target(target, span)?,
            // The parser lets nothing else be assigned to.
            _ => return None,
        };
        let ty = self.a.script.types.known(crate::types::Type::Long, span);
        Some((found, ty))
    }

    fn written_target(&mut self, target: &Target, span: Span) -> Option<Place> {
        if target.pretty.is_some() || target.address_of || matches!(target.base, TargetBase::ContextGroup(_)) {
            self.report(target_errors::not_writable(span, "it is computed"));
            return None;
        }
        if let TargetBase::Context(name) = &target.base
            && target.path.is_empty()
        {
            return self.written_variable(name, span);
        }
        let reach = if self.is_snapshot(target) {
            // The pointer is that of the entry; what it points to is written now.
            let base = Target { path: Vec::new(), ..target.clone() };
            let text = (span.file, format!("base {}", super::base_name(&base)));
            let value = self.kept(text, span, |walk| walk.resolve_target(&base, span))?;
            self.follow(Reach::Value(value), &target.path)?
        } else {
            self.reach(target, span)?
        };
        match reach {
            Reach::Memory { addr, ty, bits: None } => {
                let (bytes, signed) = self.written_size(ty, span)?;
                Some(Place::Memory { addr: Box::new(addr), bytes, signed, bits: None })
            }
            Reach::Memory { addr, ty, bits: Some(bits) } => self.written_bits(addr, ty, bits, span),
            Reach::Words { words, first, ty, bits } => {
                let (bytes, signed) = self.written_size(ty, span)?;
                self.written_words(words, (first, bits.unwrap_or(8 * u32::from(bytes))), signed, span)
            }
            Reach::Value(_) => {
                self.report(target_errors::not_writable(span, "it is a value, and nothing that the system holds"));
                None
            }
        }
    }

    /// A parameter or the result, in its register.
    fn written_variable(&mut self, name: &ast::Name, span: Span) -> Option<Place> {
        let snapshot = self.context().is_some_and(|context| context.point.is_return());
        let is_result = name.as_str() == "return";
        // Says what is wrong with the name.
        let reach = self.context_var(name, span)?;
        let ctype = match &reach {
            Reach::Value(Expr { ctype: Some(CType::Value(ty)), .. }) => Some(*ty),
            _ => None,
        };
        let problem = match self.context().map(|context| &context.point) {
            Some(PointContext::Tracepoint(_)) => Some("the arguments of a tracepoint are copies"),
            Some(_) if snapshot && !is_result => Some("the function has returned, its parameters are gone"),
            _ if ctype.is_none() => Some("it is no number and no pointer"),
            _ => None,
        };
        if let Some(problem) = problem {
            self.report(target_errors::not_writable(span, problem));
            return None;
        }
        let (bytes, signed) = self.written_size(ctype?, span)?;
        let register = if is_result { Some(Self::result_register()) } else { self.register_of(name) };
        let Some(register) = register else {
            self.report(target_errors::not_writable(span, "it is not passed in a register"));
            return None;
        };
        self.register_place(register, 8 * u32::from(bytes), signed, span)
    }

    fn register_of(&mut self, name: &ast::Name) -> Option<u32> {
        let word = self.context()?.point.param(name)?.arg?;
        self.argument_register(word)
    }

    fn written_words(&mut self, words: Words, bits: (u32, u32), signed: bool, span: Span) -> Option<Place> {
        let (first, count) = bits;
        let index = first / 64;
        let register = match words {
            Words::Arguments(word) => self.argument_register(word + index),
            Words::Result if index == 0 => Some(Self::result_register()),
            Words::Result => Some(self.second_result_register()),
        };
        let place = register.and_then(|register| self.register_place(register, 64, signed, span));
        let Some(Place::Memory { addr, bytes, .. }) = place else {
            self.report(target_errors::not_writable(span, "it is not passed in a register"));
            return None;
        };
        if first % 64 + count > 64 {
            self.report(target_errors::across_registers(span));
            return None;
        }
        Some(Place::Memory { addr, bytes, signed, bits: (count < 64).then_some((first % 64, count)) })
    }

    fn written_bits(&mut self, addr: Expr, ty: TypeId, bits: (u32, u32), span: Span) -> Option<Place> {
        let signed = self.is_signed(ty);
        let Some(field) = super::load::word_of(bits) else {
            let spelling = self.a.target.spelling(ty);
            self.report(errors::unreadable(span, &spelling));
            return None;
        };
        let addr = Box::new(self.offset(addr, field.offset));
        Some(Place::Memory { addr, bytes: field.bytes, signed, bits: Some((field.first, bits.1)) })
    }

    /// Bytes and sign of what is written.
    fn written_size(&mut self, ty: TypeId, span: Span) -> Option<(u8, bool)> {
        let bytes = match self.a.target.shape(ty) {
            TypeShape::Int { bytes, .. } | TypeShape::Enum { bytes, .. } | TypeShape::Float { bytes } => bytes,
            TypeShape::Pointer(_) => 8,
            _ => 0,
        };
        if matches!(bytes, 1 | 2 | 4 | 8) {
            return Some((bytes as u8, self.is_signed(ty)));
        }
        let spelling = self.a.target.spelling(ty);
        self.report(target_errors::not_writable(span, &format!("a '{spelling}' is no number and no pointer")));
        None
    }
}
