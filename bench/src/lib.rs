// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a hit costs, in guest instructions: `ci/bench`.
//!
//! A machine runs under QEMU's `-icount shift=0`, where a nanosecond of the guest's clock is an instruction. A program in
//! it reads one byte of `/dev/zero` many times; the fastest of its rounds counts, since interrupts only ever add. The cost
//! of a hit is the difference to the same rounds without a probe, in the same boot, divided by the calls.
//!
//! The same work is done by Spile; by a C module on the same attachment, written by hand ([`engines::Engine::Floor`],
//! `bench/floor/`); by BPF programs (`bench/bpf/`); and by bpftrace. Whoever counts has to arrive at the number of
//! calls, or the row is an error.

pub mod bpftrace;
pub mod engines;
pub mod guest;
pub mod many;
pub mod measure;
pub mod readme;
pub mod scale;
pub mod table;
pub mod works;

use anyhow::Result;
use spile_vm_lab::{Cell, Progress};

use crate::engines::Engine;
use crate::measure::Machine;
use crate::table::{Row, Value};
use crate::works::Work;

/// Measures works on a cell, with these engines, in one boot.
pub fn run(cell: Cell, works: &[&'static Work], engines: &[Engine], progress: &dyn Progress) -> Result<Vec<Row>> {
    let mut machine = Machine::start(cell, engines, progress)?;
    let mut rows = Vec::new();
    for work in works {
        let mut row = Row::new(work, cell);
        for engine in engines {
            progress.step(&format!("{}: {} by {}", cell.name(), work.key, engine.name()));
            // One engine that fails must not cost the others' numbers.
            let measured = engine.measure(&mut machine, work);
            row.set(*engine, measured.unwrap_or_else(|error| Value::Failed(format!("{error:#}"))));
        }
        rows.push(row);
    }
    progress.idle();
    machine.finish()?;
    Ok(rows)
}
