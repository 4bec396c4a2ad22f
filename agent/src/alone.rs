// SPDX-License-Identifier: MIT OR Apache-2.0
//! A stored image, run without a host.

use std::io::{self, BufWriter, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use spile_output::{Console, Merger};

use crate::command::Output;
use crate::engine::Engine;
use crate::protocol::{Event, Load};
use crate::run::Runner;

/// Runs an image to its end and prints what it says. Returns whether all went well.
pub fn run(engine: Box<dyn Engine>, load: &Load) -> Result<bool> {
    let view = spile_abi::Image::parse(&load.image)?;
    // Standard output alone would make a system call of each line, in the system that is traced.
    let out = BufWriter::new(io::stdout().lock());
    let info = view.host()?;
    let suppressed = info.options.suppress_errors;
    let mut console = Console::new(info, out, io::stderr().lock()).coloured(io::stderr().is_terminal());
    let mut merger = Merger::default();
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted)).context("cannot handle signals")?;
    }

    let mut runner = Runner::new(engine, Output::Inherited);
    let mut report = None;
    let mut sink = |event: Event| {
        match event {
            Event::Started { failed } => {
                for probe in failed {
                    console.unattached(probe.probe, probe.errno)?;
                }
            }
            Event::Data { horizon_ns, chunks } => {
                for (cpu, records) in chunks {
                    merger.push(cpu, &records)?;
                }
                for record in merger.take_before(horizon_ns) {
                    console.record(&record)?;
                }
                console.flush()?;
            }
            Event::Output { is_stderr, bytes } => console.pass(is_stderr, &bytes)?,
            Event::Finished(done) => report = Some(done),
            Event::Hello(_) | Event::Fact { .. } | Event::Loaded | Event::Error(_) => {}
        }
        Ok(())
    };
    runner.load(load)?;
    runner.start(&mut sink)?;
    while runner.is_running() {
        if interrupted.load(Ordering::Relaxed) {
            runner.finish(&mut sink)?;
            break;
        }
        runner.step(None, &mut sink)?;
    }
    let report = report.context("the session ended without a report")?;
    console.summary(&report)?;
    Ok(!report.failed && (suppressed || console.errors() == 0))
}
