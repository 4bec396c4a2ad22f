// SPDX-License-Identifier: MIT OR Apache-2.0
//! Regular expressions by their definition: where a part of the pattern may end that begins at some place, and which of
//! these ends the rules of POSIX choose. Only the pattern's tree is shared with the automata of compiled code.

use std::collections::HashMap;
use std::ops::Range;

use spile_regex::{ByteSet, Node, Regex};

/// What a pattern matched.
pub(super) struct Found {
    /// The whole match.
    whole: Range<usize>,
    /// Its groups, from 1.
    groups: Vec<Option<Range<usize>>>,
}

impl Found {
    /// The texts of the whole and of its groups; "" for a group that took no part.
    pub fn texts(&self, subject: &[u8]) -> Vec<Vec<u8>> {
        let groups = self.groups.iter().map(|group| group.clone().unwrap_or_default());
        std::iter::once(self.whole.clone()).chain(groups).map(|range| subject[range].to_vec()).collect()
    }
}

/// The leftmost match, and of those the longest.
pub(super) fn find(pattern: &[u8], subject: &[u8]) -> Option<Found> {
    // The verifier saw to it that it can be read.
    let regex = spile_regex::parse(pattern).ok()?;
    let mut matcher = Matcher::new(&regex, subject);
    let anywhere = Places::of(matcher.places, |_| true);
    if matcher.after(&regex.node, &anywhere).is_empty() {
        return None;
    }
    let longest = |start| Some((start, matcher.ends(&regex.node, start).last_that(|_| true)?));
    let (start, end) = (0..matcher.places).find_map(longest)?;
    matcher.take(&regex.node, start..end);
    Some(Found { whole: start..end, groups: matcher.groups })
}

/// A set of places in the subject, from before its first byte to behind its last: bits.
#[derive(Clone, PartialEq, Eq)]
struct Places(Vec<u64>);

impl Places {
    fn of(count: usize, is: impl Fn(usize) -> bool) -> Self {
        let mut words = vec![0; count.div_ceil(64)];
        (0..count).filter(|place| is(*place)).for_each(|place| words[place / 64] |= 1 << (place % 64));
        Self(words)
    }

    fn contains(&self, place: usize) -> bool {
        self.0[place / 64] >> (place % 64) & 1 != 0
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The last one for which `holds` does.
    fn last_that(&self, holds: impl Fn(usize) -> bool) -> Option<usize> {
        (0..self.0.len() * 64).rev().find(|place| self.contains(*place) && holds(*place))
    }

    fn join(&self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| join(*a, *b)).collect())
    }

    fn and(&self, other: &Self) -> Self {
        self.join(other, |a, b| a & b)
    }

    fn or(&self, other: &Self) -> Self {
        self.join(other, |a, b| a | b)
    }

    fn without(&self, other: &Self) -> Self {
        self.join(other, |a, b| a & !b)
    }

    /// Each one place on.
    fn moved(&self) -> Self {
        let mut carry = 0;
        Self(self.0.iter().map(|word| word << 1 | std::mem::replace(&mut carry, word >> 63)).collect())
    }
}

struct Matcher {
    /// How many places the subject has.
    places: usize,
    /// Before each byte of a set.
    sets: HashMap<ByteSet, Places>,
    groups: Vec<Option<Range<usize>>>,
}

impl Matcher {
    fn new(regex: &Regex, subject: &[u8]) -> Self {
        let places = subject.len() + 1;
        let mut sets = HashMap::new();
        regex.node.visit(&mut |node| {
            if let Node::Set(set) = node {
                let before = |place: usize| subject.get(place).is_some_and(|byte| set.contains(*byte));
                sets.entry(*set).or_insert_with(|| Places::of(places, before));
            }
        });
        Self { places, sets, groups: vec![None; regex.groups as usize] }
    }

    /// Where a part may end that begins at a place.
    fn ends(&self, node: &Node, at: usize) -> Places {
        self.after(node, &self.only(at))
    }

    fn only(&self, at: usize) -> Places {
        let mut only = Places(vec![0; self.places.div_ceil(64)]);
        only.0[at / 64] |= 1 << (at % 64);
        only
    }

