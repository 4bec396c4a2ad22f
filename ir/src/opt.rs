// SPDX-License-Identifier: MIT OR Apache-2.0
//! The optimiser.
//!
//! What a program shows stays the same, with three liberties: a value that nobody uses is not computed (faults stay),
//! a global that nobody looks at is not written, and random numbers that nobody uses are not drawn. An operation that
//! can fail goes only where it is proved that it cannot, or that the same one has succeeded before. In debug builds the
//! verifier runs after each pass.
//!
//! Memory of the traced system is read as if it did not change while a handler runs, but for what the handler itself
//! writes: reading it once or twice are both right, and once is faster.
//!
//! In this order: strings are no longer released (`dead`); *tidy* rounds over each function until nothing changes;
//! budgets that cannot be exceeded go (`budget`); calls are inlined (`inline`); first rounds of loops with loads are
//! peeled (`peel`); tidy rounds again; then what the whole program does not need goes (`unused`).
//!
//! Probes on one point are not combined yet: each handler has its own budget, locks, errors
//! and name, so a combined one would be no function of the IR.

mod blocks;
mod budget;
mod calls;
mod constants;
mod dead;
mod decided;
mod effects;
mod evaluate;
mod fold;
mod graph;
mod hoist;
mod inline;
mod peel;
mod promote;
mod share;
mod unused;

use self::{effects::Summaries, evaluate::Constant};
use crate::{Format, Function, Op, Program, StrId, Value};

/// What passes may know besides the function.
struct Context<'a> {
    /// String constants.
    strings: &'a mut Vec<Vec<u8>>,
    /// Formats of print operations.
    formats: &'a [Format],
    /// Most bytes of a string.
    limit: usize,
    /// What functions change.
    summaries: &'a Summaries,
}

impl Context<'_> {
    fn constant(&mut self, constant: &Constant) -> Op {
        constant_op(self.strings, constant)
    }
}

/// The operation that gives a constant.
fn constant_op(strings: &mut Vec<Vec<u8>>, constant: &Constant) -> Op {
    match constant {
        Constant::Int(int) => Op::Int(*int),
        Constant::Str(bytes) => {
            let known = strings.iter().position(|string| **string == **bytes);
            Op::Str(StrId::new(known.unwrap_or_else(|| {
                strings.push(bytes.to_vec());
                strings.len() - 1
            })))
        }
    }
}

/// Changes a function; whether it did.
type FunctionPass = fn(&mut Context<'_>, &mut Function) -> bool;

/// Changes a program; whether it did.
type ProgramPass = fn(&mut Program) -> bool;

/// Passes over one function, in the order in which they feed each other.
const TIDY: [(&str, FunctionPass); 13] = [
    ("unreachable", blocks::remove_unreachable),
    ("promote", promote::promote),
    ("stores", promote::remove_dead_stores),
    ("constants", constants::propagate),
    ("fold", fold::simplify),
    ("thread", blocks::thread_jumps),
    ("unreachable", blocks::remove_unreachable),
    ("merge", blocks::merge),
    ("params", dead::replace_single_params),
    ("share", share::share),
    ("decide", decided::decide),
    ("hoist", hoist::hoist),
    ("dead", dead::remove_dead_values),
];

/// Passes over one function that are done once.
const ONCE: [(&str, FunctionPass); 3] =
    [("release", dead::remove_releases), ("peel", peel::peel), ("compact", dead::compact_values)];

/// Passes over a program.
const WHOLE: [(&str, ProgramPass); 6] = [
    ("budget", budget::remove_budgets),
    ("inline", inline::inline),
    ("duplicates", unused::merge_functions),
    ("functions", unused::remove_functions),
    ("globals", unused::remove_globals),
    ("aggregates", unused::reduce_aggregates),
];

/// A guard against passes that undo each other; a few rounds are the rule.
const MAX_ROUNDS: usize = 12;

/// Optimises a program that verifies.
pub fn optimise(program: &mut Program) {
    run_pass(program, "release");
    tidy(program);
    run_pass(program, "budget");
    run_pass(program, "inline");
    run_pass(program, "functions");
    tidy(program);
    if run_pass(program, "peel") {
        tidy(program);
    }
    if run_pass(program, "globals") {
        tidy(program);
    }
    run_pass(program, "aggregates");
    // Numbers of values are part of what duplicates have in common.
    run_pass(program, "compact");
    run_pass(program, "duplicates");
    run_pass(program, "functions");
}

/// The names of all passes, for [`run_pass`].
pub fn passes() -> impl Iterator<Item = &'static str> {
    let of_functions = ONCE.iter().chain(&TIDY).map(|(name, _)| *name);
    of_functions.chain(WHOLE.iter().map(|(name, _)| *name))
}

