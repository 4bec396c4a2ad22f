// SPDX-License-Identifier: MIT OR Apache-2.0
//! The agent under a host's orders.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;

use anyhow::{Result, bail};

use spile_output::Bytes;

use crate::command::Output;
use crate::engine::Engine;
use crate::protocol::{Event, PROTOCOL_VERSION, Request, receive, send};
use crate::run::Runner;

/// Serves one host after another until the stream ends or the host says goodbye.
///
/// `engine` makes an engine for each session.
pub fn serve(
    mut input: impl Read + AsFd,
    mut output: impl Write,
    engine: &dyn Fn() -> Result<Box<dyn Engine>>,
) -> Result<()> {
    let mut runner = None;
    loop {
        let readable = match &mut runner {
            None => true,
            Some(runner) => step(runner, &input, &mut output)?,
        };
        if !readable {
            continue;
        }
        let Some(request) = receive(&mut input)? else { return Ok(()) };
        if request == Request::Bye {
            return Ok(());
        }
        if let Err(error) = answer(&mut runner, request, &mut output, engine) {
            send(&mut output, &Event::Error(format!("{error:#}")))?;
        }
    }
}

fn step(runner: &mut Runner, input: &impl AsFd, output: &mut impl Write) -> Result<bool> {
    runner.step(Some(input.as_fd()), &mut |event| Ok(send(output, &event)?))
}

fn answer(
    runner: &mut Option<Runner>,
    request: Request,
    output: &mut impl Write,
    engine: &dyn Fn() -> Result<Box<dyn Engine>>,
) -> Result<()> {
    // A Hello begins a new session: what the last host left behind is undone.
    if let Request::Hello { protocol } = request {
        if protocol != PROTOCOL_VERSION {
            bail!("the host speaks protocol {protocol}, this agent {PROTOCOL_VERSION}: use matching builds");
        }
        *runner = None;
        let new = runner.insert(Runner::new(engine()?, Output::Captured));
        return Ok(send(output, &Event::Hello(new.engine().hello()))?);
    }
    let Some(runner) = runner else { bail!("the first message must be Hello") };
    let mut sink = |event: Event| Ok(send(output, &event)?);
    match request {
        Request::Hello { .. } | Request::Bye => Ok(()),
        Request::Fact { path } => {
            let data = read_fact(&path).map(Bytes);
            sink(Event::Fact { path, data })
        }
        Request::Load(load) => {
            runner.load(&load)?;
            sink(Event::Loaded)
        }
        Request::Start => runner.start(&mut sink),
        Request::Dump if !runner.is_running() => Ok(()),
        Request::Dump => runner.dump(&mut sink),
        // The session may have ended by itself while the request was under way.
        Request::Stop if !runner.is_running() => Ok(()),
        Request::Stop => runner.finish(&mut sink),
    }
}

fn read_fact(path: &str) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    File::open(path).ok()?.read_to_end(&mut data).ok()?;
    Some(data)
}
