// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile-lab`: the lab by hand.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use spile_vm_lab::catalogue::CELLS;
use spile_vm_lab::{Cell, Progress, Terminal, kshim};

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
    /// Print the path of a kernel's BTF.
    Btf {
        /// The kernel, such as debian-6.1-amd64.
        #[arg(value_parser = Cell::parse)]
        cell: Cell,
    },
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
        println!("{:20} {}", cell.name(), kernel.release);
    }
    Ok(())
}

/// Builds for every cell, also after a failure, so that one run tells all.
fn build_kshim(cells: &Cells, source: &kshim::Source, progress: &dyn Progress) -> Result<()> {
    let mut failed = Vec::new();
    for cell in cells.selected() {
        match cell.prepare(progress).and_then(|kernel| kshim::build(source, &kernel, progress)) {
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