/// Runs one pass of the optimiser, by its name; whether it changed the program, or there is one. Passes that use strings
/// again rely on `release` having run.
pub fn run_pass(program: &mut Program, name: &str) -> bool {
    let changed = if let Some((_, pass)) = WHOLE.iter().find(|(known, _)| *known == name) {
        pass(program)
    } else if let Some((_, pass)) = ONCE.iter().chain(&TIDY).find(|(known, _)| *known == name) {
        let mut dirty = vec![true; program.functions.len()];
        each(program, *pass, &mut dirty)
    } else {
        false
    };
    check(program, name);
    changed
}

/// Runs the passes over functions until none changes anything.
fn tidy(program: &mut Program) {
    let mut dirty = vec![true; program.functions.len()];
    for _ in 0..MAX_ROUNDS {
        let mut changed = vec![false; program.functions.len()];
        for (name, pass) in TIDY {
            let mut now = dirty.clone();
            if each(program, pass, &mut now) {
                changed.iter_mut().zip(now).for_each(|(changed, now)| *changed |= now);
                check(program, name);
            }
        }
        dirty = changed;
        if !dirty.contains(&true) {
            break;
        }
    }
}

/// Runs a pass over those functions that `dirty` says, and leaves there which it changed; whether there are any.
fn each(program: &mut Program, pass: FunctionPass, dirty: &mut [bool]) -> bool {
    let summaries = Summaries::new(program);
    let Program { functions, strings, formats, limits, .. } = program;
    let limit = (limits.max_string as usize).saturating_sub(1);
    let mut context = Context { strings, formats, limit, summaries: &summaries };
    for (function, dirty) in functions.iter_mut().zip(&mut *dirty).filter(|(_, dirty)| **dirty) {
        *dirty = pass(&mut context, function);
    }
    dirty.contains(&true)
}

#[cfg(debug_assertions)]
fn check(program: &Program, pass: &str) {
    if let Err(errors) = crate::verify(program) {
        panic!("pass {pass} broke the program: {}\n{program}", errors[0]);
    }
}

#[cfg(not(debug_assertions))]
fn check(_: &Program, _: &str) {}

/// Values that stand for others, by `Value`.
struct Replacements {
    by: Vec<Option<Value>>,
    any: bool,
}

impl Replacements {
    fn new(function: &Function) -> Self {
        Self { by: vec![None; function.values.len()], any: false }
    }

    /// Uses another value in place of one, unless that stands for it already: values may go round in a circle that
    /// nothing reaches.
    fn insert(&mut self, value: Value, other: Value) {
        let other = self.find(other);
        if let Some(by) = self.by.get_mut(value.index()).filter(|_| other != value) {
            *by = Some(other);
            self.any = true;
        }
    }

    /// What stands for a value, in the end. Values made meanwhile stand for themselves.
    fn find(&self, mut value: Value) -> Value {
        while let Some(Some(other)) = self.by.get(value.index()) {
            value = *other;
        }
        value
    }
}

/// Uses other values in place of some; whether there were any to be replaced.
fn replace(function: &mut Function, replacements: &Replacements) -> bool {
    if !replacements.any {
        return false;
    }
    let mut changed = false;
    let mut map = |value: Value| {
        let other = replacements.find(value);
        changed |= other != value;
        other
    };
    for block in &mut function.blocks {
        block.insts.iter_mut().for_each(|inst| inst.op.map_operands(&mut map));
        block.end.map_operands(&mut map);
    }
    changed
}
