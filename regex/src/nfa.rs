// SPDX-License-Identifier: MIT OR Apache-2.0
//! Trees to nondeterministic automata.

use crate::{ByteSet, Node, TooLarge};

/// Most states: repetitions with counts are written out.
const MAX_STATES: usize = 20_000;

/// A state.
#[derive(Clone, Copy, Debug)]
pub(crate) enum State {
    /// Takes one of these bytes.
    Set(ByteSet, usize),
    /// Takes nothing, at the edge that the walk begins at only.
    Near(usize),
    /// Takes nothing, at the edge that the walk goes to only.
    Far(usize),
    /// Takes nothing.
    Split(usize, usize),
    /// The end of a match.
    Accept,
}

/// An automaton for one pattern.
#[derive(Debug)]
pub(crate) struct Nfa {
    pub states: Vec<State>,
    pub start: usize,
}

impl Nfa {
    /// For walks forward from the beginning of what the tree matches, or backward from its end.
    pub fn new(node: &Node, backward: bool) -> Result<Self, TooLarge> {
        let mut nfa = Self { states: vec![State::Accept], start: 0 };
        nfa.start = nfa.part(node, 0, backward)?;
        Ok(nfa)
    }

    fn push(&mut self, state: State) -> Result<usize, TooLarge> {
        if self.states.len() >= MAX_STATES {
            return Err(TooLarge);
        }
        self.states.push(state);
        Ok(self.states.len() - 1)
    }

    /// Adds a part that goes on at `next`; where it starts.
    fn part(&mut self, node: &Node, next: usize, backward: bool) -> Result<usize, TooLarge> {
        match node {
            Node::Empty => Ok(next),
            Node::Set(set) => self.push(State::Set(*set, next)),
            Node::Begin | Node::End => {
                let near = matches!(node, Node::Begin) != backward;
                self.push(if near { State::Near(next) } else { State::Far(next) })
            }
            Node::Concat(nodes) => {
                let mut start = next;
                for index in 0..nodes.len() {
                    let index = if backward { index } else { nodes.len() - 1 - index };
                    start = self.part(&nodes[index], start, backward)?;
                }
                Ok(start)
            }
            Node::Alt(nodes) => {
                let mut starts =
                    nodes.iter().map(|node| self.part(node, next, backward)).collect::<Result<Vec<_>, _>>()?;
                let mut start = starts.pop().unwrap_or(next);
                for other in starts {
                    start = self.push(State::Split(other, start))?;
                }
                Ok(start)
            }
            Node::Repeat(inner, min, max) => self.repeat(inner, *min, *max, next, backward),
            Node::Group(_, inner) => self.part(inner, next, backward),
        }
    }

    fn repeat(
        &mut self,
        node: &Node,
        min: u32,
        max: Option<u32>,
        next: usize,
        backward: bool,
    ) -> Result<usize, TooLarge> {
        let mut start = next;
        match max {
            None => {
                let again = self.push(State::Split(next, next))?;
                let body = self.part(node, again, backward)?;
                self.states[again] = State::Split(body, next);
                start = again;
            }
            Some(max) => {
                for _ in min..max {
                    let body = self.part(node, start, backward)?;
                    start = self.push(State::Split(body, next))?;
                }
            }
        }
        for _ in 0..min {
            let body = self.part(node, start, backward)?;
            if std::mem::replace(&mut start, body) == body {
                // Nothing, however many times.
                break;
            }
        }
        Ok(start)
    }
}
