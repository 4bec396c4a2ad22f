// SPDX-License-Identifier: MIT OR Apache-2.0
//! The verifier: what every program must satisfy before it is interpreted or compiled.
//!
//! **Program**
//! - Every number of a global, function, format, string, file or location is in range of its table.
//! - Strings (constants, initial values) have no NUL byte. A location's file exists; lines and columns count from 1.
//! - Arrays have at least one key. A linear histogram has `step > 0`, `high > low` and at most 128 buckets; a
//!   variance shift is at most 62. `max_string` is at least 2.
//! - Handlers and entry handlers are functions without parameters and result, and nobody calls them. Only return
//!   probes have an entry handler; entry words are at most 32.
//!
//! **Structure of a function**
//! - There is at least one block. The first is the entry: it has no parameters, and nothing jumps to it.
//! - Every jump passes as many arguments as its block has parameters, of the same types.
//! - A catch block has no parameters, begins with `Caught`, and is reached by failures only; `Caught` is nowhere
//!   else.
//! - Parameters are the first locals.
//!
//! **Values**
//! - Each value is defined once, by a block parameter or an instruction, and is defined on every path to each of its
//!   uses. (A failure leaves a block between two instructions: the catch block sees what is defined before the first
//!   that can fail.)
//! - Operands, results, conditions (integers) and returned values have the types that their operations ask for.
//! - No string is used after a `Release` that follows its definition on some path.
//!
//! **Operations**
//! - The global of an operation has the kind that it works on; keys match in number and type; what is read of an
//!   aggregate is kept by it.
//! - Calls match their function, intrinsics their signature, print arguments their format.
//! - Loads and stores have 1, 2, 4 or 8 bytes.
//! - `EntrySet` is in entry handlers only, `EntryGet` in handlers of return probes with an entry handler and in what only they
//!   call, below the probe's number of entry words.

mod flow;
mod function;
mod operation;

use std::fmt;

use crate::{FuncId, Function, GlobalKind, Hist, MapSpec, MapValue, Op, Probe, ProbeKind, Program, StatSpec, Type};

/// Most buckets of a linear histogram, those outside not counted.
pub const MAX_LINEAR_BUCKETS: i64 = 128;

/// A broken invariant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct VerifyError {
    /// The function's name, where the error is in one.
    pub function: Option<String>,
    /// Block and instruction (one past the last: the terminator), where the error is at one.
    pub place: Option<(usize, Option<usize>)>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(function) = &self.function {
            write!(f, "function {function:?}: ")?;
        }
        match self.place {
            Some((block, Some(inst))) => write!(f, "block{block}, instruction {inst}: ")?,
            Some((block, None)) => write!(f, "block{block}: ")?,
            None => {}
        }
        f.write_str(&self.message)
    }
}

/// Checks a program; all errors that were found.
pub fn verify(program: &Program) -> Result<(), Vec<VerifyError>> {
    let mut errors = Vec::new();
    verify_tables(program, &mut errors);
    for probe in &program.probes {
        verify_probe(program, probe, &mut errors);
    }
    for (index, function) in program.functions.iter().enumerate() {
        function::verify(program, FuncId::new(index), function, &mut errors);
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn error(errors: &mut Vec<VerifyError>, message: String) {
    errors.push(VerifyError { function: None, place: None, message });
}

fn verify_tables(program: &Program, errors: &mut Vec<VerifyError>) {
    if program.limits.max_string < 2 {
        error(errors, format!("max_string is {}: there is no room for a string", program.limits.max_string));
    }
    for (index, string) in program.strings.iter().enumerate() {
        if string.contains(&0) {
            error(errors, format!("string {index} has a NUL byte"));
        }
    }
    for (index, location) in program.locations.iter().enumerate() {
        if location.file.index() >= program.files.len() {
            error(errors, format!("location {index}: no such file {}", location.file.0));
        }
        if location.line == 0 || location.column == 0 {
            error(errors, format!("location {index}: lines and columns count from 1"));
        }
    }
    for global in &program.globals {
        let problem = match &global.kind {
            GlobalKind::Int(_) => None,
            GlobalKind::Str(initial) => initial.contains(&0).then_some("initial value has a NUL byte"),
            GlobalKind::Stat(spec) => stat_problem(spec),
            GlobalKind::Map(map) => map_problem(map),
        };
        if let Some(problem) = problem {
            error(errors, format!("global {:?}: {problem}", global.name));
        }
    }
}

fn map_problem(map: &MapSpec) -> Option<&'static str> {
    if map.keys.is_empty() {
        return Some("an array needs a key");
    }
    match &map.value {
        MapValue::Stat(spec) => stat_problem(spec),
        MapValue::Int | MapValue::Str => None,
    }
}

fn stat_problem(spec: &StatSpec) -> Option<&'static str> {
    if spec.variance.is_some_and(|shift| shift > 62) {
        return Some("the variance shift is at most 62");
    }
    match spec.hist {
        Hist::Linear { step, .. } if step <= 0 => Some("the step of a histogram must be positive"),
        Hist::Linear { low, high, .. } if high < low => Some("the range of a histogram is empty"),
        Hist::Linear { low, high, step }
            if (i128::from(high) - i128::from(low)) / i128::from(step) > i128::from(MAX_LINEAR_BUCKETS) =>
        {
            Some("a histogram has at most 128 buckets")
        }
        Hist::Linear { .. } | Hist::Log | Hist::None => None,
    }
}

