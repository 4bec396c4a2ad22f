// SPDX-License-Identifier: MIT OR Apache-2.0
//! Loads that are the same in each round of a loop are done once: the loop's first round is put before it, as a copy, and
//! `share` finds that the loads in the loop repeat those in the copy.
//!
//! This is how a load that can fault leaves a loop: it still runs in the first round, after the budget and the condition,
//! so that nothing fails that did not, or earlier than it did. It is worth a copy where the loop is small, innermost,
//! changes nothing that the loads depend on, and does them in each round.

use super::{
    Context,
    effects::depends,
    graph::{Graph, Loop},
    hoist::{changes_of, defined_in},
};
use crate::{Block, BlockId, Function, Inst, Local, LocalId, Op, Type, Value};

/// Instructions of a loop that is worth it.
const MAX_SIZE: usize = 60;

/// Puts first rounds before their loops.
pub(super) fn peel(context: &mut Context<'_>, function: &mut Function) -> bool {
    let graph = Graph::new(function);
    let loops = graph.loops();
    let mut done = vec![false; function.blocks.len()];
    let mut changed = false;
    for inner in &loops {
        let innermost = !inner.blocks.iter().any(|block| done[*block]);
        inner.blocks.iter().for_each(|block| done[*block] = true);
        if innermost && pays(context, function, &graph, inner) && demote(function, inner) {
            copy(function, inner);
            changed = true;
        }
    }
    changed
}

/// Whether a loop does something in each round that its first round can do for all.
fn pays(context: &Context<'_>, function: &Function, graph: &Graph, inner: &Loop) -> bool {
    let size: usize = inner.blocks.iter().map(|block| function.blocks[*block].insts.len()).sum();
    if size > MAX_SIZE || inner.preheader(graph).is_none() {
        return false;
    }
    let inside = defined_in(function, inner);
    let changes = changes_of(context, function, inner);
    let always = inner.blocks.iter().filter(|block| inner.always_runs(graph, **block));
    always.flat_map(|block| &function.blocks[*block].insts).any(|inst| {
        let mut invariant = inst.op.can_fail() && inst.result.is_some() && changes.spare(&depends(&inst.op));
        inst.op.visit_operands(|value| invariant &= !inside[value.index()]);
        invariant
    })
}

/// Whether a block is in a loop; those that copying other loops has added are not.
fn is_inside(inner: &Loop, block: usize) -> bool {
    inner.inside.get(block) == Some(&true)
}

/// Lets values that are used behind the loop go through variables, since there will be two of each; false where that
/// cannot be.
fn demote(function: &mut Function, inner: &Loop) -> bool {
    let inside = defined_in(function, inner);
    let mut outside: Vec<Value> = Vec::new();
    for (_, block) in function.blocks.iter().enumerate().filter(|(index, _)| !is_inside(inner, *index)) {
        let mut note = |value: Value| {
            if inside[value.index()] && !outside.contains(&value) {
                outside.push(value);
            }
        };
        block.insts.iter().for_each(|inst| inst.op.visit_operands(&mut note));
        block.end.operands().into_iter().for_each(&mut note);
    }
    if outside.iter().any(|value| function.ty(*value) != Type::Int) {
        return false;
    }
    for value in outside {
        let local = LocalId::new(function.locals.len());
        function.locals.push(Local { name: "carried".into(), ty: Type::Int });
        keep(function, inner, value, local);
        read_back(function, inner, value, local);
    }
    true
}

/// Writes a value of a loop to a variable, where it is defined.
fn keep(function: &mut Function, inner: &Loop, value: Value, local: LocalId) {
    for index in &inner.blocks {
        let block = &mut function.blocks[*index];
        let after = if block.params.contains(&value) {
            Some(0)
        } else {
            block.insts.iter().position(|inst| inst.result == Some(value)).map(|position| position + 1)
        };
        if let Some(after) = after {
            let loc = block.insts.first().map_or(crate::LocId(0), |inst| inst.loc);
            block.insts.insert(after, Inst { result: None, op: Op::LocalSet(local, value), loc });
            return;
        }
    }
}

/// Reads it from there wherever it is used behind the loop.
fn read_back(function: &mut Function, inner: &Loop, value: Value, local: LocalId) {
    for index in (0..function.blocks.len()).filter(|index| !is_inside(inner, *index)) {
        let mut used = false;
        let block = &function.blocks[index];
        block.insts.iter().for_each(|inst| inst.op.visit_operands(|operand| used |= operand == value));
        used |= block.end.operands().contains(&value);
        if !used {
            continue;
        }
        let read = function.new_value(Type::Int);
        let block = &mut function.blocks[index];
        let map = |operand: Value| if operand == value { read } else { operand };
        block.insts.iter_mut().for_each(|inst| inst.op.map_operands(map));
        block.end.map_operands(map);
        let caught = usize::from(block.insts.first().is_some_and(|inst| inst.op == Op::Caught));
        let loc = block.insts.first().map_or(crate::LocId(0), |inst| inst.loc);
        block.insts.insert(caught, Inst { result: Some(read), op: Op::LocalGet(local), loc });
    }
}

/// Copies a loop's blocks. The way in goes to the copy, and the copy's way back to the loop.
fn copy(function: &mut Function, inner: &Loop) {
    let first = function.blocks.len();
    let mut numbers: Vec<Option<BlockId>> = vec![None; first];
    for (offset, index) in inner.blocks.iter().enumerate() {
        numbers[*index] = Some(BlockId::new(first + offset));
    }
    let header = BlockId::new(inner.header);
    let mut values: Vec<Option<Value>> = vec![None; function.values.len()];
    for index in &inner.blocks {
        let Block { params, insts, .. } = &function.blocks[*index];
        let defined: Vec<Value> = params.iter().copied().chain(insts.iter().filter_map(|inst| inst.result)).collect();
        for value in defined {
            values[value.index()] = Some(function.new_value(function.ty(value)));
        }
    }
    let map = |value: Value| values[value.index()].unwrap_or(value);
    for index in &inner.blocks {
        let mut copy = function.blocks[*index].clone();
        copy.params.iter_mut().for_each(|param| *param = map(*param));
        for inst in &mut copy.insts {
            inst.result = inst.result.map(map);
            inst.op.map_operands(map);
        }
        copy.catch = copy.catch.map(|catch| numbers[catch.index()].unwrap_or(catch));
        copy.end.map_operands(map);
        copy.end.visit_targets_mut(|target| {
            if target.block != header {
                target.block = numbers[target.block.index()].unwrap_or(target.block);
            }
        });
        function.blocks.push(copy);
    }
    let entered = numbers[inner.header].unwrap_or(header);
    for (index, block) in function.blocks[..first].iter_mut().enumerate() {
        if !is_inside(inner, index) {
            block.end.visit_targets_mut(|target| {
                if target.block == header {
                    target.block = entered;
                }
            });
        }
    }
}
