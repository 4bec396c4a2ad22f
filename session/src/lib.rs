// SPDX-License-Identifier: MIT OR Apache-2.0
//! The host's side of a run.
//!
//! An [`Agent`] is a connection to one, wherever it runs: a child process on a pipe, ssh's standard
//! streams, a lab machine's virtio-serial port. It answers for facts on its target, and runs
//! images: [`Agent::run`] uploads one, prints what it says, and ends it.

mod agent;
mod run;

pub use agent::Agent;
pub use run::{Outcome, Outlets, Session, Signals};
