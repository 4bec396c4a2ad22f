// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile run`, and what it shares with `stap`.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use spile_agent::command_line::{DEFAULT_RING_BYTES, ring_bytes};
use spile_agent::protocol::TargetProcess;
use spile_frontend::analyse::Options;
use spile_session::Session;
use spile_vm_lab::Terminal;

use crate::args::{Emit, Rotation, Run};
use crate::compile::{Reported, Request};
use crate::dump;
use crate::outfile;
use crate::passes::{Clock, Done};
use crate::place::Place;
use crate::show;

/// How a session is run.
pub struct Plan {
    /// What `target()` is.
    pub process: TargetProcess,
    /// The output file.
    pub output: Option<String>,
    /// When a new one begins.
    pub rotation: Option<Rotation>,
    /// Buffer of each CPU.
    pub ring_bytes: u32,
    /// How long it runs.
    pub timeout: Option<Duration>,
}

/// Compiles and runs a script.
pub fn run(options: &Run) -> Result<()> {
    let request = Request::new(&options.script)?;
    let request = if options.suppress_handler_errors { suppress_errors(request) } else { request };
    let plan = Plan {
        process: process(options.command.clone(), options.pid),
        output: options.output.clone(),
        rotation: options.rotation,
        ring_bytes: options.buffer.map(ring_bytes).transpose()?.unwrap_or(DEFAULT_RING_BYTES),
        timeout: options.timeout.map(Duration::from_secs),
    };
    let interrupted = interrupts()?;
    let progress = Terminal::or_lines();
    let place = Place::open(&options.target, options.smp, progress.as_ref())?;
    // The progress line ends where the script's output begins.
    drop(progress);
    if let Some(pass) = options.pass {
        let emit = [Emit::Ast, Emit::Resolved, Emit::Ir, Emit::Asm][usize::from(pass) - 1];
        return show::text(&dump::emit(&request, emit, place.facts.as_ref())?);
    }
    let image = request.image(place.facts.as_ref())?;
    execute(place, &image, &request, &plan, &interrupted)
}

/// From the first signal on an interrupt means: run the end probes and finish.
pub fn interrupts() -> Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted)).context("cannot handle signals")?;
    }
    Ok(interrupted)
}

/// What `-c` and `-x` come to.
pub fn process(command: Option<String>, pid: Option<u32>) -> TargetProcess {
    match (command, pid) {
        (Some(command), _) => TargetProcess::Command(command),
        (None, Some(pid)) => TargetProcess::Pid(pid),
        (None, None) => TargetProcess::None,
    }
}

/// Errors and skipped probes of any number are survived, and counted only.
pub fn suppress_errors(request: Request) -> Request {
    let mut options = request.options().clone();
    set_limits(&mut options, &["MAXERRORS", "MAXSKIPPED"]);
    request.with_options(options).suppressing_errors(true)
}

/// Takes limits away: the greatest number stands for none.
pub fn set_limits(options: &mut Options, names: &[&str]) {
    options.limits.extend(names.iter().map(|name| ((*name).to_owned(), u32::MAX.to_string())));
}

/// Runs an image to its end.
pub fn execute(mut place: Place, image: &[u8], request: &Request, plan: &Plan, interrupted: &AtomicBool) -> Result<()> {
    let out = outfile::open(plan.output.as_deref(), plan.rotation)?;
    let session = Session {
        image,
        ring_bytes: plan.ring_bytes,
        target: plan.process.clone(),
        timeout: plan.timeout,
        quiet: request.is_quiet(),
        coloured: AutoStream::choice(&io::stderr()) != ColorChoice::Never,
    };
    let passes = request.passes();
    passes.starting();
    let clock = Clock::start();
    let outcome = place.agent()?.run(&session, out, io::stderr().lock(), interrupted)?;
    passes.done(clock, Done::Ran);
    place.close()?;
    if outcome.is_success() { Ok(()) } else { Err(Reported.into()) }
}
