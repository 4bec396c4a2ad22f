// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the compiler says of scripts: each case of `tests/cases/error` and `tests/cases/warning` one test, and
//! tests that every diagnostic has its case and its explanation.

mod diagnosed;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use diagnosed::{Case, compile_text};
use libtest_mimic::{Arguments, Failed, Trial};
use spile_frontend::diag::Severity;
use spile_frontend::explain::Explanation;
use spile_frontend::{Options, TapsetLibrary};

/// Codes that no script can provoke, with the reason.
const NO_CASE: &[(&str, &str)] = &[
    ("E0233", "the preprocessor refuses the words that are no operators"),
    ("E0399", "it says that the compiler is wrong"),
    ("E0480", "IR text is no script: the tests of `ir_text.rs` have it"),
    ("E0481", "IR text is no script: the tests of `ir_text.rs` have it"),
];

/// Codes whose explanations do without examples: they take files of a library, or very long scripts.
const NO_EXAMPLE: &[&str] = &[
    "E0114", "E0115", "E0116", "E0180", "E0210", "E0233", "E0399", "E0436", "E0465", "E0480", "E0481", "W0440", "W0460",
];

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    let mut cases = Vec::new();
    for (folder, severity) in [("error", Severity::Error), ("warning", Severity::Warning)] {
        for case in Case::all(&root().join("tests/cases").join(folder))? {
            let one = case.clone();
            trials.push(trial(format!("{folder}::{}", case.name), move || check(&one, severity)));
            cases.push(case);
        }
    }
    for explanation in Explanation::all() {
        trials.push(trial(format!("explain::{}", explanation.code), move || check_explanation(explanation)));
    }
    trials.push(trial("every_code_has_an_explanation".into(), every_code_has_an_explanation));
    trials.push(trial("every_code_has_a_case".into(), move || every_code_has_a_case(&cases)));
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn trial(name: String, run: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    Trial::test(name, move || run().map_err(|error| Failed::from(format!("{error:#}"))))
}

fn check(case: &Case, severity: Severity) -> Result<()> {
    let mut said = case.compile()?;
    case.check(&said)?;
    said.check(severity)?;
    // -w and -W.
    let mut denied = said.diagnostics.clone();
    denied.deny_warnings();
    ensure!(denied.iter().all(|one| one.severity == Severity::Error), "-W leaves warnings");
    said.diagnostics.drop_warnings();
    ensure!(said.diagnostics.is_empty() || severity == Severity::Error, "-w leaves warnings");
    Ok(())
}

fn every_code_has_a_case(cases: &[Case]) -> Result<()> {
    let mut missing = codes()?;
    for case in cases {
        for diagnostic in case.compile()?.diagnostics.iter() {
            missing.remove(diagnostic.code);
        }
    }
    for (code, reason) in NO_CASE {
        ensure!(missing.remove(*code), "{code} has a case, though {reason}");
    }
    ensure!(missing.is_empty(), "these have no case below tests/cases/error or tests/cases/warning: {missing:?}");
    Ok(())
}

fn every_code_has_an_explanation() -> Result<()> {
    let codes = codes()?;
    let explained: BTreeSet<String> = Explanation::all().map(|one| one.code.to_owned()).collect();
    let missing: Vec<_> = codes.difference(&explained).collect();
    ensure!(missing.is_empty(), "these have no page in docs/errors: {missing:?}");
    let unknown: Vec<_> = explained.difference(&codes).collect();
    ensure!(unknown.is_empty(), "these pages of docs/errors are of no diagnostic: {unknown:?}");
    Ok(())
}

/// The wrong script of an explanation gives its code; the right one gives no error, nor that code.
fn check_explanation(explanation: Explanation) -> Result<()> {
    let code = explanation.code;
    ensure!(explanation.text.starts_with(&format!("# {code}: ")), "its page is headed by something else");
    let examples: Vec<_> = explanation.examples().collect();
    let kinds: Vec<_> = examples.iter().map(|(info, _)| info.split(' ').next().unwrap_or_default()).collect();
    ensure!(
        kinds == if NO_EXAMPLE.contains(&code) { vec![] } else { vec!["wrong", "right"] },
        "it has the examples {kinds:?}"
    );
    for ((info, script), kind) in examples.into_iter().zip(kinds) {
        let options = options(info.split(' ').skip(1))?;
        let said = compile_text("example.stp", script, &TapsetLibrary::builtin(), &options);
        let has_code = said.diagnostics.iter().any(|one| one.code == code);
        let all = said.diagnostics.render(&said.sources, false);
        match kind {
            "wrong" => ensure!(has_code, "the wrong script gives\n{all}"),
            _ => ensure!(!has_code && !said.diagnostics.has_errors(), "the right script gives\n{all}"),
        }
    }
    Ok(())
}

/// Options as on the command line; other words are the script's arguments.
fn options<'w>(mut words: impl Iterator<Item = &'w str>) -> Result<Options> {
    let mut options = Options::default();
    while let Some(word) = words.next() {
        let mut pair = || {
            let (name, value) = words.next().and_then(|pair| pair.split_once('=')).context("NAME=VALUE is missing")?;
            anyhow::Ok((name.to_owned(), value.to_owned()))
        };
        match word {
            "-g" => options.guru = true,
            "-G" => options.globals.push(pair()?),
            "-D" => options.limits.push(pair()?),
            _ => options.args.push(word.to_owned()),
        }
    }
    Ok(options)
}

/// The codes that the front end's factories have.
fn codes() -> Result<BTreeSet<String>> {
    let mut codes = BTreeSet::new();
    let folder = root().join("frontend/src/errors");
    let mut texts = vec![std::fs::read_to_string(root().join("frontend/src/compile.rs"))?];
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if !path.ends_with("tests.rs") {
            texts.push(std::fs::read_to_string(path)?);
        }
    }
    for code in texts.iter().flat_map(|text| text.split('"').filter(|word| is_code(word))) {
        let several = ["E0301", "E0320"].contains(&code);
        ensure!(codes.insert(code.to_owned()) || several, "{code} is used twice");
    }
    ensure!(codes.len() > 100, "the codes are not found where they were: {codes:?}");
    Ok(codes)
}

fn is_code(word: &str) -> bool {
    word.len() == 5 && word.starts_with(['E', 'W']) && word[1..].bytes().all(|byte| byte.is_ascii_digit())
}

/// The repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
