// SPDX-License-Identifier: MIT OR Apache-2.0
//! The QEMU lab: stock kernels, machines that boot them, and verdicts on what their consoles say.
//!
//! A [`Cell`] names a kernel of the [`catalogue`]; preparing it fetches and unpacks Debian's packages into the [`cache`]
//! and gives a [`Kernel`]. [`kshim::build`] builds the kernel module for it. A [`Machine`] boots it from an initramfs
//! made for the run; the [`RunningMachine`] gives a byte stream to the agent, and at power-off a [`Verdict`].
//!
//! ```no_run
//! use std::time::Duration;
//! use spile_vm_lab::{Cell, Lines, Machine};
//! # fn main() -> anyhow::Result<()> {
//! let kernel = Cell::parse("debian-6.1-amd64")?.prepare(&Lines)?;
//! let mut machine = Machine::builder(&kernel).agent("target/agents/x86_64/spile-agent").smp(2).start()?;
//! let stream = machine.stream()?; // Read + Write, to the agent
//! # drop(stream);
//! let verdict = machine.shutdown(Duration::from_secs(60))?;
//! assert!(verdict.is_clean(), "{verdict}");
//! # Ok(()) }
//! ```

pub mod cache;
pub mod catalogue;
pub mod progress;

mod apt;
mod command;

mod image;
pub mod kernel;
pub mod modules;

mod headers;
pub mod kshim;
pub mod roots;

mod accel;
mod child;
mod cpio;
mod initramfs;
pub mod machine;
mod qemu;
pub mod verdict;

pub use catalogue::{Arch, Cell};
pub use kernel::Kernel;
pub use machine::{Machine, MachineBuilder, RunningMachine};
pub use progress::{Lines, Progress, Silent, Terminal};
pub use verdict::{Splat, Verdict};
