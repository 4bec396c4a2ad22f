// SPDX-License-Identifier: MIT OR Apache-2.0
//! The interpreter: the reference for what programs mean.
//!
//! It is written for clearness, shares no code with the compiled runtime, and is deterministic: timers fire in
//! virtual time, which only they advance. What a program asks of the world comes from [`Services`].
//!
//! A session runs as in the kernel: `begin` probes in the order of their sequence numbers, timers until the script
//! asks for the end, `end` probes. A fatal error (one more than `Limits::max_errors`) leaves only the `error` probes
//! to run.
//!
//! ```
//! # use spile_ir::*;
//! struct World;
//! impl Services for World {
//!     fn format(&mut self, format: &Format, _: &[FormatValue<'_>]) -> Vec<u8> {
//!         format.text.clone()
//!     }
//! }
//! let mut program = Program::default();
//! let file = program.intern_file("a.stp");
//! let loc = program.intern_location(&Location { file, line: 1, column: 1, near: String::new() });
//! let hello = program.intern_format(&Format { text: b"hello\n".into(), args: vec![] });
//! let handler = program.declare("begin", &[], None);
//! let mut b = FunctionBuilder::new(&mut program, handler);
//! b.set_loc(loc);
//! b.emit(Op::Print(hello, vec![]));
//! b.finish();
//! program.probes.push(Probe {
//!     name: "begin".into(), alias: None, kind: ProbeKind::Begin(0), handler, loc, entry: None, entry_words: 0, optional: false,
//!     condition: None,
//! });
//! let outcome = Interp::new(&program, &mut World).expect("the program is correct").run();
//! assert_eq!(outcome.output(), b"hello\n");
//! ```

mod builtin;
mod error;
mod float;
mod globals;
mod machine;
mod map;
mod memory;
mod regex;
mod services;
mod stat;
pub(crate) mod string;
mod value;

pub use memory::{Memory, Task};
pub use services::{Clock, FormatHist, FormatValue, Services};

use std::fmt;

use self::machine::{Machine, Run};
use crate::{LocId, ProbeKind, Program, VerifyError, verify};

/// Something that a session showed, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Output of the script.
    Print(Vec<u8>),
    /// A warning, as the script wrote it.
    Warning(Vec<u8>),
    /// A shell command to be run.
    System(Vec<u8>),
    /// An error that nobody caught.
    Error(Report),
}

/// An error that left a handler.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// What a catch block would have got.
    pub message: Vec<u8>,
    /// The instruction's place.
    pub loc: LocId,
    /// The probe, in `Program::probes`.
    pub probe: usize,
}

impl Report {
    /// The line that users see, without `ERROR: `: `MESSAGE near NEAR at FILE:L:C in probe POINT`.
    pub fn describe<'a>(&'a self, program: &'a Program) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| {
            f.write_str(&String::from_utf8_lossy(&self.message))?;
            if let Some(location) = program.locations.get(self.loc.index()) {
                if !location.near.is_empty() {
                    write!(f, " near {}", location.near)?;
                }
                let file = program.files.get(location.file.index()).map_or("?", String::as_str);
                write!(f, " at {file}:{}:{}", location.line, location.column)?;
            }
            match program.probes.get(self.probe) {
                Some(probe) => write!(f, " in probe {}", probe.name),
                None => Ok(()),
            }
        })
    }
}

/// What a probe point passes to its handler.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Hit {
    /// Raw arguments; missing ones read as 0.
    pub args: Vec<u64>,
    /// The raw return value.
    pub return_value: u64,
}

/// How far a session is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Handlers run.
    Running,
    /// The script asked for the end.
    Exiting,
    /// A fatal error: only error probes are left to run.
    Failed,
}

/// What became of a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// All that it showed.
    pub events: Vec<Event>,
    /// Errors that nobody caught.
    pub errors: u64,
    /// Whether one of them was fatal.
    pub failed: bool,
    /// Whether the script asked for the end. If not, it ran out of timers or of time.
    pub exited: bool,
    /// The virtual time at which it ended, ns.
    pub end_ns: u64,
}

impl Outcome {
    /// All output of the script.
    pub fn output(&self) -> Vec<u8> {
        let prints = self.events.iter().filter_map(|event| match event {
            Event::Print(bytes) => Some(&bytes[..]),
            _ => None,
        });
        prints.collect::<Vec<_>>().concat()
    }

    /// The status that the command ends with.
    pub fn status(&self) -> i32 {
        i32::from(self.errors > 0)
    }
}

/// A session of a program.
pub struct Interp<'a> {
    machine: Machine<'a>,
    state: State,
    errors: u64,
    /// The end of virtual time, ns.
    cap_ns: u64,
}

impl<'a> Interp<'a> {
    /// Virtual time after which a session ends as by ^C, unless [`Self::with_cap_ns`] says otherwise: one minute.
    pub const CAP_NS: u64 = 60_000_000_000;

    /// A session that has not begun. Fails on programs that do not verify.
    pub fn new(program: &'a Program, services: &'a mut dyn Services) -> Result<Self, Vec<VerifyError>> {
        verify(program)?;
        let machine = Machine::new(program, services);
        Ok(Self { machine, state: State::Running, errors: 0, cap_ns: Self::CAP_NS })
    }

    /// Sets the end of virtual time, ns.
    pub fn with_cap_ns(self, cap_ns: u64) -> Self {
        Self { cap_ns, ..self }
    }

