// SPDX-License-Identifier: MIT OR Apache-2.0
//! Patterns to trees.
//!
//! The grammar is that of POSIX extended regular expressions, in bytes. Where POSIX leaves the meaning open, what has a
//! sensible one is taken (an empty alternative or group matches the empty string, `{,3}` begins at 0), and what is more
//! likely a mistake is refused (a repetition of nothing, a back-reference, collating elements).

use std::ops::Range;

use crate::ByteSet;

/// Most groups of a pattern.
pub const MAX_GROUPS: u32 = 63;

/// The largest count of a repetition, `RE_DUP_MAX` of POSIX.
pub const MAX_REPEAT: u32 = 255;

/// How deep parentheses may nest.
const MAX_DEPTH: u32 = 64;

/// How many repetitions may follow an atom, as in `a{2}{3}`.
const MAX_STACKED: usize = 8;

/// A pattern that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Regex {
    /// What it matches.
    pub node: Node,
    /// How many groups it has.
    pub groups: u32,
    /// Escaped letters that are the mere letters here, but classes elsewhere (`\d`).
    pub letters: Vec<Range<usize>>,
}

/// A part of a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Node {
    /// The empty string.
    Empty,
    /// One of these bytes.
    Set(ByteSet),
    /// `^`: the beginning of the string.
    Begin,
    /// `$`: its end.
    End,
    /// One after the other; at least two.
    Concat(Vec<Node>),
    /// Any of them; at least two.
    Alt(Vec<Node>),
    /// Several times.
    Repeat(Box<Node>, u32, Option<u32>),
    /// A group, numbered from 1 by its opening parenthesis.
    Group(u32, Box<Node>),
}

impl Node {
    /// Calls `visit` with this part and every one in it.
    pub fn visit(&self, visit: &mut dyn FnMut(&Node)) {
        visit(self);
        match self {
            Self::Concat(nodes) | Self::Alt(nodes) => nodes.iter().for_each(|node| node.visit(visit)),
            Self::Repeat(node, ..) | Self::Group(_, node) => node.visit(visit),
            Self::Empty | Self::Set(_) | Self::Begin | Self::End => {}
        }
    }

    /// Parts one after the other.
    pub(crate) fn concat(mut nodes: Vec<Node>) -> Node {
        match nodes.len() {
            0 => Self::Empty,
            1 => nodes.remove(0),
            _ => Self::Concat(nodes),
        }
    }
}

/// What is wrong with a pattern, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    /// The bytes of the pattern.
    pub at: Range<usize>,
    /// What is wrong.
    pub kind: ErrorKind,
}

/// What may be wrong with a pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ErrorKind {
    /// `(a`
    #[error("unclosed '('")]
    UnclosedGroup,
    /// `a)`
    #[error("')' without '('")]
    UnopenedGroup,
    /// `[a`
    #[error("unclosed '['")]
    UnclosedSet,
    /// `*a`
    #[error("nothing to repeat")]
    NothingToRepeat,
    /// `a{x}`
    #[error("expected a count, as in {{2}}, {{2,}}, {{,5}} or {{2,5}}")]
    BadCount,
    /// `a{5,2}`
    #[error("the first count is greater than the second")]
    CountOrder,
    /// `a{1000}`
    #[error("a count can be {MAX_REPEAT} at most")]
    CountTooLarge,
    /// `\` at the end
    #[error("'\\' at the end escapes nothing")]
    TrailingBackslash,
    /// `\1`
    #[error("there are no back-references")]
    BackReference,
    /// `[z-a]`
    #[error("the range ends before it begins")]
    RangeOrder,
    /// `[a-c-e]`, `[[:digit:]-z]`
    #[error("a range needs one character on each side")]
    RangeEnd,
    /// `[[:letter:]]`
    #[error("unknown character class")]
    UnknownClass,
    /// `[[.x.]]`
    #[error("collating elements are not supported")]
    Collating,
    /// `[[=x=]]`
    #[error("equivalence classes are not supported")]
    Equivalence,
    /// Too many parentheses in each other, or repetitions of repetitions.
    #[error("nested too deep")]
    TooDeep,
    /// Too many groups.
    #[error("more than {MAX_GROUPS} groups")]
    TooManyGroups,
}

