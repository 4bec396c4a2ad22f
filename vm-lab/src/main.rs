// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile-lab`: the lab by hand.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use spile_vm_lab::catalogue::CELLS;
use spile_vm_lab::{Cell, Machine, MachineBuilder, Progress, RunningMachine, Terminal, kshim};

/// Stock Debian kernels under QEMU: fetch them, build kshim for them, boot them.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the kernels the lab knows, and the releases in the cache.
    List,
    /// Fetch kernels into the cache.
    Fetch {
        #[command(flatten)]
        cells: Cells,
        /// Look for a newer release than the one in the cache.
        #[arg(long)]
        update: bool,
    },
    /// Build kshim; a compiler warning is an error.
    BuildKshim {
        #[command(flatten)]
        cells: Cells,
        /// The checkout to build.
        #[arg(long, default_value = ".")]
        root: PathBuf,
        /// Build the module in this directory below the checkout instead of kshim.
        #[arg(long, default_value = "kshim")]
        module: PathBuf,
    },
    /// Boot a kernel with a busybox shell on this terminal.
    Boot(Boot),
    /// Run a shell command in a machine; exits as it does, or with 125 when the kernel complained.
    Run {
        #[command(flatten)]
        boot: Boot,
        /// How long it may take, in seconds.
        #[arg(long, default_value_t = 600)]
        limit_s: u64,
        /// The command, for busybox's shell.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Print the path of a kernel's BTF.
    Btf {
        /// The kernel, such as debian-6.1-amd64.
        #[arg(value_parser = Cell::parse)]
        cell: Cell,
    },
}

#[derive(clap::Args)]
struct Boot {
    /// The kernel, such as debian-6.1-amd64.
    #[arg(value_parser = Cell::parse)]
    cell: Cell,
    /// Load this module first.
    #[arg(long, value_name = "FILE")]
    kshim: Option<PathBuf>,
    /// Copy a file into the machine.
    #[arg(long = "file", value_name = "GUEST=HOST")]
    files: Vec<String>,
    /// The number of CPUs.
    #[arg(long, default_value_t = 1)]
    smp: u32,
    /// The memory, in MiB.
    #[arg(long, default_value_t = 512)]
    memory: u32,
    /// Count instructions: virtual nanoseconds are instructions, and runs repeat.
    #[arg(long)]
    icount: bool,
    /// Boot the image as shipped, with KASLR.
    #[arg(long)]
    kaslr: bool,
    /// More arguments for the kernel.
    #[arg(long, default_value = "")]
    append: String,
}

impl Boot {
    fn builder(&self, progress: &dyn Progress) -> Result<MachineBuilder> {
        let mut builder =
            Machine::builder(&self.cell.prepare(progress)?).smp(self.smp).memory_mib(self.memory).append(&self.append);
        if let Some(kshim) = &self.kshim {
            builder = builder.kshim(kshim);
        }
        if self.icount {
            builder = builder.icount();
        }
        if self.kaslr {
            builder = builder.kaslr();
        }
        for file in &self.files {
            let (guest, host) = file.split_once('=').with_context(|| format!("`{file}` is not GUEST=HOST"))?;
            builder = builder.host_file(guest, host);
        }
        Ok(builder)
    }
}

#[derive(clap::Args)]
struct Cells {
    /// Kernels, such as debian-6.1-amd64.
    #[arg(value_name = "CELL", value_parser = Cell::parse, required_unless_present = "all")]
    cells: Vec<Cell>,
    /// Every kernel of the catalogue.
    #[arg(long, conflicts_with = "cells")]
    all: bool,
}

impl Cells {
    fn selected(&self) -> &[Cell] {
        if self.all { CELLS } else { &self.cells }
    }
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let progress = Terminal::or_lines();
    let progress = progress.as_ref();
    match command {
        Command::List => list()?,
        Command::Fetch { cells, update } => fetch(&cells, update, progress)?,
        Command::BuildKshim { cells, root, module } => {
            let source = kshim::Source { module, ..kshim::Source::kshim(&root) };
            build_kshim(&cells, &source, progress)?;
        }
        Command::Boot(boot) => {
            let builder = boot.builder(progress)?;
            progress.idle();
            builder.interact()?;
        }
        Command::Run { boot, limit_s, command } => {
            let command = format!("{{ {}\n}} 2>&1", command.join(" "));
            let machine = boot.builder(progress)?.command(&command).start_with(progress)?;
            return converse(machine, Duration::from_secs(limit_s));
        }
        Command::Btf { cell } => println!("{}", cell.prepare(progress)?.btf().display()),
    }
    Ok(ExitCode::SUCCESS)
}

fn list() -> Result<()> {
    for cell in CELLS {
        let release = cell.cached()?.map(|kernel| kernel.release);
        println!("{:20} {}", cell.name(), release.as_deref().unwrap_or("-"));
    }
    Ok(())
}

fn fetch(cells: &Cells, update: bool, progress: &dyn Progress) -> Result<()> {
    for cell in cells.selected() {
        let kernel = if update { cell.update(progress)? } else { cell.prepare(progress)? };
        progress.idle();
        println!("{:20} {}", cell.name(), kernel.release);
    }
    Ok(())
}

/// Shows what the program prints until the machine powers off; gives its exit code.
fn converse(mut machine: RunningMachine, limit: Duration) -> Result<ExitCode> {
    let mut stream = machine.stream()?;
    let reader = std::thread::spawn(move || io::copy(&mut stream, &mut io::stdout()));
    let verdict = machine.wait(limit);
    drop(machine); // ends the reader's stream
    reader.join().ok().context("the thread that reads the machine's output panicked")?.ok();
    let verdict = verdict?;
    match verdict.exit_code {
        Some(code) if verdict.splats.is_empty() => Ok(ExitCode::from(code)),
        _ => {
            eprint!("{verdict}");
            Ok(ExitCode::from(125))
        }
    }
}

/// Builds for every cell, also after a failure, so that one run tells all.
fn build_kshim(cells: &Cells, source: &kshim::Source, progress: &dyn Progress) -> Result<()> {
    let mut failed = Vec::new();
    for cell in cells.selected() {
        let built = cell.prepare(progress).and_then(|kernel| kshim::build(source, &kernel, progress));
        progress.idle();
        match built {
            Ok(ko) => println!("{:20} {}", cell.name(), ko.display()),
            Err(error) => {
                eprintln!("{}: {error:#}", cell.name());
                failed.push(cell.name());
            }
        }
    }
    if !failed.is_empty() {
        bail!("{} of {} builds failed: {}", failed.len(), cells.selected().len(), failed.join(", "));
    }
    Ok(())
}
