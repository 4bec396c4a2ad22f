// SPDX-License-Identifier: MIT OR Apache-2.0
//! Assignments and steps.

use super::body::Walk;
use super::expr::int_op;
use crate::ast::{self, AssignOp, BinaryOp as B, ExprKind as A, StepOp};
use crate::errors::semantic as errors;
use crate::hir::{Expr, ExprKind as H, GlobalId, Place, UpdateOp};
use crate::span::Span;
use crate::types::{Type, TypeVar};
use spile_ir::BinaryOp;

impl Walk<'_, '_, '_> {
    pub fn assign(&mut self, op: AssignOp, op_span: Span, place: &ast::Expr, value: &ast::Expr) -> Expr {
        if op == AssignOp::Accumulate {
            return self.accumulate(op_span, place, value);
        }
        let Some((target, ty)) = self.place(place) else {
            self.expr(value);
            return self.wrong(op_span);
        };
        let value = Box::new(self.expr(value));
        let AssignOp::Update(op) = op else {
            self.a.unify(ty, value.ty, value.span);
            match &target {
                // A plain number, such as 0, leaves a pointer what it is.
                Place::Local(id) => {
                    let local = self.local(*id);
                    local.ctype = value.ctype.or(local.ctype);
                    let span = local.span;
                    self.a.learn_local_ctype(span, value.ctype);
                }
                Place::Global(id) | Place::Element(id, ..) => self.a.learn_ctype(*id, None, value.ctype),
                Place::Memory { .. } => {}
            }
            return Expr { ty, span: op_span, ctype: value.ctype, kind: H::Assign(target, value) };
        };
        let (op, needed) = match op {
            B::Concat => (UpdateOp::Concat, Type::Str),
            op => match int_op(op) {
                Some(op) => (UpdateOp::Int(op), Type::Long),
                None => return self.wrong(op_span),
            },
        };
        self.a.expect_var(ty, needed, place.span);
        self.a.expect(&value, needed);
        Expr { ty, span: op_span, ctype: None, kind: H::Update(target, op, value) }
    }

    pub fn step(&mut self, op: StepOp, place: &ast::Expr, span: Span) -> Expr {
        let Some((target, ty)) = self.place(place) else { return self.wrong(span) };
        self.a.expect_var(ty, Type::Long, place.span);
        let by = if op.increment { 1 } else { -1 };
        let kind = if op.prefix {
            H::Update(target, UpdateOp::Int(BinaryOp::Add), Box::new(self.int(span, by)))
        } else {
            H::PostStep(target, by)
        };
        Expr { ty, span, ctype: None, kind }
    }

    /// What is written to, and its type.
    fn place(&mut self, place: &ast::Expr) -> Option<(Place, TypeVar)> {
        match &place.kind {
            A::Var(name) => Some(self.scalar_place(name, place.span)),
            A::Index { var, keys } => {
                let (id, keys) = self.element(var, keys)?;
                self.write_global(id, place.span);
                for (position, key) in keys.iter().enumerate() {
                    self.a.learn_ctype(id, Some(position), key.ctype);
                }
                Some((Place::Element(id, keys, var.span), self.a.script.globals[id.index()].value))
            }
            _ => self.target_place(place),
        }
    }

    fn accumulate(&mut self, op_span: Span, place: &ast::Expr, value: &ast::Expr) -> Expr {
        let target = self.aggregate(place);
        let value = Box::new(self.long_expr(value));
        let Some((id, keys)) = target else { return self.wrong(op_span) };
        self.write_global(id, place.span);
        // What can fail is making the element.
        self.long(place.span, H::Accumulate(id, keys, value))
    }

    /// An aggregate: a global, or an element of one.
    pub fn aggregate(&mut self, expr: &ast::Expr) -> Option<(GlobalId, Vec<Expr>)> {
        let found = match &expr.kind {
            A::Var(name) => {
                let Some(id) = self.global(name) else {
                    self.report(errors::local_statistics(expr.span, name));
                    return None;
                };
                self.a.use_scalar(id, expr.span);
                (id, Vec::new())
            }
            A::Index { var, keys } => self.element(var, keys)?,
            _ => {
                self.report(errors::not_statistics(expr.span));
                return None;
            }
        };
        let value = self.a.script.globals[found.0.index()].value;
        self.a.expect_var(value, Type::Stat, expr.span);
        Some(found)
    }
}
