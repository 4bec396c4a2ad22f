// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is written: variables, elements, memory.

use super::Lower;
use crate::hir::{Expr, Place, UpdateOp};
use crate::span::Span;
use spile_ir::{BinaryOp, GlobalId, LocalId, Op, Space, Value};

/// A place whose keys or address are computed.
pub(super) enum Ready {
    Local(LocalId),
    Global(GlobalId),
    Element(GlobalId, Vec<Value>, Span),
    Memory { addr: Value, bytes: u8, signed: bool, bits: Option<(u32, u32)> },
}

impl Lower<'_, '_, '_> {
    /// Computes keys or address.
    pub(super) fn place(&mut self, place: &Place) -> Ready {
        match place {
            Place::Local(id) => Ready::Local(self.local(*id)),
            Place::Global(id) => Ready::Global(GlobalId(id.0)),
            Place::Element(id, keys, span) => Ready::Element(GlobalId(id.0), self.exprs(keys), *span),
            Place::Memory { addr, bytes, signed, bits } => {
                Ready::Memory { addr: self.expr(addr), bytes: *bytes, signed: *signed, bits: *bits }
            }
        }
    }

    fn get(&mut self, place: &Ready) -> Value {
        self.b.value(match place {
            Ready::Local(id) => Op::LocalGet(*id),
            Ready::Global(id) => Op::GlobalGet(*id),
            Ready::Element(id, keys, _) => Op::MapGet(*id, keys.clone()),
            Ready::Memory { addr, bytes, signed, bits: Some(bits) } => {
                let word = self.load(*addr, *bytes, false);
                return self.cut(word, *bits, *signed);
            }
            Ready::Memory { addr, bytes, signed, bits: None } => return self.load(*addr, *bytes, *signed),
        })
    }

    fn load(&mut self, addr: Value, bytes: u8, signed: bool) -> Value {
        self.b.value(Op::Load { space: Space::Kernel, addr, bytes, signed })
    }

    /// Some bits of a word, extended to 64.
    fn cut(&mut self, word: Value, (first, count): (u32, u32), signed: bool) -> Value {
        let (up, down) = (self.b.int((64 - first - count).into()), self.b.int((64 - count).into()));
        let shifted = self.b.value(Op::Binary(BinaryOp::Shl, word, up));
        self.b.value(Op::Binary(if signed { BinaryOp::Shr } else { BinaryOp::UShr }, shifted, down))
    }

    /// A word with some of its bits replaced by the low ones of a value.
    fn paste(&mut self, word: Value, (first, count): (u32, u32), value: Value) -> Value {
        let mask = (u64::MAX >> (64 - count)) << first;
        let (first, inside, outside) = (self.b.int(first.into()), self.b.int(mask as i64), self.b.int(!mask as i64));
        let kept = self.b.value(Op::Binary(BinaryOp::And, word, outside));
        let shifted = self.b.value(Op::Binary(BinaryOp::Shl, value, first));
        let new = self.b.value(Op::Binary(BinaryOp::And, shifted, inside));
        self.b.value(Op::Binary(BinaryOp::Or, kept, new))
    }

    pub(super) fn set(&mut self, place: &Ready, value: Value) {
        let value = match place {
            Ready::Memory { addr, bytes, bits: Some(bits), .. } => {
                let word = self.load(*addr, *bytes, false);
                self.paste(word, *bits, value)
            }
            _ => value,
        };
        self.at_element(place);
        self.b.emit(match place {
            Ready::Local(id) => Op::LocalSet(*id, value),
            Ready::Global(id) => Op::GlobalSet(*id, value),
            Ready::Element(id, keys, _) => Op::MapSet(*id, keys.clone(), value),
            Ready::Memory { addr, bytes, .. } => Op::Store { addr: *addr, bytes: *bytes, value },
        });
    }

    /// A full array is an error at its name.
    fn at_element(&mut self, place: &Ready) {
        if let Ready::Element(.., span) = place {
            self.at(*span);
        }
    }

    /// Writes a value to a variable that needs no keys.
    pub(super) fn set_variable(&mut self, place: &Place, value: Value) {
        let place = self.place(place);
        self.set(&place, value);
    }

    /// `place OP= value`: the new value.
    pub(super) fn update(&mut self, place: &Place, op: UpdateOp, value: &Expr, expr: &Expr) -> Value {
        match op {
            UpdateOp::Int(op) => self.update_int(place, op, expr, |lower| lower.expr(value)),
            UpdateOp::Concat => {
                let place = self.place(place);
                let value = self.expr(value);
                self.at(expr.span);
                let old = self.get(&place);
                let new = self.b.value(Op::Concat(old, value));
                self.set(&place, new);
                new
            }
        }
    }

    /// `place OP= value` of numbers. Sums are one operation, which other CPUs cannot get between.
    pub(super) fn update_int(
        &mut self,
        place: &Place,
        op: BinaryOp,
        expr: &Expr,
        value: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let place = self.place(place);
        let mut value = value(self);
        self.at(expr.span);
        let adds = matches!(op, BinaryOp::Add | BinaryOp::Sub);
        if adds && op == BinaryOp::Sub && matches!(place, Ready::Global(_) | Ready::Element(..)) {
            let zero = self.b.int(0);
            value = self.b.value(Op::Binary(BinaryOp::Sub, zero, value));
        }
        match &place {
            Ready::Global(id) if adds => self.b.value(Op::GlobalAdd(*id, value)),
            Ready::Element(id, keys, span) if adds => {
                self.at(*span);
                self.b.value(Op::MapAdd(*id, keys.clone(), value))
            }
            _ => {
                let old = self.get(&place);
                let new = self.b.value(Op::Binary(op, old, value));
                self.set(&place, new);
                new
            }
        }
    }

    /// `place++`: the old value.
    pub(super) fn post_step(&mut self, place: &Place, by: i64, expr: &Expr) -> Value {
        let new = self.update_int(place, BinaryOp::Add, expr, |lower| lower.b.int(by));
        let by = self.b.int(by);
        self.b.value(Op::Binary(BinaryOp::Sub, new, by))
    }
}
