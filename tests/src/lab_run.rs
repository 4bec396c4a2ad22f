// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs of scripts on a lab machine over its stream, as `spile run` does them.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use spile_agent::command_line::DEFAULT_RING_BYTES;
use spile_agent::protocol::TargetProcess;
use spile_cli::compile::Request;
use spile_frontend::analyse::Options;
use spile_session::{Outcome, Session};

use crate::lab_guest::PATIENCE;
use crate::machines::Lab;

/// What tests of other things define: on an emulated processor of a busy host handlers may well take more than half of the time.
pub const NO_OVERLOAD: &str = "STP_NO_OVERLOAD";

/// A script, and how to run it.
pub struct Run<'a> {
    script: &'a str,
    options: Options,
    ring_bytes: u32,
    target: TargetProcess,
    interrupt: bool,
    warnings: bool,
    flight_recorder: bool,
    timed: bool,
    attach: u32,
}

/// How a run went.
#[derive(Debug)]
pub struct Ran {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// Errors and counters.
    pub outcome: Outcome,
}

impl<'a> Run<'a> {
    /// Runs until the script exits.
    pub fn new(script: &'a str) -> Self {
        Self {
            script,
            options: Options::default(),
            ring_bytes: DEFAULT_RING_BYTES,
            target: TargetProcess::None,
            interrupt: false,
            flight_recorder: false,
            timed: false,
            attach: 0,
            warnings: true,
        }
    }

    /// With a limit, such as `MAXACTION`.
    pub fn define(mut self, name: &str, value: &str) -> Self {
        self.options.limits.push((name.into(), value.into()));
        self
    }

    /// Allowed to write (`-g`).
    pub fn guru(mut self) -> Self {
        self.options.guru = true;
        self
    }

    /// Until a command ends (`-c`).
    pub fn command(self, command: &str) -> Self {
        Self { target: TargetProcess::Command(command.into()), ..self }
    }

    /// With rings of this size.
    pub fn ring_bytes(self, ring_bytes: u32) -> Self {
        Self { ring_bytes, ..self }
    }

    /// Without the compiler's warnings on our own standard error.
    pub fn without_warnings(self) -> Self {
        Self { warnings: false, ..self }
    }

    /// With the newest output kept in the rings (`-F`).
    pub fn flight_recorder(self) -> Self {
        Self { flight_recorder: true, ..self }
    }

    /// With timed handlers (`-t`).
    pub fn timed(self) -> Self {
        Self { timed: true, ..self }
    }

    /// With probes attached in these ways only, as `spile_load.attach` has it.
    pub fn attach(self, attach: u32) -> Self {
        Self { attach, ..self }
    }

    /// As if ^C were pressed when the first output is seen.
    pub fn interrupted_by_output(self) -> Self {
        Self { interrupt: true, ..self }
    }

    /// Compiles and runs it.
    pub fn on(mut self, lab: &mut Lab) -> Result<Ran> {
        if !self.options.limits.iter().any(|(name, _)| name.starts_with("STP_OVERLOAD")) {
            self = self.define(NO_OVERLOAD, "1");
        }
        let request = Request::text("test.stp", self.script).with_options(self.options).timed(self.timed);
        let image = if self.warnings { request } else { request.quiet() }.image(&lab.facts)?;
        let session = Session {
            image: &image,
            ring_bytes: self.ring_bytes,
            target: self.target,
            timeout: Some(PATIENCE),
            flight_recorder: self.flight_recorder,
            attach: self.attach,
            ..Session::default()
        };
        let interrupted = AtomicBool::new(false);
        let mut out = Output { text: Vec::new(), written: self.interrupt.then_some(&interrupted) };
        let mut err = Vec::new();
        let outcome = lab.agent.run(&session, &mut out, &mut err, &interrupted)?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Ran { out: text(out.text), err: text(err), outcome })
    }
}

impl Ran {
    /// Hits whose handler did not run, and the kernel's own misses.
    pub fn lost_hits(&self) -> u64 {
        self.outcome.report.skipped() + self.outcome.report.missed()
    }

    /// Records that found no room in a ring.
    pub fn lost_records(&self) -> u64 {
        self.outcome.report.cpus.iter().map(|cpu| cpu.dropped).sum()
    }

    /// The number behind a word that begins a line of the output.
    pub fn number(&self, word: &str) -> Result<u64> {
        number(&self.out, word)
    }
}

/// The number behind a word that begins a line.
pub fn number(text: &str, word: &str) -> Result<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
    let digits = rest.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    digits.ok_or_else(|| anyhow::anyhow!("no line `{word} NUMBER` in\n{text}"))
}

/// Keeps text, and tells when there is some.
struct Output<'a> {
    text: Vec<u8>,
    written: Option<&'a AtomicBool>,
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(written) = self.written {
            written.store(true, Ordering::Relaxed);
        }
        self.text.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
