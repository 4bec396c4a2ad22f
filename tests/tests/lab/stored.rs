// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile build` here, and the agent alone there.

use std::ffi::OsString;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use spile_cli::args::Cli;
use spile_tests::lab_facts;
use spile_tests::lab_guest::Guest;
use spile_tests::lab_run::number;
use spile_tests::machines;
use spile_vm_lab::Cell;

const READS: u64 = 5000;

/// A kit and a script make a file, which needs nothing but the agent.
pub fn runs_without_a_host(cell: Cell) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (kit, image) = (folder.path().join("kernel.kit"), folder.path().join("prog.spile"));
    lab_facts::kit(cell)?.write(&kit)?;
    let script = machines::root().join("tests/lab/stored.stp");
    let words: [OsString; 7] =
        ["spile".into(), "build".into(), "--kit".into(), kit.into(), "-o".into(), image.clone().into(), script.into()];
    ensure!(spile_cli::main(Cli::try_parse_from(words)?) == ExitCode::SUCCESS, "spile build failed");

    let guest = Guest::new(cell)?.file("/prog.spile", fs::read(&image)?);
    let command = format!("exec dd if=/dev/zero of=/dev/null bs=7 count={READS} 2>/dev/null");
    let said = guest.run(&format!("/bin/spile-agent run -c '{command}' /prog.spile 2>&1"))?;
    check(&said)
}

/// The command's reads are all there, each once; the table names it.
fn check(said: &str) -> Result<()> {
    ensure!(number(said, "target")? == READS, "{said}");
    ensure!(number(said, "bytes")? == 7 * READS, "{said}");
    let mut table = said.lines().skip_while(|line| !line.starts_with("process ")).map(str::split_whitespace);
    let header = table.next().context("no table")?;
    ensure!(header.eq(["process", "pid", "reads", "avg"]), "{said}");
    let row: Vec<_> = table.next().context("no row")?.collect();
    let [name, pid, reads, average] = row[..] else { anyhow::bail!("no row in\n{said}") };
    ensure!(name == "dd" && pid.parse::<u32>()? > 1 && average == "7", "{said}");
    ensure!(reads.parse::<u64>()? >= READS, "{said}");
    Ok(())
}
