// SPDX-License-Identifier: MIT OR Apache-2.0
//! Walks over all expressions.

use super::{Expr, ExprKind, Place, PrintArg, Stmt, StmtKind};

/// Calls `visit` with every expression of these statements, outer ones first.
pub fn visit_exprs<'h>(stmts: &'h [Stmt], visit: &mut dyn FnMut(&'h Expr)) {
    for stmt in stmts {
        match &stmt.kind {
            StmtKind::Block(body) => visit_exprs(body, visit),
            StmtKind::Expr(expr) => visit_expr(expr, visit),
            StmtKind::If { cond, then, otherwise } => {
                visit_expr(cond, visit);
                visit_exprs(then, visit);
                visit_exprs(otherwise, visit);
            }
            StmtKind::Loop { cond, body, step } => {
                cond.iter().chain(step).for_each(|expr| visit_expr(expr, visit));
                visit_exprs(body, visit);
            }
            StmtKind::Foreach(foreach) => {
                let keys = foreach.slice.iter().flatten();
                keys.chain(&foreach.limit).for_each(|expr| visit_expr(expr, visit));
                visit_exprs(&foreach.body, visit);
            }
            StmtKind::ForeachBucket(foreach) => {
                foreach.stat.1.iter().chain(&foreach.limit).for_each(|expr| visit_expr(expr, visit));
                visit_exprs(&foreach.body, visit);
            }
            StmtKind::Return(value) => value.iter().for_each(|expr| visit_expr(expr, visit)),
            StmtKind::Delete { keys, .. } => keys.iter().flatten().for_each(|expr| visit_expr(expr, visit)),
            StmtKind::Try { body, handler, .. } => {
                visit_exprs(body, visit);
                visit_exprs(handler, visit);
            }
            StmtKind::Break | StmtKind::Continue | StmtKind::Clear(_) | StmtKind::ClearLocal(_) => {}
        }
    }
}

/// Calls `visit` with an expression and every one inside of it.
pub fn visit_expr<'h>(expr: &'h Expr, visit: &mut dyn FnMut(&'h Expr)) {
    visit(expr);
    let mut each = |exprs: &'h [Expr]| exprs.iter().for_each(|expr| visit_expr(expr, visit));
    match &expr.kind {
        ExprKind::Element(_, exprs)
        | ExprKind::Stat(_, exprs, _)
        | ExprKind::Call(_, exprs)
        | ExprKind::Intrinsic(_, exprs) => each(exprs),
        ExprKind::Has(_, keys) => keys.iter().flatten().for_each(|key| visit_expr(key, visit)),
        ExprKind::Binary(_, a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::Concat(a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Then(a, b) => [a, b].into_iter().for_each(|expr| visit_expr(expr, visit)),
        ExprKind::Not(inner)
        | ExprKind::Load { addr: inner, .. }
        | ExprKind::Guarded(inner)
        | ExprKind::Match { subject: inner, .. } => {
            visit_expr(inner, visit);
        }
        ExprKind::Ternary(a, b, c) => [a, b, c].into_iter().for_each(|expr| visit_expr(expr, visit)),
        ExprKind::Assign(place, value) | ExprKind::Update(place, _, value) => {
            visit_place(place, visit);
            visit_expr(value, visit);
        }
        ExprKind::PostStep(place, _) => visit_place(place, visit),
        ExprKind::Accumulate(_, keys, value) | ExprKind::Bucket(_, keys, value) => {
            each(keys);
            visit_expr(value, visit);
        }
        ExprKind::Print(print) => {
            for arg in &print.args {
                match arg {
                    PrintArg::Value(value) | PrintArg::Memory { addr: value, .. } => visit_expr(value, visit),
                    PrintArg::Histogram(_, keys, _) => keys.iter().for_each(|key| visit_expr(key, visit)),
                }
            }
        }
        ExprKind::Constant(_)
        | ExprKind::Local(_)
        | ExprKind::Global(_)
        | ExprKind::Arg(_)
        | ExprKind::ReturnValue
        | ExprKind::EntryWord(_) => {}
    }
}

fn visit_place<'h>(place: &'h Place, visit: &mut dyn FnMut(&'h Expr)) {
    match place {
        Place::Element(_, keys, _) => keys.iter().for_each(|key| visit_expr(key, visit)),
        Place::Memory { addr, .. } => visit_expr(addr, visit),
        Place::Local(_) | Place::Global(_) => {}
    }
}
