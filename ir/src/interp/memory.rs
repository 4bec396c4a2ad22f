// SPDX-License-Identifier: MIT OR Apache-2.0
//! A small memory for [`Services`](super::Services) that have none of their own.

use std::collections::BTreeMap;

/// Regions of bytes at addresses. What is outside of them faults.
#[derive(Clone, Default, Debug)]
pub struct Memory {
    regions: BTreeMap<u64, Vec<u8>>,
}

impl Memory {
    /// Adds a region. Regions must not overlap.
    pub fn map(&mut self, addr: u64, bytes: impl Into<Vec<u8>>) {
        self.regions.insert(addr, bytes.into());
    }

    /// Fills `bytes` from an address; false where a part of it is not there.
    pub fn load(&self, addr: u64, bytes: &mut [u8]) -> bool {
        let Some((start, region)) = self.regions.range(..=addr).next_back() else { return false };
        match slice(*start, region.len(), addr, bytes.len()) {
            Some(range) => {
                bytes.copy_from_slice(&region[range]);
                true
            }
            None => false,
        }
    }

    /// Writes bytes at an address; false where a part of it is not there.
    pub fn store(&mut self, addr: u64, bytes: &[u8]) -> bool {
        let Some((start, region)) = self.regions.range_mut(..=addr).next_back() else { return false };
        match slice(*start, region.len(), addr, bytes.len()) {
            Some(range) => {
                region[range].copy_from_slice(bytes);
                true
            }
            None => false,
        }
    }
}

/// The part of a region that an access covers.
fn slice(start: u64, region: usize, addr: u64, bytes: usize) -> Option<std::ops::Range<usize>> {
    let from = usize::try_from(addr - start).ok()?;
    let to = from.checked_add(bytes)?;
    (to <= region).then_some(from..to)
}
