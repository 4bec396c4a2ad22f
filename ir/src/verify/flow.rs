// SPDX-License-Identifier: MIT OR Apache-2.0
//! The flow of values: each is defined on every path to its uses, and no string is used after it was released.

use super::function::{Checker, name};
use crate::{Block, Function, Op, Type, Value};

/// What is known at a point of a function, over all paths to it.
#[derive(Clone, PartialEq)]
struct State {
    /// Values that every path defines.
    defined: Vec<bool>,
    /// Strings that some path has released since their definition.
    released: Vec<bool>,
}

impl State {
    fn entry(values: usize) -> Self {
        Self { defined: vec![false; values], released: vec![false; values] }
    }

    /// Joins what is known on another path. Whether that changed anything.
    fn join(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (mine, other) in self.defined.iter_mut().zip(&other.defined) {
            changed |= *mine && !other;
            *mine &= other;
        }
        for (mine, other) in self.released.iter_mut().zip(&other.released) {
            changed |= !*mine && *other;
            *mine |= other;
        }
        changed
    }

    fn define(&mut self, value: Value) {
        self.defined[value.index()] = true;
        self.released[value.index()] = false;
    }

    /// All strings die; those that are not yet defined will come to life by their definition.
    fn release(&mut self, function: &Function) {
        for (released, ty) in self.released.iter_mut().zip(&function.values) {
            *released |= *ty == Type::Str;
        }
    }
}

/// Checks all uses.
pub(super) fn check(checker: &mut Checker<'_>) {
    let states = solve(checker.function);
    for (index, (block, state)) in checker.function.blocks.iter().zip(states).enumerate() {
        let Some(mut state) = state else { continue };
        block.params.iter().for_each(|value| state.define(*value));
        for (number, inst) in block.insts.iter().enumerate() {
            checker.place = Some((index, Some(number)));
            check_uses(checker, &state, &inst.op.operands());
            step(checker.function, &mut state, &inst.op, inst.result);
        }
        checker.place = Some((index, Some(block.insts.len())));
        check_uses(checker, &state, &block.end.operands());
    }
}

fn check_uses(checker: &mut Checker<'_>, state: &State, values: &[Value]) {
    for value in values {
        if !state.defined[value.index()] {
            checker.error(format!("v{} is not defined on every path to its use", value.0));
        } else if state.released[value.index()] {
            checker.error(format!("v{}, {}, is used after its release", value.0, name(Type::Str)));
        }
    }
}

/// States at the beginning of each block, before its parameters; none where it is not reached.
fn solve(function: &Function) -> Vec<Option<State>> {
    let mut states: Vec<Option<State>> = vec![None; function.blocks.len()];
    states[0] = Some(State::entry(function.values.len()));
    let mut work = vec![0];
    while let Some(index) = work.pop() {
        let block = &function.blocks[index];
        let Some(state) = states[index].clone() else { continue };
        flow_block(function, block, state, |next, state| match &mut states[next] {
            Some(known) => {
                if known.join(state) {
                    work.push(next);
                }
            }
            unknown => {
                *unknown = Some(state.clone());
                work.push(next);
            }
        });
    }
    states
}

/// Follows a block from its beginning, and gives the state at each of its exits to `exit`.
fn flow_block(function: &Function, block: &Block, mut state: State, mut exit: impl FnMut(usize, &State)) {
    block.params.iter().for_each(|value| state.define(*value));
    // Definitions only grow within a block and releases only by `Release`: failures up to the next one leave alike.
    let mut failed = false;
    for inst in &block.insts {
        if inst.op.can_fail() && !failed {
            failed = true;
            block.catch.iter().for_each(|catch| exit(catch.index(), &state));
        }
        if inst.op == Op::Release {
            failed = false;
        }
        step(function, &mut state, &inst.op, inst.result);
    }
    block.end.targets().iter().for_each(|target| exit(target.block.index(), &state));
}

fn step(function: &Function, state: &mut State, op: &Op, result: Option<Value>) {
    if *op == Op::Release {
        state.release(function);
    }
    result.iter().for_each(|value| state.define(*value));
}
