// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shape of the control-flow graph.

use super::{Context, Replacements, replace};
use crate::{Block, BlockId, Function, Op, Target, Terminator};

fn can_fail(block: &Block) -> bool {
    block.insts.iter().any(|inst| inst.op.can_fail())
}

/// Removes blocks that nothing reaches, and catch blocks where nothing can fail.
pub(super) fn remove_unreachable(_: &mut Context<'_>, function: &mut Function) -> bool {
    let mut changed = false;
    for block in &mut function.blocks {
        if block.catch.is_some() && !can_fail(block) {
            block.catch = None;
            changed = true;
        }
    }
    let mut reached = vec![false; function.blocks.len()];
    let mut work = vec![BlockId(0)];
    while let Some(id) = work.pop() {
        if !std::mem::replace(&mut reached[id.index()], true) {
            let block = &function.blocks[id.index()];
            work.extend(block.catch);
            work.extend(block.end.targets().iter().map(|target| target.block));
        }
    }
    if reached.iter().all(|reached| *reached) {
        return changed;
    }
    let mut n = 0;
    let numbers: Vec<BlockId> = reached
        .iter()
        .map(|reached| {
            n += u32::from(*reached);
            BlockId(n.saturating_sub(1))
        })
        .collect();
    let mut keep = reached.iter();
    function.blocks.retain(|_| keep.next() == Some(&true));
    for block in &mut function.blocks {
        block.catch = block.catch.map(|catch| numbers[catch.index()]);
        for target in block.end.targets_mut() {
            target.block = numbers[target.block.index()];
        }
    }
    true
}

/// A jump to a block that only jumps goes on to its goal; one to a block that only decides on what it is given goes on
/// where a constant leads.
pub(super) fn thread_jumps(_: &mut Context<'_>, function: &mut Function) -> bool {
    let through: Vec<Option<Target>> = function
        .blocks
        .iter()
        .enumerate()
        .map(|(index, block)| match &block.end {
            Terminator::Jump(target)
                if block.insts.is_empty() && block.params.is_empty() && target.block.index() != index =>
            {
                Some(target.clone())
            }
            _ => None,
        })
        .collect();
    let deciders = deciders(function);
    let ints = if deciders.iter().any(Option::is_some) { ints(function) } else { Vec::new() };
    let mut changed = false;
    for (index, block) in function.blocks.iter_mut().enumerate() {
        block.end.visit_targets_mut(|target| {
            let goal = target.block.index();
            let next = match &deciders[goal] {
                Some((yes, no)) => {
                    ints[target.args[0].index()].map(|int| if int != 0 { yes.clone() } else { no.clone() })
                }
                None => through[goal].clone(),
            };
            // One step in each round: a cycle of empty blocks stays one.
            if let Some(next) = next.filter(|next| next.block.index() != index) {
                changed |= *target != next;
                *target = next;
            }
        });
    }
    changed
}

/// Blocks that only branch on their one parameter, which nothing else uses, and where to.
fn deciders(function: &Function) -> Vec<Option<(Target, Target)>> {
    let mut uses = vec![0usize; function.values.len()];
    for block in &function.blocks {
        block.insts.iter().for_each(|inst| inst.op.visit_operands(|value| uses[value.index()] += 1));
        block.end.operands().iter().for_each(|value| uses[value.index()] += 1);
    }
    let decider = |block: &Block| match (&block.end, &block.params[..]) {
        (Terminator::Branch { cond, yes, no }, [param])
            if block.insts.is_empty() && cond == param && uses[param.index()] == 1 =>
        {
            Some((yes.clone(), no.clone()))
        }
        _ => None,
    };
    function.blocks.iter().map(decider).collect()
}

/// By value: the integer that it is.
fn ints(function: &Function) -> Vec<Option<i64>> {
    let mut ints = vec![None; function.values.len()];
    for inst in function.blocks.iter().flat_map(|block| &block.insts) {
        if let (Op::Int(int), Some(result)) = (&inst.op, inst.result) {
            ints[result.index()] = Some(*int);
        }
    }
    ints
}

/// Joins a block to the one that alone jumps to it.
pub(super) fn merge(_: &mut Context<'_>, function: &mut Function) -> bool {
    let mut changed = false;
    let mut replacements = Replacements::new(function);
    let mut preds = vec![0usize; function.blocks.len()];
    for block in &function.blocks {
        block.end.targets().iter().for_each(|target| preds[target.block.index()] += 1);
    }
    for index in 0..function.blocks.len() {
        while let Some((next, catch)) = mergeable(function, &preds, index) {
            let Terminator::Jump(target) = &function.blocks[index].end else { break };
            let args = target.args.clone();
            let block = &mut function.blocks[next];
            let params = std::mem::take(&mut block.params);
            let insts = std::mem::take(&mut block.insts);
            // What is left of it is unreachable; it must not count as a way to its goals.
            let default = Terminator::Jump(Target { block: BlockId::new(next), args: Vec::new() });
            let end = std::mem::replace(&mut block.end, default);
            block.catch = None;
            let first = &mut function.blocks[index];
            first.insts.extend(insts);
            first.end = end;
            first.catch = catch;
            params.into_iter().zip(args).for_each(|(param, arg)| replacements.insert(param, arg));
            changed = true;
        }
    }
    replace(function, &replacements);
    changed
}

/// The block that can be joined to one, and their catch block.
fn mergeable(function: &Function, preds: &[usize], index: usize) -> Option<(usize, Option<BlockId>)> {
    let block = &function.blocks[index];
    let Terminator::Jump(target) = &block.end else { return None };
    let next = target.block.index();
    let goal = &function.blocks[next];
    if next == 0 || next == index || preds[next] != 1 || goal.insts.first().is_some_and(|inst| inst.op == Op::Caught) {
        return None;
    }
    let catch = match (can_fail(block), can_fail(goal)) {
        (true, true) if block.catch != goal.catch => return None,
        (true, _) => block.catch,
        (false, _) => goal.catch,
    };
    Some((next, catch))
}
