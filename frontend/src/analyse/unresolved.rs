// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values of which nothing says whether they are numbers or strings.

use std::collections::HashSet;

use super::Analyser;
use crate::errors::semantic as errors;
use crate::hir::{Expr, ExprKind as H, PrintArg, visit_exprs};

impl Analyser<'_, '_> {
    /// Reports each variable that is read and whose type nothing decides, once.
    pub(super) fn check_resolved(&mut self) {
        let script = &self.script;
        let used = script.used_functions();
        let bodies = used.iter().map(|id| &script.functions[id.index()].body);
        let mut told = HashSet::new();
        let mut reports = Vec::new();
        let mut check = |expr: &Expr| {
            let undecided = script.types.get(expr.ty).is_none();
            if undecided && told.insert(script.types.class(expr.ty)) {
                reports.push(errors::unresolved_type(expr.span, &self.loader.sources));
            }
        };
        for body in bodies.chain(script.handlers.iter().map(|handler| &handler.body)) {
            visit_exprs(&body.stmts, &mut |expr| match &expr.kind {
                H::Local(_) | H::Global(_) | H::Element(..) => check(expr),
                H::Print(print) => print.args.iter().for_each(|arg| {
                    if let PrintArg::Value(value) = arg {
                        check(value);
                    }
                }),
                H::Compare(_, left, _) => check(left),
                _ => {}
            });
        }
        for report in reports {
            self.report(report);
        }
    }
}
