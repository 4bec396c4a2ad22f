// SPDX-License-Identifier: MIT OR Apache-2.0
//! kshim's own tests, which drive its device without anything else of ours.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use spile_tests::lab_guest::Guest;
use spile_tests::machines;
use spile_vm_lab::{Cell, Silent, kshim};

/// All pass.
pub fn passes(cell: Cell) -> Result<()> {
    let kernel = cell.prepare(&Silent)?;
    let module = kshim::build(&kshim::Source::kshim(&machines::root()), &kernel, &Silent)?;
    let guest = Guest::bare(cell)?.host_file("/kshim.ko", &module).host_file("/bin/kshim-selftest", &program(cell)?);
    let said = guest.run("kshim-selftest /kshim.ko 2>&1")?;
    ensure!(!said.contains("FAIL"), "{said}");
    for test in ["module_load", "module_in_use", "module_unload", "module_again"] {
        ensure!(said.lines().any(|line| line == format!("ok {test}")), "no ok for {test} in\n{said}");
    }
    ensure!(said.lines().filter(|line| line.starts_with("ok ")).count() > 20, "few tests:\n{said}");
    Ok(())
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
