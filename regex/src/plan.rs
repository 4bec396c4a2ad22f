// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the groups of a match are: a plan of steps that takes the match apart.
//!
//! A *register* holds a range of the string, or none. Register 0 is the match, registers from 1 on are the groups, the rest
//! hold parts on the way. Each step takes a range that a part of the pattern matched, and finds what its parts did; a
//! step whose range is none does nothing. Only parts with groups in them are looked into.

use std::collections::HashMap;

use crate::dfa::{Builder, Kind};
use crate::set::Classes;
use crate::{ByteSet, Dfa, Node, Regex, TooLarge};

/// A range of the string, by number.
pub type Register = u16;

/// Most registers of a plan.
pub const MAX_REGISTERS: usize = 128;

/// Most bytes of all tables together.
const MAX_BYTES: usize = 1 << 16;

/// A step of a plan. Automata are numbers of [`Captures::automata`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The range becomes that of a group.
    Copy {
        /// The range.
        from: Register,
        /// The group.
        to: Register,
    },
    /// Two parts, the first of known length.
    SplitAfter {
        /// The range.
        from: Register,
        /// Takes the first part.
        first: Option<Register>,
        /// Takes the rest.
        rest: Option<Register>,
        /// Bytes of the first.
        length: u32,
    },
    /// Two parts, the rest of known length.
    SplitBefore {
        /// The range.
        from: Register,
        /// Takes the first part.
        first: Option<Register>,
        /// Takes the rest.
        rest: Option<Register>,
        /// Bytes of the rest.
        length: u32,
    },
    /// Two parts, the first as long as it can be.
    Split {
        /// The range.
        from: Register,
        /// Takes the first part.
        first: Option<Register>,
        /// Takes the rest.
        rest: Option<Register>,
        /// Accepts the first part, forward.
        forward: usize,
        /// Accepts the rest, backward.
        backward: usize,
    },
    /// One of two alternatives: the first if it matches the whole range.
    Choose {
        /// The range.
        from: Register,
        /// Takes it if it is the first alternative's.
        first: Option<Register>,
        /// Takes it if not.
        rest: Option<Register>,
        /// Accepts the first alternative, forward.
        forward: usize,
    },
    /// Something that may be there or not, and is where the range is not empty, or where the automaton accepts that.
    Optional {
        /// The range.
        from: Register,
        /// Takes it, if it is there.
        to: Register,
        /// Accepts the part, forward.
        forward: Option<usize>,
    },
    /// The last of several repetitions.
    Last {
        /// The range.
        from: Register,
        /// Takes the last repetition.
        to: Register,
        /// Accepts one, forward.
        forward: usize,
        /// Accepts any number of them, backward.
        backward: usize,
    },
    /// Forgets the groups of an earlier repetition, where there is another.
    Clear {
        /// The range of the other.
        from: Register,
        /// The first group.
        first: Register,
        /// The last group.
        last: Register,
    },
}

/// Which match a string has, and what its groups matched.
#[derive(Clone, Debug)]
pub struct Captures {
    /// The class of each byte: its column in the tables.
    pub classes: [u8; 256],
    /// How many groups there are.
    pub groups: u32,
    /// How many registers the plan uses.
    pub registers: usize,
    /// Every match begins at the beginning of the string.
    pub anchored: bool,
    /// Accepts where a match begins, walking back from the end of the string.
    pub find: usize,
    /// Accepts a match, forward.
    pub whole: usize,
    /// The automata.
    pub automata: Vec<Dfa>,
    /// What to do with the match.
    pub steps: Vec<Step>,
}

impl Captures {
    /// Compiles a pattern.
    pub fn new(regex: &Regex) -> Result<Self, TooLarge> {
        let classes = Classes::of(&regex.node);
        let mut planner = Planner {
            builder: Builder::new(&classes),
            known: HashMap::new(),
            automata: Vec::new(),
            registers: regex.groups as usize + 1,
            steps: Vec::new(),
        };
        let anything = Node::Repeat(Box::new(Node::Set(ByteSet::ALL)), 0, None);
        let find = planner.automaton(&Node::Concat(vec![regex.node.clone(), anything]), Kind::Backward)?;
        let whole = planner.automaton(&regex.node, Kind::Forward)?;
        planner.part(&regex.node, 0)?;
        let Planner { automata, registers, steps, .. } = planner;
        let anchored = is_anchored(&regex.node);
        Ok(Self { classes: classes.table, groups: regex.groups, registers, anchored, find, whole, automata, steps })
    }
}

