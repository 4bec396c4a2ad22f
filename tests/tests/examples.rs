// SPDX-License-Identifier: MIT OR Apache-2.0
//! The examples of the documentation, on the interpreter and as machine code: one test for each page.

use std::process::ExitCode;

use anyhow::{Context, Result};
use libtest_mimic::{Arguments, Failed, Trial};
use spile_frontend::target::Arch;
use spile_tests::engines::Engine;
use spile_tests::examples::{self, Kind, Page};
use spile_tests::machines;

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let root = machines::root();
    let mut pages = Page::all(&root.join("docs"))?;
    // The pages of docs/errors have scripts of another kind: the front end's tests look at them.
    pages.retain(|page| !page.examples.is_empty());
    let trial = |page: Page| {
        let name = page.path.strip_prefix(&root).unwrap_or(&page.path).display().to_string();
        Trial::test(name, move || check(&page).map_err(|error| Failed::from(format!("{error:#}"))))
    };
    Ok(libtest_mimic::run(&arguments, pages.into_iter().map(trial).collect()).exit_code())
}

fn check(page: &Page) -> Result<()> {
    let bless = std::env::var_os("SPILE_BLESS").is_some();
    let mut did = Vec::new();
    let mut wrong = Vec::new();
    for example in &page.examples {
        let case = &example.case;
        let outcome = match example.kind {
            Kind::Anywhere => Engine::Interpreter.run(case, true).context("on the interpreter")?,
            Kind::Wrong => examples::diagnostics(case),
            // Its output is looked at in the kernel.
            Kind::Kernel => {
                did.push(case.expected.clone());
                continue;
            }
        };
        if !bless && let Err(error) = case.check(&outcome) {
            wrong.push(format!("{}: {error:#}", case.name));
        }
        if example.kind == Kind::Anywhere {
            let machine_code = Engine::Process(Arch::X86_64).run(case, true)?;
            anyhow::ensure!(machine_code == outcome, "{}: the engines differ", case.name);
        }
        did.push(outcome);
    }
    if bless {
        return page.bless(&did);
    }
    anyhow::ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
