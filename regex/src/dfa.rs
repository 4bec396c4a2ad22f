// SPDX-License-Identifier: MIT OR Apache-2.0
//! Nondeterministic automata to small deterministic ones.

use std::collections::HashMap;

use crate::nfa::{Nfa, State};
use crate::set::Classes;
use crate::{ByteSet, Node, TooLarge};

/// Most numbers in a table: rows are found by 16-bit offsets, with room to spare, and images are to stay small.
const MAX_ENTRIES: usize = 1 << 15;

/// States of the nondeterministic automata that are looked at for one pattern, so that compiling it takes no longer than
/// some tens of milliseconds.
const MAX_WORK: usize = 1 << 21;

/// States compared while an automaton is made minimal. One that needs more stays as it is: it is a long chain, most likely,
/// and minimal already.
const MAX_COMPARED: usize = 1 << 20;

/// A deterministic automaton. A state is the offset of its row in `next`; row 0 is where nothing can match any more.
/// Rows are in the order of what they accept, so that two comparisons tell.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Dfa {
    /// Where a walk begins inside of the string.
    pub start: u16,
    /// Where a walk begins at the edge of the string that it leads away from.
    pub start_at_edge: u16,
    /// States from here on accept at the other edge of the string.
    pub accepts_at_edge: u16,
    /// States from here on accept anywhere.
    pub accepts: u16,
    /// The next state by row and class.
    pub next: Vec<u16>,
}

/// What an automaton is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Walks on from where a match begins.
    Forward,
    /// Walks back from where a match ends.
    Backward,
    /// Walks on from anywhere, until it is certain that there is a match.
    Search,
}

/// Builds the automata of one pattern, which share the classes of bytes.
pub(crate) struct Builder<'c> {
    classes: &'c Classes,
    work: usize,
}

/// A state while the automaton is built: which states of the other one it stands for, and what it accepts.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
struct Subset {
    states: Vec<usize>,
    accepts: bool,
    accepts_at_edge: bool,
}

impl<'c> Builder<'c> {
    pub fn new(classes: &'c Classes) -> Self {
        Self { classes, work: MAX_WORK }
    }

    /// The smallest automaton for a part of the pattern.
    pub fn build(&mut self, node: &Node, kind: Kind) -> Result<Dfa, TooLarge> {
        let nfa = if kind == Kind::Search {
            let anything = Node::Repeat(Box::new(Node::Set(ByteSet::ALL)), 0, None);
            Nfa::new(&Node::Concat(vec![anything, node.clone()]), false)?
        } else {
            Nfa::new(node, kind == Kind::Backward)?
        };
        let subsets = self.subsets(&nfa, kind)?;
        Ok(subsets.minimal(self.classes.members.len()))
    }

    fn subsets(&mut self, nfa: &Nfa, kind: Kind) -> Result<Subsets, TooLarge> {
        let width = self.classes.members.len();
        let mut closure = Closure::new(nfa, kind);
        let mut known: HashMap<Subset, usize> = HashMap::from([(Subset::default(), 0)]);
        let mut all = vec![Subset::default()];
        let mut add = |all: &mut Vec<Subset>, subset: Subset| {
            *known.entry(subset).or_insert_with_key(|subset| {
                all.push(subset.clone());
                all.len() - 1
            })
        };
        let start = add(&mut all, closure.of(&[nfa.start], false));
        let start_at_edge = add(&mut all, closure.of(&[nfa.start], true));
        let mut next = Vec::new();
        let mut index = 0;
        while index < all.len() {
            if all.len() * width > MAX_ENTRIES {
                return Err(TooLarge);
            }
            let subset = all[index].clone();
            let stays = kind == Kind::Search && subset.accepts;
            for member in &self.classes.members {
                let goal = if stays {
                    index
                } else {
                    let after = nfa.step(&subset.states, *member);
                    let after = closure.of(&after, false);
                    self.work = self.work.checked_sub(1 + subset.states.len() + closure.visited).ok_or(TooLarge)?;
                    add(&mut all, after)
                };
                next.push(goal);
            }
            index += 1;
        }
        let accepts = all.iter().map(|subset| (subset.accepts, subset.accepts_at_edge)).collect();
        Ok(Subsets { start, start_at_edge, accepts, next })
    }
}

impl Nfa {
    /// The states behind those that take a byte.
    fn step(&self, states: &[usize], byte: u8) -> Vec<usize> {
        let taken = states.iter().filter_map(|state| match self.states[*state] {
            State::Set(set, next) if set.contains(byte) => Some(next),
            _ => None,
        });
        taken.collect()
    }
}

