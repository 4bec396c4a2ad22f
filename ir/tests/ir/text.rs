// SPDX-License-Identifier: MIT OR Apache-2.0
//! The text form: what the printer writes, the parser reads back.

use expect_test::expect;
use proptest::prelude::*;
use spile_ir::{parse, verify};

use crate::support::program;

/// Everything that the text form has.
pub const EVERYTHING: &str = r#"
limits max_string 64 max_action 5
str0 "quote \" backslash \\ newline \n tab \t byte \xff"
fmt2 "%s %H\n" (str, hist)
global0 "n" int -5
global1 "s" str "x"
global2 "a" stat hist_linear -5 10 3 variance 2
global3 "m" map (int, str) int capacity 10 wrap
global4 "h" map (str) stat no_sum hist_log capacity 0
global5 "t" map (int) str capacity 0
probe "begin" begin -3 handler func0
probe "end" end 1 handler func0
probe "error" error 2 handler func0
probe "timer.s(1)" timer 1000000000 5 handler func0
probe "function" function "vfs_read" handler func0
probe "return" return "vfs_read" 7 handler func1 @2 entry func2 words 2 optional
probe "address" address "f" 18446744073709551615 handler func0 optional
probe "trace" tracepoint "sched_switch" 3 handler func0

func0 "everything" () {
    local0 "i" int
    local1 "s" str
    v90: str
block0 catch block3:
    v0: int = int -9223372036854775808 @0
    v1: str = str str0 @1
    v2: int = add v0, v0 @0
    v3: int = ushr v2, v0 @2
    v4: int = le v2, v3 @0
    v5: int = str.ne v1, v1 @0
    v6: str = concat v1, v1 @0
    local.set local0, v6 @0
    v7: int = local.get local0 @0
    v8: int = global.get global0 @0
    global.set global1, v6 @0
    v9: int = global.add global0, v8 @0
    global.clear global2 @0
    v10: int = map.get global3 [v0, v1] @0
    v11: int = map.has global3 [_, v1] @0
    map.set global3 [v0, v1], v2 @0
    v12: int = map.add global3 [v0, v1], v2 @0
    map.delete global3 [v0, _] @0
    stat.add global2 [], v0 @0
    stat.add global4 [v1], v0 @0
    v13: int = stat.read global2 [], variance @0
    v14: int = hist.bucket global4 [v1], v0 @0
    v15: int = iter.first global3 [_, v1], key 1 ascending @0
    v16: int = iter.first global4 [_], count descending @0
    v17: int = iter.first global5 [_], value descending, v0 @0
    v18: int = iter.next global3 [_, v1], v15 @0
    v19: str = iter.key global3, v15, 1 @0
    v20: str = iter.value global5, v17 @0
    v21: int = iter.stat global4, v16, max @0
    v22: int = load.kernel v0, 4, signed @0
    v23: int = load.user v0, 8, unsigned @0
    store v0, 2, v22 @0
    v24: int = arg 3 @0
    v25: int = return_value @0
    v26: int = probe_index @0
    v27: int = builtin strtol (v1, v0) @0
    builtin exit () @0
    v28: int = call func3 (v0, v1) @0
    call func3 (v0, v1) @0
    v29: str = sprint fmt2 (v1, hist global4 [v1]) @0
    print fmt2 (v1, hist global2 []) @0
    v34: int = match str0, v1 @0
    v35: int = match.keep str0, v29 @0
    v36: int = builtin matched_groups () @0
    v37: str = builtin matched_text (v36) @0
    budget 3 @0
    branch v2, block1(v0, v1), block2
block1(v30: int, v31: str):
    release @0
    jump block2
block2:
    return
block3:
    v32: str = caught @0
    jump block1(v0, v32)
}

func1 "return" () {
block0:
    v0: int = entry.get 1 @0
    return
}

func2 "entry" () {
block0:
    v0: int = arg 0 @0
    entry.set 1, v0 @0
    return
}

func3 "f" (int, str) -> int {
    local0 "a" int
    local1 "b" str
block0:
    v0: int = local.get local0 @0
    return v0
}
"#;

#[test]
fn conditions_are_read_back() {
    let text = "global0 \"on\" int 0 probe \"a\" timer 1 0 handler func0 condition func1 optional
        func0 \"h\" () { block0: return }
        func1 \"on?\" () -> int { block0: v0: int = global.get global0 @0 return v0 }";
    let program = program(text);
    assert_eq!(program.probes[0].condition, Some(spile_ir::FuncId(1)));
    assert_eq!(parse(&program.to_string()), Ok(program));
}

