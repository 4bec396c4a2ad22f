// SPDX-License-Identifier: MIT OR Apache-2.0
//! The engine of an ordinary process: the same machine code as in the kernel, for begin, end, error
//! and timer probes, with one CPU and one level of contexts.

mod code;
mod imports;
mod overload;
mod ring;
mod shared;

use std::os::fd::BorrowedFd;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use spile_abi::raw;

use crate::clock::monotonic_ns;
use crate::engine::{Drain, Drained, Engine, Setup, State};
use crate::protocol::{Hello, PROTOCOL_VERSION};
use code::Code;
use overload::Watch;
use shared::Shared;
use spile_output::{Attachment, Chunk, CpuReport, ProbeReport, Report};

/// Runs an image in this process.
#[derive(Default)]
pub struct UserEngine {
    session: Option<Session>,
}

struct Session {
    code: Code,
    shared: Box<Shared>,
    probes: Vec<raw::spile_probe>,
    timers: Vec<Timer>,
    /// Over what timers take of the CPU.
    watch: Watch,
    ring_bytes: u32,
    flight_recorder: bool,
}

struct Timer {
    probe: u32,
    due_ns: u64,
}

impl UserEngine {
    fn session(&mut self) -> Result<&mut Session> {
        self.session.as_mut().context("no image is loaded")
    }
}

impl Engine for UserEngine {
    fn hello(&self) -> Hello {
        Hello {
            protocol: PROTOCOL_VERSION,
            abi_hash: spile_abi::SPILE_ABI_HASH,
            arch: std::env::consts::ARCH.into(),
            release: String::new(),
            n_cpus: 1,
        }
    }

    fn load(&mut self, image: &[u8], setup: &Setup) -> Result<()> {
        if self.session.is_some() {
            bail!("an image is loaded already");
        }
        let view = spile_abi::Image::parse(image)?;
        let header = view.header();
        if header.arch != imports::ARCH {
            bail!("the image is for another instruction set");
        }
        let code = Code::map(view.text(), view.imports())?;
        let mut shared = Shared::new(header, setup);
        if header.init != raw::SPILE_NO_TEXT {
            code.call(header.init, shared.context(0));
        }
        let probes = view.probes().to_vec();
        self.session = Some(Session {
            code,
            shared,
            probes,
            timers: Vec::new(),
            watch: Watch::new(&setup.overload),
            ring_bytes: setup.ring_bytes,
            flight_recorder: setup.flight_recorder,
        });
        Ok(())
    }

    fn start(&mut self) -> Result<Vec<Attachment>> {
        let session = self.session()?;
        session.shared.state = raw::SPILE_STATE_STARTING;
        session.run_all(raw::SPILE_PROBE_BEGIN, raw::SPILE_STATE_STARTING);
        if session.shared.state == raw::SPILE_STATE_STARTING {
            session.shared.state = raw::SPILE_STATE_RUNNING;
        }
        let now = monotonic_ns();
        for (index, probe) in (0..).zip(&session.probes) {
            if probe.kind == raw::SPILE_PROBE_TIMER {
                let due_ns = now + session.shared.period_ns(probe);
                session.timers.push(Timer { probe: index, due_ns });
            }
        }
        Ok(session.probes.iter().map(attachment).collect())
    }

    fn stop(&mut self) -> Result<()> {
        let session = self.session()?;
        session.timers.clear();
        if session.shared.state != raw::SPILE_STATE_FAILED {
            session.shared.state = raw::SPILE_STATE_EXITING;
            session.run_all(raw::SPILE_PROBE_END, raw::SPILE_STATE_EXITING);
        }
        if session.shared.state == raw::SPILE_STATE_FAILED {
            session.shared.failed = true;
            session.run_all(raw::SPILE_PROBE_ERROR, raw::SPILE_STATE_FAILED);
        }
        session.shared.state = raw::SPILE_STATE_STOPPED;
        Ok(())
    }

    fn state(&self) -> Result<State> {
        let session = self.session.as_ref().context("no image is loaded")?;
        Ok(match session.shared.state {
            raw::SPILE_STATE_EXITING | raw::SPILE_STATE_FAILED => State::Ending,
            raw::SPILE_STATE_STOPPED => State::Stopped,
            _ => State::Running,
        })
    }

