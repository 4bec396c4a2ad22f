// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which expressions are known before the script runs, and which can be left out.

use super::Analyser;
use crate::hir::{Constant, Expr, ExprKind as H, PrintArg};
use spile_ir::Effect;

/// The value of a constant number, so that arms it rules out need not be resolved.
pub(super) fn constant(expr: &Expr) -> Option<i64> {
    Some(match &expr.kind {
        H::Constant(Constant::Int(value)) => *value,
        H::Not(inner) => (constant(inner)? == 0).into(),
        H::And(a, b) => (constant(a)? != 0 && constant(b)? != 0).into(),
        H::Or(a, b) => (constant(a)? != 0 || constant(b)? != 0).into(),
        H::Compare(op, a, b) => op.holds(&constant(a)?, &constant(b)?).into(),
        // What divides by 0 fails when it is reached, not here.
        H::Binary(op, a, b) => op.apply(constant(a)?, constant(b)?)?,
        _ => return None,
    })
}

impl Analyser<'_, '_> {
    /// Whether evaluating an expression has no effect but its value (and faults, which go with it).
    pub(super) fn is_pure(&self, expr: &Expr) -> bool {
        let all = |exprs: &[Expr]| exprs.iter().all(|expr| self.is_pure(expr));
        let all_keys = |keys: &[Option<Expr>]| keys.iter().flatten().all(|key| self.is_pure(key));
        match &expr.kind {
            H::Constant(_) | H::Local(_) | H::Global(_) | H::Arg(_) | H::ReturnValue | H::EntryWord(_) => true,
            H::Element(_, keys) | H::Stat(_, keys, _) => all(keys),
            H::Bucket(_, keys, index) => all(keys) && self.is_pure(index),
            H::Has(_, keys) => all_keys(keys),
            H::Call(id, args) => {
                let function = &self.script.functions[id.index()];
                !function.effects.acts && function.effects.writes.is_empty() && all(args)
            }
            H::Intrinsic(intrinsic, args) => intrinsic.effect() != Effect::Acts && all(args),
            H::Binary(_, a, b) | H::Compare(_, a, b) | H::Concat(a, b) | H::And(a, b) | H::Or(a, b) => {
                self.is_pure(a) && self.is_pure(b)
            }
            H::Not(inner) | H::Load { addr: inner, .. } | H::Guarded(inner) => self.is_pure(inner),
            H::Ternary(a, b, c) => self.is_pure(a) && self.is_pure(b) && self.is_pure(c),
            // What it matched may be asked for.
            H::Match { .. } => false,
            H::Print(print) => {
                print.to_string
                    && print.args.iter().all(|arg| match arg {
                        PrintArg::Value(value) | PrintArg::Memory { addr: value, .. } => self.is_pure(value),
                        PrintArg::Histogram(_, keys, _) => all(keys),
                    })
            }
            H::Assign(..) | H::Update(..) | H::PostStep(..) | H::Accumulate(..) | H::Then(..) => false,
        }
    }
}
