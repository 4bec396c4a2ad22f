// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which arrays a handler sorts in an order that can be found before it has its locks: see jit/rt/src/select.c.
//!
//! Nothing that the handler does may change the array before it sorts it. And finding the order must not cost
//! more hits than need it: a timer's handler looks every time, others only where they always sort.

use std::collections::BTreeMap;

use spile_ir as ir;

use crate::effects::{Effects, written};

/// The arrays and their orders.
pub type Sorts = BTreeMap<ir::GlobalId, ir::Sort>;

/// Those of a handler.
pub fn sorts(function: &ir::Function, is_timer: bool, effects: &[Effects]) -> Sorts {
    let mut sorts = Sorts::new();
    let changed = changed_before(function, effects);
    let always = always(function);
    for (index, block) in function.blocks.iter().enumerate().filter(|(index, _)| is_timer || always[*index]) {
        let mut changed = changed[index].clone();
        for inst in &block.insts {
            // A slice may be anywhere in the order.
            if let ir::Op::IterFirst(map, Some(sort), keys) = &inst.op
                && !changed[map.index()]
                && keys.iter().all(Option::is_none)
            {
                sorts.entry(*map).or_insert(*sort);
            }
            note_changes(&inst.op, effects, &mut changed);
        }
    }
    sorts
}

/// By block and global: whether it may have been changed when the block begins.
fn changed_before(function: &ir::Function, effects: &[Effects]) -> Vec<Vec<bool>> {
    let globals = effects.iter().flat_map(|effects| &effects.writes).map(|global| global.index() + 1).max();
    let mut before = vec![vec![false; globals.unwrap_or(0)]; function.blocks.len()];
    let mut again = true;
    while again {
        again = false;
        for (index, block) in function.blocks.iter().enumerate() {
            let mut after = before[index].clone();
            block.insts.iter().for_each(|inst| note_changes(&inst.op, effects, &mut after));
            let goals = block.end.targets().into_iter().map(|target| target.block);
            for goal in goals.chain(block.catch) {
                for (known, new) in before[goal.index()].iter_mut().zip(&after) {
                    again |= *new && !*known;
                    *known |= *new;
                }
            }
        }
    }
    before
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
