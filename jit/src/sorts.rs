// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which arrays a handler sorts in an order that can be found before it has its locks: see jit/rt/src/select.c.
//!
//! Nothing that the handler does may change the array before it sorts it. And finding the order must not cost
//! more hits than need it: a timer's handler looks every time, others only where they always sort.

use spile_ir as ir;

use crate::effects::{Effects, written};
use crate::flow;

/// A sort whose order is found before.
#[derive(Clone, Copy)]
pub struct Sorted {
    /// The array.
    pub map: ir::GlobalId,
    /// The order.
    pub sort: ir::Sort,
    /// The operation, by its result.
    pub first: ir::Value,
    /// How many elements are visited at most; `None` where only the handler will know.
    pub visits: Option<u32>,
}

/// Those of a handler that may visit so many elements.
pub fn sorts(function: &ir::Function, is_timer: bool, effects: &[Effects], max_action: u32) -> Vec<Sorted> {
    let mut sorts = Vec::new();
    let globals = effects.iter().flat_map(|effects| &effects.writes).map(|global| global.index() + 1).max();
    let changed = flow::before(function, globals.unwrap_or(0), |op, changed| note_changes(op, effects, changed));
    let always = always(function);
    for (index, block) in function.blocks.iter().enumerate().filter(|(index, _)| is_timer || always[*index]) {
        let mut changed = changed[index].clone();
        for inst in &block.insts {
            // A slice may be anywhere in the order.
            if let (ir::Op::IterFirst(map, Some(sort), keys, limit), Some(first)) = (&inst.op, inst.result)
                && !changed[map.index()]
                && keys.iter().all(Option::is_none)
            {
                let visits = limit.map_or(Some(max_action), |limit| {
                    let limit = constant(function, limit)?;
                    Some(u32::try_from(limit.max(1)).unwrap_or(max_action).min(max_action))
                });
                sorts.push(Sorted { map: *map, sort: *sort, first, visits });
            }
            note_changes(&inst.op, effects, &mut changed);
        }
    }
    sorts
}

fn constant(function: &ir::Function, value: ir::Value) -> Option<i64> {
    let inst = function.blocks.iter().flat_map(|block| &block.insts).find(|inst| inst.result == Some(value));
    match inst?.op {
        ir::Op::Int(number) => Some(number),
        _ => None,
    }
}

/// Sorting is no change here: the same order is found again.
fn note_changes(op: &ir::Op, effects: &[Effects], changed: &mut [bool]) {
    match op {
        ir::Op::IterFirst(..) => {}
        ir::Op::Call(callee, _) => {
            effects[callee.index()].writes.iter().for_each(|global| changed[global.index()] = true);
        }
        op => written(op).into_iter().for_each(|global| changed[global.index()] = true),
    }
}

/// By block: whether it is run whenever the handler is, unless something fails.
fn always(function: &ir::Function) -> Vec<bool> {
    let mut always = vec![false; function.blocks.len()];
    let mut next = function.blocks.first().map(|_| ir::BlockId(0));
    while let Some(id) = next.take_if(|id| !always[id.index()]) {
        always[id.index()] = true;
        if let ir::Terminator::Jump(target) = &function.blocks[id.index()].end {
            next = Some(target.block);
        }
    }
    always
}
