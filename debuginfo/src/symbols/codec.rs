// SPDX-License-Identifier: MIT OR Apache-2.0
//! The form that symbols have in a kit. All integers are little-endian:
//!
//! ```text
//! u64 address of _text; u32 regions, symbols, bytes of names, whether FLAG_TRACEABLE is meant
//! regions  × { i64 start; u32 first symbol; u32 length of the module's name; the name }
//! symbols  × u32 distance from the symbol before, in the region
//! symbols  × u8 flags
//! names, each with a NUL behind it
//! ```

use std::sync::OnceLock;

use super::{Region, Symbols};
use crate::Error;

impl Symbols {
    /// Writes them for a kit.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.names.len() + 5 * self.len() + 64 * self.regions.len() + 32);
        out.extend(self.text_address.to_le_bytes());
        let counts = [self.regions.len(), self.len(), self.names.len(), usize::from(self.traceable_known)];
        out.extend(counts.iter().flat_map(|&count| (count as u32).to_le_bytes()));
        for region in &self.regions {
            out.extend(region.start.to_le_bytes());
            out.extend(region.first.to_le_bytes());
            out.extend((region.module.len() as u32).to_le_bytes());
            out.extend(region.module.as_bytes());
        }
        for region in 0..self.regions.len() {
            let mut before = 0;
            for &offset in &self.offsets[self.entries(region)] {
                out.extend((offset - before).to_le_bytes());
                before = offset;
            }
        }
        out.extend(&self.flags);
        out.extend(&self.names);
        out
    }

    /// Reads them from a kit, which is not trusted.
    pub(crate) fn decode(data: &[u8]) -> Result<Self, Error> {
        let mut input = Input(data);
        let text_address = input.u64()?;
        let [regions, count, names_bytes, traceable] = [input.u32()?, input.u32()?, input.u32()?, input.u32()?];
        let regions = decode_regions(&mut input, regions, count)?;
        let distances = input.take(4 * u64::from(count))?;
        let flags = input.take(count.into())?.to_vec();
        let names = input.take(names_bytes.into())?.to_vec();

        let mut offsets = Vec::with_capacity(count as usize);
        let mut starts = regions.iter().map(|region| region.first).peekable();
        let mut offset = 0_u32;
        for (entry, distance) in (0..count).zip(distances.chunks_exact(4)) {
            if starts.next_if_eq(&entry).is_some() {
                offset = 0;
                while starts.next_if_eq(&entry).is_some() {}
            }
            let distance = u32::from_le_bytes([distance[0], distance[1], distance[2], distance[3]]);
            offset = offset.checked_add(distance).ok_or_else(|| damaged("an address is out of range"))?;
            offsets.push(offset);
        }
        let name_starts = name_starts(&names, count)?;
        let traceable_known = traceable != 0;
        let index = OnceLock::new();
        Ok(Self { text_address, regions, offsets, flags, name_starts, names, traceable_known, index })
    }
}

fn decode_regions(input: &mut Input<'_>, regions: u32, count: u32) -> Result<Vec<Region>, Error> {
    let mut decoded: Vec<Region> = Vec::new();
    for _ in 0..regions {
        let start = input.u64()?.cast_signed();
        let first = input.u32()?;
        let length = input.u32()?;
        let module = String::from_utf8(input.take(length.into())?.to_vec())
            .map_err(|_| damaged("the name of a module is not UTF-8"))?;
        let least = decoded.last().map_or(0, |region| region.first);
        if first < least || first > count || (decoded.is_empty() && first != 0) {
            return Err(damaged("its regions are out of order"));
        }
        decoded.push(Region { module, start, first });
    }
    if decoded.is_empty() && count > 0 {
        return Err(damaged("its symbols are in no region"));
    }
    Ok(decoded)
}

/// Where each name starts, given that each ends in a NUL.
fn name_starts(names: &[u8], count: u32) -> Result<Vec<u32>, Error> {
    let mut starts = Vec::with_capacity(count as usize);
    let mut start = 0;
    for end in memchr::memchr_iter(0, names).take(count as usize) {
        starts.push(start);
        start = end as u32 + 1;
    }
    if starts.len() != count as usize {
        return Err(damaged("it has fewer names than symbols"));
    }
    Ok(starts)
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, bytes: u64) -> Result<&'a [u8], Error> {
        let split = usize::try_from(bytes).ok().and_then(|bytes| self.0.split_at_checked(bytes));
        let (taken, rest) = split.ok_or_else(|| damaged("its symbols are cut short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, Error> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn u64(&mut self) -> Result<u64, Error> {
        Ok(u64::from(self.u32()?) | u64::from(self.u32()?) << 32)
    }
}

fn damaged(what: &str) -> Error {
    Error::Damaged(what.to_owned())
}
