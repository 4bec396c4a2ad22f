// SPDX-License-Identifier: MIT OR Apache-2.0
//! Print operations.

use super::Lower;
use crate::format::{Bytes, escaped};
use crate::hir::{Expr, Print, PrintArg, PrintFormat};
use spile_ir::{self as ir, BinaryOp, CompareOp, FormatArg, GlobalId, Intrinsic, Op, Space, StatField, Value};

impl Lower<'_, '_, '_> {
    /// Emits a print operation; the string, if that is where it goes.
    pub(super) fn print(&mut self, print: &Print, expr: &Expr) -> Option<Value> {
        let mut args: Vec<ir::PrintArg> = Vec::new();
        for arg in &print.args {
            let arg = self.print_arg(arg, args.last().cloned(), expr);
            args.push(arg);
        }
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

    fn print_arg(&mut self, arg: &PrintArg, before: Option<ir::PrintArg>, print: &Expr) -> ir::PrintArg {
        match arg {
            PrintArg::Value(value) => ir::PrintArg::Value(self.expr(value)),
            PrintArg::Histogram(id, keys, _) => {
                let (global, keys) = (GlobalId(id.0), self.exprs(keys));
                self.at(print.span);
                self.not_empty(global, &keys);
                ir::PrintArg::Hist { global, keys }
            }
            PrintArg::Memory { addr, space, bytes } => {
                let addr = self.expr(addr);
                let count = match (bytes, before) {
                    (Bytes::Argument, Some(ir::PrintArg::Value(count))) => self.at_least_one(count),
                    (Bytes::Argument, _) => self.b.int(1),
                    (Bytes::Fixed(count), _) => self.b.int((*count).max(1)),
                };
                self.at(print.span);
                let read = match space {
                    Space::Kernel => Intrinsic::KernelBytes,
                    Space::User => Intrinsic::UserBytes,
                };
                ir::PrintArg::Value(self.b.value(Op::Intrinsic(read, vec![addr, count])))
            }
        }
    }

    fn at_least_one(&mut self, count: Value) -> Value {
        let (zero, one) = (self.b.int(0), self.b.int(1));
        let is_less = self.b.value(Op::Compare(CompareOp::Le, count, zero));
        let missing = self.b.value(Op::Binary(BinaryOp::Sub, one, count));
        let added = self.b.value(Op::Binary(BinaryOp::Mul, is_less, missing));
        self.b.value(Op::Binary(BinaryOp::Add, count, added))
    }

    /// Fails where an aggregate has no values.
    pub(super) fn not_empty(&mut self, global: GlobalId, keys: &[Value]) {
        self.b.emit(Op::StatRead(global, keys.to_vec(), StatField::Avg));
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
