// SPDX-License-Identifier: MIT OR Apache-2.0
//! Matches of regular expressions.

use spile_ir::{Program, optimise};

use crate::support::{begin, problems, run, transcript};

/// Prints what a pattern matched of a subject: 1 and the texts of the whole and two groups, or 0 and nothing.
fn keeps(pattern: &str, subject: &str) -> String {
    let items = format!("str0 \"{pattern}\" str1 \"{subject}\"");
    let body = "block0: v0: str = str str1 @0 v1: int = match.keep str0, v0 @0 print fmt0 (v1) @0
        v2: int = builtin matched_groups () @0 print fmt0 (v2) @0 branch v1, block1, block2
        block1: v3: int = int 0 @0 v4: str = builtin matched_text (v3) @0 print fmt1 (v4) @0
          v5: int = int 1 @0 v6: str = builtin matched_text (v5) @0 print fmt1 (v6) @0
          v7: int = int 2 @0 v8: str = builtin matched_text (v7) @0 print fmt1 (v8) @0 return
        block2: return";
    run(&items, body).trim_end_matches('\n').replace('\n', "|")
}

#[test]
fn matches_are_leftmost_longest() {
    assert_eq!(keeps("b+", "abbb"), "1|0|bbb");
    assert_eq!(keeps("a|ab", "xabb"), "1|0|ab");
    assert_eq!(keeps("x*", "aaa"), "1|0");
    assert_eq!(keeps("c", "ab"), "0|-1");
    assert_eq!(keeps("^b", "ab"), "0|-1");
    assert_eq!(keeps("b$", "ab"), "1|0|b");
}

#[test]
fn groups_are_those_of_posix() {
    assert_eq!(keeps("(a|ab)(c|bcd)", "abcd"), "1|2|abcd|a|bcd");
    assert_eq!(keeps("(a|ab)(bcd|c)d*", "abcd"), "1|2|abcd|ab|c");
    assert_eq!(keeps("(a*)(a*)", "aa"), "1|2|aa|aa");
    assert_eq!(keeps("(a*)+", "aa"), "1|1|aa|aa");
    assert_eq!(keeps("((a)|b)*", "ab"), "1|2|ab|b");
    assert_eq!(keeps("(a){0}b", "ab"), "1|1|b");
    assert_eq!(keeps("(a|b){2,3}(c?)", "abab"), "1|2|aba|a");
    assert_eq!(keeps("(a|(b))?", ""), "1|2");
}

fn optimised(items: &str, body: &str) -> Program {
    let mut program = begin(items, body);
    let before = transcript(&program);
    optimise(&mut program);
    assert_eq!(transcript(&program), before);
    program
}

#[test]
fn matches_of_constants_are_known() {
    let program = optimised(
        "str0 \"^a+$\" str1 \"aaa\"",
        "block0: v0: str = str str1 @0 v1: int = match str0, v0 @0 print fmt0 (v1) @0 return",
    );
    assert!(!program.to_string().contains("match"), "{program}");
}

#[test]
fn equal_matches_are_shared_and_unused_ones_go() {
    let program = optimised(
        "str0 \"^a+$\" global0 \"g\" str \"aaa\"",
        "block0: v0: str = global.get global0 @0 v1: int = match str0, v0 @0 print fmt0 (v1) @0 v2: int = match str0, v0 @0
          print fmt0 (v2) @0 v3: int = match str0, v0 @0 return",
    );
    assert_eq!(program.to_string().matches("= match str0").count(), 1, "{program}");
}

#[test]
fn matches_that_are_kept_stay() {
    let program = optimised(
        "str0 \"(a+)$\" str1 \"aaa\" str2 \"b\"",
        "block0: v0: str = str str1 @0 v1: int = match.keep str0, v0 @0 v2: str = str str2 @0 v3: int = match.keep str0, v2 @0
          v4: int = match.keep str0, v0 @0 v5: int = builtin matched_groups () @0 print fmt0 (v5) @0
          v6: str = builtin matched_text (v5) @0 print fmt1 (v6) @0 return",
    );
    assert_eq!(program.to_string().matches("match.keep").count(), 3, "{program}");
}

#[test]
fn patterns_are_verified() {
    let wrong = |items: &str, body: &str| problems(&begin(items, body));
    assert_eq!(
        wrong("str0 \"a(\"", "block0: v0: str = str str0 @0 v1: int = match str0, v0 @0 return"),
        ["function \"begin\": block0, instruction 1: string 0 is no regular expression: unclosed '('"],
    );
    assert_eq!(
        wrong("str0 \"a\"", "block0: v0: str = str str0 @0 v1: int = match str7, v0 @0 return"),
        ["function \"begin\": block0, instruction 1: no such string 7"],
    );
    assert_eq!(
        wrong("str0 \"a\"", "block0: v0: int = int 0 @0 v1: int = match str0, v0 @0 return"),
        ["function \"begin\": block0, instruction 1: operand: v0 is not a string"],
    );
}
