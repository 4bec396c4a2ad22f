// SPDX-License-Identifier: MIT OR Apache-2.0
//! POSIX extended regular expressions over bytes.
//!
//! [`parse()`] reads a pattern. [`Search`] is the automaton that tells whether a string has a match: deterministic, minimal,
//! one table look-up for each byte. [`Captures`] also tells *which* match, and what its groups matched: automata that find the
//! leftmost-longest match, and a plan that takes it apart.
//!
//! What the groups are follows from the rules of POSIX, applied from the outside in: of a sequence, each part takes as much as
//! it can so that the rest still matches; of alternatives, the first one that matches all there is; of repetitions, each
//! takes as much as it can and none is empty, but for one where nothing is left to match at all; a group reports its last
//! repetition. So the plan needs no tags on transitions, only automata for the parts, and tables stay small.

mod dfa;
mod nfa;
mod parse;
mod plan;
mod set;

pub use dfa::Dfa;
pub use parse::{Error, ErrorKind, MAX_GROUPS, MAX_REPEAT, Node, Regex, parse};
pub use plan::{Captures, MAX_REGISTERS, Register, Step};
pub use set::ByteSet;

use dfa::{Builder, Kind};
use set::Classes;

/// A pattern needs more states than a handler's tables may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the regular expression needs too large a table")]
pub struct TooLarge;

/// Whether a string has a match.
#[derive(Clone, Debug)]
pub struct Search {
    /// The class of each byte: its column in the table.
    pub classes: [u8; 256],
    /// Runs over the whole string, or until it accepts; then it stays.
    pub dfa: Dfa,
}

impl Search {
    /// Compiles a pattern.
    pub fn new(regex: &Regex) -> Result<Self, TooLarge> {
        let classes = Classes::of(&regex.node);
        let dfa = Builder::new(&classes).build(&regex.node, Kind::Search)?;
        Ok(Self { classes: classes.table, dfa })
    }

    /// Whether a string has a match.
    pub fn matches(&self, subject: &[u8]) -> bool {
        let mut state = self.dfa.start_at_edge;
        for byte in subject {
            if state >= self.dfa.accepts {
                return true;
            }
            let column = u16::from(self.classes[usize::from(*byte)]);
            state = self.dfa.next[usize::from(state + column)];
        }
        state >= self.dfa.accepts_at_edge
    }
}