/// Reads a pattern.
pub fn parse(pattern: &[u8]) -> Result<Regex, Error> {
    let mut parser = Parser { pattern, at: 0, groups: 0, depth: 0, letters: Vec::new() };
    let node = parser.alternatives()?;
    if parser.at < pattern.len() {
        // Only a parenthesis ends alternatives.
        return parser.fail(parser.at, ErrorKind::UnopenedGroup);
    }
    Ok(Regex { node, groups: parser.groups, letters: parser.letters })
}

struct Parser<'a> {
    pattern: &'a [u8],
    /// The next byte.
    at: usize,
    groups: u32,
    depth: u32,
    letters: Vec<Range<usize>>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// An error from `start` to here, one byte at least.
    fn fail<T>(&self, start: usize, kind: ErrorKind) -> Result<T, Error> {
        Err(Error { at: start..self.at.max(start + 1), kind })
    }

    fn alternatives(&mut self) -> Result<Node, Error> {
        let mut all = vec![self.sequence()?];
        while self.eat(b'|') {
            all.push(self.sequence()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Node::Alt(all) })
    }

    fn sequence(&mut self) -> Result<Node, Error> {
        let mut nodes = Vec::new();
        while !matches!(self.peek(), None | Some(b'|' | b')')) {
            let atom = self.atom()?;
            nodes.push(self.repeated(atom)?);
        }
        Ok(Node::concat(nodes))
    }

    fn atom(&mut self) -> Result<Node, Error> {
        let start = self.at;
        let byte = self.pattern[start];
        self.at += 1;
        match byte {
            b'(' => self.group(start),
            b'[' => self.set(start),
            b'.' => Ok(Node::Set(ByteSet::ALL)),
            b'^' => Ok(Node::Begin),
            b'$' => Ok(Node::End),
            b'*' | b'+' | b'?' | b'{' => self.fail(start, ErrorKind::NothingToRepeat),
            b'\\' => self.escape(start),
            byte => Ok(Node::Set(ByteSet::byte(byte))),
        }
    }

    fn group(&mut self, start: usize) -> Result<Node, Error> {
        self.groups += 1;
        self.depth += 1;
        if self.groups > MAX_GROUPS {
            return self.fail(start, ErrorKind::TooManyGroups);
        }
        if self.depth > MAX_DEPTH {
            return self.fail(start, ErrorKind::TooDeep);
        }
        let number = self.groups;
        let inner = self.alternatives()?;
        if !self.eat(b')') {
            return Err(Error { at: start..start + 1, kind: ErrorKind::UnclosedGroup });
        }
        self.depth -= 1;
        Ok(Node::Group(number, Box::new(inner)))
    }

    fn escape(&mut self, start: usize) -> Result<Node, Error> {
        let Some(byte) = self.peek() else { return self.fail(start, ErrorKind::TrailingBackslash) };
        self.at += 1;
        match byte {
            b'1'..=b'9' => return self.fail(start, ErrorKind::BackReference),
            byte if byte.is_ascii_alphabetic() => self.letters.push(start..self.at),
            _ => {}
        }
        Ok(Node::Set(ByteSet::byte(byte)))
    }

    /// The repetitions behind an atom.
    fn repeated(&mut self, mut node: Node) -> Result<Node, Error> {
        for _ in 0..MAX_STACKED {
            let start = self.at;
            let Some(byte @ (b'*' | b'+' | b'?' | b'{')) = self.peek() else { return Ok(node) };
            self.at += 1;
            if matches!(node, Node::Begin | Node::End) {
                return self.fail(start, ErrorKind::NothingToRepeat);
            }
            let (min, max) = match byte {
                b'*' => (0, None),
                b'+' => (1, None),
                b'?' => (0, Some(1)),
                _ => self.counts(start)?,
            };
            node = Node::Repeat(Box::new(node), min, max);
        }
        self.fail(self.at, ErrorKind::TooDeep)
    }

    /// Behind a `{`.
    fn counts(&mut self, start: usize) -> Result<(u32, Option<u32>), Error> {
        let min = self.count(start)?;
        let (min, max) = if self.eat(b',') {
            let max = self.count(start)?;
            if min.is_none() && max.is_none() {
                return self.fail(start, ErrorKind::BadCount);
            }
            (min.unwrap_or(0), max)
        } else {
            let Some(min) = min else { return self.fail(start, ErrorKind::BadCount) };
            (min, Some(min))
        };
        if !self.eat(b'}') {
            return self.fail(start, ErrorKind::BadCount);
        }
        if max.is_some_and(|max| max < min) {
            return self.fail(start, ErrorKind::CountOrder);
        }
        Ok((min, max))
    }

    fn count(&mut self, start: usize) -> Result<Option<u32>, Error> {
        let digits = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = &self.pattern[digits..self.at];
        if digits.is_empty() {
            return Ok(None);
        }
        let value =
            digits.iter().fold(0, |value: u32, digit| value.saturating_mul(10).saturating_add(u32::from(digit - b'0')));
        if value > MAX_REPEAT { self.fail(start, ErrorKind::CountTooLarge) } else { Ok(Some(value)) }
    }

    /// Behind a `[`.
    fn set(&mut self, start: usize) -> Result<Node, Error> {
        let unclosed = Error { at: start..start + 1, kind: ErrorKind::UnclosedSet };
        let inverted = self.eat(b'^');
        let mut set = ByteSet::default();
        let first = self.at;
        loop {
            // A bracket that comes first is one of the set.
            if self.peek() == Some(b']') && self.at > first {
                self.at += 1;
                break;
            }
            let from = self.at;
            let low = match self.member(&mut set)? {
                Member::Nothing => return Err(unclosed),
                Member::Byte(low) => low,
                Member::Class if !self.range_follows() => continue,
                Member::Class => return self.bad_range(from),
            };
            if !self.range_follows() {
                set.insert(low);
                continue;
            }
            self.at += 1;
            let high = match self.member(&mut set)? {
                Member::Nothing => return Err(unclosed),
                Member::Byte(high) => high,
                Member::Class => return self.fail(from, ErrorKind::RangeEnd),
            };
            if high < low {
                return self.fail(from, ErrorKind::RangeOrder);
            }
            if self.range_follows() {
                return self.bad_range(from);
            }
            (low..=high).for_each(|byte| set.insert(byte));
        }
        Ok(Node::Set(if inverted { set.inverted() } else { set }))
    }

    /// Whether a `-` comes that is not the last of the set.
    fn range_follows(&self) -> bool {
        self.peek() == Some(b'-') && self.pattern.get(self.at + 1) != Some(&b']')
    }

    /// What is before the `-` cannot begin a range.
    fn bad_range<T>(&mut self, from: usize) -> Result<T, Error> {
        self.at += 1;
        self.fail(from, ErrorKind::RangeEnd)
    }

    /// A byte of a set, or a class, which is added to it.
    fn member(&mut self, set: &mut ByteSet) -> Result<Member, Error> {
        let start = self.at;
        let Some(byte) = self.peek() else { return Ok(Member::Nothing) };
        self.at += 1;
        let Some(kind) = self.peek().filter(|kind| byte == b'[' && matches!(kind, b':' | b'.' | b'=')) else {
            return Ok(Member::Byte(byte));
        };
        self.at += 1;
        let name = self.at;
        while self.at < self.pattern.len() && !self.pattern[self.at..].starts_with(&[kind, b']']) {
            self.at += 1;
        }
        if self.at == self.pattern.len() {
            return Ok(Member::Nothing);
        }
        let name = &self.pattern[name..self.at];
        self.at += 2;
        match kind {
            b'.' => self.fail(start, ErrorKind::Collating),
            b'=' => self.fail(start, ErrorKind::Equivalence),
            _ => match class(name) {
                Some(class) => {
                    set.add(class);
                    Ok(Member::Class)
                }
                None => self.fail(start, ErrorKind::UnknownClass),
            },
        }
    }
}

/// What a set has next.
enum Member {
    Byte(u8),
    Class,
    /// The pattern ends.
    Nothing,
}

/// The bytes of a class in the C locale.
fn class(name: &[u8]) -> Option<ByteSet> {
    let is: fn(u8) -> bool = match name {
        b"alnum" => |byte| byte.is_ascii_alphanumeric(),
        b"alpha" => |byte| byte.is_ascii_alphabetic(),
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => |byte| byte.is_ascii_control(),
        b"digit" => |byte| byte.is_ascii_digit(),
        b"graph" => |byte| byte.is_ascii_graphic(),
        b"lower" => |byte| byte.is_ascii_lowercase(),
        b"print" => |byte| matches!(byte, b' '..=b'~'),
        b"punct" => |byte| byte.is_ascii_punctuation(),
        b"space" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
        b"upper" => |byte| byte.is_ascii_uppercase(),
        b"xdigit" => |byte| byte.is_ascii_hexdigit(),
        _ => return None,
    };
    Some(ByteSet::of(is))
}

#[cfg(test)]
mod tests;
