// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a session sends, on its way to the user: put into order and printed, or kept by CPU.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use spile_abi::raw;

use crate::bulk::bulk_header;
use crate::console::Console;
use crate::merge::Merger;

/// Whole records of one CPU.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    /// Which CPU.
    pub cpu: u32,
    /// The records, without pads.
    #[serde(with = "crate::bytes")]
    pub records: Vec<u8>,
}

/// Writes bytes to the file of a CPU.
pub type Bulk<'a> = Box<dyn FnMut(u32, &[u8]) -> io::Result<()> + 'a>;

/// The way of a session's records.
pub struct Stream<'a, Out, Err> {
    /// Where they are told.
    pub console: Console<Out, Err>,
    merger: Merger,
    bulk: Option<Bulk<'a>>,
    /// CPUs whose files have been begun.
    begun: Vec<u32>,
}

impl<'a, Out: Write, Err: Write> Stream<'a, Out, Err> {
    /// To a console.
    pub fn new(console: Console<Out, Err>) -> Self {
        Self { console, merger: Merger::default(), bulk: None, begun: Vec::new() }
    }

    /// With the script's output kept by CPU instead of being printed. What is written to a file is never to be split.
    pub fn in_bulk(self, bulk: Option<Bulk<'a>>) -> Self {
        Self { bulk, ..self }
    }

    /// Takes records; those from before the horizon are complete with these.
    pub fn take(&mut self, horizon: u64, chunks: &[Chunk]) -> io::Result<()> {
        for Chunk { cpu, records } in chunks {
            let in_bulk = self.bulk.is_some();
            self.keep(*cpu, records)?;
            let wanted = |kind| !in_bulk || kind != raw::SPILE_RECORD_PRINT;
            self.merger.push_if(*cpu, records, wanted).map_err(io::Error::other)?;
        }
        for record in self.merger.take_before(horizon) {
            self.console.record(&record)?;
        }
        self.console.flush()
    }

    fn keep(&mut self, cpu: u32, records: &[u8]) -> io::Result<()> {
        let Some(bulk) = &mut self.bulk else { return Ok(()) };
        if !self.begun.contains(&cpu) {
            self.begun.push(cpu);
            bulk(cpu, &bulk_header(cpu, &self.console.info))?;
        }
        bulk(cpu, records)
    }
}
