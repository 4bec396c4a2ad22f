// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arrays, iteration, clearing.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, AtomicRmwOp, InstBuilder as _, types};
use spile_ir as ir;
use spile_rt::raw;

use super::emit::{Callee, Emitter, TRUSTED};
use crate::runtime::{Rt, ctx};

impl Emitter<'_, '_> {
    /// Arrays, and clearing any global.
    pub fn map(&mut self, inst: &ir::Inst) -> Option<clif::Value> {
        match &inst.op {
            ir::Op::MapGet(map, keys) => {
                if !self.has_string_values(*map) {
                    return Some(self.integer_element(*map, keys));
                }
                let element = self.element(*map, keys);
                let empty = self.string(b"", 0);
                let place = self.builder.ins().select(element, element, empty);
                Some(self.borrowed(inst, place))
            }
            ir::Op::MapHas(map, keys) => Some(self.has(*map, keys)),
            ir::Op::MapSet(map, keys, value) => {
                if self.has_string_values(*map) {
                    let element = self.put(*map, keys);
                    let value = self.value(*value);
                    self.runtime(Rt::StrCopy, &[self.ctx, element, value]);
                } else {
                    let value = self.value(*value);
                    self.set_integer_element(*map, keys, value);
                }
                None
            }
            ir::Op::MapAdd(map, keys, value) => {
                let element = self.put(*map, keys);
                let value = self.value(*value);
                if self.is_shared(*map) && !self.is_used(inst) {
                    self.add_atomically(element, 0, value);
                    return Some(value);
                }
                Some(self.add_to(element, 0, value))
            }
            ir::Op::MapDelete(map, keys) => {
                self.delete(*map, keys);
                None
            }
            ir::Op::GlobalClear(global) => {
                self.clear(*global);
                None
            }
            _ => None,
        }
    }

    /// Adds to a word of memory; its new value.
    pub fn add_to(&mut self, address: clif::Value, offset: i32, value: clif::Value) -> clif::Value {
        let old = self.builder.ins().load(types::I64, TRUSTED, address, offset);
        let new = self.builder.ins().iadd(old, value);
        self.builder.ins().store(TRUSTED, new, address, offset);
        new
    }

    /// The same, beside others that do.
    pub fn add_atomically(&mut self, address: clif::Value, offset: i32, value: clif::Value) {
        let place = self.builder.ins().iadd_imm_s(address, i64::from(offset));
        self.builder.ins().atomic_rmw(types::I64, TRUSTED, AtomicRmwOp::Add, place, value);
    }

    /// Whether handlers that only add to elements of an array run beside each other.
    pub fn is_shared(&self, map: ir::GlobalId) -> bool {
        self.lowering.layout.globals[map.index()].shared != 0
    }

    fn has(&mut self, map: ir::GlobalId, keys: &[Option<ir::Value>]) -> clif::Value {
        if let Some(keys) = self.all_known(map, keys) {
            let element = self.element(map, &keys);
            let there = self.builder.ins().icmp_imm_u(IntCC::NotEqual, element, 0);
            return self.builder.ins().uextend(types::I64, there);
        }
        let (keys, mask) = self.pattern(keys);
        let map = self.global(map);
        self.word(Callee::Runtime(Rt::MapHas), &[self.ctx, map, keys, mask])
    }

    fn delete(&mut self, map: ir::GlobalId, keys: &[Option<ir::Value>]) {
        if let Some(keys) = self.all_known(map, keys) {
            self.delete_element(map, &keys);
            return;
        }
        let (keys, mask) = self.pattern(keys);
        let map = self.global(map);
        self.runtime(Rt::MapDelete, &[self.ctx, map, keys, mask]);
    }

    /// The keys of one element that is looked up inline.
    pub fn all_known(&self, map: ir::GlobalId, keys: &[Option<ir::Value>]) -> Option<Vec<ir::Value>> {
        let keys: Vec<ir::Value> = keys.iter().copied().collect::<Option<_>>()?;
        self.is_inline(map, &keys).then_some(keys)
    }

    fn clear(&mut self, global: ir::GlobalId) {
        match &self.lowering.program.globals[global.index()].kind {
            ir::GlobalKind::Int(_) => {
                let zero = self.int(0);
                self.set_integer(global, zero);
            }
            ir::GlobalKind::Str(_) => {
                let zero = self.builder.ins().iconst(types::I32, 0);
                let (data, offset) = self.global_data(global);
                self.builder.ins().store(TRUSTED, zero, data, offset);
            }
            kind => {
                let clear = if matches!(kind, ir::GlobalKind::Stat(_)) { Rt::StatClear } else { Rt::MapClear };
                let global = self.global(global);
                self.runtime(clear, &[self.ctx, global]);
            }
        }
    }

    /// The integer at an address, or 0 where there is none.
    pub fn load_or_zero(&mut self, address: clif::Value) -> clif::Value {
        let (there, done) = (self.builder.create_block(), self.builder.create_block());
        let result = self.builder.append_block_param(done, types::I64);
        let zero = self.int(0);
        self.builder.ins().brif(address, there, &[], done, &[zero.into()]);
        self.builder.switch_to_block(there);
        let value = self.builder.ins().load(types::I64, TRUSTED, address, 0);
        self.builder.ins().jump(done, &[value.into()]);
        self.builder.switch_to_block(done);
        result
    }

