// SPDX-License-Identifier: MIT OR Apache-2.0
//! Aggregates: adding is emitted inline, and does no more than what some handler asks for.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, AtomicRmwOp, InstBuilder as _, types};
use spile_ir as ir;
use spile_rt::raw::{self, rt_global};

use super::emit::{Callee, Emitter, TRUSTED};
use super::table::field_number;
use crate::runtime::{Rt, ctx};

/// Fields of `struct stat` in jit/rt/src/stat.h, and its size: where buckets are.
const COUNT: i32 = 8;
const SUM: i32 = 16;
const MIN: i32 = 24;
const MAX: i32 = 32;
const BUCKETS: i32 = 40;

impl Emitter<'_, '_> {
    /// Aggregates.
    pub fn stat(&mut self, inst: &ir::Inst) -> Option<clif::Value> {
        match &inst.op {
            ir::Op::StatAdd(global, keys, value) => {
                self.stat_add(*global, keys, *value);
                None
            }
            ir::Op::StatRead(global, keys, field) => {
                let keys = self.keys(keys);
                let (global, number) = (self.global(*global), self.int(field_number(*field)));
                let result = self.word(Callee::Runtime(Rt::StatRead), &[self.ctx, global, keys, number]);
                if inst.op.can_fail() {
                    self.check();
                }
                Some(result)
            }
            ir::Op::HistBucket(global, keys, index) => {
                let keys = self.keys(keys);
                let (global, index) = (self.global(*global), self.value(*index));
                let result = self.word(Callee::Runtime(Rt::HistBucket), &[self.ctx, global, keys, index]);
                self.check();
                Some(result)
            }
            _ => None,
        }
    }

    /// The part of a scalar that this context has, and the offset to add.
    pub fn own_part(&mut self, global: ir::GlobalId) -> (clif::Value, i32) {
        let part = self.ctx_constant(types::I64, ctx::PART);
        (part, self.lowering.layout.globals[global.index()].part_off as i32)
    }

    fn stat_add(&mut self, global: ir::GlobalId, keys: &[ir::Value], value: ir::Value) {
        let layout = self.lowering.layout.globals[global.index()];
        if !keys.is_empty() {
            let stat = self.put(global, keys);
            let value = self.value(value);
            if layout.variance != 0 {
                let global = self.global(global);
                self.runtime(Rt::StatAddTo, &[global, stat, value]);
            } else {
                self.add_inline(&layout, (stat, 0), value);
            }
            return;
        }
        let value = self.value(value);
        if layout.variance != 0 {
            self.add_by_runtime(global, value);
            return;
        }
        let (part, offset) = self.own_part(global);
        let done = self.builder.create_block();
        if self.lowering.cleared[global.index()] {
            let (data, at) = self.global_data(global);
            let present = self.builder.ins().load(types::I64, TRUSTED, data, at);
            let own = self.builder.ins().load(types::I64, TRUSTED, part, offset);
            let past = self.builder.ins().icmp(IntCC::NotEqual, present, own);
            self.cold(past, |this| {
                this.add_by_runtime(global, value);
                this.builder.ins().jump(done, &[]);
            });
        }
        self.add_inline(&layout, (part, offset), value);
        self.builder.ins().jump(done, &[]);
        self.builder.switch_to_block(done);
    }

    fn add_by_runtime(&mut self, global: ir::GlobalId, value: clif::Value) {
        let (global, none) = (self.global(global), self.int(0));
        self.aside(Callee::Runtime(Rt::StatAdd), &[global, none, value]);
    }

    /// As `stat_add()` in stat.c, as far as it is asked for.
    fn add_inline(&mut self, layout: &rt_global, (stat, offset): (clif::Value, i32), value: clif::Value) {
        if layout.extremes != 0 && layout.shared != 0 {
            self.add_shared_extremes(stat, offset, value);
        } else if layout.extremes != 0 {
            self.add_extremes(stat, offset, value);
        }
        let one = self.int(1);
        self.add_part(layout, stat, offset + COUNT, one);
        if layout.sum != 0 {
            self.add_part(layout, stat, offset + SUM, value);
        }
        let (bucket, buckets) = match u32::from(layout.hist) {
            raw::RT_HIST_LOG => (self.log_bucket(value), BUCKETS - 8),
            raw::RT_HIST_LINEAR => (self.linear_bucket(layout, value), BUCKETS),
            _ => return,
        };
        let at = self.builder.ins().ishl_imm_u(bucket, 3);
        let at = self.builder.ins().iadd(stat, at);
        self.add_part(layout, at, offset + buckets, one);
    }