/// What can be reached without taking a byte.
struct Closure<'n> {
    nfa: &'n Nfa,
    kind: Kind,
    /// By state: the last search that saw it.
    seen: Vec<u32>,
    search: u32,
    open: Vec<usize>,
    /// How many states the last search looked at.
    visited: usize,
}

impl<'n> Closure<'n> {
    fn new(nfa: &'n Nfa, kind: Kind) -> Self {
        Self { nfa, kind, seen: vec![0; nfa.states.len()], search: 0, open: Vec::new(), visited: 0 }
    }

    /// From these states, at the edge that walks begin at or not.
    fn of(&mut self, from: &[usize], at_edge: bool) -> Subset {
        let mut subset = Subset::default();
        let mut far = Vec::new();
        self.search += 1;
        self.visited = 0;
        self.open.extend_from_slice(from);
        subset.accepts = self.follow(at_edge, &mut |state| subset.states.push(state), &mut far);
        // At the other edge, no more bytes come: only whether it accepts is of interest.
        self.open.append(&mut far);
        while !self.open.is_empty() {
            subset.accepts_at_edge |= self.follow(at_edge, &mut |_| (), &mut far);
            self.open.append(&mut far);
        }
        subset.accepts_at_edge |= subset.accepts;
        if self.kind == Kind::Search && subset.accepts {
            // One state for all, that is never left.
            subset.states.clear();
        }
        subset.states.sort_unstable();
        subset
    }

    /// Visits what takes bytes, and collects what goes on at the other edge only; whether a match may end.
    fn follow(&mut self, at_edge: bool, takes: &mut dyn FnMut(usize), far: &mut Vec<usize>) -> bool {
        let mut accepts = false;
        while let Some(state) = self.open.pop() {
            if std::mem::replace(&mut self.seen[state], self.search) == self.search {
                continue;
            }
            self.visited += 1;
            match self.nfa.states[state] {
                State::Set(..) => takes(state),
                State::Near(next) if at_edge => self.open.push(next),
                State::Near(_) => {}
                State::Far(next) => far.push(next),
                State::Split(a, b) => self.open.extend([a, b]),
                State::Accept => accepts = true,
            }
        }
        accepts
    }
}

/// An automaton that is deterministic, but not yet minimal. State 0 is where nothing can match any more.
struct Subsets {
    start: usize,
    start_at_edge: usize,
    /// By state: whether it accepts anywhere, and at the edge.
    accepts: Vec<(bool, bool)>,
    next: Vec<usize>,
}

impl Subsets {
    /// Joins states that nothing tells apart: blocks are split until all states of a block lead to the same blocks.
    fn minimal(&self, width: usize) -> Dfa {
        let mut blocks: Vec<usize> =
            self.accepts.iter().map(|(any, edge)| usize::from(*any) + usize::from(*edge)).collect();
        let mut count = 0;
        for _ in 0..MAX_COMPARED / blocks.len().max(1) {
            let mut known: HashMap<Vec<usize>, usize> = HashMap::new();
            let split: Vec<usize> = (0..blocks.len())
                .map(|state| {
                    let row = &self.next[state * width..(state + 1) * width];
                    let signature =
                        std::iter::once(blocks[state]).chain(row.iter().map(|next| blocks[*next])).collect();
                    let new = known.len();
                    *known.entry(signature).or_insert(new)
                })
                .collect();
            blocks = split;
            if known.len() == count {
                return self.table(&blocks, count, width);
            }
            count = known.len();
        }
        let apart: Vec<usize> = (0..self.accepts.len()).collect();
        self.table(&apart, apart.len(), width)
    }

    /// The table of the blocks, in the order of what they accept. The dead state is in block 0, since it came first.
    fn table(&self, blocks: &[usize], count: usize, width: usize) -> Dfa {
        let mut states = vec![0; count];
        blocks.iter().enumerate().rev().for_each(|(state, block)| states[*block] = state);
        let rank = |block: usize| {
            let (any, edge) = self.accepts[states[block]];
            usize::from(any) + usize::from(edge)
        };
        let mut order: Vec<usize> = (0..count).collect();
        // Stable: the dead state stays first.
        order.sort_by_key(|block| rank(*block));
        let mut row = vec![0; count];
        order.iter().enumerate().for_each(|(place, block)| row[*block] = (place * width) as u16);
        let from = |least: usize| (order.iter().filter(|block| rank(**block) < least).count() * width) as u16;
        let goals = order.iter().flat_map(|block| &self.next[states[*block] * width..(states[*block] + 1) * width]);
        Dfa {
            start: row[blocks[self.start]],
            start_at_edge: row[blocks[self.start_at_edge]],
            accepts_at_edge: from(1),
            accepts: from(2),
            next: goals.map(|goal| row[blocks[*goal]]).collect(),
        }
    }
}
