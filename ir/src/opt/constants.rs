// SPDX-License-Identifier: MIT OR Apache-2.0
//! Conditional constant propagation: which values are the same in every run, given that only branches which can be
//! taken are.
//!
//! All values begin as *unknown* and all blocks as unreached. Reaching a block evaluates its operations; a value that is
//! found to be two things *varies*. So a variable that a loop does not change is a constant in the loop too, which no
//! look at one operation at a time can find. An operation becomes a constant only where evaluating it cannot fail.

use super::{
    Context, dead,
    evaluate::{Constant, evaluate},
};
use crate::{Function, Inst, LocId, Op, Target, Terminator, Value};

/// What is known of a value.
#[derive(Clone, PartialEq, Eq)]
enum Known {
    /// Nothing has defined it yet.
    Nothing,
    Constant(Constant),
    Varies,
}

struct Solver<'a> {
    function: &'a Function,
    strings: &'a [Vec<u8>],
    limit: usize,
    known: Vec<Known>,
    reached: Vec<bool>,
    changed: bool,
}

/// Replaces what is constant, and decides branches.
pub(super) fn propagate(context: &mut Context<'_>, function: &mut Function) -> bool {
    let mut solver = Solver {
        function,
        strings: context.strings,
        limit: context.limit,
        known: vec![Known::Nothing; function.values.len()],
        reached: vec![false; function.blocks.len()],
        changed: false,
    };
    solver.solve();
    let (known, reached) = (solver.known, solver.reached);
    let mut changed = false;
    for index in (0..function.blocks.len()).filter(|index| reached[*index]) {
        changed |= rewrite(context, function, index, &known);
    }
    changed | replace_params(context, function, &known)
}

impl Solver<'_> {
    fn solve(&mut self) {
        self.reached[0] = true;
        self.changed = true;
        while std::mem::take(&mut self.changed) {
            for index in 0..self.function.blocks.len() {
                if self.reached[index] {
                    self.block(index);
                }
            }
        }
    }

    fn block(&mut self, index: usize) {
        let block = &self.function.blocks[index];
        for inst in &block.insts {
            if let Some(result) = inst.result {
                let found = self.evaluate(&inst.op);
                self.meet(result, found);
            }
        }
        if let Some(catch) = block.catch {
            self.reach(catch.index());
        }
        match &block.end {
            Terminator::Jump(target) => self.jump(target),
            Terminator::Branch { cond, yes, no } => match &self.known[cond.index()] {
                Known::Nothing => {}
                Known::Constant(Constant::Int(0)) => self.jump(no),
                Known::Constant(_) => self.jump(yes),
                Known::Varies => {
                    self.jump(yes);
                    self.jump(no);
                }
            },
            Terminator::Return(_) => {}
        }
    }

    fn evaluate(&self, op: &Op) -> Known {
        let constant = evaluate(op, self.strings, self.limit, |value| match &self.known[value.index()] {
            Known::Constant(constant) => Some(constant),
            _ => None,
        });
        if let Some(constant) = constant {
            return Known::Constant(constant);
        }
        let mut waits = false;
        op.visit_operands(|value| waits |= self.known[value.index()] == Known::Nothing);
        if waits { Known::Nothing } else { Known::Varies }
    }

    fn jump(&mut self, target: &Target) {
        let function = self.function;
        for (param, arg) in function.blocks[target.block.index()].params.iter().zip(&target.args) {
            let passed = self.known[arg.index()].clone();
            self.meet(*param, passed);
        }
        self.reach(target.block.index());
    }

    fn reach(&mut self, block: usize) {
        self.changed |= !std::mem::replace(&mut self.reached[block], true);
    }

    fn meet(&mut self, value: Value, found: Known) {
        let known = &mut self.known[value.index()];
        let met = match (&*known, found) {
            (_, Known::Nothing) | (Known::Varies, _) => return,
            (Known::Nothing, found) => found,
            (Known::Constant(a), Known::Constant(b)) if *a == b => return,
            _ => Known::Varies,
        };
        *known = met;
        self.changed = true;
    }
}

fn rewrite(context: &mut Context<'_>, function: &mut Function, index: usize, known: &[Known]) -> bool {
    let mut changed = false;
    let block = &mut function.blocks[index];
    for inst in &mut block.insts {
        let Some(result) = inst.result else { continue };
        if let Known::Constant(constant) = &known[result.index()]
            && !matches!(inst.op, Op::Int(_) | Op::Str(_))
        {
            inst.op = context.constant(constant);
            changed = true;
        }
    }
    if let Terminator::Branch { cond, yes, no } = &block.end
        && let Known::Constant(Constant::Int(cond)) = known[cond.index()]
    {
        block.end = Terminator::Jump(if cond == 0 { no.clone() } else { yes.clone() });
        changed = true;
    }
    changed
}

/// What is passed to a block and always the same is a constant there.
fn replace_params(context: &mut Context<'_>, function: &mut Function, known: &[Known]) -> bool {
    let mut constants = Vec::new();
    let changed = dead::retain_params(function, |(block, _), param| match &known[param.index()] {
        Known::Constant(constant) => {
            constants.push((block, Inst { result: Some(param), op: context.constant(constant), loc: LocId(0) }));
            false
        }
        _ => true,
    });
    for (block, inst) in constants {
        function.blocks[block].insts.insert(0, inst);
    }
    changed
}