    /// Limits the instructions and jumps of the whole session; a handler that wants more fails as if it had spent its
    /// budget. Without it, a program that lacks [`crate::Op::Budget`] may run forever.
    pub fn with_max_steps(mut self, steps: u64) -> Self {
        self.machine.steps = steps;
        self
    }

    /// Runs the whole session.
    pub fn run(mut self) -> Outcome {
        self.begin();
        self.run_timers();
        self.end()
    }

    /// Runs `begin` probes.
    pub fn begin(&mut self) {
        self.run_sequence(|kind| match kind {
            ProbeKind::Begin(sequence) => Some(*sequence),
            _ => None,
        });
    }

    /// Fires one probe, as by an event; nothing happens where the session is over. A return probe's entry handler
    /// runs first.
    pub fn fire(&mut self, probe: usize, hit: &Hit) {
        let Some(fired) = self.machine.program.probes.get(probe) else { return };
        let mut words = vec![0; fired.entry_words as usize];
        for handler in [fired.entry, Some(fired.handler)].into_iter().flatten() {
            if self.state != State::Running {
                return;
            }
            self.run_handler(probe, handler, hit, &mut words);
        }
    }

    /// Fires timers in virtual time until the script asks for the end, or nothing is left to wait for.
    pub fn run_timers(&mut self) {
        let probes = &self.machine.program.probes;
        let timers = probes.iter().enumerate().filter_map(|(probe, resolved)| match resolved.kind {
            ProbeKind::Timer { period_ns, randomize_ns } => Some((probe, period_ns.max(1), randomize_ns)),
            _ => None,
        });
        let timers: Vec<_> = timers.collect();
        let mut due: Vec<u64> = Vec::new();
        for (_, period, spread) in &timers {
            let delay = self.delay(*period, *spread);
            due.push(self.machine.now_ns.saturating_add(delay));
        }
        while self.state == State::Running {
            // Of those due at the same time, the first in the program.
            let Some(next) = (0..due.len()).min_by_key(|timer| due[*timer]) else { return };
            if due[next] > self.cap_ns {
                return;
            }
            self.machine.now_ns = due[next];
            let (probe, period, spread) = timers[next];
            due[next] = due[next].saturating_add(self.delay(period, spread));
            self.fire(probe, &Hit::default());
        }
    }

    /// Runs `end` probes, or after a fatal error `error` probes.
    pub fn end(mut self) -> Outcome {
        let exited = self.state == State::Exiting;
        if self.state != State::Failed {
            self.state = State::Running;
            self.run_end();
        }
        let failed = self.state == State::Failed;
        if failed {
            self.run_error();
        }
        Outcome { events: self.machine.events, errors: self.errors, failed, exited, end_ns: self.machine.now_ns }
    }

    /// An error skips the rest; exit() does not.
    fn run_end(&mut self) {
        for probe in self.sequence(|kind| match kind {
            ProbeKind::End(sequence) => Some(*sequence),
            _ => None,
        }) {
            if self.state != State::Failed {
                self.state = State::Running;
                self.fire(probe, &Hit::default());
            }
        }
    }

    /// All of them run, whatever happens.
    fn run_error(&mut self) {
        for probe in self.sequence(|kind| match kind {
            ProbeKind::Error(sequence) => Some(*sequence),
            _ => None,
        }) {
            self.state = State::Running;
            self.fire(probe, &Hit::default());
        }
        self.state = State::Failed;
    }

    fn run_sequence(&mut self, sequence: impl Fn(&ProbeKind) -> Option<i64>) {
        for probe in self.sequence(sequence) {
            self.fire(probe, &Hit::default());
        }
    }

    /// Probes of a kind in the order of their sequence numbers, then of the program.
    fn sequence(&self, sequence: impl Fn(&ProbeKind) -> Option<i64>) -> Vec<usize> {
        let probes = self.machine.program.probes.iter().enumerate();
        let mut all: Vec<_> = probes.filter_map(|(n, probe)| Some((sequence(&probe.kind)?, n))).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, probe)| probe).collect()
    }

    /// The time to a timer's next tick, ns.
    fn delay(&mut self, period: u64, spread: u64) -> u64 {
        if spread == 0 {
            return period;
        }
        let range = spread.saturating_mul(2).saturating_add(1);
        let random = self.machine.services.random(range) % range;
        period.saturating_add(random).saturating_sub(spread).max(1)
    }

    fn run_handler(&mut self, probe: usize, handler: crate::FuncId, hit: &Hit, words: &mut [i64]) {
        let limits = &self.machine.program.limits;
        let interruptible = self.machine.program.probes[probe].kind.is_interruptible();
        let budget = if interruptible { limits.max_action_interruptible } else { limits.max_action };
        let result = self.machine.run(handler, &mut Run { probe, hit, words, budget, matched: None });
        if std::mem::take(&mut self.machine.exit) {
            self.state = State::Exiting;
        }
        if let Err((fault, loc)) = result.or_else(silent) {
            let report = Report { message: fault.message(), loc, probe };
            self.machine.events.push(Event::Error(report));
            self.errors += 1;
            if self.errors > u64::from(self.machine.program.limits.max_errors) {
                self.state = State::Failed;
            }
        }
    }
}

/// abort() ends a handler, but is no error.
fn silent(raised: machine::Raised) -> Result<(), machine::Raised> {
    if raised.0 == error::Fault::Abort { Ok(()) } else { Err(raised) }
}
