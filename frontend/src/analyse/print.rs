// SPDX-License-Identifier: MIT OR Apache-2.0
//! `printf` and its relatives: formats against arguments.

use std::ops::Range;

use super::Analyser;
use super::body::Walk;
use crate::ast::{self, ExprKind as A, PrintStyle, StringLit};
use crate::errors::print as errors;
use crate::errors::semantic::statistics_as_value;
use crate::format::{self, Directive, Directives, Wanted};
use crate::hir::{Expr, ExprKind as H, Print, PrintArg, PrintFormat};
use crate::lexer;
use crate::span::Span;
use crate::types::{Mismatch, Type};
use spile_ir::Space;

impl Walk<'_, '_, '_> {
    pub fn print(&mut self, print: &ast::Print, span: Span) -> Expr {
        let to_string = print.function.to_string;
        self.effects.acts |= !to_string;
        let style = print.function.style;
        let chart = matches!(style, PrintStyle::Plain | PrintStyle::Line) && print.args.len() == 1;
        let mut args: Vec<PrintArg> = print.args.iter().map(|arg| self.print_arg(arg, chart)).collect();
        let delimiter = || print.literal.as_ref().map(|text| text.value.as_bytes().to_vec()).unwrap_or_default();
        let format = match style {
            PrintStyle::Plain => PrintFormat::Plain { delimiter: Vec::new(), end: "" },
            PrintStyle::Line => PrintFormat::Plain { delimiter: Vec::new(), end: "\n" },
            PrintStyle::Delimited => PrintFormat::Plain { delimiter: delimiter(), end: "" },
            PrintStyle::DelimitedLine => PrintFormat::Plain { delimiter: delimiter(), end: "\n" },
            PrintStyle::Format => match &print.literal {
                Some(text) => self.format(text, &mut args),
                None => PrintFormat::Text(Vec::new()),
            },
        };
        let kind = H::Print(Box::new(Print { to_string, format, args }));
        if to_string {
            self.string(span, kind)
        } else {
            Expr { ty: self.a.script.types.fresh(), span, ctype: None, kind }
        }
    }

    fn print_arg(&mut self, arg: &ast::Expr, chart: bool) -> PrintArg {
        if let A::Histogram(histogram) = &arg.kind
            && chart
            && let Some((id, keys, _)) = self.histogram(histogram)
        {
            return PrintArg::Histogram(id, keys, histogram.shape);
        }
        let value = self.expr(arg);
        if self.a.script.types.get(value.ty) == Some(Type::Stat) {
            return PrintArg::Value(self.fail(arg.span, statistics_as_value(arg.span)));
        }
        PrintArg::Value(value)
    }

    fn format(&mut self, text: &StringLit, args: &mut [PrintArg]) -> PrintFormat {
        let bytes = text.value.as_bytes();
        let Directives { wanted, wrong } = format::directives(bytes);
        let place = |at: &Range<usize>| self.a.place_in(text, at);
        let wrong: Vec<_> = wrong.iter().map(|at| errors::bad_directive(place(at), &bytes[at.clone()])).collect();
        let places: Vec<_> = wanted.iter().map(|one| place(&one.at)).collect();
        if wrong.is_empty() {
            self.check_arguments(bytes, &wanted, &places, args);
        }
        wrong.into_iter().for_each(|problem| self.report(problem));
        PrintFormat::Text(format::normalised(bytes))
    }

    fn check_arguments(&mut self, format: &[u8], wanted: &[Wanted], places: &[Span], args: &mut [PrintArg]) {
        let counts = (args.len(), wanted.len());
        if let Some(place) = places.get(args.len()) {
            self.report(errors::too_few_arguments(*place, counts.0, counts.1));
        } else if let Some(PrintArg::Value(value)) = args.get(wanted.len()) {
            self.report(errors::too_many_arguments(value.span, counts.0, counts.1));
        }
        for ((one, place), arg) in wanted.iter().zip(places).zip(args) {
            let ty = match one.directive {
                Directive::Int | Directive::Memory { .. } => Type::Long,
                Directive::Str => Type::Str,
            };
            let PrintArg::Value(value) = arg else { continue };
            if let Err(Mismatch { left, .. }) = self.a.script.types.require(value.ty, ty, value.span) {
                let conversion = format[one.at.end - 1];
                self.report(errors::argument_type(value.span, ty, left, *place, conversion));
            }
            if let Directive::Memory { user, bytes } = one.directive {
                let space = if user { Space::User } else { Space::Kernel };
                let addr = std::mem::replace(value, self.wrong(*place));
                *arg = PrintArg::Memory { addr, space, bytes };
            }
        }
    }
}

impl Analyser<'_, '_> {
    /// Where some bytes of a string literal are written: all of the literal where that cannot be told.
    pub(super) fn place_in(&self, text: &StringLit, at: &Range<usize>) -> Span {
        let source = self.loader.sources.text(text.span);
        let written = lexer::written_at(source);
        if written.len() != text.value.as_bytes().len() {
            return text.span;
        }
        let (Some(&first), Some(&last)) = (written.get(at.start), written.get(at.end - 1)) else { return text.span };
        let length = if source.as_bytes().get(last as usize) == Some(&b'\\') { 2 } else { 1 };
        // An escape ends where the next byte begins, unless that is in another literal.
        let end = match written.get(at.end) {
            Some(&next) if !source[last as usize + 1..next as usize].contains('"') => next,
            _ => last + length,
        };
        Span { start: text.span.start + first, end: text.span.start + end, ..text.span }
    }
}
