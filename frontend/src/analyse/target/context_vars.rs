// SPDX-License-Identifier: MIT OR Apache-2.0
//! `$name`, `$return`, `$$vars` and the like: what the probe point itself gives.

use crate::analyse::body::Walk;
use crate::analyse::context::{Answer, Question};
use crate::ast::Name;
use crate::errors::semantic as errors;
use crate::errors::similar;
use crate::hir::{CType, Expr, ExprKind as H, Print, PrintArg, PrintFormat};
use crate::span::Span;
use crate::target::{Param, TypeId, TypeShape};

use crate::analyse::PointContext;

impl Walk<'_, '_, '_> {
    /// `$name`; `used_whole` where nothing is accessed in it.
    pub(super) fn context_var(&mut self, name: &Name, span: Span, used_whole: bool) -> Option<Expr> {
        let Some(context) = self.context() else {
            self.report(errors::context_in_function(span, &format!("${name}")));
            return None;
        };
        if name.as_str() == "return" {
            return self.return_value(span);
        }
        let Answer::Param(param) = context.ask(Question::Param(name.to_string())) else { return None };
        match param {
            Some(param) => self.param_value(&param, span, used_whole),
            None => {
                let report = self.no_variable(name, span);
                self.report(report);
                None
            }
        }
    }

    fn no_variable(&mut self, name: &str, span: Span) -> crate::diag::Diagnostic {
        let shown = format!("${name}");
        let Some(context) = self.context() else { return errors::context_in_function(span, &shown) };
        match &context.point {
            PointContext::None(kind) => errors::no_context(span, &shown, kind),
            PointContext::Function { symbol, prototype: None, .. } => errors::no_prototype(span, name, symbol),
            point => {
                let known: Vec<&str> = point.params().iter().map(|param| param.name.as_str()).collect();
                let near = similar(name, known.iter().copied());
                errors::no_such_variable(span, name, &point.describe(), &known, near)
            }
        }
    }

    fn param_value(&mut self, param: &Param, span: Span, used_whole: bool) -> Option<Expr> {
        let Some(arg) = param.arg else {
            self.report(errors::not_in_register(span, &format!("${}", param.name)));
            return None;
        };
        let raw = self.long(span, H::Arg(arg));
        self.register_value(raw, param.ty, span, used_whole)
    }

    fn return_value(&mut self, span: Span) -> Option<Expr> {
        let context = self.context()?;
        let PointContext::Function { symbol, prototype, is_return: true } = context.point.clone() else {
            self.report(errors::return_outside(span));
            return None;
        };
        if prototype.is_none() {
            self.report(errors::no_prototype(span, "return", &symbol));
            return None;
        }
        let Answer::Result(Some(ty)) = context.ask(Question::Result) else {
            self.report(errors::return_of_void(span, &symbol));
            return None;
        };
        let raw = self.long(span, H::ReturnValue);
        self.register_value(raw, ty, span, true)
    }

    /// A value that a register holds: the bits that its type has, extended.
    fn register_value(&mut self, raw: Expr, ty: TypeId, span: Span, used_whole: bool) -> Option<Expr> {
        let value = match self.a.target.shape(ty) {
            TypeShape::Pointer(_) => raw,
            TypeShape::Int { bytes: 8, .. } | TypeShape::Enum { bytes: 8, .. } => raw,
            TypeShape::Int { bytes, signed, .. } | TypeShape::Enum { bytes, signed } if bytes < 8 => {
                self.cut(raw, 0, bytes * 8, signed, span)
            }
            // An array parameter is a pointer.
            TypeShape::Array { element, .. } => return Some(Expr { ctype: Some(CType::PointerTo(element)), ..raw }),
            _ if used_whole => {
                let spelling = self.a.target.spelling(ty);
                self.report(errors::unreadable(span, &spelling));
                return None;
            }
            _ => {
                let spelling = self.a.target.spelling(ty);
                self.report(errors::not_supported(span, &format!("a '{spelling}' passed by value")));
                return None;
            }
        };
        Some(Expr { ctype: Some(CType::Value(ty)), ..value })
    }

    /// `$$parms` and its relatives: a string.
    pub(super) fn context_group(&mut self, name: &Name, span: Span) -> Expr {
        let Some(context) = self.context() else {
            return self.fail(span, errors::context_in_function(span, &format!("$${name}")));
        };
        if let PointContext::None(kind) = context.point {
            return self.fail(span, errors::no_context(span, &format!("$${name}"), kind));
        }
        match name.as_str() {
            "vars" | "parms" => {
                let Answer::Params(params) = context.ask(Question::Params) else { return self.wrong(span) };
                self.pairs(&params, span)
            }
            // At a function's entry no local has a value yet.
            "locals" => self.text(span, ""),
            "return" => match context.point.is_return() {
                false => self.text(span, ""),
                true => {
                    let Answer::Result(result) = context.ask(Question::Result) else { return self.wrong(span) };
                    let value = result.and_then(|_| self.return_value(span));
                    self.hex_pairs(value.map(|value| ("return".to_owned(), Some(value))), span)
                }
            },
            "name" | "system" => {
                let Answer::Name(full) = context.ask(Question::Name) else { return self.wrong(span) };
                let (system, short) = full.split_once(':').unwrap_or(("", &full));
                self.text(span, if name.as_str() == "system" { system } else { short })
            }
            _ => self.fail(span, errors::no_such_group(span, &format!("$${name}"))),
        }
    }

    fn pairs(&mut self, params: &[Param], span: Span) -> Expr {
        let at_return = self.context().is_some_and(|context| context.point.is_return() && !context.at_entry);
        let mut pairs = Vec::new();
        for param in params {
            let probing = std::mem::replace(&mut self.probing, true);
            let failed = std::mem::replace(&mut self.probe_failed, false);
            let mut value = self.param_value(param, span, true);
            (self.probing, self.probe_failed) = (probing, failed);
            if at_return && let Some(now) = value.take() {
                let ctype = now.ctype;
                let word = self.context().map(|context| {
                    let text = format!("${}", param.name);
                    let known = context.entry.iter().position(|(known, _)| *known == text);
                    known.unwrap_or_else(|| {
                        context.entry.push((text, now));
                        context.entry.len() - 1
                    })
                });
                value = word.map(|word| Expr { ctype, ..self.long(span, H::EntryWord(word as u32)) });
            }
            pairs.push((param.name.clone(), value));
        }
        self.hex_pairs(pairs, span)
    }

    /// `a=0x1 b=?`
    fn hex_pairs(&mut self, pairs: impl IntoIterator<Item = (String, Option<Expr>)>, span: Span) -> Expr {
        let mut texts = Vec::new();
        let mut args = Vec::new();
        for (name, value) in pairs {
            texts.push(format!("{name}={}", if value.is_some() { "%#x" } else { "?" }));
            args.extend(value.map(PrintArg::Value));
        }
        let format = PrintFormat::Text(texts.join(" ").into_bytes());
        self.string(span, H::Print(Box::new(Print { to_string: true, format, args })))
    }
}
