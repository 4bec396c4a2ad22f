// SPDX-License-Identifier: MIT OR Apache-2.0
//! One session: upload, start, print, stop.

use std::io::Write;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use spile_abi::Image;
use spile_agent::protocol::{Event, Load, Request, TargetProcess};
use spile_output::{Bulk, Console, Report, Stream};

use crate::Agent;

/// How often a wait looks for an interrupt.
const TICK: Duration = Duration::from_millis(50);

/// What to run, and how.
#[derive(Clone, Debug, Default)]
pub struct Session<'a> {
    /// A whole image file.
    pub image: &'a [u8],
    /// Ring of each CPU, a power of two.
    pub ring_bytes: u32,
    /// What `target()` is.
    pub target: TargetProcess,
    /// Keep the newest output in the rings, and print it when that is asked for, and at the end (`-F`).
    pub flight_recorder: bool,
    /// How probes may be attached, as `spile_load.attach` has it.
    pub attach: u32,
    /// End the session after this long (`-T`).
    pub timeout: Option<Duration>,
    /// Leave out warnings (`-w`).
    pub quiet: bool,
    /// The words ERROR and WARNING in colour.
    pub coloured: bool,
    /// Say how probes are attached: 1 how many in each way, 2 each of them.
    pub verbose: u8,
}

/// What can be asked of a session while it runs, by signal handlers or other threads.
#[derive(Clone, Copy, Debug)]
pub struct Signals<'a> {
    /// To end: end probes run.
    pub interrupted: &'a AtomicBool,
    /// To print what the flight recorder holds.
    pub dump: &'a AtomicBool,
}

/// Where a session's output goes.
pub struct Outlets<'a, Out, Err> {
    /// What the script prints.
    pub out: Out,
    /// Errors and warnings.
    pub err: Err,
    /// What the script prints, by CPU, instead of `out`.
    pub bulk: Option<Bulk<'a>>,
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
        let signals = Signals { interrupted, dump: &AtomicBool::new(false) };
        self.run_to(session, Outlets { out, err, bulk: None }, signals)
    }

    /// [`Self::run`] with all that can be asked for.
    pub fn run_to(
        &mut self,
        session: &Session<'_>,
        outlets: Outlets<'_, impl Write, impl Write>,
        signals: Signals<'_>,
    ) -> Result<Outcome> {
        if self.used {
            self.greet()?;
        }
        self.used = true;
        let info = Image::parse(session.image)?.host()?;
        let suppressed = info.options.suppress_errors;
        let mut console = Console::new(info, outlets.out, outlets.err).coloured(session.coloured);
        if session.quiet {
            console = console.without_warnings();
        }
        let mut stream = Stream::new(console).in_bulk(outlets.bulk);
        self.request(&Request::Load(Box::new(Load {
            image: session.image.to_vec(),
            ring_bytes: session.ring_bytes,
            target: session.target.clone(),
            flight_recorder: session.flight_recorder,
            attach: session.attach,
        })))?;
        self.expect().context("cannot load the script")?;
        self.request(&Request::Start)?;
        let report = self.follow(session, &mut stream, signals)?;
        stream.console.summary(&report)?;
        Ok(Outcome { errors: stream.console.errors(), suppressed, report })
    }

    /// Prints what comes until the session has finished.
    fn follow(
        &mut self,
        session: &Session<'_>,
        stream: &mut Stream<'_, impl Write, impl Write>,
        signals: Signals<'_>,
    ) -> Result<Report> {
        let deadline = session.timeout.map(|timeout| Instant::now() + timeout);
        let mut stopping = false;
        loop {
            let timed_out = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if !stopping && signals.dump.swap(false, Ordering::Relaxed) {
                self.request(&Request::Dump)?;
            }
            let stop = timed_out || signals.interrupted.load(Ordering::Relaxed);
            if stop && !mem::replace(&mut stopping, true) {
                self.request(&Request::Stop)?;
            }
            match self.wait(TICK)? {
                None => {}
                Some(Event::Started { probes }) => {
                    stream.console.unattached(&probes)?;
                    if session.verbose > 0 {
                        stream.console.attached(&probes, session.verbose > 1)?;
                    }
                }
                Some(Event::Data { horizon, chunks }) => stream.take(horizon, &chunks)?,
                Some(Event::Output { is_stderr, bytes }) => stream.console.pass(is_stderr, &bytes)?,
                Some(Event::Finished(report)) => return Ok(*report),
                Some(Event::Hello(_) | Event::Fact { .. } | Event::Loaded | Event::Error(_)) => {}
            }
        }
    }
}
