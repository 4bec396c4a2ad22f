// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a hit costs, in guest instructions: `ci/bench`.
//!
//! Each machine runs under QEMU's `-icount shift=0`, where a nanosecond of the guest's clock is an
//! instruction, with one CPU and without address randomisation. A command reads one byte of `/dev/zero`
//! many times; the fastest of its rounds counts. The cost of a hit is the difference to the same command
//! without a probe, divided by the calls, and repeats exactly.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use spile_agent::protocol::TargetProcess;
use spile_session::{Agent, Session};
use spile_tests::machines;
use spile_vm_lab::{Cell, Terminal};

/// Measures what a hit costs in guest instructions.
#[derive(Parser)]
struct Cli {
    /// Kernels to measure on.
    #[arg(default_values = ["debian-6.1-amd64", "debian-6.1-arm64"], value_parser = Cell::parse)]
    cells: Vec<Cell>,
    /// Also write the rows as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Reads in one round.
const CALLS: u64 = 20_000;

/// What is measured: a name, and a script with one probe on `vfs_read`.
const WORKS: [(&str, &str); 4] = [
    ("empty handler, entry", r#"probe kernel.function("vfs_read") { }"#),
    (
        "empty handlers, entry and return",
        r#"probe kernel.function("vfs_read"), kernel.function("vfs_read").return { }"#,
    ),
    ("n++", r#"global n probe kernel.function("vfs_read") { n++ } probe end { println(n > 0) }"#),
    (
        "reads[execname(), pid()] <<< $count",
        r#"global reads probe kernel.function("vfs_read") { reads[execname(), pid()] <<< $count }
           probe end { foreach ([name, p] in reads- limit 1) println(@count(reads[name, p]) > 0) }"#,
    ),
];

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("spile-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let mut table: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for cell in &cli.cells {
        let progress = Terminal::or_lines();
        let machine = machines::builder(*cell, progress.as_ref())?.icount();
        let mut lab = machines::Lab::start(machine, progress.as_ref())?;
        progress.step(&format!("measuring on {}", cell.name()));
        let base = nanoseconds(&mut lab, "probe never { }")?;
        for (row, (_, script)) in WORKS.iter().enumerate() {
            let cost = (nanoseconds(&mut lab, script)? as f64 - base as f64) / CALLS as f64;
            table.entry(row).or_default().push(cost);
        }
        lab.finish()?;
    }
    print_table(&cli.cells, &table);
    if let Some(path) = &cli.json {
        std::fs::write(path, json(&cli.cells, &table)).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Guest nanoseconds of the fastest round with a script at work.
fn nanoseconds(lab: &mut machines::Lab, script: &str) -> Result<u64> {
    let image = lab.compile(script)?;
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let session = Session {
        image: &image,
        ring_bytes: 1 << 20,
        target: TargetProcess::Command(format!("/bin/spile-agent measure {CALLS}")),
        timeout: None,
        quiet: false,
        coloured: false,
    };
    let agent: &mut Agent = &mut lab.agent;
    let outcome = agent.run(&session, &mut out, &mut err, &AtomicBool::new(false))?;
    let said = String::from_utf8_lossy(&out);
    ensure!(outcome.is_success() && err.is_empty(), "{script}: {}", String::from_utf8_lossy(&err));
    let skipped: u64 = outcome.report.skips().map(|(_, count)| count).sum();
    ensure!(skipped == 0, "{script}: {skipped} hits were skipped");
    let number = said.lines().find_map(|line| line.parse().ok().filter(|number| *number > 1));
    number.with_context(|| format!("the command said {said:?}"))
}

fn print_table(cells: &[Cell], table: &BTreeMap<usize, Vec<f64>>) {
    print!("{:40}", "guest instructions a hit");
    cells.iter().for_each(|cell| print!(" {:>20}", cell.name()));
    println!();
    for (row, costs) in table {
        print!("{:40}", WORKS[*row].0);
        costs.iter().for_each(|cost| print!(" {cost:>20.0}"));
        println!();
    }
}

fn json(cells: &[Cell], table: &BTreeMap<usize, Vec<f64>>) -> String {
    let mut rows = Vec::new();
    for (row, costs) in table {
        for (cell, cost) in cells.iter().zip(costs) {
            let (work, arch, series) = (WORKS[*row].0, cell.arch.machine(), cell.series);
            rows.push(format!(r#"{{"work":"{work}","arch":"{arch}","kernel":"{series}","spile":{cost:.0}}}"#));
        }
    }
    format!("{{\"rows\":[\n{}\n]}}\n", rows.join(",\n"))
}
