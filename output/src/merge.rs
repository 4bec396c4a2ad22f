// SPDX-License-Identifier: MIT OR Apache-2.0
//! Merging the per-CPU streams of records by time.

use std::collections::VecDeque;

use spile_abi::raw;

/// Bytes of a record's header.
pub(crate) const HEADER: usize = size_of::<raw::spile_record>();

/// One record, its header taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The CPU whose ring held it.
    pub cpu: u32,
    /// CLOCK_MONOTONIC when it was reserved.
    pub time_ns: u64,
    /// `enum spile_record_type`.
    pub kind: u16,
    /// What follows the header.
    pub payload: Vec<u8>,
}

/// A stream that is not a sequence of whole records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StreamError {
    /// The CPU whose stream is broken.
    pub cpu: u32,
    /// The size that a header claims, in bytes.
    pub size: usize,
}

impl std::fmt::Display for StreamError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the record stream of CPU {} is broken: a record claims {} bytes", self.cpu, self.size)
    }
}

impl std::error::Error for StreamError {}

/// Holds records back until no earlier one can come.
///
/// A reader looks at the clock (the *horizon*) before it reads the rings: all records from before
/// that moment have then been seen, so they can be put in order for good. Records that a probe
/// made inside another's, in an interrupt, may be stored out of order even within a CPU.
#[derive(Default)]
pub struct Merger {
    held: Vec<Record>,
}

impl Merger {
    /// Takes whole records from one CPU's ring.
    pub fn push(&mut self, cpu: u32, stream: &[u8]) -> Result<(), StreamError> {
        self.push_if(cpu, stream, |_| true)
    }

    /// Takes those records from one CPU's ring whose kind is wanted; no other is copied.
    pub fn push_if(&mut self, cpu: u32, mut stream: &[u8], wanted: impl Fn(u32) -> bool) -> Result<(), StreamError> {
        while !stream.is_empty() {
            let claimed = stream.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
            if claimed < HEADER || claimed > stream.len() {
                return Err(StreamError { cpu, size: claimed });
            }
            let (record, rest) = stream.split_at(claimed);
            stream = rest;
            let kind = u16::from_le_bytes([record[4], record[5]]);
            if u32::from(kind) != raw::SPILE_RECORD_PAD && wanted(kind.into()) {
                let time_ns = u64::from_le_bytes(record[8..16].try_into().expect("8 bytes"));
                self.held.push(Record { cpu, time_ns, kind, payload: record[HEADER..].to_vec() });
            }
        }
        Ok(())
    }

    /// Gives out all records older than the horizon, in time order; those of one CPU and time keep their order.
    pub fn take_before(&mut self, horizon_ns: u64) -> VecDeque<Record> {
        self.held.sort_by_key(|record| record.time_ns);
        let ready = self.held.partition_point(|record| record.time_ns < horizon_ns);
        self.held.drain(..ready).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, time_ns: u64, payload: &[u8; 8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(24u32.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(0u16.to_le_bytes());
        bytes.extend(time_ns.to_le_bytes());
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn records_of_all_cpus_come_in_time_order() {
        let mut merger = Merger::default();
        merger.push(0, &[record(1, 10, b"first..."), record(1, 30, b"third...")].concat()).unwrap();
        merger.push(1, &[record(0, 15, b"padding."), record(1, 20, b"second..")].concat()).unwrap();
        let times: Vec<_> = merger.take_before(30).iter().map(|record| (record.cpu, record.time_ns)).collect();
        assert_eq!(times, [(0, 10), (1, 20)], "what the horizon does not cover is held back");
        assert_eq!(merger.take_before(u64::MAX).len(), 1);
        assert_eq!(merger.take_before(u64::MAX).len(), 0);
    }

    #[test]
    fn unwanted_records_are_left_out() {
        let mut merger = Merger::default();
        let stream = [record(1, 10, b"first..."), record(4, 20, b"command.")].concat();
        merger.push_if(0, &stream, |kind| kind == raw::SPILE_RECORD_SYSTEM).unwrap();
        let kinds: Vec<_> = merger.take_before(u64::MAX).iter().map(|record| record.kind).collect();
        assert_eq!(kinds, [4]);
    }

    #[test]
    fn broken_streams_are_refused() {
        let mut merger = Merger::default();
        let whole = record(1, 10, b"whole...");
        for (stream, size) in [(&whole[..20], 24), (&[0u8; 24][..], 0), (&[7u8][..], 0)] {
            assert_eq!(merger.push(3, stream), Err(StreamError { cpu: 3, size }));
        }
    }
}
