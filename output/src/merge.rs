// SPDX-License-Identifier: MIT OR Apache-2.0
//! Merging the per-CPU streams of records by time.

use spile_abi::raw;

/// Bytes of a record's header.
pub(crate) const HEADER: usize = size_of::<raw::spile_record>();

/// One record, its header taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    /// The CPU whose ring held it.
    pub cpu: u32,
    /// When it was reserved; in the unit of its engine.
    pub time: u64,
    /// `enum spile_record_type`.
    pub kind: u16,
    /// What follows the header.
    pub payload: &'a [u8],
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

/// Goes through whole records of one CPU's ring; pads are left out.
pub fn records(cpu: u32, stream: &[u8]) -> impl Iterator<Item = Result<Record<'_>, StreamError>> {
    let mut rest = stream;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let claimed = rest.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
            if claimed < HEADER || claimed > rest.len() {
                rest = &[];
                return Some(Err(StreamError { cpu, size: claimed }));
            }
            let (record, behind) = rest.split_at(claimed);
            rest = behind;
            let kind = u16::from_le_bytes([record[4], record[5]]);
            if u32::from(kind) != raw::SPILE_RECORD_PAD {
                let time = u64::from_le_bytes(record[8..16].try_into().expect("8 bytes"));
                return Some(Ok(Record { cpu, time, kind, payload: &record[HEADER..] }));
            }
        }
        None
    })
}

/// Holds records back until no earlier one can come.
///
/// A reader looks at the clock (the *horizon*) before it reads the rings: all records from before
/// that moment have then been seen, so they can be put in order for good.
#[derive(Default)]
pub struct Merger {
    held: Vec<Held>,
    /// The payloads of what is held, one behind the other: an allocation for each would cost more than all else.
    payloads: Vec<u8>,
    /// So many of `held`, from the first on, were given out.
    taken: usize,
}

/// A record whose payload is in [`Merger::payloads`].
struct Held {
    time: u64,
    start: usize,
    length: u32,
    cpu: u32,
    kind: u16,
}

impl Merger {
    /// Takes whole records from one CPU's ring.
    pub fn push(&mut self, cpu: u32, stream: &[u8]) -> Result<(), StreamError> {
        self.push_if(cpu, stream, |_| true)
    }

    /// Takes those records from one CPU's ring whose kind is wanted; no other is copied.
    pub fn push_if(&mut self, cpu: u32, stream: &[u8], wanted: impl Fn(u32) -> bool) -> Result<(), StreamError> {
        self.forget();
        for record in records(cpu, stream) {
            let Record { time, kind, payload, .. } = record?;
            if wanted(kind.into()) {
                let (start, length) = (self.payloads.len(), payload.len() as u32);
                self.payloads.extend_from_slice(payload);
                self.held.push(Held { time, start, length, cpu, kind });
            }
        }
        Ok(())
    }

    /// Gives out all records older than the horizon, in time order; those of one CPU and time keep their order.
    pub fn take_before(&mut self, horizon: u64) -> impl ExactSizeIterator<Item = Record<'_>> {
        self.forget();
        self.held.sort_by_key(|held| held.time);
        self.taken = self.held.partition_point(|held| held.time < horizon);
        let payloads = &self.payloads;
        self.held[..self.taken].iter().map(|held| Record {
            cpu: held.cpu,
            time: held.time,
            kind: held.kind,
            payload: &payloads[held.start..held.start + held.length as usize],
        })
    }

    /// Lets go of what was given out. What stays is little: it came after the last look at the clock.
    fn forget(&mut self) {
        if self.taken == 0 {
            return;
        }
        self.held.drain(..self.taken);
        self.taken = 0;
        let mut kept = Vec::new();
        for held in &mut self.held {
            let payload = &self.payloads[held.start..held.start + held.length as usize];
            held.start = kept.len();
            kept.extend_from_slice(payload);
        }
        self.payloads.clear();
        self.payloads.extend_from_slice(&kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, time: u64, payload: &[u8; 8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(24u32.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(0u16.to_le_bytes());
        bytes.extend(time.to_le_bytes());
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn records_of_all_cpus_come_in_time_order() {
        let mut merger = Merger::default();
        merger.push(0, &[record(1, 10, b"first..."), record(1, 30, b"third...")].concat()).unwrap();
        merger.push(1, &[record(0, 15, b"padding."), record(1, 20, b"second..")].concat()).unwrap();
        let times: Vec<_> = merger.take_before(30).map(|record| (record.cpu, record.time)).collect();
        assert_eq!(times, [(0, 10), (1, 20)], "what the horizon does not cover is held back");
        let held: Vec<_> = merger.take_before(u64::MAX).map(|record| record.payload.to_vec()).collect();
        assert_eq!(held, [b"third..."]);
        assert_eq!(merger.take_before(u64::MAX).len(), 0);
    }

    #[test]
    fn unwanted_records_are_left_out() {
        let mut merger = Merger::default();
        let stream = [record(1, 10, b"first..."), record(4, 20, b"command.")].concat();
        merger.push_if(0, &stream, |kind| kind == raw::SPILE_RECORD_SYSTEM).unwrap();
        let kinds: Vec<_> = merger.take_before(u64::MAX).map(|record| record.kind).collect();
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
