// SPDX-License-Identifier: MIT OR Apache-2.0
//! The flow of values: each is defined on every path to its uses, and no string is used after it was released.

use super::function::{Checker, name};
use crate::{Block, Function, Op, Type, Value};

/// What is known at the beginning of a block, over all paths to it, of the values that more than one block uses.
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
}

/// The values that are used outside of the block that defines them. Most are not, and need no place in each block's state.
struct Shared {
    /// The place of each value in a state.
    places: Vec<Option<usize>>,
    /// Which of the places are strings.
    strings: Vec<bool>,
}

impl Shared {
    fn of(function: &Function) -> Self {
        let mut home = vec![None; function.values.len()];
        let mut places = vec![None; function.values.len()];
        let mut strings = Vec::new();
        for (index, block) in function.blocks.iter().enumerate() {
            let results = block.insts.iter().filter_map(|inst| inst.result);
            block.params.iter().copied().chain(results).for_each(|value| home[value.index()] = Some(index));
        }
        for (index, block) in function.blocks.iter().enumerate() {
            let mut note = |value: Value| {
                let place = &mut places[value.index()];
                if home[value.index()] != Some(index) && place.is_none() {
                    *place = Some(strings.len());
                    strings.push(function.values[value.index()] == Type::Str);
                }
            };
            block.insts.iter().for_each(|inst| inst.op.visit_operands(&mut note));
            block.end.operands().into_iter().for_each(note);
        }
        Self { places, strings }
    }

    fn define(&self, state: &mut State, value: Value) {
        if let Some(place) = self.places[value.index()] {
            state.defined[place] = true;
            state.released[place] = false;
        }
    }

    /// All strings die; those that are not yet defined will come to life by their definition.
    fn release(&self, state: &mut State) {
        for (released, is_string) in state.released.iter_mut().zip(&self.strings) {
            *released |= is_string;
        }
    }

    fn step(&self, state: &mut State, op: &Op, result: Option<Value>) {
        if *op == Op::Release {
            self.release(state);
        }
        result.iter().for_each(|value| self.define(state, *value));
    }
}

/// What the walk through one block knows of the values that no other block uses.
struct Here {
    /// When each value was last defined, in steps of the walk.
    born: Vec<u64>,
    now: u64,
    /// When the block began.
    begun: u64,
    /// When strings were last released in it.
    released: u64,
}

impl Here {
    fn enter(&mut self) {
        (self.begun, self.released) = (self.now, self.now);
        self.now += 1;
    }

    fn define(&mut self, value: Value) {
        self.born[value.index()] = self.now;
    }

    fn step(&mut self, op: &Op, result: Option<Value>) {
        self.now += 1;
        if *op == Op::Release {
            self.released = self.now;
        }
        result.iter().for_each(|value| self.define(*value));
    }

    fn is_defined(&self, value: Value) -> bool {
        self.born[value.index()] > self.begun
    }

    fn is_released(&self, value: Value) -> bool {
        self.born[value.index()] <= self.released
    }
}

/// Checks all uses.
pub(super) fn check(checker: &mut Checker<'_>) {
    let function = checker.function;
    let shared = Shared::of(function);
    let mut here = Here { born: vec![0; function.values.len()], now: 0, begun: 0, released: 0 };
    for (index, (block, state)) in function.blocks.iter().zip(solve(function, &shared)).enumerate() {
        let Some(mut state) = state else { continue };
        here.enter();
        for value in &block.params {
            shared.define(&mut state, *value);
            here.define(*value);
        }
        for (number, inst) in block.insts.iter().enumerate() {
            checker.place = Some((index, Some(number)));
            check_uses(checker, (&shared, &state, &here), &inst.op.operands());
            shared.step(&mut state, &inst.op, inst.result);
            here.step(&inst.op, inst.result);
        }
        checker.place = Some((index, Some(block.insts.len())));
        check_uses(checker, (&shared, &state, &here), &block.end.operands());
    }
}

fn check_uses(checker: &mut Checker<'_>, (shared, state, here): (&Shared, &State, &Here), values: &[Value]) {
    for value in values {
        let is_string = checker.function.values[value.index()] == Type::Str;
        let (defined, released) = match shared.places[value.index()] {
            Some(place) => (state.defined[place], state.released[place]),
            None => (here.is_defined(*value), is_string && here.is_released(*value)),
        };
        if !defined {
            checker.error(format!("v{} is not defined on every path to its use", value.0));
        } else if released {
            checker.error(format!("v{}, {}, is used after its release", value.0, name(Type::Str)));
        }
    }
}

/// States at the beginning of each block, before its parameters; none where it is not reached.
fn solve(function: &Function, shared: &Shared) -> Vec<Option<State>> {
    let mut states: Vec<Option<State>> = vec![None; function.blocks.len()];
    states[0] = Some(State::entry(shared.strings.len()));
    let mut work = vec![0];
    while let Some(index) = work.pop() {
        let block = &function.blocks[index];
        let Some(state) = states[index].clone() else { continue };
        flow_block(shared, block, state, |next, state| match &mut states[next] {
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
fn flow_block(shared: &Shared, block: &Block, mut state: State, mut exit: impl FnMut(usize, &State)) {
    block.params.iter().for_each(|value| shared.define(&mut state, *value));
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
        shared.step(&mut state, &inst.op, inst.result);
    }
    block.end.targets().iter().for_each(|target| exit(target.block.index(), &state));
}
