// SPDX-License-Identifier: MIT OR Apache-2.0
//! The agent on the target: the only privileged process.
//!
//! It loads images into an [`engine::Engine`] (the kernel, or an ordinary process), runs sessions
//! under a host's orders ([`serve`]) or alone ([`alone`]), and ships records.

pub mod protocol;

mod addresses;
pub mod alone;
mod clock;
mod command;
pub mod command_line;
pub mod engine;
pub mod kernel;
mod ring;
mod run;
pub mod serve;
pub mod signals;
pub mod user;