    fn add_part(&mut self, layout: &rt_global, address: clif::Value, offset: i32, value: clif::Value) {
        if layout.shared != 0 {
            self.add_atomically(address, offset, value);
        } else {
            self.add_to(address, offset, value);
        }
    }

    /// Beside others. An empty element has the greatest as its least, and the least as its greatest.
    fn add_shared_extremes(&mut self, stat: clif::Value, offset: i32, value: clif::Value) {
        let both =
            [(MIN, IntCC::SignedLessThan, AtomicRmwOp::Smin), (MAX, IntCC::SignedGreaterThan, AtomicRmwOp::Smax)];
        for (at, condition, op) in both {
            let known = self.builder.ins().load(types::I64, TRUSTED, stat, offset + at);
            let beyond = self.builder.ins().icmp(condition, value, known);
            let next = self.builder.create_block();
            self.cold(beyond, |this| {
                let place = this.builder.ins().iadd_imm_s(stat, i64::from(offset + at));
                this.builder.ins().atomic_rmw(types::I64, TRUSTED, op, place, value);
                this.builder.ins().jump(next, &[]);
            });
            self.builder.ins().jump(next, &[]);
            self.builder.switch_to_block(next);
        }
    }

    fn add_extremes(&mut self, stat: clif::Value, offset: i32, value: clif::Value) {
        let done = self.builder.create_block();
        let count = self.builder.ins().load(types::I64, TRUSTED, stat, offset + COUNT);
        let first = self.builder.ins().icmp_imm_u(IntCC::Equal, count, 0);
        self.cold(first, |this| {
            this.builder.ins().store(TRUSTED, value, stat, offset + MIN);
            this.builder.ins().store(TRUSTED, value, stat, offset + MAX);
            this.builder.ins().jump(done, &[]);
        });
        for (at, condition) in [(MIN, IntCC::SignedLessThan), (MAX, IntCC::SignedGreaterThan)] {
            let known = self.builder.ins().load(types::I64, TRUSTED, stat, offset + at);
            let beyond = self.builder.ins().icmp(condition, value, known);
            let next = self.builder.create_block();
            self.cold(beyond, |this| {
                this.builder.ins().store(TRUSTED, value, stat, offset + at);
                this.builder.ins().jump(next, &[]);
            });
            self.builder.ins().jump(next, &[]);
            self.builder.switch_to_block(next);
        }
        self.builder.ins().jump(done, &[]);
        self.builder.switch_to_block(done);
    }

    /// As `hist_bucket_log()` in hist.h and `stat_bucket()` in stat.c, from 1 on.
    fn log_bucket(&mut self, value: clif::Value) -> clif::Value {
        let done = self.builder.create_block();
        let bucket = self.builder.append_block_param(done, types::I64);
        let negative = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, value, 0);
        self.cold(negative, |this| {
            // Not `ineg`: of a difference that would be the other difference, and need both numbers.
            let magnitude = this.builder.ins().iabs(value);
            let zeros = this.builder.ins().clz(magnitude);
            let most = this.int(128);
            let at = this.builder.ins().isub(most, zeros);
            this.builder.ins().jump(done, &[at.into()]);
        });
        let zeros = self.builder.ins().clz(value);
        self.builder.ins().jump(done, &[zeros.into()]);
        self.builder.switch_to_block(done);
        bucket
    }

    /// As `hist_bucket_linear()` in hist.h. A division by a constant is a multiplication, and cannot trap.
    fn linear_bucket(&mut self, layout: &rt_global, value: clif::Value) -> clif::Value {
        let low = self.int(layout.low);
        let step = self.int(layout.step);
        let from = self.builder.ins().isub(value, low);
        let bucket = self.builder.ins().udiv(from, step);
        let bucket = self.builder.ins().iadd_imm_s(bucket, 1);
        let last = self.int(i64::from(layout.n_buckets) - 1);
        let bucket = self.builder.ins().umin(bucket, last);
        let below = self.builder.ins().icmp(IntCC::SignedLessThan, value, low);
        let zero = self.int(0);
        self.builder.ins().select(below, zero, bucket)
    }
}
