// SPDX-License-Identifier: MIT OR Apache-2.0
//! `printf` and its relatives: formats against arguments.

use super::body::Walk;
use crate::ast::{self, ExprKind as A, PrintStyle, StringLit};
use crate::errors::semantic as errors;
use crate::format::{self, Directive};
use crate::hir::{Expr, ExprKind as H, Print, PrintArg, PrintFormat};
use crate::span::Span;
use crate::types::Type;
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
            self.report(errors::statistics_as_value(arg.span));
        }
        PrintArg::Value(value)
    }

    fn format(&mut self, text: &StringLit, args: &mut [PrintArg]) -> PrintFormat {
        let directives = match format::directives(text.value.as_bytes()) {
            Ok(directives) => directives,
            Err(problem) => {
                self.report(errors::bad_format(text.span, &problem));
                return PrintFormat::Text(Vec::new());
            }
        };
        if directives.len() != args.len() {
            self.report(errors::format_arguments(text.span, directives.len(), args.len()));
        }
        for (directive, arg) in directives.iter().zip(args) {
            let wanted = match directive {
                Directive::Int | Directive::Memory { .. } => Type::Long,
                Directive::Str => Type::Str,
            };
            let PrintArg::Value(value) = arg else { continue };
            self.a.expect(value, wanted);
            if let Directive::Memory { user, bytes } = *directive {
                let space = if user { Space::User } else { Space::Kernel };
                let addr = std::mem::replace(value, self.wrong(text.span));
                *arg = PrintArg::Memory { addr, space, bytes };
            }
        }
        PrintFormat::Text(format::normalised(text.value.as_bytes()))
    }
}
