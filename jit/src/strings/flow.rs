// SPDX-License-Identifier: MIT OR Apache-2.0
//! Liveness of slots, and which may be the same.

use std::collections::BTreeSet;

use spile_ir as ir;

/// Where a value is used.
#[derive(Clone, Copy, Default, Debug)]
pub struct Uses {
    /// The one block with all uses, and the last of them: an instruction's index, or their number for the terminator.
    only: Option<(usize, usize)>,
    /// It is used in several blocks, or passed to one.
    far: bool,
}

impl Uses {
    /// The index of the last instruction that uses it, if all uses are in this block.
    pub fn within(self, block: usize) -> Option<usize> {
        match self.only {
            _ if self.far => None,
            None => Some(0),
            Some((home, last)) => (home == block).then_some(last),
        }
    }

    fn add(&mut self, block: usize, index: usize) {
        self.far |= self.only.is_some_and(|(home, _)| home != block);
        self.only = Some((block, index));
    }
}

/// The uses of all values.
pub fn uses(function: &ir::Function) -> Vec<Uses> {
    let mut uses = vec![Uses::default(); function.values.len()];
    for (index, block) in function.blocks.iter().enumerate() {
        for (position, inst) in block.insts.iter().enumerate() {
            for operand in inst.op.operands() {
                uses[operand.index()].add(index, position);
            }
        }
        if let ir::Terminator::Return(Some(value)) = &block.end {
            // The last instruction is the last that can come in between.
            uses[value.index()].add(index, block.insts.len().saturating_sub(1));
        }
        for passed in targets(&block.end).into_iter().flat_map(|target| &target.args) {
            uses[passed.index()].far = true;
        }
    }
    uses
}

fn targets(end: &ir::Terminator) -> Vec<&ir::Target> {
    match end {
        ir::Terminator::Jump(target) => vec![target],
        ir::Terminator::Branch { yes, no, .. } => vec![yes, no],
        ir::Terminator::Return(_) => vec![],
    }
}

/// Gives each owner a colour, such that two that are alive together differ.
pub fn colour(function: &ir::Function, owners: &[bool]) -> Vec<Option<u32>> {
    let mut colours = vec![None; owners.len()];
    if !owners.contains(&true) {
        return colours;
    }
    let conflicts = Flow::new(function, owners).conflicts();
    for value in (0..owners.len()).filter(|value| owners[*value]) {
        let taken: BTreeSet<u32> = conflicts[value].iter().filter_map(|other| colours[*other]).collect();
        colours[value] = (0..).find(|colour| !taken.contains(colour));
    }
    colours
}

type Set = BTreeSet<usize>;

struct Flow<'a> {
    function: &'a ir::Function,
    owners: &'a [bool],
    /// By value: the owners whose slot it may be in.
    holders: Vec<Set>,
}

impl<'a> Flow<'a> {
    fn new(function: &'a ir::Function, owners: &'a [bool]) -> Self {
        let mut holders: Vec<Set> =
            owners.iter().enumerate().map(|(value, owner)| owner.then_some(value).into_iter().collect()).collect();
        loop {
            let mut changed = false;
            for target in function.blocks.iter().flat_map(|block| targets(&block.end)) {
                let params = &function.blocks[target.block.index()].params;
                for (param, arg) in params.iter().zip(&target.args) {
                    let more = holders[arg.index()].clone();
                    let known = holders[param.index()].len();
                    holders[param.index()].extend(more);
                    changed |= holders[param.index()].len() != known;
                }
            }
            if !changed {
                return Self { function, owners, holders };
            }
        }
    }

    /// By owner: the owners that are alive where it is made.
    fn conflicts(&self) -> Vec<Set> {
        let mut live_in = vec![Set::new(); self.function.blocks.len()];
        loop {
            let mut changed = false;
            for index in (0..self.function.blocks.len()).rev() {
                let live = self.block(index, &live_in, &mut |_, _| ());
                changed |= live != live_in[index];
                live_in[index] = live;
            }
            if !changed {
                break;
            }
        }
        let mut conflicts = vec![Set::new(); self.owners.len()];
        for index in 0..self.function.blocks.len() {
            self.block(index, &live_in, &mut |made, live| {
                for &other in live.iter().filter(|other| **other != made) {
                    conflicts[made].insert(other);
                    conflicts[other].insert(made);
                }
            });
        }
        conflicts
    }

    /// Goes through a block backwards. `visit` sees each owner where it is made, with all that are alive
    /// then or are operands of the same instruction.
    fn block(&self, index: usize, live_in: &[Set], visit: &mut dyn FnMut(usize, &Set)) -> Set {
        let block = &self.function.blocks[index];
        let mut live = Set::new();
        for target in targets(&block.end) {
            live.extend(&live_in[target.block.index()]);
            live.extend(target.args.iter().flat_map(|arg| &self.holders[arg.index()]));
        }
        if let ir::Terminator::Return(Some(value)) = &block.end {
            live.extend(&self.holders[value.index()]);
        }
        for inst in block.insts.iter().rev() {
            if let Some(catch) = block.catch.filter(|_| inst.op.can_fail()) {
                live.extend(&live_in[catch.index()]);
            }
            let made = inst.result.map(ir::Value::index).filter(|value| self.owners[*value]);
            let operands = inst.op.operands();
            let used = operands.iter().flat_map(|operand| &self.holders[operand.index()]);
            if let Some(made) = made {
                let mut around = live.clone();
                around.extend(used.clone());
                visit(made, &around);
                live.remove(&made);
            }
            live.extend(used);
        }
        live
    }
}
