// SPDX-License-Identifier: MIT OR Apache-2.0
//! `$name`, `$return`, `$$vars` and the like: what the probe point itself gives.

use super::{Reach, Words};
use crate::analyse::PointContext;
use crate::analyse::body::Walk;
use crate::analyse::context::{Answer, Question};
use crate::ast::{Name, Pretty};
use crate::diag::Diagnostic;
use crate::errors::semantic as errors;
use crate::errors::similar;
use crate::hir::{CType, Expr, ExprKind as H, Print, PrintArg, PrintFormat};
use crate::span::Span;
use crate::target::{Arch, Param, TypeId, TypeShape};

/// Most bytes of a result that is returned in registers.
const MAX_RESULT_BYTES: u32 = 16;

impl Walk<'_, '_, '_> {
    /// `$name`
    pub(super) fn context_var(&mut self, name: &Name, span: Span) -> Option<Reach> {
        let context = self.context()?;
        if name.as_str() == "return" {
            return self.return_value(span);
        }
        let Answer::Param(param) = context.ask(Question::Param(name.to_string())) else { return None };
        let point = context.point.clone();
        match param {
            Some(param) => self.param_value(&param, span),
            None => {
                let report = self.no_variable(&point, name, span);
                self.report(report);
                None
            }
        }
    }

    fn no_variable(&self, point: &PointContext, name: &str, span: Span) -> Diagnostic {
        match point {
            PointContext::None(kind) => errors::no_context(span, &format!("${name}"), kind),
            PointContext::Function { symbol, prototype: None, .. } => errors::no_prototype(span, name, symbol),
            point => {
                let known: Vec<&str> = point.params().iter().map(|param| param.name.as_str()).collect();
                let near = similar(name, known.iter().copied());
                errors::no_such_variable(span, name, &point.describe(), &known, near)
            }
        }
    }

    fn param_value(&mut self, param: &Param, span: Span) -> Option<Reach> {
        let Some(arg) = param.arg else {
            self.report(errors::not_in_register(span, &format!("${}", param.name)));
            return None;
        };
        let raw = self.long(span, H::Arg(arg));
        if param.by_address {
            return Some(Reach::Memory { addr: raw, ty: param.ty, bits: None });
        }
        self.register_value(raw, Words::Arguments(arg), param.ty, span)
    }

    fn return_value(&mut self, span: Span) -> Option<Reach> {
        let context = self.context()?;
        let at_return = !context.at_entry;
        let PointContext::Function { symbol, prototype, is_return: true } = context.point.clone() else {
            self.report(errors::return_outside(span));
            return None;
        };
        if !at_return {
            self.report(errors::return_outside(span));
            return None;
        }
        if prototype.is_none() {
            self.report(errors::no_prototype(span, "return", &symbol));
            return None;
        }
        let Answer::Result(Some(ty)) = context.ask(Question::Result) else {
            self.report(errors::return_of_void(span, &symbol));
            return None;
        };
        let raw = self.long(span, H::ReturnValue);
        if let TypeShape::Struct { bytes, .. } = self.a.target.shape(ty)
            && bytes > MAX_RESULT_BYTES
        {
            // x86_64 hands the address of the result back; on aarch64 nothing says any more where it is.
            if self.a.target.arch() == Arch::X86_64 {
                return Some(Reach::Memory { addr: raw, ty, bits: None });
            }
            self.report(errors::not_in_register(span, "$return"));
            return None;
        }
        self.register_value(raw, Words::Result, ty, span)
    }

    /// What a register holds: the bits that its type has, extended.
    fn register_value(&mut self, raw: Expr, words: Words, ty: TypeId, span: Span) -> Option<Reach> {
        let value = match self.a.target.shape(ty) {
            TypeShape::Pointer(_) => raw,
            TypeShape::Int { bytes: 8, .. } | TypeShape::Enum { bytes: 8, .. } => raw,
            TypeShape::Int { bytes, signed, .. } | TypeShape::Enum { bytes, signed } if bytes < 8 => {
                self.cut(raw, 0, bytes * 8, signed, span)
            }
            // An array parameter is a pointer.
            TypeShape::Array { element, .. } => {
                return Some(Reach::Value(Expr { ctype: Some(CType::PointerTo(element)), ..raw }));
            }
            TypeShape::Struct { .. } => return Some(Reach::Words { words, first: 0, ty, bits: None }),
            _ => {
                let spelling = self.a.target.spelling(ty);
                self.report(errors::unreadable(span, &spelling));
                return None;
            }
        };
        Some(Reach::Value(Expr { ctype: Some(CType::Value(ty)), ..value }))
    }

    /// `$$parms` and its relatives: a string. With `$` or `$$` behind, values are shown as the variables' own are.
    pub(super) fn context_group(&mut self, name: &Name, pretty: Option<Pretty>, span: Span) -> Expr {
        // A function that asks for a context is resolved for handlers only.
        let Some(context) = self.context() else { return self.wrong(span) };
        if let PointContext::None(kind) = context.point {
            return self.fail(span, errors::no_context(span, &format!("$${name}"), kind));
        }
        match name.as_str() {
            "vars" | "parms" => {
                let Answer::Params(params) = context.ask(Question::Params) else { return self.wrong(span) };
                self.pairs(&params, pretty, span)
            }
            // At a function's entry no local has a value yet.
            "locals" => self.text(span, ""),
            "return" => match context.point.is_return() {
                false => self.text(span, ""),
                true => {
                    let Answer::Result(result) = context.ask(Question::Result) else { return self.wrong(span) };
                    match result {
                        None => self.text(span, ""),
                        Some(_) => {
                            let value = self.attempt(|walk| {
                                let reach = walk.return_value(span)?;
                                walk.shown(reach, pretty, span)
                            });
                            self.pairs_text([("return".to_owned(), value.0)], span)
                        }
                    }
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

    fn pairs(&mut self, params: &[Param], pretty: Option<Pretty>, span: Span) -> Expr {
        let at_return = self.context().is_some_and(|context| context.point.is_return() && !context.at_entry);
        let mut pairs = Vec::new();
        for param in params.iter().filter(|param| !param.name.is_empty()) {
            let show = |walk: &mut Self| {
                let reach = walk.param_value(param, span)?;
                walk.shown(reach, pretty, span)
            };
            let (value, _) = self.attempt(|walk| {
                if !at_return {
                    return show(walk);
                }
                let text = (span.file, format!("${}{pretty:?}", param.name));
                walk.kept(text, span, show)
            });
            pairs.push((param.name.clone(), value));
        }
        self.pairs_text(pairs, span)
    }

    fn shown(&mut self, reach: Reach, pretty: Option<Pretty>, span: Span) -> Option<Expr> {
        match pretty {
            Some(pretty) => self.pretty(reach, pretty, span),
            None => self.load(reach, span),
        }
    }

    /// `a=0x1 b=?`
    fn pairs_text(&mut self, pairs: impl IntoIterator<Item = (String, Option<Expr>)>, span: Span) -> Expr {
        let mut texts = Vec::new();
        let mut args = Vec::new();
        for (name, value) in pairs {
            let directive = match &value {
                Some(value) if self.is_string(value) => "%s",
                Some(_) => "%#x",
                None => "?",
            };
            texts.push(format!("{name}={directive}"));
            args.extend(value.map(PrintArg::Value));
        }
        let format = PrintFormat::Text(texts.join(" ").into_bytes());
        self.string(span, H::Print(Box::new(Print { to_string: true, format, args })))
    }
}
