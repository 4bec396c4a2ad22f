// SPDX-License-Identifier: MIT OR Apache-2.0
//! One session: upload, start, print, stop.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use spile_abi::Image;
use spile_agent::protocol::{Event, Load, Request, TargetProcess};
use spile_output::{Console, Merger, Report};

use crate::Agent;

/// How often a wait looks for an interrupt.
const TICK: Duration = Duration::from_millis(50);

/// What to run, and how.
pub struct Session<'a> {
    /// A whole image file.
    pub image: &'a [u8],
    /// Ring of each CPU, a power of two.
    pub ring_bytes: u32,
    /// What `target()` is.
    pub target: TargetProcess,
    /// End the session after this long (`-T`).
    pub timeout: Option<Duration>,
    /// Leave out warnings (`-w`).
    pub quiet: bool,
    /// The words ERROR and WARNING in colour.
    pub coloured: bool,
}

/// How a session went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Run-time errors.
    pub errors: u64,
    /// Whether errors are no failure (`--suppress-handler-errors`).
    pub suppressed: bool,
    /// Counters.
    pub report: Report,
}

impl Outcome {
    /// Whether nothing went wrong: the command exits with 0.
    pub fn is_success(&self) -> bool {
        (self.errors == 0 || self.suppressed) && !self.report.failed
    }
}

impl Agent {
    /// Runs an image to its end: until the script exits, its target command ends, the time is over, or
    /// `interrupted` is set, when end probes run.
    pub fn run(
        &mut self,
        session: &Session<'_>,
        out: impl Write,
        err: impl Write,
        interrupted: &AtomicBool,
    ) -> Result<Outcome> {
        if self.used {
            self.greet()?;
        }
        self.used = true;
        let info = Image::parse(session.image)?.host()?;
        let suppressed = info.options.suppress_errors;
        let mut console = Console::new(info, out, err).coloured(session.coloured);
        if session.quiet {
            console = console.without_warnings();
        }
        self.request(&Request::Load(Box::new(Load {
            image: session.image.to_vec(),
            ring_bytes: session.ring_bytes,
            target: session.target.clone(),
        })))?;
        self.expect().context("cannot load the script")?;
        self.request(&Request::Start)?;
        let report = self.follow(session, &mut console, interrupted)?;
        console.summary(&report)?;
        Ok(Outcome { errors: console.errors(), suppressed, report })
    }

    /// Prints what comes until the session has finished.
    fn follow(
        &mut self,
        session: &Session<'_>,
        console: &mut Console<impl Write, impl Write>,
        interrupted: &AtomicBool,
    ) -> Result<Report> {
        let mut merger = Merger::default();
        let deadline = session.timeout.map(|timeout| Instant::now() + timeout);
        let mut stopping = false;
        loop {
            let timed_out = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if !stopping && (timed_out || interrupted.load(Ordering::Relaxed)) {
                self.request(&Request::Stop)?;
                stopping = true;
            }
            match self.wait(TICK)? {
                None => {}
                Some(Event::Started { failed }) => {
                    for probe in failed {
                        console.unattached(probe.probe, probe.errno)?;
                    }
                }
                Some(Event::Data { horizon_ns, chunks }) => {
                    for (cpu, records) in chunks {
                        merger.push(cpu, &records)?;
                    }
                    for record in merger.take_before(horizon_ns) {
                        console.record(&record)?;
                    }
                    console.flush()?;
                }
                Some(Event::Output { is_stderr, bytes }) => console.pass(is_stderr, &bytes)?,
                Some(Event::Finished(report)) => return Ok(*report),
                Some(Event::Hello(_) | Event::Fact { .. } | Event::Loaded | Event::Error(_)) => {}
            }
        }
    }
}
