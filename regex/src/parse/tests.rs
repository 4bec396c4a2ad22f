// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;
use crate::Search;

fn matches(pattern: &str, subject: &str) -> bool {
    let regex = parse(pattern.as_bytes()).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    Search::new(&regex).expect("small").matches(subject.as_bytes())
}

#[track_caller]
fn check(pattern: &str, yes: &[&str], no: &[&str]) {
    for subject in yes {
        assert!(matches(pattern, subject), "{pattern} should match {subject:?}");
    }
    for subject in no {
        assert!(!matches(pattern, subject), "{pattern} should not match {subject:?}");
    }
}

#[test]
fn characters_and_escapes() {
    check("abc", &["abc", "xabcx"], &["", "ab", "ABC"]);
    check("a.c", &["abc", "a\nc", "a.c"], &["ac"]);
    check(r"a\.c", &["a.c"], &["abc"]);
    check(r"\(\)\[\]\{\}\*\+\?\|\^\$\\", &[r"()[]{}*+?|^$\"], &["()"]);
    check("a]b}", &["a]b}"], &["ab"]);
    check("\u{e9}", &["\u{e9}"], &["e"]);
}

#[test]
fn sets() {
    check("[abc]", &["a", "xxc"], &["", "d"]);
    check("[^abc]", &["d", "ad", "\n"], &["", "a", "cab"]);
    check("[]a]", &["]", "a"], &["b"]);
    check("[^]a]", &["b"], &["]", "a"]);
    check("[a-]", &["-", "a"], &["b"]);
    check("[-a]", &["-", "a"], &["b"]);
    check("[+--]", &["+", ",", "-"], &["."]);
    check(r"[a\]b]", &[r"\b]", "ab]"], &["b]", "]"]);
    check("[[:digit:]x]", &["7", "x"], &["y"]);
    check("[^[:space:]]", &["a"], &[" ", "\t\n"]);
    check("[.*]", &[".", "*"], &["a"]);
}

#[test]
fn repetitions() {
    check("^ab*c$", &["ac", "abc", "abbbc"], &["abb", "bc"]);
    check("^ab+c$", &["abc", "abbbc"], &["ac"]);
    check("^ab?c$", &["ac", "abc"], &["abbc"]);
    check("^a{2}$", &["aa"], &["a", "aaa"]);
    check("^a{2,}$", &["aa", "aaaaa"], &["a"]);
    check("^a{,2}$", &["", "a", "aa"], &["aaa"]);
    check("^a{0}$", &[""], &["a"]);
    check("^(ab){2,3}$", &["abab", "ababab"], &["ab", "abababab"]);
    check("^a{2}{3}$", &["aaaaaa"], &["aaaaa"]);
    check("^(a*)*$", &["", "aaa"], &["b"]);
    check("^(){3}{3}x$", &["x"], &["xx"]);
}

#[test]
fn alternatives_and_anchors() {
    check("^(a|b|)$", &["a", "b", ""], &["c", "ab"]);
    check("^a|b$", &["ax", "xb"], &["xa", "bx"]);
    check("", &["", "x"], &[]);
    check("^$", &[""], &["x"]);
    check("$^", &[""], &["x"]);
    check("a^b", &[], &["a^b", "ab"]);
    check("a$b", &[], &["a$b", "ab"]);
    check("(^|/)bin(/|$)", &["bin", "/bin", "x/bin/y"], &["cabin", "bins"]);
    check("(^a|b)*c", &["ac", "abc", "c", "xac"], &["ab"]);
}

#[test]
fn mistakes_and_their_places() {
    use ErrorKind as E;
    for (pattern, at, kind) in [
        ("(a", 0..1, E::UnclosedGroup),
        ("a(b(c)", 1..2, E::UnclosedGroup),
        ("a)b", 1..2, E::UnopenedGroup),
        ("x[a", 1..2, E::UnclosedSet),
        ("[]", 0..1, E::UnclosedSet),
        ("[a-", 0..1, E::UnclosedSet),
        ("[[:digit:", 0..1, E::UnclosedSet),
        ("[a[:]", 0..1, E::UnclosedSet),
        ("*a", 0..1, E::NothingToRepeat),
        ("a|+", 2..3, E::NothingToRepeat),
        ("(?:a)", 1..2, E::NothingToRepeat),
        ("^*", 1..2, E::NothingToRepeat),
        ("{2}", 0..1, E::NothingToRepeat),
        ("a{x}", 1..2, E::BadCount),
        ("a{}", 1..2, E::BadCount),
        ("a{,}", 1..3, E::BadCount),
        ("a{2", 1..3, E::BadCount),
        ("a{5,2}", 1..6, E::CountOrder),
        ("a{256}", 1..5, E::CountTooLarge),
        ("a{99999999999}", 1..13, E::CountTooLarge),
        ("a\\", 1..2, E::TrailingBackslash),
        ("(a)\\1", 3..5, E::BackReference),
        ("[z-a]", 1..4, E::RangeOrder),
        ("[a-c-e]", 1..5, E::RangeEnd),
        ("[[:digit:]-z]", 1..11, E::RangeEnd),
        ("[a-[:digit:]]", 1..12, E::RangeEnd),
        ("[[:letter:]]", 1..11, E::UnknownClass),
        ("[[.x.]]", 1..6, E::Collating),
        ("[[=x=]]", 1..6, E::Equivalence),
        ("a*+*+*+*+*", 9..10, E::TooDeep),
    ] {
        assert_eq!(parse(pattern.as_bytes()), Err(Error { at, kind }), "{pattern}");
    }
    let deep = |depth: usize| parse(&[b"(".repeat(depth), b")".repeat(depth)].concat());
    assert!(deep(63).is_ok());
    assert_eq!(deep(64).unwrap_err().kind, E::TooManyGroups);
}

#[test]
fn letters_that_are_classes_elsewhere() {
    assert_eq!(parse(br"a\d+\.").unwrap().letters.first(), Some(&(1..3)));
    check(r"\d", &["d"], &["7"]);
}
