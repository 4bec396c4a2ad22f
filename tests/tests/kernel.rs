// SPDX-License-Identifier: MIT OR Apache-2.0
//! All case files, optimised and not, and the examples of the script library, in stock kernels: one machine for each
//! instruction set.

use std::fmt::Write;
use std::fs;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use spile_agent::protocol::TargetProcess;
use spile_cli::compile::Request;
use spile_frontend::analyse::Options;
use spile_session::Session;
use spile_tests::case::Case;
use spile_tests::examples::{Example, Kind, Page};
use spile_tests::lab_run::NO_OVERLOAD;
use spile_tests::{engines, machines};
use spile_vm_lab::{Cell, Lines};

#[test]
fn cases_on_amd64() -> Result<()> {
    run_all(Cell::parse("debian-6.1-amd64")?)
}

#[test]
fn cases_on_arm64() -> Result<()> {
    run_all(Cell::parse("debian-6.1-arm64")?)
}

/// Runs every case in one machine, so that one boot serves all, and tells of all that fail.
fn run_all(cell: Cell) -> Result<()> {
    let cases = Case::all(&machines::root().join("tests/cases"))?;
    let mut lab = machines::Lab::start(machines::builder(cell, &Lines)?.smp(2), &Lines)?;
    let mut failures = String::new();
    for (case, optimise) in cases.iter().flat_map(|case| [(case, true), (case, false)]) {
        let outcome = engines::run_in_kernel(case, optimise, &mut lab.agent, &lab.facts);
        if let Err(error) = outcome.and_then(|actual| case.check(&actual)) {
            let how = if optimise { "optimised" } else { "not optimised" };
            writeln!(failures, "{how}: {error:#}\n")?;
        }
    }
    for (name, arg, expected) in EXAMPLES {
        if let Err(error) = run_file(&mut lab, name, arg, expected) {
            writeln!(failures, "{name}: {error:#}\n")?;
        }
    }
    for page in Page::all(&machines::root().join("docs"))? {
        for Example { case, .. } in page.examples.iter().filter(|example| example.kind == Kind::Kernel) {
            if let Err(error) = run_example(&mut lab, &case.name, &case.script, &case.args, &case.expected.out) {
                writeln!(failures, "{}: {error:#}\n", case.name)?;
            }
        }
    }
    lab.finish()?;
    ensure!(failures.is_empty(), "on {}:\n{failures}", cell.name());
    Ok(())
}

/// What examples of the script library print under [`LOAD`]: file, script argument, part of the output.
const EXAMPLES: [(&str, &str, &str); 10] = [
    ("calls.stp", "vfs_*", "-> vfs_open path=0x"),
    ("interrupts.stp", "", "virtio"),
    ("latency.stp", "", "value |-----"),
    ("paths.stp", "", " /proc/meminfo"),
    ("processes.stp", "", "sh("),
    ("programs.stp", "", "runs cat /proc/meminfo /nonexistent, with \n=>cat ends. usr: 0m"),
    ("reads.stp", "", "reads of "),
    ("registers.stp", "", "ls writes \n of 16384 bytes of stack"),
    ("switches.stp", "", "cpu 0 "),
    ("syscalls.stp", "", "ENOENT"),
];

/// Reads, writes, processes, errors, for as long as the examples want.
const LOAD: &str = "for i in 1 2 3 4 5 6 7; do cat /proc/meminfo /nonexistent; ls /; \
                    dd if=/bin/busybox of=/dev/null bs=4096 count=20; sleep 1; done >/dev/null 2>&1";

fn run_file(lab: &mut machines::Lab, name: &str, arg: &str, expected: &str) -> Result<()> {
    let path = machines::root().join("tapsets/examples").join(name);
    let script = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let args = if arg.is_empty() { Vec::new() } else { vec![arg.to_owned()] };
    run_example(lab, name, &script, &args, expected)
}

/// Runs a script under [`LOAD`]; each line expected must be part of what it prints.
fn run_example(lab: &mut machines::Lab, name: &str, script: &str, args: &[String], expected: &str) -> Result<()> {
    let limits = vec![(NO_OVERLOAD.to_owned(), "1".to_owned())];
    let options = Options { args: args.to_vec(), limits, ..Options::default() };
    let request = Request::text(name, script).with_options(options);
    let image = request.image(&lab.facts)?;
    let session = Session {
        image: &image,
        ring_bytes: 1 << 20,
        target: TargetProcess::Command(LOAD.into()),
        timeout: Some(Duration::from_secs(120)),
        ..Session::default()
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let outcome = lab.agent.run(&session, &mut out, &mut err, &AtomicBool::new(false))?;
    let (out, err) = (String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
    ensure!(outcome.is_success(), "it failed:\n{err}");
    for expected in expected.lines() {
        ensure!(out.contains(expected), "{expected:?} is not in\n{out}{err}");
    }
    Ok(())
}
