// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sets of bytes, and the classes of bytes that a pattern never tells apart.

use std::collections::HashMap;

use crate::Node;

/// A set of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    /// Every byte.
    pub const ALL: Self = Self([u64::MAX; 4]);

    /// One byte.
    pub fn byte(byte: u8) -> Self {
        let mut set = Self::default();
        set.insert(byte);
        set
    }

    /// The bytes that `is` says.
    pub fn of(is: impl Fn(u8) -> bool) -> Self {
        let mut set = Self::default();
        (0..=u8::MAX).filter(|byte| is(*byte)).for_each(|byte| set.insert(byte));
        set
    }

    /// Adds a byte.
    pub fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte / 64)] |= 1 << (byte % 64);
    }

    /// Adds what another set has.
    pub fn add(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
    }

    /// Everything else.
    pub fn inverted(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// Whether it has a byte.
    pub fn contains(self, byte: u8) -> bool {
        self.0[usize::from(byte / 64)] >> (byte % 64) & 1 != 0
    }
}

/// Bytes that no set of a pattern tells apart are one class.
pub(crate) struct Classes {
    /// The class of each byte.
    pub table: [u8; 256],
    /// A byte of each class.
    pub members: Vec<u8>,
}

impl Classes {
    pub fn of(node: &Node) -> Self {
        let mut sets = Vec::new();
        node.visit(&mut |node| {
            if let Node::Set(set) = node
                && !sets.contains(set)
            {
                sets.push(*set);
            }
        });
        let mut known: HashMap<Vec<bool>, u8> = HashMap::new();
        let mut classes = Self { table: [0; 256], members: Vec::new() };
        for byte in 0..=u8::MAX {
            let signature = sets.iter().map(|set| set.contains(byte)).collect();
            classes.table[usize::from(byte)] = *known.entry(signature).or_insert_with(|| {
                classes.members.push(byte);
                (classes.members.len() - 1) as u8
            });
        }
        classes
    }
}