    pub fn has_string_values(&self, map: ir::GlobalId) -> bool {
        matches!(
            &self.lowering.program.globals[map.index()].kind,
            ir::GlobalKind::Map(ir::MapSpec { value: ir::MapValue::Str, .. })
        )
    }

    /// Iteration.
    pub fn iteration(&mut self, inst: &ir::Inst) -> Option<clif::Value> {
        let result = match &inst.op {
            ir::Op::IterFirst(map, sort, keys, limit) => {
                let (keys, mask) = self.pattern(keys);
                let handler = self.instance.function;
                let order = |sort| self.lowering.locks.order(handler, inst.result, *map, sort);
                let sort = sort.map_or(0, order);
                let (sort, map) = (self.int(sort), self.global(*map));
                let limit = match limit {
                    Some(limit) => self.value(*limit),
                    None => self.int(i64::MAX),
                };
                self.word(Callee::Runtime(Rt::IterFirst), &[self.ctx, map, sort, keys, mask, limit])
            }
            ir::Op::IterNext(map, cursor, keys) => {
                let (keys, mask) = self.pattern(keys);
                let (map, cursor) = (self.global(*map), self.value(*cursor));
                self.word(Callee::Runtime(Rt::IterNext), &[self.ctx, map, cursor, keys, mask])
            }
            ir::Op::IterKey(map, cursor, position) => {
                let (map, cursor) = (self.global(*map), self.value(*cursor));
                let position = self.int(i64::from(*position));
                self.word(Callee::Runtime(Rt::IterKey), &[self.ctx, map, cursor, position])
            }
            ir::Op::IterValue(map, cursor) => {
                let (map, cursor) = (self.global(*map), self.value(*cursor));
                self.word(Callee::Runtime(Rt::IterValue), &[self.ctx, map, cursor])
            }
            ir::Op::IterStat(map, cursor, field) => {
                let (map, cursor) = (self.global(*map), self.value(*cursor));
                let field = self.int(field_number(*field));
                let number = self.word(Callee::Runtime(Rt::IterStat), &[self.ctx, map, cursor, field]);
                if inst.op.can_fail() {
                    self.check();
                }
                number
            }
            _ => return None,
        };
        match inst.result.map(|value| self.function.ty(value)) {
            Some(ir::Type::Str) => Some(self.borrowed(inst, result)),
            _ => Some(result),
        }
    }

    /// The address of keys, or 0 where there are none.
    pub fn keys(&mut self, keys: &[ir::Value]) -> clif::Value {
        let mut words = Vec::new();
        // Behind the words: names that are in registers only.
        let mut next = keys.len();
        for key in keys {
            words.push(match (self.values[key.index()], self.names.get(key).copied()) {
                (None, Some(name)) => {
                    let place = self.area(next, 3);
                    next += 3;
                    self.store_words(place, name);
                    place
                }
                _ => self.value(*key),
            });
        }
        self.words(0, &words)
    }

    /// The address of keys for a call that seldom happens: where it can be, in the context, not in a frame of ours.
    pub fn keys_aside(&mut self, keys: &[ir::Value]) -> clif::Value {
        if keys.iter().any(|key| self.function.ty(*key) == ir::Type::Str) {
            return self.keys(keys);
        }
        for (index, key) in keys.iter().enumerate() {
            let key = self.value(*key);
            self.ctx_store(key, ctx::KEYS + 8 * index as i32);
        }
        self.builder.ins().iadd_imm_s(self.ctx, i64::from(ctx::KEYS))
    }

    /// The address of keys, and the mask of those that match anything; all bits where all do.
    fn pattern(&mut self, keys: &[Option<ir::Value>]) -> (clif::Value, clif::Value) {
        let mask = if keys.iter().all(Option::is_none) {
            -1
        } else {
            keys.iter().enumerate().filter(|(_, key)| key.is_none()).fold(0, |mask, (index, _)| mask | 1 << index)
        };
        let mut words = Vec::new();
        for key in keys.iter().filter(|_| mask != -1) {
            words.push(match key {
                Some(key) => self.value(*key),
                None => self.int(0),
            });
        }
        (self.words(0, &words), self.int(mask))
    }
}

pub fn field_number(field: ir::StatField) -> i64 {
    i64::from(match field {
        ir::StatField::Count => raw::RT_COUNT,
        ir::StatField::Sum => raw::RT_SUM,
        ir::StatField::Min => raw::RT_MIN,
        ir::StatField::Max => raw::RT_MAX,
        ir::StatField::Avg => raw::RT_AVG,
        ir::StatField::Variance => raw::RT_VARIANCE,
    })
}

/// `RT_SORT()`.
pub fn sort_number(sort: ir::Sort) -> i64 {
    let (by, which) = match sort.by {
        ir::SortBy::Key(position) => (raw::RT_BY_KEY, i64::from(position)),
        ir::SortBy::Value => (raw::RT_BY_VALUE, 0),
        ir::SortBy::Stat(field) => (raw::RT_BY_STAT, field_number(field)),
    };
    i64::from(by) | which << 8 | i64::from(sort.descending) << 16
}
