// SPDX-License-Identifier: MIT OR Apache-2.0
//! From addresses to symbols.

use std::fmt;

use super::{FLAG_GLOBAL, FLAG_TEXT, Symbol, Symbols};

/// How far behind a region's last symbol an address still belongs to it.
const LAST_SYMBOL_BYTES: u64 = 64 << 10;

/// An address, in words. Displays as `vfs_read+0x1a/0x340` or `ext4_map_blocks+0x0/0x7a0 [ext4]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location<'a> {
    /// The symbol at or before the address.
    pub symbol: Symbol<'a>,
    /// The address, counted from the symbol.
    pub distance: u64,
    /// Bytes from the symbol to the next one; 0 if it is the last.
    pub size: u64,
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:#x}/{:#x}", self.symbol.name, self.distance, self.size)?;
        match self.symbol.module {
            Some(module) => write!(f, " [{module}]"),
            None => Ok(()),
        }
    }
}

impl Symbols {
    /// What is at an address, which is counted from `_text`.
    pub fn locate(&self, offset: i64) -> Option<Location<'_>> {
        // Modules' sections lie between each other, so every region is asked; the nearest symbol wins.
        (0..self.regions.len())
            .filter_map(|region| self.locate_in(region, offset))
            .min_by_key(|location| location.distance)
    }

    /// What is at an address of a running kernel, given where its `_text` is.
    pub fn locate_address(&self, address: u64, text_address: u64) -> Option<Location<'_>> {
        self.locate(address.wrapping_sub(text_address).cast_signed())
    }

    fn locate_in(&self, region: usize, offset: i64) -> Option<Location<'_>> {
        let inside = u32::try_from(offset.checked_sub(self.regions.get(region)?.start)?).ok()?;
        let entries = self.entries(region);
        let offsets = self.offsets.get(entries.clone())?;
        let after = offsets.partition_point(|&offset| offset <= inside);
        let at = *offsets.get(after.checked_sub(1)?)?;
        let first = offsets.partition_point(|&offset| offset < at);
        let distance = u64::from(inside - at);
        let size = match offsets.get(after) {
            Some(next) => u64::from(next - at),
            None if distance >= LAST_SYMBOL_BYTES => return None,
            None => 0,
        };
        // Of several names for one place, a global function's says most.
        let best = (first..after).max_by_key(|&entry| (self.rank(entries.start + entry), usize::MAX - entry))?;
        Some(Location { symbol: self.symbol(region, entries.start + best)?, distance, size })
    }

    fn rank(&self, entry: usize) -> u8 {
        let flags = self.flags.get(entry).copied().unwrap_or(0);
        let is_name = !crate::functions::is_marker(&String::from_utf8_lossy(self.name_bytes(entry)));
        4 * u8::from(is_name) + 2 * u8::from(flags & FLAG_TEXT != 0) + u8::from(flags & FLAG_GLOBAL != 0)
    }
}
