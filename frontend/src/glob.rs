// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shell patterns, and the order of version numbers.

use std::cmp::Ordering;

/// Whether `text` has a character that [`matches()`] treats specially.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Whether `text` as a whole matches `pattern`: `*` is any run of bytes, `?` any byte, `[a-z]` one of a set
/// and `[!a-z]` one that is not in it; `\` takes the next byte literally. A `[` that is never closed stands
/// for itself.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on when the last `*` has to take one byte more.
    let mut retry = None;
    while p < pattern.len() || t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            retry = Some((p, t + 1));
            p += 1;
            continue;
        }
        if let Some(length) = text.get(t).and_then(|byte| match_one(&pattern[p..], *byte)) {
            p += length;
            t += 1;
            continue;
        }
        match retry {
            Some((star, next)) if next <= text.len() => {
                (p, t) = (star + 1, next);
                retry = Some((star, next + 1));
            }
            _ => return false,
        }
    }
    true
}

/// The length of the first element of `pattern`, if it matches `byte`.
fn match_one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        [b'[', set @ ..] => match match_set(set, byte) {
            Some((length, matched)) => matched.then_some(length + 1),
            None => (byte == b'[').then_some(1),
        },
        [first, ..] => (*first == byte).then_some(1),
    }
}

/// The length of the set with its `]`, and whether `byte` matches it. `None` if it is never closed.
fn match_set(set: &[u8], byte: u8) -> Option<(usize, bool)> {
    let negated = matches!(set.first(), Some(b'!' | b'^'));
    let mut at = usize::from(negated);
    let mut found = false;
    let first = at;
    loop {
        let low = *set.get(at)?;
        if low == b']' && at > first {
            return Some((at + 1, found != negated));
        }
        match (set.get(at + 1), set.get(at + 2)) {
            (Some(b'-'), Some(&high)) if high != b']' => {
                found |= (low..=high).contains(&byte);
                at += 3;
            }
            _ => {
                found |= low == byte;
                at += 1;
            }
        }
    }
}

/// Compares versions as `strverscmp` does: runs of digits as numbers, the rest as bytes. A run that begins
/// with 0 is a fraction, so that `1.05` is before `1.1`.
pub fn compare_versions(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    if same == a.len() && same == b.len() {
        return Ordering::Equal;
    }
    let digits_before = a[..same].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let common = &a[same - digits_before..same];
    let (rest_a, rest_b) = (&a[same..], &b[same..]);
    let (count_a, count_b) = (digit_count(rest_a), digit_count(rest_b));
    let by_bytes = rest_a.cmp(rest_b);
    if count_a + digits_before == 0 || count_b + digits_before == 0 || count_a + count_b == 0 {
        return by_bytes;
    }
    if digits_before > 0 && common.iter().all(|digit| *digit == b'0') {
        // Only zeros so far: the more of them, the smaller the fraction.
        return if count_a == 0 || count_b == 0 { count_b.cmp(&count_a) } else { by_bytes };
    }
    let fraction =
        common.first().or(rest_a.first()) == Some(&b'0') || common.is_empty() && rest_b.first() == Some(&b'0');
    if fraction { by_bytes } else { count_a.cmp(&count_b).then(by_bytes) }
}

fn digit_count(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("vfs_*", "vfs_read"),
            ("*_re?d*", "vfs_readv"),
            ("[a-c]x[!0-9]", "bxy"),
            ("[]]", "]"),
            ("a[", "a["),
            (r"\*", "*"),
            ("*ab*ab", "xabyabab"),
        ] {
            assert!(matches(pattern, text), "{pattern} against {text}");
        }
        for (pattern, text) in [("", "a"), ("?", ""), ("a*b", "abc"), ("[!a]", "a"), (r"\*", "x")] {
            assert!(!matches(pattern, text), "{pattern} against {text}");
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_exponential_time() {
        assert!(!matches(&("*a".repeat(100) + "b"), &"a".repeat(2000)));
    }

    #[test]
    fn versions_are_ordered_as_by_strverscmp() {
        let order = ["000", "00", "01", "010", "09", "0", "1", "9", "10"];
        for (i, a) in order.iter().enumerate() {
            for (j, b) in order.iter().enumerate() {
                assert_eq!(compare_versions(a, b), i.cmp(&j), "{a} against {b}");
            }
        }
        for (a, b) in [
            ("2.6.9", "2.6.10"),
            ("5.10.0", "6.1"),
            ("6.1", "6.1.0"),
            ("6.12.0-rc1", "6.12.0-rc10"),
            ("4.18.0-80.el8", "4.18.0-305.el8"),
        ] {
            assert_eq!(compare_versions(a, b), Ordering::Less, "{a} against {b}");
            assert_eq!(compare_versions(b, a), Ordering::Greater, "{b} against {a}");
        }
    }
}
