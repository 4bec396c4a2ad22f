// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bench's command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use spile_bench::engines::Engine;
use spile_bench::readme;
use spile_bench::scale::Group;
use spile_bench::table::{self, Report};
use spile_bench::works::{WORKS, Work};
use spile_tests::machines;
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
    /// Only these works, by their keys: empty, both, tracepoint, count, …; cpus, many, reader, memory, sites.
    #[arg(long, value_delimiter = ',', value_parser = part, value_name = "WORK,…")]
    only: Vec<Part>,
    /// Only these engines.
    #[arg(long, value_delimiter = ',', value_parser = engine, value_name = "ENGINE,…", default_value = "spile,floor,bpf,bpftrace")]
    engines: Vec<Engine>,
    /// Fail if a number is over its limit or could not be measured, or a kernel complained.
    #[arg(long)]
    check: bool,
    /// Also write the rows as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write what was measured into the README's tables.
    #[arg(long)]
    readme: bool,
}

/// What `--only` may name.
#[derive(Clone, Copy)]
enum Part {
    Work(&'static Work),
    Figures(Group),
}

impl Part {
    fn key(self) -> &'static str {
        match self {
            Part::Work(work) => work.key,
            Part::Figures(group) => group.key(),
        }
    }
}

fn parts() -> impl Iterator<Item = Part> {
    WORKS.iter().map(Part::Work).chain(Group::ALL.map(Part::Figures))
}

fn part(key: &str) -> Result<Part> {
    let known = || parts().map(Part::key).collect::<Vec<_>>().join(", ");
    parts().find(|part| part.key() == key).with_context(|| format!("there are {}", known()))
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
    let parts: Vec<Part> = if cli.only.is_empty() { parts().collect() } else { cli.only.clone() };
    let (mut works, mut groups) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::Work(work) => works.push(work),
            Part::Figures(group) => groups.push(group),
        }
    }
    let progress = Terminal::or_lines();
    let mut report = Report::default();
    for cell in &cli.cells {
        if !works.is_empty() {
            report.extend(spile_bench::works(*cell, &works, &cli.engines, progress.as_ref()));
        }
        if !groups.is_empty() {
            report.extend(spile_bench::figures(*cell, &groups, progress.as_ref()));
        }
    }
    print!("{}", table::text(&report.rows));
    write(cli, &report)?;
    let failures = report.failures();
    failures.iter().for_each(|failure| println!("{failure}"));
    ensure!(!cli.check || failures.is_empty(), "--check fails by what is told above");
    Ok(())
}

/// The files that were asked for.
fn write(cli: &Cli, report: &Report) -> Result<()> {
    let write =
        |path: &Path, text: String| fs::write(path, text).with_context(|| format!("cannot write {}", path.display()));
    if let Some(path) = &cli.json {
        write(path, table::json(&report.rows))?;
    }
    if cli.readme {
        let path = machines::root().join("README.md");
        write(&path, readme::update(&fs::read_to_string(&path)?, &report.rows)?)?;
    }
    Ok(())
}
