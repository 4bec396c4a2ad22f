// SPDX-License-Identifier: MIT OR Apache-2.0
//! Trampolines: code that the kernel calls where probes are, and that runs the handlers of a site.
//!
//! They are encoded here, not by Cranelift, which knows neither per-CPU accesses nor how to save just the registers that
//! a traced function's arguments are in. A trampoline keeps preemption off, takes a context from the CPU's stack of them,
//! and runs the chain of handlers; then it gives the context back, puts the arguments back, and returns to the function.
//! One that returns in the function's stead calls the function in between. See `struct spile_trampoline`.
//!
//! Functions with the same chain share one trampoline, since the kernel is asked to call it for all of them at once.

mod aarch64;
mod chain;
mod x86_64;

use std::mem::offset_of;

use spile_abi as abi;

pub use chain::{Chains, needs_registers, plan};

use crate::isa::LANDING_PAD;
use crate::link::{Section, SectionId, Target};
use crate::{Arch, Error};

/// How a trampoline is called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Place {
    /// At a function's entry.
    Entry,
    /// At a function's entry, and it returns in the function's stead.
    EntryAndReturn,
    /// By a tracepoint.
    Tracepoint,
}

/// What a handler does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Work {
    /// Nothing but count as a hit.
    Nothing,
    /// Adds a small number to a counter, at this offset of the context's part.
    Add { offset: u32, number: u32 },
    /// What its code does.
    Run(SectionId),
}

/// A handler in a chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Step {
    /// Its probe's place in the chain.
    position: u32,
    /// Its probe, if that is always the same, or nobody asks: then hits of all sites count as the first's. Else the row has it.
    probe: Option<u32>,
    /// Whether the handler wants to be told the probe.
    tells: bool,
    /// Whether it counts as a hit: all but what a return probe does at the entry.
    counts: bool,
    /// What it does.
    work: Work,
    /// Offset in bytes, in the area of entry words, of its probe's, and how many.
    words: Option<(u32, u32)>,
}

/// What a trampoline is to do.
#[derive(Debug)]
struct Plan {
    place: Place,
    /// Argument words that are saved, and for functions put back.
    saved: u32,
    /// Whether handlers at the entry read arguments, handlers at the return the result, and either of them the current task.
    reads_arguments: bool,
    reads_result: bool,
    reads_task: [bool; 2],
    /// What runs at the entry.
    entry: Vec<Step>,
    /// What runs at the return.
    exit: Vec<Step>,
    /// How the row is found, where several functions share the trampoline and something asks which it is.
    rows: Option<Rows>,
    /// Words that return probes keep from entry to return, all together.
    entry_words: u32,
}

/// The rows of a trampoline.
#[derive(Clone, Copy, Debug)]
struct Rows {
    log2: u32,
    /// Of the first, from `spile_ctx.rows`.
    offset: u32,
    /// Of one row.
    bytes: u32,
}

impl Plan {
    fn returns(&self) -> bool {
        self.place == Place::EntryAndReturn
    }

    /// Whether the context is needed again: behind a handler's code, or behind the function.
    fn keeps_context(&self) -> bool {
        self.returns() || Self::runs(&self.entry)
    }

    /// Whether the row is needed again when the first step has begun, or in other code.
    fn keeps_row(&self) -> bool {
        self.rows.is_some() && (self.entry.len() != 1 || !self.exit.is_empty())
    }

    /// Whether any of some handlers has code.
    fn runs(steps: &[Step]) -> bool {
        steps.iter().any(|step| matches!(step.work, Work::Run(_)))
    }
}

/// Code that seldom runs, and is emitted behind the rest; it begins at one label and goes on at another.
enum Cold<Label> {
    /// No context is free.
    Skipped { from: Label, to: Label },
    /// The session is not running.
    Stopped { from: Label, to: Label },
    /// No context is free at the return.
    LostReturn { from: Label, to: Label },
    /// A task waits for the processor.
    Resched { from: Label, to: Label },
    /// Runs a handler between two looks at the clock.
    Timed { from: Label, to: Label, code: SectionId },
    /// Another row, unless this one is free.
    NextRow { from: Label, to: Label, unknown: Label, rows: Rows },
}

/// Offsets in a trampoline's frame, upwards from the stack pointer.
struct Frame {
    /// The context of the hit, as long as handlers run.
    context: u32,
    row: u32,
    cycles: u32,
    /// The function's result, two words.
    result: u32,
    entry_words: u32,
    size: u32,
}

impl Frame {
    /// Arguments come first, so that their address is the stack pointer.
    fn new(plan: &Plan) -> Self {
        let mut size = plan.saved * 8;
        let mut take = |words: u32| {
            let offset = size;
            size += words * 8;
            offset
        };
        let runs = Plan::runs(&plan.entry) || Plan::runs(&plan.exit);
        let context = take(u32::from(plan.keeps_context()));
        let row = take(u32::from(plan.keeps_row()));
        let cycles = take(u32::from(runs));
        let result = take(if plan.returns() { 2 } else { 0 });
        let entry_words = take(plan.entry_words);
        Self { context, row, cycles, result, entry_words, size: size.next_multiple_of(16) }
    }
}

/// Where trampolines call a handler: behind the landing pad, which is for calls through pointers.
fn entry_of(code: SectionId) -> Target {
    Target::Section(code, LANDING_PAD)
}

/// A trampoline's code.
fn section(arch: Arch, plan: &Plan) -> Result<Section, Error> {
    match arch {
        Arch::X86_64 => x86_64::section(plan)
            .map_err(|error| Error::Codegen { function: "trampoline".to_owned(), message: error.to_string() }),
        Arch::Aarch64 => Ok(aarch64::section(plan)),
    }
}

/// Offsets of `struct spile_ctx`.
macro_rules! fields {
    ($($name:ident = $field:ident;)*) => {
        $(const $name: u32 = offset_of!(abi::spile_ctx, $field) as u32;)*
    };
}

fields! {
    NEXT = next;
    STATE = state;
    HITS = hits;
    PART = part;
    ROWS = rows;
    PROBE = probe;
    ARGS = args;
    ENTRY = entry;
    RESULT = result;
    TASK = task;
    CALLS = calls;
    RETURNS = returns;
    LOST_RETURNS = lost_returns;
    SAMPLE = sample;
}
