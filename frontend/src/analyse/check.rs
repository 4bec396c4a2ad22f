// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can only be said once all types and all functions are known.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::Analyser;
use super::circles::circles;
use crate::diag::Diagnostic;
use crate::errors::semantic as errors;
use crate::hir::{Body, Expr, ExprKind as H, GlobalId, Place, StmtKind, visit_exprs, visit_stmts};
use crate::types::Type;

impl Analyser<'_, '_> {
    /// Finds aggregates used as values before anything said that they are aggregates, and arrays changed in their own
    /// `foreach` by a function that was not resolved at the call.
    pub(super) fn check_bodies(&mut self) {
        let writes = self.writes();
        let functions = self.script.functions.iter().map(|function| &function.body);
        let handlers = self.script.handlers.iter().map(|handler| &handler.body);
        let mut found = Vec::new();
        for body in functions.chain(handlers) {
            self.check_values(body, &mut found);
            self.check_walks(body, &writes, &mut found);
        }
        found.into_iter().for_each(|diagnostic| self.report(diagnostic));
    }

    /// What each function writes, with all that it calls.
    fn writes(&self) -> Vec<Rc<BTreeSet<GlobalId>>> {
        let functions = &self.script.functions;
        let mut edges: Vec<Vec<usize>> = vec![Vec::new(); functions.len()];
        for (function, callees) in functions.iter().zip(&mut edges) {
            visit_exprs(&function.body.stmts, &mut |expr| {
                if let H::Call(callee, _) = &expr.kind {
                    callees.push(callee.index());
                }
            });
        }
        let mut writes: Vec<Rc<BTreeSet<GlobalId>>> = vec![Rc::default(); functions.len()];
        for circle in circles(&edges) {
            let own = circle.iter().flat_map(|member| functions[*member].effects.writes.iter().copied());
            let own: BTreeSet<_> = own.collect();
            let called = circle.iter().flat_map(|member| &edges[*member]).map(|callee| writes[*callee].clone());
            // A function that adds nothing shares the set of what it calls.
            let all = called.fold(Rc::new(own), |all, more| match (all.is_subset(&more), more.is_subset(&all)) {
                (true, _) => more,
                (_, true) => all,
                _ => Rc::new(&*all | &*more),
            });
            circle.iter().for_each(|member| writes[*member] = all.clone());
        }
        writes
    }

    fn check_values(&self, body: &Body, found: &mut Vec<Diagnostic>) {
        let is_stat = |id: GlobalId| {
            let value = self.script.globals[id.index()].value;
            self.script.types.get(value) == Some(Type::Stat)
        };
        visit_exprs(&body.stmts, &mut |expr: &Expr| {
            let span = match &expr.kind {
                H::Global(id) | H::Element(id, _) if is_stat(*id) => expr.span,
                H::Assign(Place::Global(id) | Place::Element(id, ..), value) if is_stat(*id) => value.span,
                _ => return,
            };
            found.push(errors::statistics_as_value(span));
        });
        visit_stmts(&body.stmts, &mut |stmt| {
            if let StmtKind::Foreach(foreach) = &stmt.kind
                && foreach.value.is_some()
                && is_stat(foreach.array)
            {
                let array = &self.script.globals[foreach.array.index()].name;
                found.push(errors::foreach_value_of_stats(stmt.span, array));
            }
        });
    }

    fn check_walks(&self, body: &Body, writes: &[Rc<BTreeSet<GlobalId>>], found: &mut Vec<Diagnostic>) {
        visit_stmts(&body.stmts, &mut |stmt| {
            let StmtKind::Foreach(foreach) = &stmt.kind else { return };
            // Calls that stand for `next` come after the walk.
            let mut after = Vec::new();
            visit_stmts(&foreach.body, &mut |stmt| {
                if let StmtKind::Return(Some(call)) = &stmt.kind
                    && call.span == stmt.span
                {
                    after.push(std::ptr::from_ref(call));
                }
            });
            visit_exprs(&foreach.body, &mut |expr| {
                if let H::Call(callee, _) = &expr.kind
                    && writes[callee.index()].contains(&foreach.array)
                    && !after.contains(&std::ptr::from_ref(expr))
                {
                    let array = &self.script.globals[foreach.array.index()].name;
                    found.push(errors::modified_in_foreach(expr.span, array));
                }
            });
        });
    }
}