fn verify_probe(program: &Program, probe: &Probe, errors: &mut Vec<VerifyError>) {
    for handler in [Some(probe.handler), probe.entry].into_iter().flatten() {
        let problem = match program.functions.get(handler.index()) {
            None => "no such function",
            Some(Function { params, result: None, .. }) if params.is_empty() => continue,
            Some(_) => "a handler has no parameters and no result",
        };
        error(errors, format!("probe {:?}: function {}: {problem}", probe.name, handler.0));
    }
    if probe.loc.0 != 0 && probe.loc.index() >= program.locations.len() {
        error(errors, format!("probe {:?}: there is no location {}", probe.name, probe.loc.0));
    }
    if probe.entry.is_some() && !matches!(probe.kind, ProbeKind::Return { .. }) {
        error(errors, format!("probe {:?}: only return probes have an entry handler", probe.name));
    }
    if probe.entry.is_none() && probe.entry_words > 0 {
        error(errors, format!("probe {:?}: entry words without an entry handler", probe.name));
    }
    if let Some(condition) = probe.condition {
        let fits = |function: &Function| function.params.is_empty() && function.result == Some(Type::Int);
        if !program.functions.get(condition.index()).is_some_and(fits) || is_handler(program, condition) {
            error(
                errors,
                format!("probe {:?}: a condition is a function without parameters to an integer", probe.name),
            );
        }
    }
    if probe.entry_words > 32 {
        error(errors, format!("probe {:?}: at most 32 entry words", probe.name));
    }
}

/// How many entry words a function may store and load, through the probes it handles or is called from.
fn entry_words(program: &Program, id: FuncId) -> (u32, u32) {
    let least = |all: &mut dyn Iterator<Item = u32>| all.min().unwrap_or(0);
    let sets = least(&mut program.probes.iter().filter(|probe| probe.entry == Some(id)).map(|probe| probe.entry_words));
    if !ops(program, id).any(|op| matches!(op, Op::EntryGet(_))) {
        return (sets, 0);
    }
    let reaching = program.probes.iter().filter_map(|probe| {
        let at_entry = probe.entry.is_some_and(|entry| reaches(program, entry, id));
        let words = if at_entry { 0 } else { probe.entry_words };
        (at_entry || reaches(program, probe.handler, id)).then_some(words)
    });
    // What nothing calls any more does no harm.
    (sets, reaching.min().unwrap_or(u32::MAX))
}

/// Whether a function is another one, or calls it directly or not.
fn reaches(program: &Program, from: FuncId, goal: FuncId) -> bool {
    let mut seen = vec![from];
    let mut next = 0;
    while let Some(id) = seen.get(next).copied() {
        if id == goal {
            return true;
        }
        next += 1;
        for op in ops(program, id) {
            if let Op::Call(callee, _) = op
                && !seen.contains(callee)
            {
                seen.push(*callee);
            }
        }
    }
    false
}

/// All operations of a function.
fn ops(program: &Program, id: FuncId) -> impl Iterator<Item = &Op> {
    let blocks = program.functions.get(id.index()).map_or(&[][..], |function| &function.blocks);
    blocks.iter().flat_map(|block| block.insts.iter().map(|inst| &inst.op))
}

/// Whether a function is a handler of some probe.
fn is_handler(program: &Program, id: FuncId) -> bool {
    program.probes.iter().any(|probe| probe.handler == id || probe.entry == Some(id))
}

/// Whether a block begins as a catch block.
fn begins_caught(block: &crate::Block) -> bool {
    block.insts.first().is_some_and(|inst| inst.op == Op::Caught)
}
