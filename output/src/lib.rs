// SPDX-License-Identifier: MIT OR Apache-2.0
//! Records from the rings into text.
//!
//! [`Merger`] puts the records of all CPUs into time order, [`Console`] turns them and the final
//! [`Report`] into what the user sees. The host's session and an agent that runs a stored image
//! alone both use them.

mod console;
mod merge;
mod report;

pub use console::{Console, message_text};
pub use merge::{Merger, Record, StreamError};
pub use report::{CpuReport, Report};
