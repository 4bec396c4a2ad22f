// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statements.

use super::{Lower, budget};
use crate::hir::{Expr, LocalId, Place, Stmt, StmtKind as H};
use crate::span::Span;
use spile_ir::{GlobalId, Op};

impl Lower<'_, '_, '_> {
    /// Emits statements in order, as far as they can be reached.
    pub(super) fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            if self.b.is_ended() {
                return;
            }
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let span = stmt.span;
        match &stmt.kind {
            H::Block(body) => self.stmts(body),
            H::Expr(expr) => self.statement(span, |lower| lower.effect(expr)),
            H::If { cond, then, otherwise } => self.choice(cond, then, otherwise, span),
            H::Loop { cond, body, step } => self.while_loop(cond.as_ref(), body, step.as_ref(), span),
            H::Foreach(foreach) => self.foreach(foreach, span),
            H::ForeachBucket(foreach) => self.foreach_bucket(foreach, span),
            H::Break => self.leave(|(exit, _)| exit),
            H::Continue => self.leave(|(_, next)| next),
            H::Return(value) => self.return_value(value.as_ref(), span),
            H::Clear(id) => self.statement(span, |lower| {
                lower.b.emit(Op::GlobalClear(GlobalId(id.0)));
            }),
            H::ClearLocal(id) => self.clear_local(*id, span),
            H::Delete { array, keys } => self.statement(span, |lower| {
                let keys = lower.keys(keys);
                lower.at(span);
                lower.b.emit(Op::MapDelete(GlobalId(array.0), keys));
            }),
            H::Try { body, message, handler } => self.try_catch(body, message.as_ref(), handler, span),
        }
    }

    fn choice(&mut self, cond: &Expr, then: &[Stmt], otherwise: &[Stmt], span: Span) {
        self.at(span);
        let (yes, end) = (self.b.create_block(), self.b.create_block());
        let no = if otherwise.is_empty() { end } else { self.b.create_block() };
        self.branch(cond, yes, no);
        self.b.switch_to(yes);
        self.stmts(then);
        self.jump_on(end);
        if no != end {
            self.b.switch_to(no);
            self.stmts(otherwise);
            self.jump_on(end);
        }
        self.b.switch_to(end);
    }

    /// Goes on there, if this place is reached.
    pub(super) fn jump_on(&mut self, block: spile_ir::BlockId) {
        if !self.b.is_ended() {
            self.b.jump(block);
        }
    }

    fn while_loop(&mut self, cond: Option<&Expr>, body: &[Stmt], step: Option<&Expr>, span: Span) {
        self.at(span);
        let (head, round) = (self.b.create_block(), self.b.create_block());
        let (next, exit) = (self.b.create_block(), self.b.create_block());
        self.b.jump(head);
        self.b.switch_to(head);
        self.budget(budget::cost(body).saturating_add(1));
        match cond {
            Some(cond) => self.branch(cond, round, exit),
            None => self.b.jump(round),
        }
        self.b.switch_to(round);
        self.loops.push((exit, next));
        self.stmts(body);
        self.loops.pop();
        self.jump_on(next);
        self.b.switch_to(next);
        if let Some(step) = step {
            self.statement(step.span, |lower| lower.effect(step));
        }
        self.b.jump(head);
        self.b.switch_to(exit);
    }

    fn leave(&mut self, goal: impl Fn((spile_ir::BlockId, spile_ir::BlockId)) -> spile_ir::BlockId) {
        if let Some(innermost) = self.loops.last() {
            let block = goal(*innermost);
            self.b.jump(block);
        }
    }

    fn return_value(&mut self, value: Option<&Expr>, span: Span) {
        self.at(span);
        let result = self.b.function().result;
        let value = match (value, result) {
            (Some(value), Some(_)) => Some(self.expr(value)),
            (None, Some(ty)) => Some(self.b.default_value(ty)),
            (_, None) => None,
        };
        self.b.ret(value);
    }

    fn clear_local(&mut self, id: LocalId, span: Span) {
        self.statement(span, |lower| {
            let id = lower.local(id);
            let ty = lower.b.function().locals[id.index()].ty;
            let value = lower.b.default_value(ty);
            lower.b.emit(Op::LocalSet(id, value));
        });
    }

    fn try_catch(&mut self, body: &[Stmt], message: Option<&Place>, handler: &[Stmt], span: Span) {
        self.at(span);
        let end = self.b.create_block();
        let (catch, text) = self.b.create_catch();
        self.b.set_catch(Some(catch));
        self.stmts(body);
        self.jump_on(end);
        self.b.switch_to(catch);
        self.at(span);
        if let Some(place) = message {
            self.set_variable(place, text);
        }
        self.b.emit(Op::Release);
        self.stmts(handler);
        self.jump_on(end);
        self.b.switch_to(end);
    }
}