    /// Where a part may end that begins at any of some places.
    fn after(&self, node: &Node, places: &Places) -> Places {
        match node {
            Node::Empty => places.clone(),
            Node::Begin => places.and(&self.only(0)),
            Node::End => places.and(&self.only(self.places - 1)),
            Node::Set(set) => places.and(&self.sets[set]).moved(),
            Node::Concat(nodes) => self.after_all(nodes, places),
            Node::Alt(nodes) => {
                let ends = nodes.iter().map(|node| self.after(node, places));
                ends.reduce(|all, more| all.or(&more)).unwrap_or_else(|| places.clone())
            }
            Node::Repeat(inner, min, max) => self.after_repeat(inner, *min, *max, places),
            Node::Group(_, inner) => self.after(inner, places),
        }
    }

    /// Where parts one after the other may end.
    fn after_all(&self, nodes: &[Node], places: &Places) -> Places {
        nodes.iter().fold(places.clone(), |places, node| self.after(node, &places))
    }

    /// Where so many of a part may end, one after the other.
    fn after_times(&self, node: &Node, times: u32, places: &Places) -> Places {
        let mut all = places.clone();
        for _ in 0..times {
            let next = self.after(node, &all);
            if next == all {
                break;
            }
            all = next;
        }
        all
    }

    fn after_repeat(&self, node: &Node, min: u32, max: Option<u32>, places: &Places) -> Places {
        let mut all = self.after_times(node, min, places);
        // From a place that was reached before, with more repetitions to go, nothing new is reached.
        let mut new = all.clone();
        let mut left = max.map(|max| max - min);
        while left != Some(0) && !new.is_empty() {
            left = left.map(|left| left - 1);
            new = self.after(node, &new).without(&all);
            all = all.or(&new);
        }
        all
    }

    /// The places in a range from which any number of a part leads to its end.
    fn leading_to_end(&self, node: &Node, range: Range<usize>) -> Places {
        let mut leading = self.only(range.end);
        for place in range.rev() {
            if !self.ends(node, place).and(&leading).is_empty() {
                leading = leading.or(&self.only(place));
            }
        }
        leading
    }

    /// Sets the groups in a part that matched this range.
    fn take(&mut self, node: &Node, range: Range<usize>) {
        match node {
            Node::Empty | Node::Set(_) | Node::Begin | Node::End => {}
            Node::Group(number, inner) => {
                self.groups[*number as usize - 1] = Some(range.clone());
                self.take(inner, range);
            }
            Node::Concat(nodes) => self.take_all(nodes, range),
            Node::Alt(nodes) => {
                if let Some(node) = nodes.iter().find(|node| self.ends(node, range.start).contains(range.end)) {
                    self.take(node, range);
                }
            }
            Node::Repeat(inner, min, max) => self.take_repeat(inner, *min, *max, range),
        }
    }

    /// The first of several parts is as long as it can be.
    fn take_all(&mut self, nodes: &[Node], range: Range<usize>) {
        let [first, rest @ ..] = nodes else { return };
        let fits = |end: usize| self.after_all(rest, &self.only(end)).contains(range.end);
        if let Some(end) = self.ends(first, range.start).last_that(fits) {
            self.take(first, range.start..end);
            self.take_all(rest, end..range.end);
        }
    }

    /// Each repetition is as long as it can be, and none that need not be there is empty, but a single one.
    fn take_repeat(&mut self, node: &Node, mut min: u32, mut max: Option<u32>, mut range: Range<usize>) {
        let mut is_first = true;
        // Without a bound they are the same in each round.
        let leading = max.is_none().then(|| self.leading_to_end(node, range.clone()));
        while max != Some(0) && (min > 0 || !range.is_empty() || is_first) {
            is_first = false;
            (min, max) = (min.saturating_sub(1), max.map(|max| max - 1));
            let fits = |end: usize| {
                let rest = || match &leading {
                    Some(leading) => !self.after_times(node, min, &self.only(end)).and(leading).is_empty(),
                    None => self.after_repeat(node, min, max, &self.only(end)).contains(range.end),
                };
                (end > range.start || min > 0 || range.is_empty()) && rest()
            };
            let Some(end) = self.ends(node, range.start).last_that(fits) else { return };
            forget(node, &mut self.groups);
            self.take(node, range.start..end);
            range.start = end;
        }
    }
}

/// Groups tell of the last repetition only.
fn forget(node: &Node, groups: &mut [Option<Range<usize>>]) {
    node.visit(&mut |node| {
        if let Node::Group(number, _) = node {
            groups[*number as usize - 1] = None;
        }
    });
}
