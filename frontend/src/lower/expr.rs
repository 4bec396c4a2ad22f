// SPDX-License-Identifier: MIT OR Apache-2.0
//! Expressions.

use super::Lower;
use crate::hir::{Constant, Expr, ExprKind as H, Place, visit_expr};
use crate::span::Span;
use spile_ir::{BinaryOp, BlockId, CompareOp, GlobalId, Op, Type, Value};

impl Lower<'_, '_, '_> {
    /// Emits an expression for its effects.
    pub(super) fn effect(&mut self, expr: &Expr) {
        match &expr.kind {
            H::Call(id, args) => {
                let args = self.exprs(args);
                self.at(expr.span);
                self.b.emit(Op::Call(self.module.functions[id], args));
            }
            H::Intrinsic(intrinsic, args) => {
                let args = self.exprs(args);
                self.at_builtin(expr.span);
                self.b.emit(Op::Intrinsic(*intrinsic, args));
            }
            H::Print(print) if !print.to_string => {
                self.print(print, expr);
            }
            H::PostStep(place, by) => {
                let step = |lower: &mut Self| lower.b.int(*by);
                self.update_int(place, BinaryOp::Add, expr, step);
            }
            H::Ternary(cond, then, otherwise) => {
                let (yes, no, end) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
                self.branch(cond, yes, no);
                for (block, arm) in [(yes, then), (no, otherwise)] {
                    self.b.switch_to(block);
                    self.effect(arm);
                    self.b.jump(end);
                }
                self.b.switch_to(end);
            }
            H::Then(first, second) => {
                self.effect(first);
                self.effect(second);
            }
            _ => {
                self.expr(expr);
            }
        }
    }

    pub(super) fn exprs(&mut self, exprs: &[Expr]) -> Vec<Value> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    pub(super) fn keys(&mut self, keys: &[Option<Expr>]) -> Vec<Option<Value>> {
        keys.iter().map(|key| key.as_ref().map(|key| self.expr(key))).collect()
    }

    /// Emits an expression; its value.
    pub(super) fn expr(&mut self, expr: &Expr) -> Value {
        let op = match &expr.kind {
            H::Constant(Constant::Int(value)) => Op::Int(*value),
            H::Constant(Constant::Str(text)) => {
                self.at(expr.span);
                return self.b.string(text);
            }
            H::Local(id) => Op::LocalGet(self.local(*id)),
            H::Global(id) => Op::GlobalGet(GlobalId(id.0)),
            H::Element(id, keys) => Op::MapGet(GlobalId(id.0), self.exprs(keys)),
            H::Call(id, args) => Op::Call(self.module.functions[id], self.exprs(args)),
            H::Intrinsic(intrinsic, args) => Op::Intrinsic(*intrinsic, self.exprs(args)),
            H::Binary(op, a, b) => Op::Binary(*op, self.expr(a), self.expr(b)),
            H::Compare(op, a, b) => match self.ty(a.ty) {
                Type::Int => Op::Compare(*op, self.expr(a), self.expr(b)),
                Type::Str => Op::CompareStr(*op, self.expr(a), self.expr(b)),
            },
            H::Match { regex, subject, .. } => {
                let subject = self.expr(subject);
                let keep = self.script.keeps_matches;
                Op::Match { regex: self.b.program().intern_string(regex), subject, keep }
            }
            H::Concat(a, b) => Op::Concat(self.expr(a), self.expr(b)),
            H::Not(inner) => {
                let value = self.expr(inner);
                Op::Compare(CompareOp::Eq, value, self.b.int(0))
            }
            H::And(..) | H::Or(..) => return self.logical(expr),
            H::Ternary(cond, then, otherwise) => return self.ternary(expr, cond, then, otherwise),
            H::Has(id, keys) => Op::MapHas(GlobalId(id.0), self.keys(keys)),
            H::Assign(place, value) => return self.assign(place, value, expr),
            H::Update(place, op, value) => return self.update(place, *op, value, expr),
            H::PostStep(place, by) => return self.post_step(place, *by, expr),
            H::Accumulate(id, keys, value) => {
                let keys = self.exprs(keys);
                let value = self.expr(value);
                self.at(expr.span);
                self.b.emit(Op::StatAdd(GlobalId(id.0), keys, value));
                return value;
            }
            H::Stat(id, keys, field) => Op::StatRead(GlobalId(id.0), self.exprs(keys), *field),
            H::Bucket(id, keys, index) => self.bucket(GlobalId(id.0), keys, index, expr.span),
            H::Load { space, addr, bytes, signed } => {
                Op::Load { space: *space, addr: self.expr(addr), bytes: *bytes, signed: *signed }
            }
            H::Arg(index) => Op::Arg(*index),
            H::ReturnValue => Op::ReturnValue,
            H::EntryWord(index) => Op::EntryGet(*index),
            H::Print(print) => match self.print(print, expr) {
                Some(value) => return value,
                None => return self.nothing(expr),
            },
            H::Then(first, second) => {
                self.effect(first);
                return self.expr(second);
            }
            H::Guarded(inner) => return self.guarded(inner),
        };
        match op {
            Op::Intrinsic(..) => self.at_builtin(expr.span),
            _ => self.at(expr.span),
        }
        match self.b.emit(op) {
            Some(value) => value,
            None => self.nothing(expr),
        }
    }

    /// The count in a bucket, of an aggregate that is not empty.
    fn bucket(&mut self, global: GlobalId, keys: &[Expr], index: &Expr, span: Span) -> Op {
        let keys = self.exprs(keys);
        let index = self.expr(index);
        self.at(span);
        self.not_empty(global, &keys);
        Op::HistBucket(global, keys, index)
    }

    /// The value of what has none.
    fn nothing(&mut self, expr: &Expr) -> Value {
        let ty = self.ty(expr.ty);
        self.b.default_value(ty)
    }

    /// `&&` and `||` as a value.
    fn logical(&mut self, expr: &Expr) -> Value {
        let (yes, no) = (self.b.create_block(), self.b.create_block());
        let (end, params) = self.b.create_block_with(&[Type::Int]);
        self.condition(expr, yes, no);
        for (block, value) in [(yes, 1), (no, 0)] {
            self.b.switch_to(block);
            let value = self.b.int(value);
            self.b.jump((end, vec![value]));
        }
        self.b.switch_to(end);
        params[0]
    }

    fn ternary(&mut self, expr: &Expr, cond: &Expr, then: &Expr, otherwise: &Expr) -> Value {
        let (yes, no) = (self.b.create_block(), self.b.create_block());
        let ty = self.ty(expr.ty);
        let (end, params) = self.b.create_block_with(&[ty]);
        self.condition(cond, yes, no);
        for (block, arm) in [(yes, then), (no, otherwise)] {
            self.b.switch_to(block);
            let value = self.expr(arm);
            self.b.jump((end, vec![value]));
        }
        self.b.switch_to(end);
        params[0]
    }

    /// Goes on at `yes` or `no`. No string that the condition makes lives on.
    pub(super) fn branch(&mut self, cond: &Expr, yes: BlockId, no: BlockId) {
        let mut strings = false;
        visit_expr(cond, &mut |expr| strings |= self.script.types.get(expr.ty) == Some(crate::types::Type::Str));
        if !strings {
            return self.condition(cond, yes, no);
        }
        let before = self.b.function().values.len();
        let value = self.expr(cond);
        self.release_since(before);
        self.b.branch(value, yes, no);
    }

    /// As [`Self::branch`], strings left alive.
    fn condition(&mut self, cond: &Expr, yes: BlockId, no: BlockId) {
        match &cond.kind {
            H::Not(inner) => self.condition(inner, no, yes),
            H::And(a, b) => {
                let second = self.b.create_block();
                self.condition(a, second, no);
                self.b.switch_to(second);
                self.condition(b, yes, no);
            }
            H::Or(a, b) => {
                let second = self.b.create_block();
                self.condition(a, yes, second);
                self.b.switch_to(second);
                self.condition(b, yes, no);
            }
            _ => {
                let value = self.expr(cond);
                self.b.branch(value, yes, no);
            }
        }
    }

    /// The value, or 0 or "" where computing it fails.
    fn guarded(&mut self, inner: &Expr) -> Value {
        let ty = self.ty(inner.ty);
        let result = self.b.new_local("<guarded>", ty);
        let nothing = self.b.default_value(ty);
        self.b.emit(Op::LocalSet(result, nothing));
        let end = self.b.create_block();
        let (catch, _) = self.b.create_catch();
        self.b.set_catch(Some(catch));
        let value = self.expr(inner);
        self.b.emit(Op::LocalSet(result, value));
        self.b.jump(end);
        self.b.switch_to(catch);
        self.b.jump(end);
        self.b.switch_to(end);
        self.b.value(Op::LocalGet(result))
    }

    fn assign(&mut self, place: &Place, value: &Expr, expr: &Expr) -> Value {
        let place = self.place(place);
        let value = self.expr(value);
        self.at(expr.span);
        self.set(&place, value);
        value
    }
}
