// SPDX-License-Identifier: MIT OR Apache-2.0
//! Walking over expressions.

use super::{AccessKind, Expr, ExprKind, Key, Target, TargetBase};

impl Expr {
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