struct Planner<'c> {
    builder: Builder<'c>,
    known: HashMap<Dfa, usize>,
    automata: Vec<Dfa>,
    registers: usize,
    steps: Vec<Step>,
}

impl Planner<'_> {
    fn automaton(&mut self, node: &Node, kind: Kind) -> Result<usize, TooLarge> {
        let dfa = self.builder.build(node, kind)?;
        if let Some(known) = self.known.get(&dfa) {
            return Ok(*known);
        }
        self.known.insert(dfa.clone(), self.automata.len());
        self.automata.push(dfa);
        let bytes = self.automata.iter().map(|dfa| dfa.next.len() * 2).sum::<usize>();
        if bytes > MAX_BYTES { Err(TooLarge) } else { Ok(self.automata.len() - 1) }
    }

    /// A register for a part, if there are groups in it.
    fn register(&mut self, node: &Node) -> Result<Option<Register>, TooLarge> {
        if !has_groups(node) { Ok(None) } else { self.new_register().map(Some) }
    }

    fn new_register(&mut self) -> Result<Register, TooLarge> {
        if self.registers >= MAX_REGISTERS {
            return Err(TooLarge);
        }
        self.registers += 1;
        Ok((self.registers - 1) as Register)
    }

    /// Takes apart what a part matched, the range in register `from`.
    fn part(&mut self, node: &Node, from: Register) -> Result<(), TooLarge> {
        if !has_groups(node) {
            return Ok(());
        }
        match node {
            Node::Group(number, inner) => {
                self.steps.push(Step::Copy { from, to: *number as Register });
                self.part(inner, from)
            }
            Node::Concat(nodes) => self.sequence(nodes, from),
            Node::Alt(nodes) => self.alternatives(nodes, from),
            Node::Repeat(inner, min, max) => self.repeat(inner, (*min, *max), from, true),
            Node::Empty | Node::Set(_) | Node::Begin | Node::End => Ok(()),
        }
    }

    fn sequence(&mut self, nodes: &[Node], from: Register) -> Result<(), TooLarge> {
        // What has no groups is one part.
        let plain = nodes.iter().take_while(|node| !has_groups(node)).count();
        let (first, rest) = nodes.split_at(plain.max(1));
        let (first, rest) = (Node::concat(first.to_vec()), Node::concat(rest.to_vec()));
        if rest == Node::Empty {
            return self.part(&first, from);
        }
        let (one, other) = self.split(&first, &rest, from)?;
        if let Some(one) = one {
            self.part(&first, one)?;
        }
        if let Some(other) = other {
            self.part(&rest, other)?;
        }
        Ok(())
    }

    fn split(
        &mut self,
        part: &Node,
        remainder: &Node,
        from: Register,
    ) -> Result<(Option<Register>, Option<Register>), TooLarge> {
        let (first, rest) = (self.register(part)?, self.register(remainder)?);
        if first.is_none() && rest.is_none() {
            return Ok((None, None));
        }
        let step = match (length(part), length(remainder)) {
            (Some(length), _) => Step::SplitAfter { from, first, rest, length },
            (_, Some(length)) => Step::SplitBefore { from, first, rest, length },
            _ => {
                let forward = self.automaton(part, Kind::Forward)?;
                let backward = self.automaton(remainder, Kind::Backward)?;
                Step::Split { from, first, rest, forward, backward }
            }
        };
        self.steps.push(step);
        Ok((first, rest))
    }

    fn alternatives(&mut self, nodes: &[Node], from: Register) -> Result<(), TooLarge> {
        let mut from = from;
        for (index, node) in nodes.iter().enumerate() {
            let Some(rest) = nodes.get(index + 1..).filter(|rest| !rest.is_empty()) else {
                return self.part(node, from);
            };
            let first = self.register(node)?;
            let other = if rest.iter().any(has_groups) { Some(self.new_register()?) } else { None };
            if first.is_none() && other.is_none() {
                return Ok(());
            }
            let forward = self.automaton(node, Kind::Forward)?;
            self.steps.push(Step::Choose { from, first, rest: other, forward });
            if let Some(first) = first {
                self.part(node, first)?;
            }
            let Some(other) = other else { return Ok(()) };
            from = other;
        }
        Ok(())
    }

    /// Repetitions. Where the range is empty, there is one (if it can be empty) if none was before: `is_first`.
    fn repeat(
        &mut self,
        node: &Node,
        (min, max): (u32, Option<u32>),
        from: Register,
        is_first: bool,
    ) -> Result<(), TooLarge> {
        match (min, max) {
            (_, Some(0)) => Ok(()),
            (0 | 1, None) => {
                let to = self.new_register()?;
                let forward = self.automaton(node, Kind::Forward)?;
                let backward = self.automaton(&Node::Repeat(Box::new(node.clone()), 0, None), Kind::Backward)?;
                self.steps.push(Step::Last { from, to, forward, backward });
                self.repetition(node, to)
            }
            (0, Some(max)) => {
                let to = self.new_register()?;
                let forward = if is_first { Some(self.automaton(node, Kind::Forward)?) } else { None };
                self.steps.push(Step::Optional { from, to, forward });
                self.repeat(node, (1, Some(max)), to, is_first)
            }
            (1, Some(1)) => self.repetition(node, from),
            (min, max) => {
                let fewer = (min - 1, max.map(|max| max - 1));
                let remainder = Node::Repeat(Box::new(node.clone()), fewer.0, fewer.1);
                if let (Some(first), Some(rest)) = self.split(node, &remainder, from)? {
                    self.repetition(node, first)?;
                    self.repeat(node, fewer, rest, false)?;
                }
                Ok(())
            }
        }
    }

    /// One more repetition.
    fn repetition(&mut self, node: &Node, from: Register) -> Result<(), TooLarge> {
        let mut groups = Vec::new();
        node.visit(&mut |node| {
            if let Node::Group(number, _) = node {
                groups.push(*number as Register);
            }
        });
        if let (Some(first), Some(last)) = (groups.iter().min(), groups.iter().max()) {
            self.steps.push(Step::Clear { from, first: *first, last: *last });
        }
        self.part(node, from)
    }
}

