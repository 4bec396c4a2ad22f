// SPDX-License-Identifier: MIT OR Apache-2.0
//! Automata against the C library's regular expressions, and the sizes they are refused at.

use std::ffi::CString;

use proptest::prelude::*;
use spile_regex::{Captures, Search, TooLarge, parse};

/// Whether the C library finds a match, and where; nothing where it refuses the pattern.
fn library(pattern: &str, subject: &str) -> Option<Option<(usize, usize)>> {
    let (pattern, subject) = (CString::new(pattern).ok()?, CString::new(subject).ok()?);
    // SAFETY: the structure is regcomp()'s to fill, and freed once if it did.
    #[expect(unsafe_code, reason = "the C library is the oracle")]
    unsafe {
        let mut regex: libc::regex_t = std::mem::zeroed();
        if libc::regcomp(&mut regex, pattern.as_ptr(), libc::REG_EXTENDED) != 0 {
            return None;
        }
        let mut found: libc::regmatch_t = std::mem::zeroed();
        let status = libc::regexec(&regex, subject.as_ptr(), 1, &mut found, 0);
        libc::regfree(&mut regex);
        Some((status == 0).then_some((found.rm_so as usize, found.rm_eo as usize)))
    }
}

/// Patterns of every construct that the C library does not read in another way.
fn pattern() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        8 => prop::sample::select(vec!["a", "b", "c", "ab", "bca"]).prop_map(str::to_owned),
        3 => prop::sample::select(vec![".", "[ab]", "[^a]", "[a-c]", "[[:alpha:]]", "[]a-]", "\\."]).prop_map(str::to_owned),
    ];
    let body = atom.prop_recursive(4, 24, 4, |inner| {
        let quantifier = prop::sample::select(vec!["*", "+", "?", "{2}", "{1,}", "{,2}", "{1,3}"]);
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            2 => prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join("|"))),
            2 => (inner.clone(), quantifier).prop_map(|(inner, count)| format!("({inner}){count}")),
            1 => inner.prop_map(|inner| format!("({inner})")),
        ]
    });
    (prop::bool::weighted(0.3), body, prop::bool::weighted(0.3))
        .prop_map(|(begin, body, end)| format!("{}{body}{}", if begin { "^" } else { "" }, if end { "$" } else { "" }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn finds_what_the_c_library_finds(pattern in pattern(), subject in "[abc.\n]{0,12}") {
        let regex = parse(pattern.as_bytes()).expect("the pattern can be read");
        if let Some(found) = library(&pattern, &subject) {
            if let Ok(search) = Search::new(&regex) {
                prop_assert_eq!(search.matches(subject.as_bytes()), found.is_some(), "{} in {:?}", pattern, subject);
            }
            if let Ok(captures) = Captures::new(&regex) {
                prop_assert_eq!(bounds(&captures, subject.as_bytes()), found, "{} in {:?}", pattern, subject);
            }
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(pattern in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Ok(regex) = parse(&pattern) {
            let _ = Search::new(&regex);
            let _ = Captures::new(&regex);
        }
    }

    #[test]
    fn any_characters_with_meaning_are_read_or_refused(pattern in r"[ab()\[\]{}*+?|^$.,0-9\\:-]{0,30}") {
        if let Ok(regex) = parse(pattern.as_bytes()) {
            let _ = Search::new(&regex);
            let _ = Captures::new(&regex);
        }
    }
}

/// The leftmost-longest match, as the runtime looks for it.
fn bounds(captures: &Captures, subject: &[u8]) -> Option<(usize, usize)> {
    let column = |place: usize| usize::from(captures.classes[usize::from(subject[place])]);
    let (find, whole) = (&captures.automata[captures.find], &captures.automata[captures.whole]);
    let mut start = None;
    let mut state = find.start_at_edge;
    for place in (0..=subject.len()).rev() {
        if state >= if place == 0 { find.accepts_at_edge } else { find.accepts } {
            start = Some(place);
        }
        if place > 0 {
            state = find.next[usize::from(state) + column(place - 1)];
        }
    }
    let start = start?;
    let mut end = None;
    let mut state = if start == 0 { whole.start_at_edge } else { whole.start };
    for place in start..=subject.len() {
        if state >= if place == subject.len() { whole.accepts_at_edge } else { whole.accepts } {
            end = Some(place);
        }
        if place < subject.len() {
            state = whole.next[usize::from(state) + column(place)];
        }
    }
    Some((start, end?))
}

#[test]
fn tables_are_small_and_bounded() {
    let entries = |pattern: &str| Search::new(&parse(pattern.as_bytes()).unwrap()).map(|search| search.dfa.next.len());
    // Minimal: nothing yet, an a, a match. Two classes.
    assert_eq!(entries("a(b|bb)"), Ok(4 * 3));
    assert_eq!(entries("^(foo|fob|fab)$"), entries("^f(o[ob]|ab)$"));
    assert_eq!(entries("a[ab]{9}$"), Ok(3 * ((1 << 10) + 1)));
    assert_eq!(entries("a[ab]{20}$"), Err(TooLarge));
    assert_eq!(entries("((x{255}){255}){255}"), Err(TooLarge));
    assert_eq!(entries("(((){255}){255}){255}{255}"), Ok(2));
    let regex = parse(b"(a){200}").unwrap();
    assert!(Search::new(&regex).is_ok());
    assert_eq!(Captures::new(&regex).err(), Some(TooLarge));
}

#[test]
fn what_is_known_needs_no_walk() {
    use spile_regex::Step::{Copy, Split, SplitAfter};
    let steps = |pattern: &str| Captures::new(&parse(pattern.as_bytes()).unwrap()).unwrap().steps;
    assert!(matches!(
        steps("^irq/([0-9]+)-(.*)$")[..],
        [SplitAfter { length: 4, .. }, Split { .. }, Copy { to: 1, .. }, SplitAfter { length: 1, .. }, ..]
    ));
    assert_eq!(steps("abc|d*"), []);
}
