// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each case file, on each engine: one test.

use std::process::ExitCode;

use anyhow::Result;
use libtest_mimic::{Arguments, Failed, Trial};
use spile_tests::case::Case;
use spile_tests::engines::Engine;
use spile_tests::machines;

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let cases = Case::all(&machines::root().join("tests/cases"))?;
    let mut trials = Vec::new();
    for case in cases {
        for engine in Engine::ALL {
            for optimise in [true, false] {
                let how = if optimise { "" } else { "_unoptimised" };
                let name = format!("{}::{}{how}", case.name, engine.name());
                let case = case.clone();
                trials.push(Trial::test(name, move || check(&case, engine, optimise)));
            }
        }
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn check(case: &Case, engine: Engine, optimise: bool) -> Result<(), Failed> {
    let checked = engine.run(case, optimise).and_then(|shown| case.check(&shown));
    checked.map_err(|error| format!("{error:#}").into())
}
