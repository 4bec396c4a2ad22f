// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two hundred sessions on hot functions of a busy machine.

use anyhow::{Context, Result, ensure};
use spile_tests::lab_arena;
use spile_tests::lab_facts::Compiler;
use spile_tests::lab_guest::Guest;
use spile_tests::lab_run::number;
use spile_vm_lab::Cell;

const HITS: &str = "300";
const BRIEF: &str = "100";
const FLOOD: &str = "50000";

/// More than the kernel's own memory wavers, far less than two hundred rings of a MiB.
const DRIFT_KIB: u64 = 32 << 10;
const SLAB_DRIFT_KIB: u64 = 8 << 10;

/// Nothing is lost that is not counted, and nothing is left behind.
pub fn two_hundred_loads(cell: Cell) -> Result<()> {
    let compiler = Compiler::new(cell)?;
    let counted = compiler.image("counted.stp", include_str!("../../lab/counted.stp"), &[HITS])?;
    let guest = Guest::new(cell)?
        .file("/images/arena", lab_arena::image(&compiler)?)
        .file("/images/watch", compiler.image("watch.stp", include_str!("../../lab/watch.stp"), &[])?)
        .file("/images/flood", compiler.image("flood.stp", include_str!("../../lab/flood.stp"), &[FLOOD])?)
        .file("/images/brief", compiler.image("brief.stp", include_str!("../../lab/brief.stp"), &[BRIEF])?)
        .file("/images/counted", counted);
    let said = guest.run(concat!(include_str!("../../lab/lib.sh"), include_str!("../../lab/stress.sh")))?;
    ensure!(number(&said, "loads")? >= 200 && number(&said, "killed")? >= 15, "{said}");
    check_tallies(&said)?;
    let [before, after] = ["memory-before", "memory-after"].map(|word| number(&said, word));
    ensure!(after? + DRIFT_KIB > before?, "memory went:\n{said}");
    let [before, after] = ["slab-before", "slab-after"].map(|word| number(&said, word));
    ensure!(after? < before? + SLAB_DRIFT_KIB, "the slab grew:\n{said}");
    Ok(())
}

/// Of every finished session: the lines that it printed and those that it reports lost are all that there were.
fn check_tallies(said: &str) -> Result<()> {
    let mut sessions = 0;
    for line in said.lines().filter(|line| line.starts_with("tally ")) {
        let fields: Vec<_> = line.split_whitespace().skip(1).collect();
        let [name, total, lines, lost] = fields[..] else { anyhow::bail!("no total: {line}\n{said}") };
        let [total, lines, lost] = [total, lines, lost].map(str::parse::<u64>);
        let (total, lines, lost) = (total?, lines?, lost?);
        ensure!(total == lines + lost, "{line}: lines are missing that were not counted\n{said}");
        let least = match name.split('.').next() {
            Some("counted") => HITS,
            Some("brief") => BRIEF,
            Some("flood") => FLOOD,
            _ => "1",
        };
        ensure!(total >= least.parse().context("a number")?, "{line}: few hits\n{said}");
        sessions += 1;
    }
    ensure!(sessions > 100, "{said}");
    Ok(())
}
