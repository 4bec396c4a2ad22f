// SPDX-License-Identifier: MIT OR Apache-2.0
//! The IR of all cases: its text is read back as it was, and each pass of the optimiser leaves what it shows.

use anyhow::{Context, Result, ensure};
use spile_debuginfo::UserTarget;
use spile_frontend::target::Arch;
use spile_ir::{Program, optimise, parse, passes, run_pass, verify};
use spile_tests::case::{Case, Transcript};
use spile_tests::{engines, interpreter, machines};

/// Does something with the unoptimised IR of each case.
fn each(check: impl Fn(&Program) -> Result<()>) {
    let cases = Case::all(&machines::root().join("tests/cases")).expect("there are cases");
    let target = UserTarget::new(Arch::X86_64).expect("an ordinary process");
    let failed: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let program = engines::request(case, false).program(&target);
            let checked = program.context("does not compile").and_then(|program| check(&program));
            checked.err().map(|error| format!("{}: {error:#}", case.name))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// What a program shows; its text must mean the same program.
fn shown(program: &Program) -> Result<Transcript> {
    let text = program.to_string();
    let read = parse(&text)?;
    ensure!(read == *program, "the text is read back as another program:\n{text}\n{read}");
    ensure!(verify(&read).is_ok(), "the program does not verify:\n{text}");
    interpreter::run(&read)
}

#[test]
fn text_is_read_back_and_runs() {
    each(|program| {
        shown(program)?;
        let mut optimised = program.clone();
        optimise(&mut optimised);
        shown(&optimised).map(drop)
    });
}

#[test]
fn each_pass_keeps_what_a_case_shows() {
    each(|program| {
        let before = shown(program)?;
        for name in passes() {
            let mut alone = program.clone();
            run_pass(&mut alone, "release");
            run_pass(&mut alone, name);
            ensure!(shown(&alone)? == before, "{name} changes what is shown");
        }
        Ok(())
    });
}

#[test]
fn passes_in_any_order_keep_what_a_case_shows() {
    let names: Vec<&str> = passes().collect();
    each(|program| {
        let before = shown(program)?;
        let mut optimised = program.clone();
        // A step that is prime to their number comes by all of them.
        for step in (2..names.len()).filter(|step| gcd(*step, names.len()) == 1).take(4) {
            let mut at = 0;
            run_pass(&mut optimised, "release");
            for _ in 0..names.len() {
                at = (at + step) % names.len();
                run_pass(&mut optimised, names[at]);
                ensure!(shown(&optimised)? == before, "{} changes what is shown", names[at]);
            }
        }
        Ok(())
    });
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
