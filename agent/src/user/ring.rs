// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ring of an ordinary process. One thread writes and reads it, so records just lie one behind the other.

use std::collections::VecDeque;

use spile_abi::raw;

use crate::clock::monotonic_ns;

/// Records, oldest first.
pub struct Ring {
    records: VecDeque<Box<[u64]>>,
    /// Bytes of all of them.
    used: usize,
    bytes: usize,
    /// The newest displace the oldest.
    flight_recorder: bool,
    /// What became of those that are not here.
    pub losses: Losses,
}

/// Records that nobody sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Losses {
    /// They found no room.
    pub dropped: u64,
    /// Their bytes.
    pub dropped_bytes: u64,
    /// They made room for newer ones.
    pub displaced: u64,
}

impl Ring {
    /// Of a size.
    pub fn new(bytes: usize, flight_recorder: bool) -> Self {
        Self { records: VecDeque::new(), used: 0, bytes, flight_recorder, losses: Losses::default() }
    }

    /// Room for a record, with its header filled, or `None`: dropped. Its address lasts until records are taken.
    pub fn reserve(&mut self, size: u64, kind: u64) -> Option<*mut u64> {
        let header = size_of::<raw::spile_record>() as u64;
        let fits = size >= header && size.is_multiple_of(8) && size <= (self.bytes / 4) as u64;
        while fits && self.flight_recorder && self.used + size as usize > self.bytes {
            let Some(oldest) = self.records.pop_front() else { break };
            self.used -= oldest.len() * 8;
            self.losses.displaced += 1;
        }
        if !fits || self.used + size as usize > self.bytes {
            self.losses.dropped += 1;
            self.losses.dropped_bytes += size;
            return None;
        }
        let mut record = vec![0; size as usize / 8].into_boxed_slice();
        record[0] = size | (kind & 0xffff) << 32;
        record[1] = monotonic_ns();
        self.used += size as usize;
        self.records.push_back(record);
        self.records.back_mut().map(|record| record.as_mut_ptr())
    }

    /// Takes all records; to be called between handlers.
    pub fn take(&mut self) -> Vec<u8> {
        let mut taken = Vec::with_capacity(std::mem::take(&mut self.used));
        for word in self.records.drain(..).flatten() {
            taken.extend_from_slice(&word.to_le_bytes());
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(taken: &[u8]) -> Vec<u64> {
        spile_output::Merger::default().push(0, taken).expect("records are whole");
        let mut rest = taken;
        let mut sizes = Vec::new();
        while let Some(size) = rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)) {
            sizes.push(size.into());
            rest = &rest[size as usize..];
        }
        sizes
    }

    #[test]
    fn a_full_ring_drops_what_is_new() {
        let mut ring = Ring::new(128, false);
        let taken = [32, 24, 32, 32].map(|size| ring.reserve(size, 1).is_some());
        assert_eq!(taken, [true; 4]);
        assert_eq!(ring.reserve(16, 1), None);
        assert_eq!(ring.reserve(40, 1), None, "more than a quarter never fits");
        assert_eq!(ring.losses, Losses { dropped: 2, dropped_bytes: 56, displaced: 0 });
        assert_eq!(sizes(&ring.take()), [32, 24, 32, 32]);
        assert!(ring.reserve(16, 1).is_some(), "there is room again");
    }

    #[test]
    fn a_flight_recorder_displaces_what_is_old() {
        let mut ring = Ring::new(128, true);
        for size in [32, 24, 32, 32, 16, 32] {
            assert!(ring.reserve(size, 1).is_some());
        }
        assert_eq!(ring.losses, Losses { dropped: 0, dropped_bytes: 0, displaced: 2 });
        assert_eq!(sizes(&ring.take()), [32, 32, 16, 32]);
    }
}
