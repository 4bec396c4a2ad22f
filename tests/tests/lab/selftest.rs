// SPDX-License-Identifier: MIT OR Apache-2.0
//! kshim's own tests, which drive its device without anything else of ours.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use spile_tests::lab_guest::Guest;
use spile_tests::machines;
use spile_vm_lab::{Cell, Kernel, Silent, kshim};

/// All pass.
pub fn passes(cell: Cell) -> Result<()> {
    let said = run(cell, &kshim::Source::kshim(&machines::root()), &[])?;
    ensure!(said.lines().filter(|line| line.starts_with("ok ")).count() > 20, "few tests:\n{said}");
    Ok(())
}

/// Whatever of kshim's calls fails, nothing is left and nothing breaks.
pub fn bears_faults(cell: Cell) -> Result<()> {
    let tests = ["faults_sessions", "faults_shared", "faults_init"];
    run(cell, &kshim::Source::kshim_with_faults(&machines::root()), &tests)?;
    Ok(())
}

/// Runs tests, by their names if any are given.
fn run(cell: Cell, source: &kshim::Source, names: &[&str]) -> Result<String> {
    let kernel = cell.prepare(&Silent)?;
    let module = kshim::build(source, &kernel, &Silent)?;
    let mut guest =
        Guest::bare(cell)?.host_file("/kshim.ko", &module).host_file("/bin/kshim-selftest", &program(cell)?);
    // A module that comes and goes.
    for module in kernel.module_files(&["loop"])? {
        guest = guest.file(&format!("/{}.ko", module.name), module.bytes);
    }
    if let Some(module) = foreign(cell, &kernel)? {
        guest = guest.host_file("/foreign.ko", &module);
    }
    let said = guest.run(&format!("kshim-selftest /kshim.ko {} 2>&1", names.join(" ")))?;
    ensure!(!said.contains("FAIL"), "{said}");
    for test in ["module_load", "module_in_use", "module_unload", "module_again"].iter().chain(names) {
        ensure!(said.lines().any(|line| line == format!("ok {test}")), "no ok for {test} in\n{said}");
    }
    Ok(said)
}

/// A module of somebody else's, which has ftrace call it directly for `vfs_read`, where that is not too old a kernel for it.
fn foreign(cell: Cell, kernel: &Kernel) -> Result<Option<PathBuf>> {
    if cell.name().contains("5.10") {
        return Ok(None);
    }
    let base = machines::root();
    let target = base.join("target/bench/floor");
    let source =
        kshim::Source { module: "bench/floor".into(), include: Vec::new(), target, base, variables: Vec::new() };
    Ok(Some(kshim::build(&source, kernel, &Silent)?))
}

/// Builds the program.
fn program(cell: Cell) -> Result<PathBuf> {
    let arch = machines::arch(cell);
    let folder = machines::root().join(format!("target/kshim-selftest/{}", cell.name()));
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut make = Command::new("make");
    make.arg("-C").arg(machines::root().join("kshim/selftest")).arg(format!("ARCH={arch}"));
    make.arg(format!("OUT={}", folder.display())).env_remove("MAKEFLAGS").env_remove("MAKELEVEL");
    let output = make.output().context("cannot run make")?;
    ensure!(output.status.success(), "the selftest does not build:\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(folder.join("kshim-selftest"))
}
