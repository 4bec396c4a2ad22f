// SPDX-License-Identifier: MIT OR Apache-2.0
//! All case files in stock kernels: one machine for each instruction set.

use std::fmt::Write;

use anyhow::{Result, ensure};
use spile_tests::case::Case;
use spile_tests::{engines, machines};
use spile_vm_lab::{Cell, Lines};

#[test]
fn cases_on_amd64() -> Result<()> {
    run_all(Cell::parse("debian-6.1-amd64")?)
}

#[test]
fn cases_on_arm64() -> Result<()> {
    run_all(Cell::parse("debian-6.1-arm64")?)
}

/// Runs every case in one machine, so that one boot serves all, and tells of all that fail.
fn run_all(cell: Cell) -> Result<()> {
    let cases = Case::all(&machines::root().join("tests/cases"))?;
    let mut lab = machines::Lab::start(machines::builder(cell, &Lines)?.smp(2), &Lines)?;
    let mut failures = String::new();
    for case in &cases {
        let outcome = engines::run_in_kernel(case, &mut lab.agent, &lab.facts);
        if let Err(error) = outcome.and_then(|actual| case.check(&actual)) {
            writeln!(failures, "{error:#}\n")?;
        }
    }
    lab.finish()?;
    ensure!(failures.is_empty(), "on {}:\n{failures}", cell.name());
    Ok(())
}
