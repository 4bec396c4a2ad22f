// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile run`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use spile_agent::command_line::{DEFAULT_RING_BYTES, ring_bytes};
use spile_agent::protocol::TargetProcess;
use spile_session::Session;
use spile_vm_lab::Terminal;

use crate::args::Run;
use crate::compile::{Reported, Request};
use crate::target::{Connected, connect};

/// How long a lab machine may take to power off.
const POWER_OFF: Duration = Duration::from_secs(60);

/// Compiles and runs a script.
pub fn run(options: &Run) -> Result<()> {
    // From the first signal on an interrupt means: run the end probes and finish.
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted)).context("cannot handle signals")?;
    }
    let ring_bytes = options.buffer.map(ring_bytes).transpose()?.unwrap_or(DEFAULT_RING_BYTES);
    let request = Request::new(&options.script)?;
    let progress = Terminal::or_lines();
    let connected = connect(&options.target, options.smp, progress.as_ref())?;
    // The progress line ends where the script's output begins.
    drop(progress);
    let Connected { mut agent, facts, machine } = connected;

    if let Some(pass) = options.pass {
        return request.dump(pass, facts.as_ref());
    }
    let image = request.image(facts.as_ref())?;
    let session = Session {
        image: &image,
        ring_bytes,
        target: match (&options.command, options.pid) {
            (Some(command), _) => TargetProcess::Command(command.clone()),
            (None, Some(pid)) => TargetProcess::Pid(pid),
            (None, None) => TargetProcess::None,
        },
        timeout: options.timeout.map(Duration::from_secs),
        quiet: options.script.no_warnings,
    };
    let out: Box<dyn Write> = match &options.output {
        Some(path) => Box::new(File::create(path).with_context(|| format!("cannot write {}", path.display()))?),
        // Not by lines: each would be a system call, and the session flushes after every batch.
        None => Box::new(BufWriter::new(io::stdout().lock())),
    };
    let begun = Instant::now();
    let outcome = agent.run(&session, out, io::stderr().lock(), &interrupted)?;
    request.say(begun, "Pass 5: ran");
    drop(agent);
    if let Some(mut machine) = machine {
        let verdict = machine.shutdown(POWER_OFF)?;
        anyhow::ensure!(verdict.is_clean(), "the kernel complained:\n{verdict}");
    }
    if outcome.is_success() { Ok(()) } else { Err(Reported.into()) }
}
