// SPDX-License-Identifier: MIT OR Apache-2.0
//! Walking over expressions.

use super::{AccessKind, Expr, ExprKind, ForeachSource, Key, Stmt, StmtKind, Target, TargetBase};

impl Stmt {
    /// Calls `visit` with this statement and each one inside of it, outer ones first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Stmt)) {
        visit(self);
        match &self.kind {
            StmtKind::Block(block) => block.stmts.iter().for_each(|stmt| stmt.walk(visit)),
            StmtKind::If { then, otherwise, .. } => {
                then.walk(visit);
                otherwise.iter().for_each(|stmt| stmt.walk(visit));
            }
            StmtKind::While { body, .. } | StmtKind::For { body, .. } => body.walk(visit),
            StmtKind::Foreach(foreach) => foreach.body.walk(visit),
            StmtKind::Try { body, handler, .. } => {
                body.stmts.iter().chain(&handler.stmts).for_each(|stmt| stmt.walk(visit));
            }
            _ => {}
        }
    }

    /// Calls `visit` with each expression that belongs to this statement itself, and with those inside of them.
    pub fn walk_own_exprs<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            StmtKind::Expr(expr) | StmtKind::Return(Some(expr)) => expr.walk(visit),
            StmtKind::If { cond, .. } | StmtKind::While { cond, .. } => cond.walk(visit),
            StmtKind::For { init, cond, step, .. } => {
                init.iter().chain(cond).chain(step).for_each(|expr| expr.walk(visit));
            }
            StmtKind::Foreach(foreach) => {
                foreach.limit.iter().for_each(|expr| expr.walk(visit));
                match &foreach.source {
                    ForeachSource::Array { slice, .. } => {
                        slice.iter().flatten().filter_map(Key::expr).for_each(|expr| expr.walk(visit));
                    }
                    ForeachSource::Histogram(histogram) => histogram.stat.walk(visit),
                }
            }
            StmtKind::Delete(delete) => {
                delete.keys.iter().flatten().filter_map(Key::expr).for_each(|expr| expr.walk(visit));
            }
            _ => {}
        }
    }
}

impl Expr {
    /// Calls `visit` with this expression and each one inside of it, outer ones first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(self);
        self.for_each_child(&mut |child| child.walk(visit));
    }

    /// Calls `visit` with each expression directly inside of this one, from left to right.
    pub fn for_each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Var(_)
            | ExprKind::Const(_)
            | ExprKind::Enum(_)
            | ExprKind::Perf(_)
            | ExprKind::Embedded(_) => {}
            ExprKind::Index { keys, .. } => keys.iter().for_each(visit),
            ExprKind::Call { args, .. } => args.iter().for_each(visit),
            ExprKind::Print(print) => print.args.iter().for_each(visit),
            ExprKind::Binary { lhs, rhs, .. } => {
                visit(lhs);
                visit(rhs);
            }
            ExprKind::In { keys, .. } => keys.iter().filter_map(Key::expr).for_each(visit),
            ExprKind::Assign { place, value, .. } => {
                visit(place);
                visit(value);
            }
            ExprKind::Ternary { cond, then, otherwise } => {
                visit(cond);
                visit(then);
                visit(otherwise);
            }
            ExprKind::Target(target) => target.for_each_child(visit),
            ExprKind::Histogram(histogram) => visit(&histogram.stat),
            ExprKind::Bucket { histogram, index } => {
                visit(&histogram.stat);
                visit(index);
            }
            ExprKind::Unary { operand: inner, .. }
            | ExprKind::RegexMatch { subject: inner, .. }
            | ExprKind::Step { place: inner, .. }
            | ExprKind::Stat { stat: inner, .. }
            | ExprKind::Defined(inner)
            | ExprKind::ProbeWrite(inner)
            | ExprKind::Entry(inner)
            | ExprKind::EnumName { value: inner, .. }
            | ExprKind::Register { number: inner, .. }
            | ExprKind::Deref { address: inner, .. } => visit(inner),
        }
    }
}

impl Target {
    fn for_each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        if let TargetBase::Cast { value, .. } | TargetBase::Autocast(value) = &self.base {
            visit(value);
        }
        for access in &self.path {
            if let AccessKind::Index(index) = &access.kind {
                visit(index);
            }
        }
    }
}

impl Key {
    /// The key, unless it is `*`.
    pub fn expr(&self) -> Option<&Expr> {
        match self {
            Key::Expr(expr) => Some(expr),
            Key::Any(_) => None,
        }
    }
}
