// SPDX-License-Identifier: MIT OR Apache-2.0
//! One session on one engine: the target command, the flow of records, the end.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use spile_abi::raw;

use crate::command::{Output, Process};
use crate::engine::{Drain, Drained, Engine, Setup, State};
use crate::protocol::{Event, Load, TargetProcess};
use spile_output::{Chunk, records};

/// How long records may wait when no ring is full enough to wake us.
const FLUSH: Duration = Duration::from_millis(100);

/// Where events go: the host, or the terminal of an agent that runs alone.
pub type Sink<'a> = dyn FnMut(Event) -> Result<()> + 'a;

/// A session on an engine.
pub struct Runner {
    engine: Box<dyn Engine>,
    output: Output,
    command: Option<Process>,
    /// Commands of `system()`.
    others: Vec<Process>,
    running: bool,
    /// Whether begin probes ended it, so that there is nothing to wait for.
    ended: bool,
    /// Whether the last flush had records, so that a later horizon must follow.
    unsettled: bool,
}

impl Runner {
    /// A session without an image yet.
    pub fn new(engine: Box<dyn Engine>, output: Output) -> Self {
        Self { engine, output, command: None, others: Vec::new(), running: false, ended: false, unsettled: false }
    }

    /// The engine.
    pub fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// Whether it has been started and not finished.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Loads an image and prepares the target command.
    pub fn load(&mut self, load: &Load) -> Result<()> {
        let param = match &load.target {
            TargetProcess::None => 0,
            TargetProcess::Pid(pid) => *pid,
            TargetProcess::Command(command) => self.command.insert(Process::spawn_stopped(command, self.output)?).pid(),
        };
        let setup = Setup {
            ring_bytes: load.ring_bytes,
            param: param.into(),
            flight_recorder: load.flight_recorder,
            attach: load.attach,
            overload: spile_abi::Image::parse(&load.image)?.host()?.options.overload,
        };
        self.engine.load(&load.image, &setup)
    }

    /// Runs begin probes, attaches the others, lets the target command go.
    pub fn start(&mut self, sink: &mut Sink<'_>) -> Result<()> {
        if self.running {
            bail!("the session runs already");
        }
        let probes = self.engine.start()?;
        self.running = true;
        self.ended = self.engine.state()? != State::Running;
        sink(Event::Started { probes })?;
        if let Some(command) = &self.command {
            command.release()?;
        }
        Ok(())
    }

    /// Waits for something to do (`other` is a further descriptor to wait on), and does it.
    /// Returns whether `other` can be read.
    pub fn step(&mut self, other: Option<BorrowedFd<'_>>, sink: &mut Sink<'_>) -> Result<bool> {
        let next_due = if self.running { self.engine.run_due() } else { None };
        let ready = self.wait(other, next_due)?;
        if self.running {
            self.flush(Drain::Due, sink)?;
            self.pass_output(sink)?;
            let command_ended = match &mut self.command {
                Some(command) => command.status()?.is_some(),
                None => false,
            };
            if command_ended || self.engine.state()? != State::Running {
                self.finish(sink)?;
            }
        }
        Ok(ready)
    }

    fn wait(&self, other: Option<BorrowedFd<'_>>, next_due: Option<Duration>) -> Result<bool> {
        let mut fds: Vec<_> = other.into_iter().collect();
        if self.running {
            fds.extend(self.engine.wake_fd());
            fds.extend(self.command.iter().chain(&self.others).flat_map(Process::fds));
        }
        let mut fds: Vec<_> = fds.into_iter().map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let timeout = match self.running {
            true if self.ended => PollTimeout::ZERO,
            // A timer due in less than a millisecond is met by polling.
            true => PollTimeout::try_from(next_due.unwrap_or(FLUSH).min(FLUSH)).unwrap_or(PollTimeout::ZERO),
            false => PollTimeout::NONE,
        };
        match poll(&mut fds, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error).context("poll"),
        }
        let ready = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
        Ok(other.is_some() && fds.first().is_some_and(ready))
    }

    /// Passes on all that the flight recorder holds.
    pub fn dump(&mut self, sink: &mut Sink<'_>) -> Result<()> {
        self.flush(Drain::All, sink)
    }

    /// Passes on what the rings hold.
    fn flush(&mut self, what: Drain, sink: &mut Sink<'_>) -> Result<()> {
        let Drained { horizon, chunks, .. } = self.engine.drain(what)?;
        self.start_commands(&chunks)?;
        let any = !chunks.is_empty();
        if any || self.unsettled {
            sink(Event::Data { horizon, chunks })?;
        }
        self.unsettled = any;
        Ok(())
    }

    /// Starts the commands of `system()`.
    fn start_commands(&mut self, chunks: &[Chunk]) -> Result<()> {
        for Chunk { cpu, records: stream } in chunks {
            for record in records(*cpu, stream) {
                let record = record?;
                if u32::from(record.kind) == raw::SPILE_RECORD_SYSTEM {
                    let command = spile_output::message_text(record.payload);
                    self.others.push(Process::spawn(&String::from_utf8_lossy(command), self.output)?);
                }
            }
        }
        Ok(())
    }

    fn pass_output(&mut self, sink: &mut Sink<'_>) -> Result<()> {
        for process in self.command.iter_mut().chain(&mut self.others) {
            process.read_output(|is_stderr, bytes| sink(Event::Output { is_stderr, bytes: bytes.to_vec() }))?;
            process.status()?;
        }
        Ok(())
    }

    /// Stops: end probes run, the last records go out, then the report.
    pub fn finish(&mut self, sink: &mut Sink<'_>) -> Result<()> {
        if !self.running {
            bail!("the session does not run");
        }
        self.flush(Drain::Due, sink)?;
        self.engine.stop()?;
        self.running = false;
        loop {
            let Drained { horizon, chunks, more } = self.engine.drain(Drain::All)?;
            self.start_commands(&chunks)?;
            // A record that nobody finishes any more ends it too.
            let last = !more || chunks.is_empty();
            sink(Event::Data { horizon: if last { u64::MAX } else { horizon }, chunks })?;
            if last {
                break;
            }
        }
        let mut report = self.engine.report()?;
        if let Some(command) = &mut self.command {
            report.command_status = command.status()?;
            command.terminate()?;
        }
        for process in &mut self.others {
            process.wait()?;
        }
        self.pass_output(sink)?;
        sink(Event::Finished(Box::new(report)))
    }
}
