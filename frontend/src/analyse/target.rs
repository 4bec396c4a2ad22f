// SPDX-License-Identifier: MIT OR Apache-2.0
//! Target variables: `$x->y[1]`, `@cast(…)->z`, `@entry`, `@defined`.

mod context_vars;
mod load;
mod path;

use super::body::{Owner, Walk};
use super::context::Context;
use crate::ast::{self, AccessKind, ExprKind as A, Target, TargetBase};
use crate::errors::semantic as errors;
use crate::hir::{CType, Expr, ExprKind as H};
use crate::span::Span;
use crate::target::{TypeId, TypeTag};
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
    /// A value, with its C type.
    Value(Expr),
}

impl Walk<'_, '_, '_> {
    /// A target expression.
    pub fn target(&mut self, target: &Target, span: Span) -> Expr {
        if let TargetBase::ContextGroup(name) = &target.base {
            return self.context_group(name, span);
        }
        if self.is_snapshot(target) {
            return self.snapshot(target, span);
        }
        self.resolve_target(target, span).unwrap_or_else(|| self.wrong(span))
    }

    fn resolve_target(&mut self, target: &Target, span: Span) -> Option<Expr> {
        let reach = self.reach(target, span)?;
        if let Some(pretty) = target.pretty {
            return self.pretty(reach, pretty, span);
        }
        if target.address_of { self.address(reach, span) } else { self.load(reach, span) }
    }

    fn reach(&mut self, target: &Target, span: Span) -> Option<Reach> {
        let mut reach = match &target.base {
            TargetBase::Context(name) => Reach::Value(self.context_var(name, span, target.path.is_empty())?),
            TargetBase::Cast { value, type_name, module } => self.cast(value, type_name, module.as_ref(), span)?,
            TargetBase::Autocast(inner) => {
                let value = self.long_expr(inner);
                if value.ctype.is_none() {
                    self.report(errors::unknown_ctype(inner.span));
                    return None;
                }
                Reach::Value(value)
            }
            TargetBase::Var { .. } => {
                self.report(errors::not_supported(span, "@var"));
                return None;
            }
            TargetBase::ContextGroup(name) => Reach::Value(self.context_group(name, span)),
        };
        for access in &target.path {
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
        reach.and_then(|reach| self.load(reach, span)).unwrap_or_else(|| self.wrong(span))
    }

    fn cast(
        &mut self,
        value: &ast::Expr,
        type_name: &ast::StringLit,
        module: Option<&ast::StringLit>,
        span: Span,
    ) -> Option<Reach> {
        let mut value = self.long_expr(value);
        if let Some(module) = module
            && !module.value.as_bytes().starts_with(b"kernel")
        {
            self.report(errors::not_supported(module.span, "@cast to a type of a module or program"));
            return None;
        }
        let name = type_name.value.to_str_lossy();
        let Some(ty) = self.find_type(name.trim()) else {
            self.report(errors::no_such_type(type_name.span, &name));
            return None;
        };
        value.ctype = Some(CType::PointerTo(ty));
        value.span = span;
        Some(Reach::Value(value))
    }

    /// A type by the name that a script gives it.
    fn find_type(&self, name: &str) -> Option<TypeId> {
        let target = self.a.target;
        let tagged = [("struct ", TypeTag::Struct), ("union ", TypeTag::Union), ("enum ", TypeTag::Enum)];
        for (prefix, tag) in tagged {
            if let Some(name) = name.strip_prefix(prefix) {
                return target.find_type(tag, name.trim());
            }
        }
        let tags = [TypeTag::Struct, TypeTag::Union, TypeTag::Plain, TypeTag::Enum];
        tags.into_iter().find_map(|tag| target.find_type(tag, name))
    }

    /// `@defined(x)`: whether resolving `x` would report nothing. Leaves no trace but the questions asked of the context.
    pub fn is_defined(&mut self, inner: &ast::Expr) -> bool {
        if let A::Call { function, args } = &inner.kind {
            let file = self.file.clone();
            return self.a.overloads(&function.name, args.len(), &file).is_ok();
        }
        let before = (self.locals.len(), self.names.clone(), std::mem::replace(&mut self.probing, true));
        let kept = self.context().map(|context| context.entry.len());
        let failed = std::mem::replace(&mut self.probe_failed, false);
        self.expr(inner);
        let defined = !std::mem::replace(&mut self.probe_failed, failed);
        self.locals.truncate(before.0);
        (self.names, self.probing) = (before.1, before.2);
        if let (Some(context), Some(kept)) = (self.context(), kept) {
            context.entry.truncate(kept);
        }
        defined
    }

    /// `@entry(x)`: the value of `x` at the function's entry.
    pub fn entry(&mut self, inner: &ast::Expr, span: Span) -> Expr {
        let Some(context) = self.context().filter(|context| context.point.is_return()) else {
            return self.fail(span, errors::entry_outside(span));
        };
        if context.at_entry {
            return self.expr(inner);
        }
        context.at_entry = true;
        let value = self.expr(inner);
        if self.a.script.types.get(value.ty) == Some(Type::Str) {
            self.report(errors::entry_string(inner.span));
        } else {
            self.a.expect(&value, Type::Long);
        }
        if let Some(context) = self.context() {
            context.at_entry = false;
        }
        self.keep_at_entry(inner.span, value, span)
    }

    /// The handler's context; `None` in a function.
    pub fn context(&mut self) -> Option<&mut Context> {
        match &mut self.owner {
            Owner::Probe(context) => Some(context),
            Owner::Function { .. } => None,
        }
    }

    /// Keeps a value at the entry, once for each text it is asked by; what reads it at the return.
    fn keep_at_entry(&mut self, text_span: Span, value: Expr, span: Span) -> Expr {
        let text = self.a.loader.sources.text(text_span).to_owned();
        let ctype = value.ctype;
        let Some(context) = self.context() else { return self.wrong(span) };
        let known = context.entry.iter().position(|(known, _)| *known == text);
        let word = known.unwrap_or_else(|| {
            context.entry.push((text, value));
            context.entry.len() - 1
        });
        Expr { ctype, ..self.long(span, H::EntryWord(word as u32)) }
    }

    /// Whether a target expression in a return probe means the value at the entry.
    fn is_snapshot(&mut self, target: &Target) -> bool {
        let TargetBase::Context(name) = &target.base else { return false };
        let is_return = name.as_str() == "return";
        self.context().is_some_and(|context| context.point.is_return() && !context.at_entry) && !is_return
    }

    fn snapshot(&mut self, target: &Target, span: Span) -> Expr {
        for access in &target.path {
            if let AccessKind::Index(index) = &access.kind
                && !matches!(index.kind, A::Number(_))
            {
                let report = errors::not_supported(index.span, "a computed index into an entry value");
                return self.fail(span, report.hint("keep the base address with @entry, and index it in this handler"));
            }
        }
        if let Some(context) = self.context() {
            context.at_entry = true;
        }
        let value = self.resolve_target(target, span);
        if let Some(context) = self.context() {
            context.at_entry = false;
        }
        let Some(value) = value else { return self.wrong(span) };
        if self.a.script.types.get(value.ty) == Some(Type::Str) {
            return self.fail(span, errors::entry_string(span));
        }
        if let TargetBase::Context(name) = &target.base
            && self.file.kind == ast::FileKind::User
        {
            self.report(errors::confusing_entry(span, &format!("${name}")));
        }
        self.keep_at_entry(span, value, span)
    }
}
