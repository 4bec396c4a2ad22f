// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where images run: the kernel (through kshim) or an ordinary process.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use anyhow::Result;

use spile_abi::host::Overload;
use spile_output::{Attachment, Chunk, Report};

use crate::protocol::Hello;

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

/// How an image is to be run.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Ring of each CPU, a power of two.
    pub ring_bytes: u32,
    /// The target process, or 0.
    pub param: u64,
    /// The newest records displace the oldest.
    pub flight_recorder: bool,
    /// `spile_load.attach`.
    pub attach: u32,
    /// How much of a CPU handlers may take.
    pub overload: Overload,
}

/// What is taken out of the rings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drain {
    /// What is to be read as it comes: of a flight recorder nothing, unless the script wants it to be dumped.
    Due,
    /// All that there is.
    All,
}

/// Records from the rings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drained {
    /// In the unit of the records' times; no record from before is still to come.
    pub horizon: u64,
    /// By CPU.
    pub chunks: Vec<Chunk>,
    /// Whether there is more that could be taken now.
    pub more: bool,
}

/// Something that runs one image. Dropping it undoes everything.
pub trait Engine {
    /// Who this is.
    fn hello(&self) -> Hello;

    /// Takes an image.
    fn load(&mut self, image: &[u8], setup: &Setup) -> Result<()>;

    /// Runs begin probes and attaches the rest; tells of each probe how.
    fn start(&mut self) -> Result<Vec<Attachment>>;

    /// Detaches all and runs end or error probes.
    fn stop(&mut self) -> Result<()>;

    /// How it stands.
    fn state(&self) -> Result<State>;

    /// Takes whole records out of the rings.
    fn drain(&mut self, what: Drain) -> Result<Drained>;

    /// Counters so far.
    fn report(&self) -> Result<Report>;

    /// Readable when there is something to drain or the state changed.
    fn wake_fd(&self) -> Option<BorrowedFd<'_>>;

    /// Runs what is due (timers of an ordinary process), and says how long it can wait for the next.
    fn run_due(&mut self) -> Option<Duration>;
}
