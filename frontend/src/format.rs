// SPDX-License-Identifier: MIT OR Apache-2.0
//! Checking `printf` formats: which arguments they take, and which directives are none.

use std::ops::Range;

/// What one argument of a format must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Directive {
    /// A number.
    Int,
    /// A string.
    Str,
    /// The address of memory to show.
    Memory {
        /// Whether it is the current process's.
        user: bool,
        /// How much.
        bytes: Bytes,
    },
}

/// How many bytes of memory a directive shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bytes {
    /// So many.
    Fixed(i64),
    /// As the argument before the address says.
    Argument,
}

/// An argument that a format takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// What it must be.
    pub directive: Directive,
    /// Bytes of the format that ask for it.
    pub at: Range<usize>,
}

/// What a format consists of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Directives {
    /// The arguments that it takes, in order, those of `*` included.
    pub wanted: Vec<Wanted>,
    /// What begins like a directive and is none.
    pub wrong: Vec<Range<usize>>,
}

/// Reads a format.
pub fn directives(format: &[u8]) -> Directives {
    let mut found = Directives::default();
    let mut at = 0;
    while let Some(next) = format[at..].iter().position(|byte| *byte == b'%') {
        let start = at + next;
        if start + 1 == format.len() {
            // A lone percent sign at the end stands for itself.
            break;
        }
        at = match directive(format, start, &mut found.wanted) {
            Some(end) => end,
            None => {
                let end = wrong_end(format, start);
                found.wrong.push(start..end);
                end
            }
        };
    }
    found
}

/// The format with a lone percent sign at its end doubled, so that a formatter need not know of that case.
pub fn normalised(format: &[u8]) -> Vec<u8> {
    let mut text = format.to_vec();
    let percents = format.iter().rev().take_while(|byte| **byte == b'%').count();
    if percents % 2 == 1 {
        text.push(b'%');
    }
    text
}

/// A text as a format that prints just it.
pub fn escaped(text: &[u8]) -> Vec<u8> {
    text.iter().flat_map(|byte| std::iter::repeat_n(*byte, if *byte == b'%' { 2 } else { 1 })).collect()
}

/// Adds the arguments of the directive at `start`; where it ends, or `None` where there is none.
///
/// One flag of `- + space #`, then perhaps `0`, then width, precision, `l` and the conversion.
fn directive(format: &[u8], start: usize, wanted: &mut Vec<Wanted>) -> Option<usize> {
    let mut at = start + 1;
    if format[at] == b'%' {
        return Some(at + 1);
    }
    let before = wanted.len();
    let user = *format.get(at)? == b'#';
    at += usize::from(matches!(format.get(at)?, b'-' | b'+' | b' ' | b'#'));
    at += usize::from(*format.get(at)? == b'0');
    at = number(format, at, wanted);
    let mut bytes = Bytes::Fixed(1);
    if format.get(at) == Some(&b'.') {
        let end = number(format, at + 1, wanted);
        bytes = match &format[at + 1..end] {
            b"*" => Bytes::Argument,
            digits => Bytes::Fixed(
                digits.iter().fold(0_i64, |n, digit| n.saturating_mul(10).saturating_add(i64::from(digit - b'0'))),
            ),
        };
        at = end;
    }
    at += usize::from(format.get(at) == Some(&b'l'));
    let directive = match format.get(at) {
        Some(b'd' | b'i' | b'u' | b'o' | b'x' | b'X' | b'p' | b'c' | b'b') => Directive::Int,
        Some(b'm' | b'M') => Directive::Memory { user, bytes },
        Some(b's') => Directive::Str,
        _ => {
            wanted.truncate(before);
            return None;
        }
    };
    wanted.push(Wanted { directive, at: start..at + 1 });
    Some(at + 1)
}

/// Where the width or precision at `at` ends.
fn number(format: &[u8], at: usize, wanted: &mut Vec<Wanted>) -> usize {
    if format.get(at) == Some(&b'*') {
        wanted.push(Wanted { directive: Directive::Int, at: at..at + 1 });
        return at + 1;
    }
    at + format[at..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Where something that is no directive ends: with its conversion letter, or before what cannot be part of one.
fn wrong_end(format: &[u8], start: usize) -> usize {
    let part = |byte: &u8| matches!(byte, b'-' | b'+' | b' ' | b'#' | b'*' | b'.' | b'0'..=b'9');
    let mut end = start + 1;
    end += format[end..].iter().take_while(|byte| part(byte)).count();
    end +=
        format[end..].iter().take_while(|byte| matches!(byte, b'h' | b'l' | b'L' | b'q' | b'j' | b'z' | b't')).count();
    end + usize::from(format.get(end).is_some_and(u8::is_ascii_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::Directive::{Int, Memory, Str};
    use super::*;

    fn wanted(format: &[u8]) -> Vec<Directive> {
        let found = directives(format);
        assert_eq!(found.wrong, []);
        found.wanted.iter().map(|one| one.directive).collect()
    }

    #[test]
    fn directives_of_memory_say_whose_and_how_much() {
        let memory = |user, bytes| Memory { user, bytes };
        assert_eq!(wanted(b"%m%10.4M"), [memory(false, Bytes::Fixed(1)), memory(false, Bytes::Fixed(4))]);
        assert_eq!(wanted(b"%.*m"), [Int, memory(false, Bytes::Argument)]);
        assert_eq!(wanted(b"%#*.2M"), [Int, memory(true, Bytes::Fixed(2))]);
    }

    #[test]
    fn directives_take_arguments_in_order() {
        assert_eq!(wanted(b"%-16s %8ld 100%% %*.*x %#p %"), [Str, Int, Int, Int, Int, Int]);
        assert_eq!(wanted(b"no directive"), []);
        assert_eq!(wanted(b"%+05d% d%.0d"), [Int, Int, Int]);
        let places: Vec<_> = directives(b"a%*d%s").wanted.into_iter().map(|one| one.at).collect();
        assert_eq!(places, [2..3, 1..4, 4..6]);
    }

    #[test]
    fn wrong_directives_have_a_place() {
        let wrong =
            |format: &[u8]| -> Vec<_> { directives(format).wrong.iter().map(|at| (at.start, at.end)).collect() };
        assert_eq!(wrong(b"a %lld"), [(2, 6)]);
        assert_eq!(wrong(b"%n%d%zu"), [(0, 2), (4, 7)]);
        assert_eq!(wrong(b"%5"), [(0, 2)]);
        assert_eq!(wrong(b"100%\n"), [(3, 4)]);
        assert_eq!(wrong(b"%-+5d"), [(0, 5)]);
        assert_eq!(wrong("%5\u{fc}".as_bytes()), [(0, 2)]);
    }

    #[test]
    fn percent_signs_survive() {
        assert_eq!(escaped(b"5%"), b"5%%");
        assert_eq!(normalised(b"x %"), b"x %%");
        assert_eq!(normalised(b"x %%"), b"x %%");
    }
}
