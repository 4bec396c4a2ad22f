// SPDX-License-Identifier: MIT OR Apache-2.0
//! Enumerators: `@enum("NAME")`, `@enumname(value)`; and other constants of C, `@const("TEXT")`.

use crate::analyse::body::Walk;
use crate::analyse::constant::constant;
use crate::ast::{self, Name, StringLit};
use crate::errors::{semantic as errors, target as target_errors};
use crate::hir::{CType, Expr, ExprKind as H, LocalId, Place, Print, PrintArg, PrintFormat};
use crate::span::Span;
use crate::target::{TypeId, TypeShape};
use crate::types::Type;
use spile_ir::CompareOp;

impl Walk<'_, '_, '_> {
    /// `@const("TEXT")`: an enumerator, a number, or what types tell: `sizeof(TYPE)`, `offsetof(TYPE, MEMBER)`.
    pub fn constant_operator(&mut self, text: &StringLit, span: Span) -> Expr {
        let written = text.value.to_str_lossy();
        let inside = |word: &str| {
            let rest = written.trim().strip_prefix(word)?.trim_start();
            rest.strip_prefix('(')?.strip_suffix(')')
        };
        let known = if let Some(ty) = inside("sizeof") {
            self.a.spelled_type(ty).map(|spelled| self.a.target.size_of(spelled.ty) as i64)
        } else if let Some((ty, path)) = inside("offsetof").and_then(|inside| inside.split_once(',')) {
            self.offset_of(ty, path)
        } else {
            c_number(written.trim())
        };
        match known {
            Some(value) => self.int(span, value),
            None => self.enumerator(text, span),
        }
    }

    /// Bytes from a structure to a member, `a.b` for one in another.
    fn offset_of(&self, ty: &str, path: &str) -> Option<i64> {
        let mut ty = self.a.spelled_type(ty)?.ty;
        let mut bits = 0_u32;
        for name in path.split('.') {
            let member = self.a.target.member(ty, name.trim()).filter(|member| member.bit_size == 0)?;
            bits = bits.checked_add(member.bit_offset)?;
            ty = member.ty;
        }
        Some(i64::from(bits / 8))
    }

    /// `@enum("NAME")`
    pub fn enumerator(&mut self, name: &StringLit, span: Span) -> Expr {
        let text = name.value.to_str_lossy();
        match self.a.target.enumerator(text.trim()) {
            Some((value, ty)) => Expr { ctype: Some(CType::Value(ty)), ..self.int(span, value) },
            None => self.fail(span, errors::no_such_constant(span, &text)),
        }
    }

    /// `@enumname(value, "enum type", "module")`: the name of an enumeration's value; of another value, the number.
    pub fn enumerator_name(
        &mut self,
        value: &ast::Expr,
        type_name: Option<&StringLit>,
        module: Option<&StringLit>,
        span: Span,
    ) -> Expr {
        let value = self.long_expr(value);
        if self.check_module(module).is_none() {
            return self.wrong(span);
        }
        let enumeration = match type_name {
            Some(name) => {
                let text = name.value.to_str_lossy();
                let Some(spelled) = self.a.spelled_type(&text) else {
                    return self.fail(name.span, errors::no_such_type(name.span, text.trim()));
                };
                spelled.ty
            }
            None => match value.ctype {
                Some(CType::Value(ty)) if self.is_enumeration(ty) => ty,
                _ => {
                    self.a.miss_ctype();
                    return self.fail(value.span, target_errors::unknown_enumeration(value.span));
                }
            },
        };
        if !self.is_enumeration(enumeration) {
            let spelling = self.a.target.spelling(enumeration);
            return self.fail(span, target_errors::not_an_enumeration(span, &spelling));
        }
        self.name_of(value, enumeration, span)
    }

    fn is_enumeration(&self, ty: TypeId) -> bool {
        matches!(self.a.target.shape(ty), TypeShape::Enum { .. })
    }

    fn name_of(&mut self, value: Expr, enumeration: TypeId, span: Span) -> Expr {
        let mut names = self.a.target.enumerators(enumeration);
        // Of several names for a value, the first is meant.
        names.sort_by_key(|(_, value)| *value);
        names.dedup_by_key(|(_, value)| *value);
        if let Some(known) = constant(&value)
            && let Ok(found) = names.binary_search_by_key(&known, |(_, value)| *value)
        {
            return self.text(span, &names[found].0);
        }
        let kept = self.new_local(Name::from("<enumerator>"), span, false);
        self.local(kept).written = true;
        self.a.expect_var(self.locals[kept.index()].ty, Type::Long, span);
        let keep = self.long(span, H::Assign(Place::Local(kept), Box::new(value)));
        let name = self.search(&names, kept, span);
        self.string(span, H::Then(Box::new(keep), Box::new(name)))
    }

    /// A binary search, so that enumerations with hundreds of names stay quick.
    fn search(&mut self, names: &[(String, i64)], kept: LocalId, span: Span) -> Expr {
        let Some((name, value)) = names.get(names.len() / 2) else {
            let value = self.long(span, H::Local(kept));
            let format = PrintFormat::Text(b"%d".to_vec());
            let args = vec![PrintArg::Value(value)];
            return self.string(span, H::Print(Box::new(Print { to_string: true, format, args })));
        };
        let (below, above) = (&names[..names.len() / 2], &names[names.len() / 2 + 1..]);
        let here = self.text(span, name);
        let less = self.search(below, kept, span);
        let more = self.search(above, kept, span);
        let otherwise = self.choose(CompareOp::Lt, kept, *value, less, more, span);
        self.choose(CompareOp::Eq, kept, *value, here, otherwise, span)
    }

    fn choose(&mut self, op: CompareOp, kept: LocalId, value: i64, then: Expr, otherwise: Expr, span: Span) -> Expr {
        let (kept, value) = (self.long(span, H::Local(kept)), self.int(span, value));
        let cond = self.long(span, H::Compare(op, Box::new(kept), Box::new(value)));
        self.string(span, H::Ternary(Box::new(cond), Box::new(then), Box::new(otherwise)))
    }
}

/// A number as C writes it: `42`, `-0x10`, `017`, `1UL`.
fn c_number(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits.trim_start()),
        None => (false, text),
    };
    let digits = digits.trim_end_matches(['u', 'U', 'l', 'L']);
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None if digits.len() > 1 && digits.starts_with('0') => u64::from_str_radix(digits, 8),
        None => digits.parse(),
    };
    let value = value.ok()? as i64;
    Some(if negative { value.wrapping_neg() } else { value })
}
