// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls of script functions and of built-in ones.

use super::body::Walk;
use super::loader::ItemRef;
use crate::ast::{self, FileKind, PrintFunction};
use crate::errors::{library, semantic as errors, similar};
use crate::hir::{Expr, ExprKind as H, FunctionId};
use crate::library::why_absent;
use crate::span::Span;
use crate::token::AT_WORDS;
use crate::types::Type;
use spile_ir::{self as ir, Effect, Intrinsic};

/// How library files name built-in functions.
const BUILTIN: &str = "__builtin_";
/// How files of the library are called whose functions may harm the traced system.
const GURU_FILE: &str = "-guru.stp";

impl Walk<'_, '_, '_> {
    /// `f(args)`
    pub fn call(&mut self, function: &ast::Ident, args: &[ast::Expr], span: Span) -> Expr {
        let args: Vec<Expr> = args.iter().map(|arg| self.expr(arg)).collect();
        if let Some(name) = function.name.strip_prefix(BUILTIN) {
            return self.builtin(function, name, args, span);
        }
        let file = self.file.clone();
        let overloads = match self.a.overloads(&function.name, args.len(), &file) {
            Ok(overloads) => overloads,
            Err(known) => {
                let report = self.no_overload(function, args.len(), known);
                return self.fail(span, report);
            }
        };
        if self.needs_guru(&overloads) {
            return self.fail(span, library::function_needs_guru(function.span, &function.name));
        }
        let ctypes: Vec<_> = args.iter().map(|arg| arg.ctype).collect();
        let id = self.instantiate(&overloads, &ctypes);
        self.call_function(id, args, function.span)
    }

    /// Whether a function may only be called in guru mode, and this call is the user's.
    fn needs_guru(&self, overloads: &[ItemRef]) -> bool {
        let guarded = |item: &ItemRef| {
            item.file.kind == FileKind::Tapset && self.a.loader.sources.file(item.file.id).name.ends_with(GURU_FILE)
        };
        self.file.kind == FileKind::User && !self.a.options.guru && overloads.first().is_some_and(guarded)
    }

    /// A call of a known function, types unified.
    pub fn call_function(&mut self, id: FunctionId, args: Vec<Expr>, span: Span) -> Expr {
        let callee = &self.a.script.functions[id.index()];
        let params: Vec<_> = callee.body.locals.iter().take(callee.params).map(|local| local.ty).collect();
        let (has_value, result, ctype) = (callee.has_value, callee.result, callee.ctype);
        let effects = callee.effects.clone();
        for (arg, param) in args.iter().zip(params) {
            self.a.unify(param, arg.ty, arg.span);
        }
        for written in &effects.writes {
            self.write_global(*written, span);
        }
        self.effects.acts |= effects.acts;
        let ty = if has_value { result } else { self.a.script.types.fresh() };
        Expr { ty, span, ctype, kind: H::Call(id, args) }
    }

    fn no_overload(
        &mut self,
        function: &ast::Ident,
        given: usize,
        known: Vec<(usize, Span)>,
    ) -> crate::diag::Diagnostic {
        if let Some((_, defined)) = known.first() {
            let mut arities: Vec<_> = known.iter().map(|(arity, _)| *arity).collect();
            arities.sort_unstable();
            arities.dedup();
            return errors::incorrect_arguments(function.span, &function.name, given, &arities, Some(*defined));
        }
        let name = &function.name;
        if let Some(why) = why_absent(name) {
            return library::function_not_offered(function.span, name, why);
        }
        let private = self.a.loader.functions(name, self.a.diagnostics).first().map(|item| item.file.id);
        if let Some(file) = private {
            let file = self.a.loader.sources.file(file).name.clone();
            return errors::private_function(function.span, name, &file);
        }
        let near = if self.global(name).is_some() {
            Some(format!("{name}[…]"))
        } else if self.a.loader.is_macro(name) || AT_WORDS.contains(&name.as_str()) {
            Some(format!("@{name}"))
        } else {
            similar(name, self.a.loader.function_names().chain(PrintFunction::NAMES))
        };
        errors::unresolved_function(function.span, name, near)
    }

    fn builtin(&mut self, function: &ast::Ident, name: &str, args: Vec<Expr>, span: Span) -> Expr {
        if self.file.kind == FileKind::User {
            return self.fail(span, errors::builtin_outside_library(function.span, &function.name));
        }
        if let Some(fact) = self.fact(name, span).filter(|_| args.is_empty()) {
            return fact;
        }
        let Some(intrinsic) = Intrinsic::ALL.iter().copied().find(|intrinsic| intrinsic.name() == name) else {
            return self.fail(span, errors::unresolved_function(function.span, &function.name, None));
        };
        let (params, result) = intrinsic.signature();
        if params.len() != args.len() {
            let report = errors::incorrect_arguments(function.span, &function.name, args.len(), &[params.len()], None);
            return self.fail(span, report);
        }
        for (arg, param) in args.iter().zip(params) {
            self.a.expect(arg, script_type(*param));
        }
        self.effects.acts |= intrinsic.effect() == Effect::Acts;
        let ty = match result {
            Some(result) => self.a.script.types.known(script_type(result), span),
            None => self.a.script.types.fresh(),
        };
        Expr { ty, span: function.span, ctype: None, kind: H::Intrinsic(intrinsic, args) }
    }
}

/// The script's type for one of the IR.
fn script_type(ty: ir::Type) -> Type {
    match ty {
        ir::Type::Int => Type::Long,
        ir::Type::Str => Type::Str,
    }
}