fn has_groups(node: &Node) -> bool {
    let mut found = false;
    node.visit(&mut |node| found |= matches!(node, Node::Group(..)));
    found
}

/// The number of bytes of every string that a part matches.
fn length(node: &Node) -> Option<u32> {
    match node {
        Node::Empty | Node::Begin | Node::End => Some(0),
        Node::Set(_) => Some(1),
        Node::Concat(nodes) => nodes.iter().try_fold(0u32, |sum, node| sum.checked_add(length(node)?)),
        Node::Alt(nodes) => {
            let first = length(nodes.first()?)?;
            nodes.iter().all(|node| length(node) == Some(first)).then_some(first)
        }
        Node::Repeat(inner, min, max) => match length(inner)? {
            0 => Some(0),
            length => (*max == Some(*min)).then(|| length.checked_mul(*min)).flatten(),
        },
        Node::Group(_, inner) => length(inner),
    }
}

/// Whether a part matches at the beginning of the string only.
fn is_anchored(node: &Node) -> bool {
    match node {
        Node::Begin => true,
        Node::Concat(nodes) => nodes.first().is_some_and(is_anchored),
        Node::Alt(nodes) => nodes.iter().all(is_anchored),
        Node::Repeat(inner, min, _) => *min > 0 && is_anchored(inner),
        Node::Group(_, inner) => is_anchored(inner),
        Node::Empty | Node::Set(_) | Node::End => false,
    }
}
