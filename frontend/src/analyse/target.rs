// SPDX-License-Identifier: MIT OR Apache-2.0
//! Target variables: `$x->y[1]`, `@cast(…)->z`, `@var`, `@entry`, `@defined`.

mod cast;
mod context_vars;
mod entry;
mod enums;
mod load;
mod path;
mod registers;
mod var;
mod words;
mod write;

pub(super) use words::Words;

use super::Analyser;
use super::body::Walk;
use crate::ast::{self, Access, AccessKind, ExprKind as A, Target, TargetBase};
use crate::errors::{semantic as errors, target as target_errors};
use crate::hir::{CType, Expr, ExprKind as H, visit_expr};
use crate::span::Span;
use crate::target::{TypeId, TypeShape};
use crate::types::Type;

/// How far the way to a target value has come.
pub(super) enum Reach {
    /// An object in memory.
    Memory {
        /// Its address.
        addr: Expr,
        /// Its type.
        ty: TypeId,
        /// First bit and number of bits, counted from the address, if it is a bit-field.
        bits: Option<(u32, u32)>,
    },
    /// A structure that is passed in registers, or a part of one.
    Words {
        /// Which registers.
        words: Words,
        /// Its first bit there.
        first: u32,
        /// Its type.
        ty: TypeId,
        /// How many bits it has, if it is a bit-field.
        bits: Option<u32>,
    },
    /// A value, with its C type.
    Value(Expr),
}

/// The name of a `$name`.
fn base_name(target: &Target) -> &str {
    match &target.base {
        TargetBase::Context(name) => name,
        _ => "",
    }
}

impl Analyser<'_, '_> {
    /// Whether a value of this C type can be followed further: a pointer, a structure, an array; or shown by name.
    pub(super) fn leads_somewhere(&self, ctype: CType) -> bool {
        let CType::Value(ty) = ctype else { return true };
        !matches!(self.target.shape(ty), TypeShape::Int { .. } | TypeShape::Float { .. } | TypeShape::Void)
    }
}

impl Walk<'_, '_, '_> {
    /// A target expression.
    pub fn target(&mut self, target: &Target, span: Span) -> Expr {
        if self.in_condition
            && let TargetBase::Context(name) | TargetBase::ContextGroup(name) = &target.base
        {
            return self.fail(span, errors::condition_not_global(span, &format!("${name}")));
        }
        // Whether something is defined does not change because it would be skipped.
        if !self.a.options.skip_badvars || self.captured.is_some() {
            return self.defined_target(target, span).unwrap_or_else(|| self.wrong(span));
        }
        let (value, mut problems) = self.attempt(|walk| walk.defined_target(target, span));
        match (value, problems.is_empty()) {
            (Some(value), true) => value,
            (_, true) => self.wrong(span),
            _ => {
                self.report(target_errors::skipped(problems.swap_remove(0)));
                let is_text = target.pretty.is_some() || matches!(target.base, TargetBase::ContextGroup(_));
                if is_text { self.text(span, "") } else { self.int(span, 0) }
            }
        }
    }

    fn defined_target(&mut self, target: &Target, span: Span) -> Option<Expr> {
        if let TargetBase::ContextGroup(name) = &target.base {
            return Some(self.context_group(name, target.pretty, span));
        }
        if self.is_snapshot(target) {
            return self.snapshot(target, span);
        }
        self.resolve_target(target, span)
    }

    fn resolve_target(&mut self, target: &Target, span: Span) -> Option<Expr> {
        let reach = self.reach(target, span)?;
        self.finish(reach, target, span)
    }

    /// The value of what was reached, its address or its text, as the expression asks.
    fn finish(&mut self, reach: Reach, target: &Target, span: Span) -> Option<Expr> {
        let value = match target.pretty {
            Some(pretty) => self.pretty(reach, pretty, span)?,
            None if target.address_of => self.address(reach, span)?,
            None => self.load(reach, span)?,
        };
        Some(self.guarded(value))
    }

    /// With `--skip-badvars`, what cannot be read is 0.
    fn guarded(&self, value: Expr) -> Expr {
        let mut can_fail = false;
        visit_expr(&value, &mut |expr| {
            can_fail |= matches!(expr.kind, H::Load { .. } | H::Intrinsic(..) | H::Call(..))
        });
        if !self.a.options.skip_badvars || !can_fail {
            return value;
        }
        Expr { ty: value.ty, span: value.span, ctype: value.ctype, kind: H::Guarded(Box::new(value)) }
    }

    fn reach(&mut self, target: &Target, span: Span) -> Option<Reach> {
        let reach = match &target.base {
            TargetBase::Context(name) => self.context_var(name, span)?,
            TargetBase::Cast { value, type_name, module } => self.cast(value, type_name, module.as_ref(), span)?,
            TargetBase::Autocast(inner) => {
                let value = self.expr(inner);
                if value.ctype.is_none() {
                    self.a.miss_ctype();
                    self.report(errors::unknown_ctype(inner.span));
                    return None;
                }
                Reach::Value(value)
            }
            TargetBase::Var { name, module } => {
                self.global_variable(name, module.as_ref(), target.address_of && target.path.is_empty(), span)?
            }
            TargetBase::ContextGroup(name) => Reach::Value(self.context_group(name, None, span)),
        };
        self.follow(reach, &target.path)
    }

    fn follow(&mut self, mut reach: Reach, path: &[Access]) -> Option<Reach> {
        for access in path {
            reach = match &access.kind {
                AccessKind::Member(name) => self.member(reach, name, access.span)?,
                AccessKind::Index(index) => {
                    let index = self.long_expr(index);
                    self.indexed(reach, index, access.span)?
                }
            };
        }
        Some(reach)
    }

    /// `x[i]` on a script variable of known C type.
    pub fn autocast_index(&mut self, base: Expr, index: &ast::Expr, span: Span) -> Expr {
        let index = self.long_expr(index);
        let reach = self.indexed(Reach::Value(base), index, span);
        let value = reach.and_then(|reach| self.load(reach, span));
        value.map(|value| self.guarded(value)).unwrap_or_else(|| self.wrong(span))
    }

    /// `@defined(x)`: whether resolving `x` would report no error. Leaves no trace but the questions asked of the context.
    pub fn is_defined(&mut self, inner: &ast::Expr) -> bool {
        if let A::Call { function, args } = &inner.kind {
            let file = self.file.clone();
            return self.a.overloads(&function.name, args.len(), &file).is_ok();
        }
        let before = (self.locals.len(), self.names.clone());
        let kept = self.context().map(|context| (context.entry.len(), context.functions.len()));
        let (_, problems) = self.attempt(|walk| walk.expr(inner));
        self.locals.truncate(before.0);
        self.names = before.1;
        // A function that was resolved meanwhile stays, and so does what it keeps.
        if let (Some(context), Some((kept, functions))) = (self.context(), kept)
            && context.functions.len() == functions
        {
            context.entry.truncate(kept);
        }
        problems.is_empty()
    }

    /// Whether an expression is a string, as far as is known.
    fn is_string(&self, value: &Expr) -> bool {
        self.a.script.types.get(value.ty) == Some(Type::Str)
    }
}
