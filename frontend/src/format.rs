// SPDX-License-Identifier: MIT OR Apache-2.0
//! Checking `printf` formats: which arguments they take.

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

/// The arguments that a format takes, in order, those of `*` included; else the directive that is wrong.
pub fn directives(format: &[u8]) -> Result<Vec<Directive>, String> {
    let mut wanted = Vec::new();
    let mut rest = format;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        let directive = &rest[at..];
        if directive.len() == 1 {
            // A lone percent sign at the end stands for itself.
            break;
        }
        let length = directive_arguments(directive, &mut wanted).ok_or_else(|| shown(directive))?;
        rest = &directive[length..];
    }
    Ok(wanted)
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

/// Adds the arguments of the directive that `text` begins with; its length, or `None` where it is none.
///
/// One flag of `- + space #`, then perhaps `0`, then width, precision, `l` and the conversion.
fn directive_arguments(text: &[u8], wanted: &mut Vec<Directive>) -> Option<usize> {
    let mut at = 1;
    if text[at] == b'%' {
        return Some(2);
    }
    let user = *text.get(at)? == b'#';
    at += usize::from(matches!(text.get(at)?, b'-' | b'+' | b' ' | b'#'));
    at += usize::from(*text.get(at)? == b'0');
    at += number(&text[at..], wanted);
    let mut bytes = Bytes::Fixed(1);
    if *text.get(at)? == b'.' {
        at += 1;
        let length = number(&text[at..], wanted);
        bytes = match &text[at..at + length] {
            b"*" => Bytes::Argument,
            digits => Bytes::Fixed(
                digits.iter().fold(0_i64, |n, digit| n.saturating_mul(10).saturating_add(i64::from(digit - b'0'))),
            ),
        };
        at += length;
    }
    at += usize::from(*text.get(at)? == b'l');
    wanted.push(match text.get(at)? {
        b'd' | b'i' | b'u' | b'o' | b'x' | b'X' | b'p' | b'c' | b'b' => Directive::Int,
        b'm' | b'M' => Directive::Memory { user, bytes },
        b's' => Directive::Str,
        _ => return None,
    });
    Some(at + 1)
}

/// Length of the width or precision that `text` begins with.
fn number(text: &[u8], wanted: &mut Vec<Directive>) -> usize {
    if text.first() == Some(&b'*') {
        wanted.push(Directive::Int);
        return 1;
    }
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The beginning of a wrong directive, for a message.
fn shown(text: &[u8]) -> String {
    let end = text
        .iter()
        .skip(1)
        .position(|byte| byte.is_ascii_alphabetic() && *byte != b'l')
        .map_or(text.len(), |at| at + 2);
    format!("'{}'", String::from_utf8_lossy(&text[..end.min(12)]))
}

#[cfg(test)]
mod tests {
    use super::Directive::{Int, Memory, Str};
    use super::*;

    #[test]
    fn directives_take_arguments_in_order() {
        assert_eq!(directives(b"%-16s %8ld 100%% %*.*x %#p %").unwrap(), [Str, Int, Int, Int, Int, Int]);
        assert_eq!(directives(b"no directive").unwrap(), []);
        assert_eq!(directives(b"%+05d% d%.0d").unwrap(), [Int, Int, Int]);
    }

    #[test]
    fn directives_of_memory_say_whose_and_how_much() {
        let memory = |user, bytes| Memory { user, bytes };
        assert_eq!(directives(b"%m%10.4M").unwrap(), [memory(false, Bytes::Fixed(1)), memory(false, Bytes::Fixed(4))]);
        assert_eq!(directives(b"%.*m").unwrap(), [Int, memory(false, Bytes::Argument)]);
        assert_eq!(directives(b"%#*.2M").unwrap(), [Int, memory(true, Bytes::Fixed(2))]);
    }

    #[test]
    fn wrong_directives_are_named() {
        assert_eq!(directives(b"a %lld").unwrap_err(), "'%lld'");
        assert_eq!(directives(b"%n").unwrap_err(), "'%n'");
        assert_eq!(directives(b"%5").unwrap_err(), "'%5'");
    }

    #[test]
    fn percent_signs_survive() {
        assert_eq!(escaped(b"5%"), b"5%%");
        assert_eq!(normalised(b"x %"), b"x %%");
        assert_eq!(normalised(b"x %%"), b"x %%");
    }
}
