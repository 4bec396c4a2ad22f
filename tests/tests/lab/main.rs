// SPDX-License-Identifier: MIT OR Apache-2.0
//! Spile in real kernels. Each test boots a machine of its own, and fails if the kernel complains.

mod arming;
mod interrupts;
mod large;
mod live;
mod memory;
mod output;
mod selftest;
mod sessions;
mod soak;
mod stored;
mod stress;
mod target;

use std::process::ExitCode;

use anyhow::Result;
use libtest_mimic::{Arguments, Trial};
use spile_vm_lab::Cell;

/// Kernels that every test runs on.
const CELLS: [&str; 2] = ["debian-6.1-amd64", "debian-6.1-arm64"];

/// Kernels for those that ask for more (`--run-ignored all`).
const MORE_CELLS: [&str; 6] = [
    "debian-5.10-amd64",
    "debian-5.10-arm64",
    "debian-6.12-amd64",
    "debian-6.12-arm64",
    "debian-7.3-amd64",
    "debian-7.3-arm64",
];

type Test = fn(Cell) -> Result<()>;

const TESTS: &[(&str, Test)] = &[
    ("stored_image", stored::runs_without_a_host),
    ("sessions", sessions::end_in_any_order),
    ("stress", stress::two_hundred_loads),
    ("soak", soak::counts_and_survives),
    ("interrupts_nest", interrupts::nest),
    ("interrupts_share_globals", interrupts::share_globals),
    ("large_arrays", large::arrays),
    ("large_sorts", large::no_hit_waits_for_a_sort),
    ("live_demo", live::demo),
    ("live_counts", live::counts_are_exact),
    ("live_clocks", live::clocks_agree),
    ("live_interrupt", live::interrupt_runs_end_probes),
    ("live_loss", live::loss_is_counted),
    ("output", output::ways),
    ("output_cost", output::reader_cost),
    ("target_variables", target::variables),
    ("memory_short", memory::short),
    ("arming", arming::come_and_go),
    ("kshim_selftest", selftest::passes),
    ("kshim_faults", selftest::bears_faults),
];

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for &(name, test) in TESTS {
        for (cells, ignored) in [(&CELLS[..], false), (&MORE_CELLS[..], true)] {
            for cell in cells {
                let cell = Cell::parse(cell)?;
                let trial = Trial::test(format!("{name}::{}", cell.name()), move || {
                    test(cell).map_err(|error| format!("{error:#}").into())
                });
                trials.push(trial.with_ignored_flag(ignored));
            }
        }
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}
