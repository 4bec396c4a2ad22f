// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values that nobody uses.

use super::{Context, Replacements, effects::is_removable, replace};
use crate::{Function, Op, Type, Value};

/// Removes operations that do nothing but compute a value that nobody uses, and parameters of blocks likewise. What can
/// fail stays: its fault is something that the script shows.
pub(super) fn remove_dead_values(_: &mut Context<'_>, function: &mut Function) -> bool {
    let used = live_values(function);
    let mut changed = false;
    for block in &mut function.blocks {
        let before = block.insts.len();
        block.insts.retain(|inst| !is_removable(&inst.op) || inst.result.is_some_and(|result| used[result.index()]));
        changed |= block.insts.len() < before;
    }
    changed | retain_params(function, |_, param| used[param.index()])
}

/// Where a value comes from.
#[derive(Clone, Copy)]
enum Origin {
    Nowhere,
    /// A block and an instruction.
    Inst(usize, usize),
    /// A block and a parameter.
    Param(usize, usize),
}

/// Values that something with an effect needs, directly or through others.
fn live_values(function: &Function) -> Vec<bool> {
    let mut origins = vec![Origin::Nowhere; function.values.len()];
    let mut passed: Vec<Vec<(usize, usize)>> = vec![Vec::new(); function.blocks.len()];
    let mut live = vec![false; function.values.len()];
    let mut work: Vec<Value> = Vec::new();
    for (index, block) in function.blocks.iter().enumerate() {
        for (position, param) in block.params.iter().enumerate() {
            origins[param.index()] = Origin::Param(index, position);
        }
        for (position, inst) in block.insts.iter().enumerate() {
            if let Some(result) = inst.result {
                origins[result.index()] = Origin::Inst(index, position);
            }
            if !is_removable(&inst.op) {
                inst.op.visit_operands(|value| work.push(value));
            }
        }
        match &block.end {
            crate::Terminator::Branch { cond, .. } => work.push(*cond),
            crate::Terminator::Return(value) => work.extend(value),
            crate::Terminator::Jump(_) => {}
        }
        for (number, target) in block.end.targets().into_iter().enumerate() {
            passed[target.block.index()].push((index, number));
        }
    }
    while let Some(value) = work.pop() {
        if std::mem::replace(&mut live[value.index()], true) {
            continue;
        }
        match origins[value.index()] {
            Origin::Nowhere => {}
            Origin::Inst(block, inst) => function.blocks[block].insts[inst].op.visit_operands(|value| work.push(value)),
            Origin::Param(block, position) => {
                for (pred, number) in &passed[block] {
                    work.push(function.blocks[*pred].end.targets()[*number].args[position]);
                }
            }
        }
    }
    live
}

/// Parameters that get one and the same value from everywhere become that value, which dominates the block since it
/// does all ways into it.
pub(super) fn replace_single_params(_: &mut Context<'_>, function: &mut Function) -> bool {
    let mut args: Vec<Vec<Option<Value>>> =
        function.blocks.iter().map(|block| vec![None; block.params.len()]).collect();
    let mut several: Vec<Vec<bool>> = function.blocks.iter().map(|block| vec![false; block.params.len()]).collect();
    for target in function.blocks.iter().flat_map(|block| block.end.targets()) {
        let index = target.block.index();
        for (position, arg) in target.args.iter().enumerate() {
            if function.blocks[index].params[position] == *arg {
                continue;
            }
            let known = args[index][position].get_or_insert(*arg);
            several[index][position] |= known != arg;
        }
    }
    let mut replacements = Replacements::new(function);
    retain_params(function, |(block, position), param| {
        let (Some(arg), false) = (args[block][position], several[block][position]) else { return true };
        // Two parameters may stand for each other: then the second stays, for the next round.
        let cycle = replacements.find(arg) == param;
        if !cycle {
            replacements.insert(param, arg);
        }
        cycle
    });
    replace(function, &replacements)
}

/// Removes parameters of blocks, given by block, position and value, and what is passed for them; whether there were
/// any.
pub(super) fn retain_params(function: &mut Function, mut keep: impl FnMut((usize, usize), Value) -> bool) -> bool {
    let mut any = false;
    let mut kept: Vec<Vec<bool>> = Vec::with_capacity(function.blocks.len());
    for (index, block) in function.blocks.iter_mut().enumerate() {
        let keep: Vec<bool> =
            block.params.iter().enumerate().map(|(position, param)| keep((index, position), *param)).collect();
        any |= keep.contains(&false);
        retain(&mut block.params, &keep);
        kept.push(keep);
    }
    if any {
        for block in &mut function.blocks {
            block.end.visit_targets_mut(|target| retain(&mut target.args, &kept[target.block.index()]));
        }
    }
    any
}

fn retain(values: &mut Vec<Value>, keep: &[bool]) {
    let mut keep = keep.iter();
    values.retain(|_| keep.next() == Some(&true));
}

/// Strings live as long as they are used: `Release` says so only to those who do not look, and would keep passes from
/// using a string again.
pub(super) fn remove_releases(_: &mut Context<'_>, function: &mut Function) -> bool {
    for block in &mut function.blocks {
        block.insts.retain(|inst| inst.op != Op::Release);
    }
    false
}

/// Renumbers values in the order of their definitions, without holes.
pub(super) fn compact_values(_: &mut Context<'_>, function: &mut Function) -> bool {
    let mut numbers: Vec<Option<Value>> = vec![None; function.values.len()];
    let mut types: Vec<Type> = Vec::new();
    for block in &mut function.blocks {
        let results = block.insts.iter_mut().filter_map(|inst| inst.result.as_mut());
        for value in block.params.iter_mut().chain(results) {
            types.push(function.values[value.index()]);
            let number = Value::new(types.len() - 1);
            numbers[value.index()] = Some(number);
            *value = number;
        }
    }
    let map = |value: Value| numbers[value.index()].unwrap_or(value);
    for block in &mut function.blocks {
        block.insts.iter_mut().for_each(|inst| inst.op.map_operands(map));
        block.end.map_operands(map);
    }
    let changed = types.len() != function.values.len();
    function.values = types;
    changed
}
