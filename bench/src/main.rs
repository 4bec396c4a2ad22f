// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bench's command line.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use spile_bench::engines::Engine;
use spile_bench::table::{self, Row};
use spile_bench::works::{WORKS, Work};
use spile_vm_lab::{Cell, Terminal};

/// Measures what a hit costs in guest instructions.
#[derive(Parser)]
struct Cli {
    /// Kernels to measure on.
    #[arg(
        default_values = ["debian-6.1-amd64", "debian-7.3-amd64", "debian-6.1-arm64", "debian-7.3-arm64"],
        value_parser = Cell::parse
    )]
    cells: Vec<Cell>,
    /// Only these works, by their keys: empty, both, tracepoint, count, …
    #[arg(long, value_delimiter = ',', value_parser = work, value_name = "WORK,…")]
    only: Vec<&'static Work>,
    /// Only these engines.
    #[arg(long, value_delimiter = ',', value_parser = engine, value_name = "ENGINE,…", default_value = "spile,floor,bpf,bpftrace")]
    engines: Vec<Engine>,
    /// Fail if a row could not be measured, or Spile needs more than its limit on x86_64.
    #[arg(long)]
    check: bool,
    /// Also write the rows as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn work(key: &str) -> Result<&'static Work> {
    let keys = || WORKS.iter().map(|work| work.key).collect::<Vec<_>>().join(", ");
    WORKS.iter().find(|work| work.key == key).with_context(|| format!("there are {}", keys()))
}

fn engine(name: &str) -> Result<Engine> {
    let found = Engine::ALL.into_iter().find(|engine| engine.name() == name);
    found.context("there are spile, floor, bpf and bpftrace")
}

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
    let works: Vec<_> = if cli.only.is_empty() { WORKS.iter().collect() } else { cli.only.clone() };
    let progress = Terminal::or_lines();
    let mut rows = Vec::new();
    for cell in &cli.cells {
        let measured = spile_bench::run(*cell, &works, &cli.engines, progress.as_ref());
        rows.extend(measured.with_context(|| format!("on {}", cell.name()))?);
    }
    print!("{}", table::text(&rows));
    if let Some(path) = &cli.json {
        std::fs::write(path, table::json(&rows)).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let failures: Vec<_> = rows.iter().filter_map(Row::failure).collect();
    failures.iter().for_each(|failure| eprintln!("{failure}"));
    ensure!(!cli.check || failures.is_empty(), "{} of {} rows do not do", failures.len(), rows.len());
    Ok(())
}
