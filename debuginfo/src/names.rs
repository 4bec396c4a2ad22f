// SPDX-License-Identifier: MIT OR Apache-2.0
//! An index from names to numbers that copies no name.
//!
//! A kernel has some 300,000 names and a script asks for a few dozen, so building must cost no
//! more than hashing each name once: two arrays of integers, filled in one pass.

/// A chained hash table from names to entries `0..count`; the names stay with their owner.
pub(crate) struct NameIndex {
    /// First entry of each chain, plus 1; 0 ends a chain.
    heads: Vec<u32>,
    /// Next entry of the chain that an entry is on, plus 1.
    next: Vec<u32>,
}

impl NameIndex {
    /// Indexes `count` entries by the names that `name` gives; an empty name is left out.
    pub(crate) fn build<'a>(count: u32, name: impl Fn(u32) -> &'a [u8]) -> Self {
        let mut heads = vec![0; (count as usize).next_power_of_two()];
        let mut next = vec![0; count as usize];
        // From the last to the first, so that a chain gives its entries in ascending order.
        for entry in (0..count).rev() {
            let name = name(entry);
            if name.is_empty() {
                continue;
            }
            let head = &mut heads[slot(name, count)];
            next[entry as usize] = *head;
            *head = entry + 1;
        }
        Self { heads, next }
    }

    /// Entries that may have this name, in ascending order: the caller compares.
    pub(crate) fn candidates(&self, name: &[u8]) -> impl Iterator<Item = u32> + '_ {
        let first = self.heads.get(slot(name, self.next.len() as u32)).copied().unwrap_or(0);
        std::iter::successors(first.checked_sub(1), |&entry| self.next[entry as usize].checked_sub(1))
    }
}

/// The chain of a name among `count` entries.
fn slot(name: &[u8], count: u32) -> usize {
    // FNV-1a, folded: the low bits of the product alone are weak.
    let hash = name
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (hash ^ (hash >> 32)) as usize & ((count as usize).next_power_of_two() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(names: &[&str], wanted: &str) -> Vec<u32> {
        let index = NameIndex::build(names.len() as u32, |entry| names[entry as usize].as_bytes());
        index.candidates(wanted.as_bytes()).filter(|&entry| names[entry as usize] == wanted).collect()
    }

    #[test]
    fn duplicates_come_in_order_and_empty_names_never() {
        let names = ["read", "", "write", "read", "open", "read"];
        assert_eq!(find(&names, "read"), [0, 3, 5]);
        assert_eq!(find(&names, "open"), [4]);
        assert!(find(&names, "close").is_empty());
        assert!(find(&names, "").is_empty());
    }

    #[test]
    fn an_empty_index_answers() {
        assert!(find(&[], "read").is_empty());
    }
}
