// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections to agents.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use spile_agent::protocol::{Event, Hello, PROTOCOL_VERSION, Request, receive, send};

/// A connection to an agent. Dropping it says goodbye, and ends an agent that we started.
pub struct Agent {
    writer: Box<dyn Write + Send>,
    events: Receiver<Result<Event>>,
    hello: Hello,
    child: Option<Child>,
    /// Whether a session has run since the last Hello.
    pub(crate) used: bool,
}

impl Agent {
    /// Starts an agent that serves on its standard streams.
    pub fn spawn(mut command: Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.with_context(|| format!("cannot start the agent {name}"))?;
        let (Some(writer), Some(reader)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the agent {name} has no pipes");
        };
        let mut agent = Self::connect(reader, writer).with_context(|| format!("talking to the agent {name}"))?;
        agent.child = Some(child);
        Ok(agent)
    }

    /// Says Hello to an agent on any byte stream.
    pub fn connect(mut reader: impl Read + Send + 'static, writer: impl Write + Send + 'static) -> Result<Self> {
        let (sender, events) = channel();
        // A thread, so that a wait for events can be interrupted on any kind of stream.
        thread::spawn(move || {
            loop {
                let event = receive(&mut reader).context("reading from the agent").transpose();
                let Some(event) = event else { return };
                let failed = event.is_err();
                if sender.send(event).is_err() || failed {
                    return;
                }
            }
        });
        let hello = Hello { protocol: 0, abi_hash: 0, arch: String::new(), release: String::new(), n_cpus: 0 };
        let mut agent = Self { writer: Box::new(writer), events, hello, child: None, used: false };
        agent.greet()?;
        Ok(agent)
    }

    /// Begins a new session.
    pub(crate) fn greet(&mut self) -> Result<()> {
        self.request(&Request::Hello { protocol: PROTOCOL_VERSION })?;
        let Event::Hello(hello) = self.expect()? else { bail!("the agent did not say Hello") };
        if hello.abi_hash != spile_abi::SPILE_ABI_HASH {
            bail!("the agent was built from another version (ABI {:016x}): use matching builds", hello.abi_hash);
        }
        self.hello = hello;
        self.used = false;
        Ok(())
    }

    /// Who it is.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// A file of the target, such as `/proc/kallsyms`; `None` where it cannot be read.
    pub fn fact(&mut self, path: &str) -> Result<Option<Vec<u8>>> {
        self.request(&Request::Fact { path: path.into() })?;
        match self.expect()? {
            Event::Fact { data, .. } => Ok(data.map(|bytes| bytes.0)),
            other => bail!("the agent answered {other:?} to a question for {path}"),
        }
    }

    pub(crate) fn request(&mut self, request: &Request) -> Result<()> {
        send(&mut self.writer, request).context("the agent is gone")
    }

    /// The next event; errors of the agent are errors.
    pub(crate) fn expect(&mut self) -> Result<Event> {
        loop {
            if let Some(event) = self.wait(Duration::from_secs(3600))? {
                return Ok(event);
            }
        }
    }

    /// The next event, or `None` if none comes in time.
    pub(crate) fn wait(&mut self, time: Duration) -> Result<Option<Event>> {
        match self.events.recv_timeout(time) {
            Ok(Ok(Event::Error(message))) => bail!("{message}"),
            Ok(event) => event.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("the agent ended unexpectedly{}", self.describe_child()),
        }
    }

    fn describe_child(&mut self) -> String {
        let status = self.child.as_mut().and_then(|child| child.wait().ok());
        status.map_or_else(String::new, |status| format!(" ({status})"))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may be gone already, which is what we want.
        if self.request(&Request::Bye).is_err() {
            self.writer = Box::new(std::io::sink());
        }
        if let Some(child) = &mut self.child {
            self.writer = Box::new(std::io::sink());
            // There is nobody to tell if it cannot be waited for; it has ended then, too.
            let _ = child.wait();
        }
    }
}
