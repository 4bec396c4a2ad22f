// SPDX-License-Identifier: MIT OR Apache-2.0
//! Target variables, on the types and symbols of a real kernel.

use anyhow::{Result, ensure};
use spile_tests::lab_run::Run;
use spile_tests::machines::{self, Lab};
use spile_vm_lab::{Cell, Silent};

/// What `target.stp` looks at, each of which it says 1 of.
const LOOKED_AT: [&str; 18] = [
    "cast", "text", "variable", "symbol", "percpu", "defined", "enum", "bitfield", "register", "user", "function",
    "parms", "shown", "entry", "globals", "arrays", "byvalue", "written",
];

/// Reads and writes them, with every operator there is for it.
pub fn variables(cell: Cell) -> Result<()> {
    let mut lab = Lab::start(machines::builder(cell, &Silent)?.smp(2), &Silent)?;
    let command = "id -u >/dev/null
        dd if=/dev/zero of=/dev/null bs=7 count=20 2>/dev/null
        dd if=/dev/zero of=/dev/null bs=11 count=1 2>/dev/null || true";
    let ran = Run::new(include_str!("../../lab/target.stp")).guru().command(command).on(&mut lab)?;
    lab.finish()?;

    ensure!(ran.outcome.is_success() && ran.out.ends_with("\ndone\n"), "{ran:?}");
    for word in LOOKED_AT {
        ensure!(ran.number(word)? == 1, "{word} is wrong:\n{}{}", ran.out, ran.err);
    }
    Ok(())
}
