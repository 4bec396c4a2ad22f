// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where images run: the kernel (through kshim) or an ordinary process.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use anyhow::Result;

use crate::protocol::{FailedProbe, Hello};
use spile_output::Report;

/// What a session has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Nothing asks for an end.
    Running,
    /// The script called `exit()`, or a fatal error happened: it is time to stop.
    Ending,
    /// Stopped for good.
    Stopped,
}

/// Something that runs one image. Dropping it undoes everything.
pub trait Engine {
    /// Who this is.
    fn hello(&self) -> Hello;

    /// Takes an image; `param` is the target process or 0.
    fn load(&mut self, image: &[u8], ring_bytes: u32, param: u64) -> Result<()>;

    /// Runs begin probes and attaches the rest; gives those that could not be attached.
    fn start(&mut self) -> Result<Vec<FailedProbe>>;

    /// Detaches all and runs end or error probes.
    fn stop(&mut self) -> Result<()>;

    /// How it stands.
    fn state(&self) -> Result<State>;

    /// Takes all whole records out of the rings, by CPU.
    fn drain(&mut self) -> Result<Vec<(u32, Vec<u8>)>>;

    /// Counters so far.
    fn report(&self) -> Result<Report>;

    /// Readable when there is something to drain or the state changed.
    fn wake_fd(&self) -> Option<BorrowedFd<'_>>;

    /// Runs what is due (timers of an ordinary process), and says how long it can wait for the next.
    fn run_due(&mut self) -> Option<Duration>;
}
