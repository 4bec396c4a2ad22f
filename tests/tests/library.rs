// SPDX-License-Identifier: MIT OR Apache-2.0
//! The script library: it has what it promises, and every function of it compiles, for every kernel of the lab.

use std::collections::BTreeSet;

use anyhow::Result;
use spile_debuginfo::UserTarget;
use spile_frontend::target::{Arch, Target};
use spile_frontend::{Options, Source, TapsetLibrary};
use spile_tests::library::{Function, Library, packaged_kernel};
use spile_vm_lab::Cell;

const KERNELS: &[&str] = &[
    "debian-5.10-amd64",
    "debian-5.10-arm64",
    "debian-6.1-amd64",
    "debian-6.1-arm64",
    "debian-6.12-amd64",
    "debian-6.12-arm64",
    "debian-7.3-amd64",
    "debian-7.3-arm64",
];

/// What the compiler says against a call of a function.
fn complaint(function: &Function, library: &TapsetLibrary, target: &dyn Target) -> Option<String> {
    let source = Source { name: "<input>".into(), text: function.call().into() };
    let options = Options { guru: true, ..Options::default() };
    let failed = spile_frontend::compile(&[source], library, &options, target).err()?;
    Some(failed.diagnostics.render(&failed.sources, false))
}

#[test]
fn every_function_compiles_for_every_kernel() -> Result<()> {
    let library = Library::read()?;
    let tapsets = library.tapsets();
    let mut complaints = String::new();
    for name in KERNELS {
        let target = packaged_kernel(Cell::parse(name)?)?;
        let functions = library.functions(&target);
        assert!(functions.len() > 300, "only {} functions", functions.len());
        for function in functions {
            if let Some(complaint) = complaint(&function, &tapsets, &target) {
                complaints += &format!("{name}: {}\n{complaint}\n", function.signature());
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints}");
    Ok(())
}

/// Files whose functions are about structures that only kernels have.
const KERNEL_ONLY: &[&str] = &[
    "dentry.stp",
    "dev.stp",
    "errno-guru.stp",
    "inet_sock.stp",
    "ioblock.stp",
    "ioscheduler.stp",
    "networking.stp",
    "scsi.stp",
    "signal.stp",
    "tcp.stp",
    "tcpmib.stp",
];

#[test]
fn every_function_that_can_compiles_for_a_process() -> Result<()> {
    let library = Library::read()?;
    let tapsets = library.tapsets();
    let mut complaints = String::new();
    for arch in [Arch::X86_64, Arch::Aarch64] {
        let target = UserTarget::new(arch)?;
        for function in library.functions(&target) {
            let complaint = complaint(&function, &tapsets, &target);
            if let Some(complaint) = complaint.filter(|_| !KERNEL_ONLY.contains(&function.file.as_str())) {
                complaints += &format!("{arch}: {}\n{complaint}\n", function.signature());
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints}");
    Ok(())
}

/// `tests/functions.txt` has the functions that scripts find: those of SystemTap 5.6's library that this one offers, a file a line.
#[test]
fn the_functions_that_are_promised_are_there() -> Result<()> {
    let promised = include_str!("../functions.txt");
    let promised: BTreeSet<&str> =
        promised.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect();
    let library = Library::read()?;
    for arch in [Arch::X86_64, Arch::Aarch64] {
        let functions: BTreeSet<String> =
            library.functions(&UserTarget::new(arch)?).iter().map(Function::signature).collect();
        let missing: Vec<_> = promised.iter().filter(|name| !functions.contains(**name)).collect();
        assert!(missing.is_empty(), "missing on {arch}: {missing:?}");
    }
    Ok(())
}
