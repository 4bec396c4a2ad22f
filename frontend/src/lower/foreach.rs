// SPDX-License-Identifier: MIT OR Apache-2.0
//! Walks through arrays and histograms.

use super::{Lower, budget};
use crate::hir::{Expr, Foreach, ForeachBucket};
use crate::span::Span;
use crate::types::Type as ScriptType;
use spile_ir::{BinaryOp, BlockId, CompareOp, GlobalId, LocalId, Op, Sort, SortBy, StatField, Type, Value};

/// A key of a slice. Strings are kept in variables, since no string value outlives its statement.
enum SliceKey {
    Any,
    Int(Value),
    Str(LocalId),
}

impl Lower<'_, '_, '_> {
    pub(super) fn foreach(&mut self, foreach: &Foreach, span: Span) {
        let array = GlobalId(foreach.array.0);
        let cursor = self.b.new_local("<cursor>", Type::Int);
        let mut left = None;
        let mut slice = Vec::new();
        self.statement(span, |lower| {
            let limit = foreach.limit.as_ref().map(|limit| lower.expr(limit));
            left = limit.map(|limit| lower.limit(limit));
            slice = foreach.slice.iter().map(|key| lower.slice_key(key.as_ref())).collect();
            slice.resize_with(foreach.keys.len(), || SliceKey::Any);
            let keys = lower.slice_values(&slice);
            lower.at(span);
            let sort = lower.sort(foreach);
            let first = lower.b.value(Op::IterFirst(array, sort, keys, limit.filter(|_| sort.is_some())));
            lower.b.emit(Op::LocalSet(cursor, first));
        });
        let (head, round) = (self.b.create_block(), self.b.create_block());
        let (next, exit) = (self.b.create_block(), self.b.create_block());
        self.b.jump(head);
        self.b.switch_to(head);
        self.budget(budget::cost(&foreach.body).saturating_add(1));
        self.check_limit(left, exit);
        let at = self.b.value(Op::LocalGet(cursor));
        self.b.branch(at, round, exit);
        self.b.switch_to(round);
        self.bind(foreach, array, at, span);
        self.loops.push((exit, next));
        self.stmts(&foreach.body);
        self.loops.pop();
        self.jump_on(next);
        self.b.switch_to(next);
        self.statement(span, |lower| {
            let keys = lower.slice_values(&slice);
            let at = lower.b.value(Op::LocalGet(cursor));
            let following = lower.b.value(Op::IterNext(array, at, keys));
            lower.b.emit(Op::LocalSet(cursor, following));
            lower.count_down(left);
        });
        self.b.jump(head);
        self.b.switch_to(exit);
    }

    pub(super) fn foreach_bucket(&mut self, foreach: &ForeachBucket, span: Span) {
        let number = self.b.new_local("<bucket>", Type::Int);
        let stat = GlobalId(foreach.stat.0.0);
        let mut left = None;
        let mut keys = Vec::new();
        self.statement(span, |lower| {
            let limit = foreach.limit.as_ref().map(|limit| lower.expr(limit));
            left = limit.map(|limit| lower.limit(limit));
            // An aggregate that is empty has empty buckets.
            if foreach.value.is_some() {
                keys = foreach.stat.1.iter().map(|key| lower.slice_key(Some(key))).collect();
            }
            let zero = lower.b.int(0);
            lower.b.emit(Op::LocalSet(number, zero));
        });
        let (head, round) = (self.b.create_block(), self.b.create_block());
        let (next, exit) = (self.b.create_block(), self.b.create_block());
        self.b.jump(head);
        self.b.switch_to(head);
        self.budget(budget::cost(&foreach.body).saturating_add(1));
        self.check_limit(left, exit);
        let at = self.b.value(Op::LocalGet(number));
        let end = self.b.int(foreach.buckets);
        let more = self.b.value(Op::Compare(CompareOp::Lt, at, end));
        self.b.branch(more, round, exit);
        self.b.switch_to(round);
        self.set_variable(&foreach.bucket, at);
        if let Some(value) = &foreach.value {
            self.statement(span, |lower| {
                let keys = lower.slice_values(&keys).into_iter().flatten().collect();
                let count = lower.b.value(Op::HistBucket(stat, keys, at));
                lower.set_variable(value, count);
            });
        }
        self.loops.push((exit, next));
        self.stmts(&foreach.body);
        self.loops.pop();
        self.jump_on(next);
        self.b.switch_to(next);
        self.at(span);
        self.add(number, 1);
        self.count_down(left);
        self.b.jump(head);
        self.b.switch_to(exit);
    }

    /// Gives the loop's variables the key and the value of the element at hand.
    fn bind(&mut self, foreach: &Foreach, array: GlobalId, at: Value, span: Span) {
        self.statement(span, |lower| {
            for (position, place) in foreach.keys.iter().enumerate() {
                let key = lower.b.value(Op::IterKey(array, at, position as u32));
                lower.set_variable(place, key);
            }
            if let Some(place) = &foreach.value {
                let value = lower.b.value(Op::IterValue(array, at));
                lower.set_variable(place, value);
            }
        });
    }

    /// The order; the values of statistics are compared by their count.
    fn sort(&self, foreach: &Foreach) -> Option<Sort> {
        let sort = foreach.sort?;
        let value = self.script.globals[foreach.array.index()].value;
        let is_stat = self.script.types.get(value) == Some(ScriptType::Stat);
        let by = if sort.by == SortBy::Value && is_stat { SortBy::Stat(StatField::Count) } else { sort.by };
        Some(Sort { by, ..sort })
    }

    /// A counter of the rounds that are left.
    fn limit(&mut self, limit: Value) -> LocalId {
        let left = self.b.new_local("<limit>", Type::Int);
        self.b.emit(Op::LocalSet(left, limit));
        left
    }

    fn check_limit(&mut self, left: Option<LocalId>, exit: BlockId) {
        let Some(left) = left else { return };
        let value = self.b.value(Op::LocalGet(left));
        let zero = self.b.int(0);
        let some = self.b.value(Op::Compare(CompareOp::Gt, value, zero));
        let more = self.b.create_block();
        self.b.branch(some, more, exit);
        self.b.switch_to(more);
    }

    fn count_down(&mut self, left: Option<LocalId>) {
        if let Some(left) = left {
            self.add(left, -1);
        }
    }

    fn add(&mut self, local: LocalId, by: i64) {
        let value = self.b.value(Op::LocalGet(local));
        let by = self.b.int(by);
        let sum = self.b.value(Op::Binary(BinaryOp::Add, value, by));
        self.b.emit(Op::LocalSet(local, sum));
    }

    fn slice_key(&mut self, key: Option<&Expr>) -> SliceKey {
        let Some(key) = key else { return SliceKey::Any };
        let value = self.expr(key);
        match self.b.ty(value) {
            Type::Int => SliceKey::Int(value),
            Type::Str => {
                let kept = self.b.new_local("<slice>", Type::Str);
                self.b.emit(Op::LocalSet(kept, value));
                SliceKey::Str(kept)
            }
        }
    }

    fn slice_values(&mut self, slice: &[SliceKey]) -> Vec<Option<Value>> {
        let value = |key: &SliceKey| match key {
            SliceKey::Any => None,
            SliceKey::Int(value) => Some(*value),
            SliceKey::Str(kept) => Some(self.b.value(Op::LocalGet(*kept))),
        };
        slice.iter().map(value).collect()
    }
}
