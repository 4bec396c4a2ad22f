// SPDX-License-Identifier: MIT OR Apache-2.0
//! Records from the rings into text.
//!
//! [`Merger`] puts the records of all CPUs into time order, [`Console`] turns them and the final
//! [`Report`] into what the user sees. The host's session and an agent that runs a stored image
//! alone both use them.

mod bulk;
pub mod bytes;
mod console;
mod merge;
mod report;
mod stream;
mod summary;
mod timing;

pub use bulk::{BulkReader, merge_bulk};
pub use bytes::Bytes;
pub use console::{Console, message_text};
pub use merge::{Merger, Record, StreamError, records};
pub use report::{Attachment, CpuReport, Overload, ProbeReport, Report, attach_mask, attach_words, why_not_attached};
pub use stream::{Bulk, Chunk, Stream};
