// SPDX-License-Identifier: MIT OR Apache-2.0
//! Jumps, calls, errors and their limits.

use crate::support::{World, begin, program, run, run_in, show, transcript};

#[test]
fn blocks_take_arguments() {
    // for (i = 0, s = 0; i < 5; i++) s += i
    let body = "block0: v0: int = int 0 @0 v1: int = int 5 @0 v2: int = int 1 @0 jump block1(v0, v0)
        block1(v3: int, v4: int): v5: int = lt v3, v1 @0 branch v5, block2, block3
        block2: v6: int = add v4, v3 @0 v7: int = add v3, v2 @0 jump block1(v7, v6)
        block3: print fmt0 (v4) @0 return";
    assert_eq!(run("", body), "10\n");
}

#[test]
fn block_arguments_are_passed_at_once() {
    let body = "block0: v0: int = int 1 @0 v1: int = int 2 @0 v2: int = int 0 @0 jump block1(v0, v1, v2)
        block1(v3: int, v4: int, v5: int): v6: int = int 1 @0 v7: int = add v5, v6 @0 branch v5, block2, block1(v4, v3, v7)
        block2: print fmt0 (v3) @0 print fmt0 (v4) @0 return";
    assert_eq!(run("", body), "2\n1\n");
}

const FACTORIAL: &str = r#"
probe "begin" begin 0 handler func0
func0 "begin" () {
block0: v0: int = int N @0 v1: int = call func1 (v0) @2 print fmt0 (v1) @0 return
}
func1 "factorial" (int) -> int {
    local0 "n" int
block0: v0: int = local.get local0 @0 branch v0, block1, block2
block1: v1: int = int 1 @0 v2: int = sub v0, v1 @0 v3: int = call func1 (v2) @2 v4: int = mul v0, v3 @0 return v4
block2: v5: int = int 1 @0 return v5
}
"#;

#[test]
fn functions_recurse_up_to_the_limit() {
    let factorial = |n: u32| transcript(&program(&FACTORIAL.replace("int N", &format!("int {n}"))));
    assert_eq!(factorial(5), "120\n");
    // Ten calls, counted from the handler's.
    assert_eq!(factorial(9), "362880\n");
    assert_eq!(factorial(10), "ERROR: MAXNESTING exceeded near identifier 'x' at a.stp:4:5 in probe begin\n");
}

/// What is caught of operations that begin with v0, which is 0, and use v1.
fn attempt(items: &str, ops: &str) -> String {
    let body = format!(
        "block0: v0: int = int 0 @0 jump block1
        block1 catch block2: {ops} return
        block2: v2: str = caught @0 print fmt1 (v2) @0 jump block3
        block3: v3: int = int 77 @0 print fmt0 (v3) @0 return"
    );
    let unused = if ops.contains("v1: ") { "" } else { "v1: int " };
    run(items, &format!("{unused}{body}"))
}

#[test]
fn errors_are_caught_with_their_bare_message() {
    assert_eq!(attempt("", "v1: int = div v0, v0 @1"), "division by 0\n77\n");
    assert_eq!(attempt("str0 \"mine\"", "v1: str = str str0 @0 builtin error (v1) @1"), "mine\n77\n");
    assert_eq!(attempt("", "builtin exhausted () @1"), "all functions exhausted\n77\n");
}

#[test]
fn a_call_fails_into_the_callers_catch() {
    let text = r#"
probe "begin" begin 0 handler func0
func0 "begin" () {
block0 catch block1: call func1 () @0 return
block1: v0: str = caught @0 print fmt1 (v0) @0 return
}
func1 "f" () {
block0: v0: int = int 0 @0 v1: int = div v0, v0 @0 return
}
"#;
    assert_eq!(transcript(&program(text)), "division by 0\n");
}

#[test]
fn a_catch_block_fails_outwards() {
    let body = "block0: v0: int = int 0 @0 jump block1
        block1 catch block2: v1: int = div v0, v0 @0 return
        block2 catch block3: v2: str = caught @0 v3: int = rem v0, v0 @0 return
        block3: v4: str = caught @0 print fmt1 (v4) @0 v5: int = div v0, v0 @1 return";
    assert_eq!(run("", body), "division by 0\nERROR: division by 0 near operator '/' at a.stp:2:3 in probe begin\n");
}

#[test]
fn the_action_budget_cannot_be_caught() {
    let items = "limits max_action_interruptible 3";
    let body = "block0: v0: int = int 1 @0 jump block1
        block1 catch block2: print fmt0 (v0) @0 budget 1 @1 jump block1
        block2: v1: str = caught @0 print fmt1 (v1) @0 return";
    assert_eq!(
        run(items, body),
        "1\n1\n1\n1\nERROR: MAXACTION exceeded near operator '/' at a.stp:2:3 in probe begin\n"
    );
}

#[test]
fn each_handler_has_a_fresh_budget() {
    let text = r#"
limits max_action_interruptible 2
probe "begin" begin 0 handler func0
probe "begin" begin 1 handler func0
func0 "begin" () {
block0: budget 2 @0 v0: int = int 1 @0 print fmt0 (v0) @0 return
}
"#;
    assert_eq!(transcript(&program(text)), "1\n1\n");
}

#[test]
fn a_message_is_cut_to_the_limit() {
    assert_eq!(attempt("limits max_string 9", "v1: int = div v0, v0 @1"), "division\n77\n");
}

#[test]
fn an_error_ends_its_handler() {
    let program = begin("", "block0: v0: int = int 0 @0 v1: int = div v0, v0 @0 print fmt0 (v0) @0 return");
    let outcome = run_in(&program, &mut World::default());
    assert_eq!(show(&program, &outcome), "ERROR: division by 0 at a.stp:1:1 in probe begin\n");
    assert_eq!((outcome.errors, outcome.failed, outcome.status()), (1, true, 1));
}