/// `EVERYTHING` with what the verifier has against it set right.
pub fn everything() -> String {
    EVERYTHING.replace("local.set local0, v6", "local.set local1, v6").replace("v90: str", "v33: str")
}

#[test]
fn every_construct_is_read_back() {
    let program = program(&everything());
    assert_eq!(verify(&program), Ok(()));
    let text = program.to_string();
    assert_eq!(parse(&text).as_ref(), Ok(&program), "{text}");
}

#[test]
fn programs_print_as_text() {
    let text = program(
        "global0 \"n\" int 1 probe \"begin\" begin 0 handler func0 func0 \"begin\" () { local0 \"i\" int
        block0: v0: int = global.get global0 @1 print fmt0 (v0) @0 branch v0, block1(v0), block2
        block1(v1: int): local.set local0, v1 @0 return block2: return }",
    );
    expect![[r#"
        limits max_string 512 max_action 1000 max_action_interruptible 10000 max_map_entries 2048 max_errors 0 max_skipped 100 max_nesting 10 max_trylock 100
        file0 "a.stp"
        loc0 file0 1 1 ""
        loc1 file0 2 3 "operator '/'"
        loc2 file0 4 5 "identifier 'x'"
        fmt0 "%d\n" (int)
        fmt1 "%s\n" (str)
        global0 "n" int 1
        probe "begin" begin 0 handler func0

        func0 "begin" () {
            local0 "i" int
        block0:
            v0: int = global.get global0 @1 ; "n"
            print fmt0 (v0) @0 ; "%d\n"
            branch v0, block1(v0), block2
        block1(v1: int):
            local.set local0, v1 @0 ; "i"
            return
        block2:
            return
        }
    "#]]
    .assert_eq(&text.to_string());
}

#[track_caller]
fn refused(text: &str, message: &str) {
    assert_eq!(parse(text).expect_err("it is wrong").to_string(), message);
}

#[test]
fn errors_have_their_place() {
    refused("file1 \"x\"", "1:1: expected file0, found file1");
    refused("file0 x", "1:7: expected a string, found \"x\"");
    refused("\n  str0 \"abc", "2:8: unclosed string");
    refused("str0 \"\\q\"", "1:6: bad escape");
    refused("global0 \"x\" float", "1:13: a global cannot be \"float\"");
    refused("file0 \"\\xff\"", "1:7: a name must be UTF-8");
    refused("what", "1:1: unknown item \"what\"");
    refused("global0 \"x\" int 9223372036854775808", "1:17: 9223372036854775808 is out of range");
    refused("func0 \"f\" () {\nblock1: return }", "2:1: expected block0, found block1");
    refused("func0 \"f\" () {\nblock0: frob v0 @0 return }", "2:9: unknown operation \"frob\"");
    refused("func0 \"f\" () {\nblock0: v1: int = int 0 @0 return }", "2:35: v0 has no type");
    refused("func0 \"f\" () {\nblock0: v0: int = int 0 @0 v0: int = int 0 @0 return }", "2:32: v0 is defined twice");
    refused("func0 \"f\" () { block0:", "1:23: expected a word, found the end");
    refused("probe \"x\" begin 0 handler v0", "1:27: expected funcN, found \"v0\"");
    refused("limits max_string -1", "1:19: -1 is out of range");
    refused("é", "1:1: stray 'é'");
}

proptest! {
    /// Whatever is wrong, the parser says so.
    #[test]
    fn the_parser_never_panics(text in "\\PC{0,200}") {
        let _ = parse(&text);
    }

    /// Nor on text that is almost right; and what it accepts, it prints and reads back.
    #[test]
    fn mutations_never_panic(from in 0usize..2600, length in 0usize..12, insert in "[a-z0-9_.,:@\\[\\](){}\" -]{0,6}") {
        let mut text = everything();
        let (from, to) = (from.min(text.len()), (from + length).min(text.len()));
        text.replace_range(from..to, &insert);
        let text = format!("file0 \"a\" loc0 file0 1 1 \"\" {text}");
        if let Ok(program) = parse(&text) {
            let _ = verify(&program);
            prop_assert_eq!(parse(&program.to_string()), Ok(program));
        }
    }
}
