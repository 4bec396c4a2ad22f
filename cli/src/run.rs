// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile run`, and what it shares with `stap`.

use std::io;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anyhow::Result;
use spile_agent::command_line::{DEFAULT_RING_BYTES, ring_bytes};
use spile_agent::protocol::TargetProcess;
use spile_agent::signals::Asked;
use spile_frontend::analyse::Options;
use spile_session::{Outlets, Session, Signals};
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
    /// A file for each CPU.
    pub bulk: bool,
    /// The newest output stays in the buffers.
    pub flight_recorder: bool,
    /// How probes may be attached; 0 for any way.
    pub attach: u32,
    /// Buffer of each CPU, as it was asked for.
    pub megabytes: Option<u32>,
    /// How long it runs.
    pub timeout: Option<Duration>,
}

/// Compiles and runs a script.
pub fn run(options: &Run) -> Result<()> {
    let request = Request::new(&options.script)?;
    let request = if options.suppress_handler_errors { suppress_errors(request) } else { request };
    let request = if options.suppress_time_limits { suppress_time_limits(request) } else { request };
    let plan = Plan {
        process: process(options.command.clone(), options.pid),
        output: options.output.clone(),
        rotation: options.rotation,
        bulk: options.bulk,
        flight_recorder: options.flight_recorder,
        attach: options.attach.unwrap_or(0),
        megabytes: options.buffer,
        timeout: options.timeout.map(Duration::from_secs),
    };
    let asked = Asked::by_signals()?;
    let progress = Terminal::or_lines();
    let place = Place::open(&options.target, options.smp, progress.as_ref())?;
    // The progress line ends where the script's output begins.
    drop(progress);
    if let Some(pass) = options.pass {
        let emit = [Emit::Ast, Emit::Resolved, Emit::Ir, Emit::Asm][usize::from(pass) - 1];
        return show::text(&dump::emit(&request, emit, place.facts.as_ref())?);
    }
    let image = request.image(place.facts.as_ref())?;
    execute(place, &image, &request, &plan, &asked)
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

/// Handlers may take as long as they like.
pub fn suppress_time_limits(request: Request) -> Request {
    let mut options = request.options().clone();
    set_limits(&mut options, &["MAXACTION", "MAXACTION_INTERRUPTIBLE", "STP_NO_OVERLOAD"]);
    request.with_options(options)
}

/// Takes limits away: the greatest number stands for none.
pub fn set_limits(options: &mut Options, names: &[&str]) {
    options.limits.extend(names.iter().map(|name| ((*name).to_owned(), u32::MAX.to_string())));
}

/// Runs an image to its end.
pub fn execute(mut place: Place, image: &[u8], request: &Request, plan: &Plan, asked: &Asked) -> Result<()> {
    let (name, rotation) = (plan.output.as_deref(), plan.rotation);
    let bulk = plan.bulk.then(|| outfile::by_cpu(name.unwrap_or_default(), rotation));
    let out = outfile::open(name.filter(|_| !plan.bulk), rotation)?;
    let passes = request.passes();
    let ring_bytes = plan.megabytes.map(ring_bytes).transpose()?.unwrap_or(DEFAULT_RING_BYTES);
    if let Some(megabytes) = plan.megabytes.filter(|_| passes.verbose[4] > 0) {
        complain!("Buffer of each CPU: {} MB (asked for: {megabytes} MB).", ring_bytes >> 20);
    }
    let session = Session {
        image,
        ring_bytes,
        flight_recorder: plan.flight_recorder,
        attach: plan.attach,
        verbose: passes.verbose[4],
        target: plan.process.clone(),
        timeout: plan.timeout,
        quiet: request.is_quiet(),
        coloured: AutoStream::choice(&io::stderr()) != ColorChoice::Never,
    };
    passes.starting();
    let clock = Clock::start();
    let signals = Signals { interrupted: &asked.interrupted, dump: &asked.dump };
    let outcome = place.agent()?.run_to(&session, Outlets { out, err: io::stderr().lock(), bulk }, signals)?;
    passes.done(clock, Done::Ran);
    place.close()?;
    if outcome.is_success() { Ok(()) } else { Err(Reported.into()) }
}
