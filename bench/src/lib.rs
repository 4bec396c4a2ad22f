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
pub mod machines;
pub mod many;
pub mod measure;
pub mod readme;
pub mod scale;
pub mod table;
pub mod works;

use spile_vm_lab::{Cell, Progress};

use crate::engines::Engine;
use crate::machines::Machines;
use crate::scale::{CPUS, Group, MEASUREMENTS};
use crate::table::{Report, Row, Value};
use crate::works::Work;

/// Measures works on a cell, with these engines, in one boot.
pub fn works(cell: Cell, works: &[&'static Work], engines: &[Engine], progress: &dyn Progress) -> Report {
    let mut machines = Machines::new(cell, 1, engines, progress);
    let mut rows = Vec::new();
    for work in works {
        let mut row = Row::of_work(work, cell);
        for engine in engines {
            let what = format!("{} by {}", work.key, engine.name());
            row.set(*engine, Value::of(machines.measure(&what, |machine| engine.measure(machine, work))));
        }
        rows.push(row);
    }
    Report { rows, complaints: machines.finish() }
}

/// Takes figures of a cell, in one boot with several CPUs.
pub fn figures(cell: Cell, groups: &[Group], progress: &dyn Progress) -> Report {
    let mut machines = Machines::new(cell, CPUS as u32, &[], progress);
    let mut rows = Vec::new();
    for measurement in MEASUREMENTS.iter().filter(|measurement| groups.contains(&measurement.group)) {
        let what = measurement.figures.iter().map(|figure| figure.name).collect::<Vec<_>>().join("; ");
        let taken = machines.measure(&what, |machine| (measurement.take)(machine, progress));
        for (at, figure) in measurement.figures.iter().enumerate() {
            let mut row = Row::of_figure(figure, cell);
            row.set(Engine::Spile, Value::of(taken.clone().map(|numbers| numbers[at])));
            rows.push(row);
        }
    }
    Report { rows, complaints: machines.finish() }
}