    fn drain(&mut self, what: Drain) -> Result<Drained> {
        let session = self.session()?;
        let asked = std::mem::take(&mut session.shared.flush);
        let mut drained = Drained { horizon: monotonic_ns(), chunks: Vec::new(), more: false };
        if session.flight_recorder && what == Drain::Due && !asked {
            return Ok(drained);
        }
        let records = session.shared.ring().take();
        if !records.is_empty() {
            drained.chunks.push(Chunk { cpu: 0, records });
        }
        Ok(drained)
    }

    fn report(&self) -> Result<Report> {
        let session = self.session.as_ref().context("no image is loaded")?;
        let (shared, counters, losses) = (&session.shared, session.shared.counters(), session.shared.losses());
        let cpu = CpuReport {
            hits: counters.hits,
            skips: counters.skips.to_vec(),
            dropped: losses.dropped,
            dropped_bytes: losses.dropped_bytes,
            displaced: losses.displaced,
        };
        let probe = |(probe, hits): (&raw::spile_probe, &u64)| ProbeReport {
            hits: *hits,
            missed: 0,
            attachment: attachment(probe),
            times: 1,
        };
        Ok(Report {
            failed: shared.failed,
            cpus: vec![cpu],
            n_online: 1,
            ring_bytes: session.ring_bytes,
            probes: session.probes.iter().zip(shared.hits()).map(probe).collect(),
            overload: session.watch.overload(),
            command_status: None,
        })
    }

    fn wake_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn run_due(&mut self) -> Option<Duration> {
        let session = self.session.as_mut()?;
        let now = monotonic_ns();
        // In the order in which they were due.
        session.timers.sort_by_key(|timer| timer.due_ns);
        for index in 0..session.timers.len() {
            let Timer { probe, due_ns } = session.timers[index];
            if due_ns > now || session.shared.state != raw::SPILE_STATE_RUNNING {
                break;
            }
            let begun = imports::cycles();
            session.run(probe);
            if session.watch.is_over(begun, imports::cycles()) {
                session.shared.state = raw::SPILE_STATE_FAILED;
            }
            let period = session.shared.period_ns(&session.probes[probe as usize]);
            // Periods that were slept through are not made up for, as with the kernel's timers.
            let next = due_ns + period;
            session.timers[index].due_ns = if next > now { next } else { now + period };
        }
        let next = session.timers.iter().map(|timer| timer.due_ns).min()?;
        Some(match session.shared.state {
            raw::SPILE_STATE_RUNNING => Duration::from_nanos(next.saturating_sub(now)),
            _ => Duration::ZERO,
        })
    }
}

impl Session {
    /// Runs the handlers of a kind in the order of their sequence numbers, while the state lasts.
    /// Error probes all run, whatever happens.
    fn run_all(&mut self, kind: u32, while_state: u32) {
        let mut chosen: Vec<u32> = (0..self.probes.len() as u32).collect();
        chosen.retain(|index| self.probes[*index as usize].kind == kind);
        chosen.sort_by_key(|index| self.probes[*index as usize].param);
        for probe in chosen {
            // exit() within an end probe changes nothing.
            if self.shared.state == while_state {
                self.run(probe);
            }
        }
    }

    fn run(&mut self, probe: u32) {
        let handler = self.probes[probe as usize].handler;
        self.shared.count_hit(probe);
        let context = self.shared.context(probe);
        self.code.call(handler, context);
    }
}

/// How a probe comes to be run here.
fn attachment(probe: &raw::spile_probe) -> Attachment {
    match probe.kind {
        raw::SPILE_PROBE_BEGIN | raw::SPILE_PROBE_END | raw::SPILE_PROBE_ERROR => Attachment::default(),
        raw::SPILE_PROBE_TIMER => Attachment { kind: raw::SPILE_ATTACH_TIMER, ..Attachment::default() },
        _ => Attachment { errno: nix::errno::Errno::EOPNOTSUPP as i32, ..Attachment::default() },
    }
}
