// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs a script on every engine, optimised and not, and compares what each shows.

use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use anyhow::{Context, Result};
use spile_debuginfo::UserTarget;
use spile_frontend::analyse::{Options, Source};
use spile_frontend::target::Arch;
use spile_frontend::{TapsetLibrary, compile};
use spile_ir::Program;
use spile_jit::JitOptions;
use spile_session::Agent;

use super::Script;
use crate::case::Transcript;
use crate::engines;
use crate::interpreter;

/// Room for all that a script prints: nothing reads while it runs.
const RING_BYTES: u32 = 32 << 20;

/// What is wrong with the compiler.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The front end refuses a script that is right.
    Refused(String),
    /// Some pass panics.
    Panicked(String),
    /// An engine cannot run it.
    Broken(String),
    /// Two engines show different things.
    Differs(String),
}

impl Failure {
    /// Whether another failure is likely to have the same cause.
    pub fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(text) => write!(f, "the front end refuses it:\n{text}"),
            Self::Panicked(text) => write!(f, "the compiler panics: {text}"),
            Self::Broken(text) => write!(f, "it does not run: {text}"),
            Self::Differs(text) => write!(f, "engines differ:\n{text}"),
        }
    }
}

/// All engines, kept alive from script to script.
pub struct Engines {
    library: TapsetLibrary,
    target: UserTarget,
    agents: Vec<(Arch, Option<Agent>)>,
    /// Compilations that were refused for the stack they need.
    pub too_deep: u64,
}

impl Engines {
    /// The interpreter, and an agent for each instruction set.
    pub fn start() -> Result<Self> {
        Ok(Self {
            library: TapsetLibrary::builtin(),
            target: UserTarget::new(Arch::X86_64)?,
            agents: vec![(Arch::X86_64, None), (Arch::Aarch64, None)],
            too_deep: 0,
        })
    }

    /// Runs a script everywhere.
    pub fn check(&mut self, script: &Script) -> Result<(), Failure> {
        let program = guarded(|| self.compile(script))??;
        let mut optimised = program.clone();
        guarded(|| spile_ir::optimise(&mut optimised))?;
        let reference = interpret(&program)?;
        differ("interpreter", &reference, "interpreter, optimised", &interpret(&optimised)?)?;
        for index in 0..self.agents.len() {
            let arch = self.agents[index].0;
            for (program, how) in [(&program, ""), (&optimised, ", optimised")] {
                if let Some(shown) = self.run(index, program)? {
                    differ("interpreter", &reference, &format!("{arch}{how}"), &shown)?;
                }
            }
        }
        Ok(())
    }

    fn compile(&self, script: &Script) -> Result<Program, Failure> {
        let source = Source { name: "random.stp".into(), text: (&*script.text).into() };
        let options = Options { limits: script.limits.clone(), ..Options::default() };
        match compile(&[source], &self.library, &options, &self.target) {
            Ok(compiled) => Ok(compiled.program),
            Err(failed) => Err(Failure::Refused(failed.diagnostics.render(&failed.sources, false))),
        }
    }

    /// What an engine shows; none where its stack is too small for the script's recursion, which is a limit like others.
    fn run(&mut self, index: usize, program: &Program) -> Result<Option<Transcript>, Failure> {
        let (arch, agent) = &mut self.agents[index];
        let options = match arch {
            Arch::X86_64 => JitOptions::new(spile_jit::Arch::X86_64),
            Arch::Aarch64 => JitOptions::new(spile_jit::Arch::Aarch64),
        };
        let compiled = match guarded(|| spile_jit::compile(program, &options))? {
            Ok(compiled) => compiled,
            Err(spile_jit::Error::Stack { .. }) => {
                self.too_deep += 1;
                return Ok(None);
            }
            Err(error) => return Err(Failure::Broken(format!("{arch}: {error}"))),
        };
        let mut run = || -> Result<Transcript> {
            if agent.is_none() {
                *agent = Some(Agent::spawn(engines::agent_command(*arch)?)?);
            }
            // Scripts have no timers: once the begin probes have run, all that is left is the end.
            let agent = agent.as_mut().context("just started")?;
            engines::run_session(agent, &compiled.image, RING_BYTES, Duration::ZERO)
        };
        let shown = run();
        if shown.is_err() {
            // It may be gone; the next script gets a new one.
            self.agents[index].1 = None;
        }
        shown.map(Some).map_err(|error| Failure::Broken(format!("{}: {error:#}", self.agents[index].0)))
    }
}

fn interpret(program: &Program) -> Result<Transcript, Failure> {
    guarded(|| interpreter::run(program))?.map_err(|error| Failure::Broken(format!("interpreter: {error:#}")))
}

fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let text = payload.downcast_ref::<String>().cloned();
        let text = text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Failure::Panicked(text.unwrap_or_default())
    })
}

fn differ(a: &str, shown_a: &Transcript, b: &str, shown_b: &Transcript) -> Result<(), Failure> {
    if shown_a == shown_b {
        return Ok(());
    }
    let text = |shown: &Transcript| format!("{}{}", shown.out, shown.err);
    Err(Failure::Differs(first_difference(a, &text(shown_a), b, &text(shown_b))))
}

/// The first line that two engines do not share, with a few before and after it.
fn first_difference(a: &str, shown_a: &str, b: &str, shown_b: &str) -> String {
    const AROUND: usize = 4;
    let same = shown_a.lines().zip(shown_b.lines()).take_while(|(a, b)| a == b).count();
    let around = |name: &str, shown: &str| {
        let lines: Vec<&str> = shown.lines().skip(same.saturating_sub(AROUND)).take(2 * AROUND).collect();
        format!("--- {name}, from line {}\n{}\n", same.saturating_sub(AROUND) + 1, lines.join("\n"))
    };
    around(a, shown_a) + &around(b, shown_b)
}
