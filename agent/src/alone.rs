// SPDX-License-Identifier: MIT OR Apache-2.0
//! A stored image, run without a host.

use std::io::{self, BufWriter, IsTerminal};
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use spile_output::{Console, Stream};

use crate::command::Output;
use crate::engine::Engine;
use crate::protocol::{Event, Load};
use crate::run::Runner;
use crate::signals::Asked;

/// Runs an image to its end and prints what it says. Returns whether all went well.
pub fn run(engine: Box<dyn Engine>, load: &Load) -> Result<bool> {
    let view = spile_abi::Image::parse(&load.image)?;
    // Standard output alone would make a system call of each line, in the system that is traced.
    let out = BufWriter::new(io::stdout().lock());
    let info = view.host()?;
    let suppressed = info.options.suppress_errors;
    let console = Console::new(info, out, io::stderr().lock()).coloured(io::stderr().is_terminal());
    let mut stream = Stream::new(console);
    let asked = Asked::by_signals()?;

    let mut runner = Runner::new(engine, Output::Inherited);
    let mut report = None;
    let mut sink = |event: Event| {
        match event {
            Event::Started { probes } => stream.console.unattached(&probes)?,
            Event::Data { horizon, chunks } => stream.take(horizon, &chunks)?,
            Event::Output { is_stderr, bytes } => stream.console.pass(is_stderr, &bytes)?,
            Event::Finished(done) => report = Some(done),
            Event::Hello(_) | Event::Fact { .. } | Event::Loaded | Event::Error(_) => {}
        }
        Ok(())
    };
    runner.load(load)?;
    runner.start(&mut sink)?;
    while runner.is_running() {
        if asked.interrupted.load(Ordering::Relaxed) {
            runner.finish(&mut sink)?;
            break;
        }
        if asked.dump.swap(false, Ordering::Relaxed) {
            runner.dump(&mut sink)?;
        }
        runner.step(None, &mut sink)?;
    }
    let report = report.context("the session ended without a report")?;
    stream.console.summary(&report)?;
    Ok(!report.failed && (suppressed || stream.console.errors() == 0))
}
