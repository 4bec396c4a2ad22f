// SPDX-License-Identifier: MIT OR Apache-2.0
//! The optimiser: passes that are safe and pay at once.
//!
//! What a program shows stays the same, with three liberties: a value that nobody uses is not computed (faults stay),
//! a global that nobody looks at is not read, and random numbers that nobody uses are not drawn. In debug builds the
//! verifier runs after each pass.

mod blocks;
mod dead;
mod fold;
mod locals;

use std::collections::HashMap;

use crate::{Function, Program, Value};

/// What passes may know besides the function.
struct Context<'a> {
    /// String constants.
    strings: &'a [Vec<u8>],
    /// Most bytes of a string.
    limit: usize,
}

/// Changes a function; whether it did.
type Pass = fn(&Context<'_>, &mut Function) -> bool;

/// In the order in which they feed each other.
const PASSES: [(&str, Pass); 8] = [
    ("fold", fold::fold),
    ("unreachable", blocks::remove_unreachable),
    ("thread", blocks::thread_jumps),
    ("params", fold::replace_constant_params),
    ("merge", blocks::merge),
    ("forward", locals::forward),
    ("stores", locals::remove_dead_stores),
    ("dead", dead::remove_dead_values),
];

/// Each round makes a program smaller or leaves it alone; this is only a guard.
const MAX_ROUNDS: usize = 16;

/// Optimises a program that verifies.
pub fn optimise(program: &mut Program) {
    for _ in 0..MAX_ROUNDS {
        let mut changed = false;
        for (name, pass) in PASSES {
            changed |= run(program, pass);
            check(program, name);
        }
        if !changed {
            break;
        }
    }
    run(program, dead::compact_values);
    check(program, "compact");
}

fn run(program: &mut Program, pass: Pass) -> bool {
    let context = Context { strings: &program.strings, limit: (program.limits.max_string as usize).saturating_sub(1) };
    let mut changed = false;
    for function in &mut program.functions {
        changed |= pass(&context, function);
    }
    changed
}

#[cfg(debug_assertions)]
fn check(program: &Program, pass: &str) {
    if let Err(errors) = crate::verify(program) {
        panic!("pass {pass} broke the program: {}\n{program}", errors[0]);
    }
}

#[cfg(not(debug_assertions))]
fn check(_: &Program, _: &str) {}

/// Values that stand for others.
type Replacements = HashMap<Value, Value>;

/// Uses other values in place of some; whether any was used. Chains are followed; there must be no cycles.
fn replace(function: &mut Function, replacements: &Replacements) -> bool {
    if replacements.is_empty() {
        return false;
    }
    let mut changed = false;
    let mut map = |value: Value| {
        let mut value = value;
        while let Some(other) = replacements.get(&value) {
            value = *other;
            changed = true;
        }
        value
    };
    for block in &mut function.blocks {
        block.insts.iter_mut().for_each(|inst| inst.op.map_operands(&mut map));
        block.end.map_operands(&mut map);
    }
    changed
}
