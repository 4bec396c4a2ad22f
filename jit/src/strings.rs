// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a function's strings are.
//!
//! A string value is the address of a `struct rt_str`. What an operation makes is in a *slot*
//! of the function's frame. What it reads (a variable, an element) is *borrowed* where it is,
//! if nothing changes that before the value's last use, and copied into a slot otherwise.
//! Values that are never alive together share a slot.

mod flow;

use std::collections::BTreeSet;

use spile_ir as ir;

use crate::effects::{Effects, written};
use crate::task::Task;

/// Where the strings of a function are.
#[derive(Debug)]
pub struct Plan {
    /// By `Value`: the slot that holds the string; None where it is borrowed, constant, passed, or no string.
    pub values: Vec<Option<u32>>,
    /// By `LocalId`: the slot that holds the variable; None for integers and for parameters never written.
    pub locals: Vec<Option<u32>>,
    /// Slots in all.
    pub slots: u32,
}

/// Plans a function's strings.
pub fn plan(function: &ir::Function, effects: &[Effects], task: &Task) -> Plan {
    let assigned: BTreeSet<ir::LocalId> = crate::effects::ops(function)
        .filter_map(|op| if let ir::Op::LocalSet(id, _) = op { Some(*id) } else { None })
        .collect();
    let mut slots = 0;
    let mut locals = Vec::new();
    for (index, local) in function.locals.iter().enumerate() {
        let passed = index < function.params.len() && !assigned.contains(&ir::LocalId::new(index));
        locals.push((local.ty == ir::Type::Str && !passed).then(|| {
            slots += 1;
            slots - 1
        }));
    }
    let owners = owners(function, effects, task);
    let values = flow::colour(function, &owners);
    let values: Vec<Option<u32>> = values.into_iter().map(|colour| colour.map(|colour| slots + colour)).collect();
    let slots = values.iter().flatten().map(|slot| slot + 1).max().unwrap_or(slots);
    Plan { values, locals, slots }
}

/// By `Value`: whether it needs a slot.
fn owners(function: &ir::Function, effects: &[Effects], task: &Task) -> Vec<bool> {
    let mut owners = vec![false; function.values.len()];
    let uses = flow::uses(function);
    for (block_index, block) in function.blocks.iter().enumerate() {
        for (index, inst) in block.insts.iter().enumerate() {
            let Some(result) = inst.result.filter(|result| function.ty(*result) == ir::Type::Str) else { continue };
            owners[result.index()] = match (&inst.op, source(&inst.op)) {
                (ir::Op::Str(_), _) => false,
                _ if task.names[result.index()].is_some_and(|name| !name.in_memory) => false,
                (ir::Op::Intrinsic(ir::Intrinsic::ProbePoint | ir::Intrinsic::ProbeName, _), _) => false,
                (_, None) => true,
                (_, Some(source)) => {
                    let near =
                        uses[result.index()].within(block_index).and_then(|last| block.insts.get(index + 1..=last));
                    match near {
                        Some(insts) => insts.iter().any(|inst| clobbers(&inst.op, source, effects)),
                        None => crate::effects::ops(function).any(|op| clobbers(op, source, effects)),
                    }
                }
            };
        }
    }
    owners
}

/// What a string was read from.
#[derive(Clone, Copy)]
enum Source {
    Local(ir::LocalId),
    Global(ir::GlobalId),
}

fn source(op: &ir::Op) -> Option<Source> {
    match op {
        ir::Op::LocalGet(local) => Some(Source::Local(*local)),
        ir::Op::GlobalGet(global) | ir::Op::MapGet(global, _) => Some(Source::Global(*global)),
        ir::Op::IterKey(global, ..) | ir::Op::IterValue(global, _) => Some(Source::Global(*global)),
        _ => None,
    }
}

/// Whether an operation may change what a string was read from.
fn clobbers(op: &ir::Op, source: Source, effects: &[Effects]) -> bool {
    match (op, source) {
        (ir::Op::LocalSet(written, _), Source::Local(read)) => *written == read,
        (ir::Op::Call(callee, _), Source::Global(read)) => effects[callee.index()].writes.contains(&read),
        (op, Source::Global(read)) => written(op) == Some(read),
        _ => false,
    }
}
