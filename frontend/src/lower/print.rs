// SPDX-License-Identifier: MIT OR Apache-2.0
//! Print operations.

use super::Lower;
use crate::format::escaped;
use crate::hir::{Expr, Print, PrintArg, PrintFormat};
use spile_ir::{self as ir, FormatArg, GlobalId, Op, Value};

impl Lower<'_, '_, '_> {
    /// Emits a print operation; the string, if that is where it goes.
    pub(super) fn print(&mut self, print: &Print, expr: &Expr) -> Option<Value> {
        let args: Vec<ir::PrintArg> = print.args.iter().map(|arg| self.print_arg(arg)).collect();
        let types: Vec<FormatArg> = args.iter().map(|arg| arg.format_arg(self.b.function())).collect();
        let text = match &print.format {
            PrintFormat::Text(text) => text.clone(),
            PrintFormat::Plain { delimiter, end } => plain(&types, delimiter, end),
        };
        self.at(expr.span);
        let format = self.b.program().intern_format(&ir::Format { text, args: types });
        if print.to_string {
            return self.b.emit(Op::Sprint(format, args));
        }
        self.b.emit(Op::Print(format, args));
        None
    }

    fn print_arg(&mut self, arg: &PrintArg) -> ir::PrintArg {
        match arg {
            PrintArg::Value(value) => ir::PrintArg::Value(self.expr(value)),
            PrintArg::Histogram(id, keys, _) => {
                let keys = self.exprs(keys);
                ir::PrintArg::Hist { global: GlobalId(id.0), keys }
            }
        }
    }
}

/// The format that prints each argument by its type.
fn plain(types: &[FormatArg], delimiter: &[u8], end: &str) -> Vec<u8> {
    let directives = types.iter().map(|ty| match ty {
        FormatArg::Int => &b"%d"[..],
        FormatArg::Str => b"%s",
        FormatArg::Hist => b"%H",
    });
    let mut text = directives.collect::<Vec<_>>().join(&escaped(delimiter)[..]);
    text.extend_from_slice(end.as_bytes());
    text
}
