// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each pass of the optimiser: what it makes of a program, and what it leaves alone.

use expect_test::{Expect, expect};
use spile_ir::{Program, parse, passes, run_pass, verify};

use crate::support::{World, begin, program, run_in, show};
use crate::text::everything;

/// All that a program shows in a world with some memory.
fn shown(program: &Program) -> String {
    let mut world = World::default();
    world.kernel.map(0x1000, (0..64).collect::<Vec<u8>>());
    show(program, &run_in(program, &mut world))
}

/// What passes make of a program's functions. They must not change what it shows.
#[track_caller]
fn after(names: &[&str], mut program: Program, expected: Expect) {
    let before = shown(&program);
    for name in names {
        run_pass(&mut program, name);
        assert_eq!(verify(&program), Ok(()), "after {name}");
        assert_eq!(shown(&program), before, "after {name}");
    }
    let text = program.to_string();
    assert_eq!(parse(&text), Ok(program), "{text}");
    let functions = text.find("func0 \"").expect("a function");
    expected.assert_eq(&text[functions..]);
}

#[test]
fn all_passes_keep_programs_correct() {
    for name in passes() {
        let mut program = program(&everything());
        run_pass(&mut program, "release");
        run_pass(&mut program, name);
        assert_eq!(verify(&program), Ok(()), "after {name}");
        assert_eq!(parse(&program.to_string()), Ok(program), "after {name}");
    }
    assert!(!run_pass(&mut program(""), "no such pass"));
}

#[test]
fn promote_makes_values_of_variables() {
    after(
        &["promote", "stores", "dead"],
        begin(
            "",
            "local0 \"i\" int local1 \"zero\" int
            block0: v0: int = int 3 @0 local.set local0, v0 @0 jump block1
            block1: v1: int = local.get local0 @0 branch v1, block2, block3
            block2: v2: int = local.get local0 @0 print fmt0 (v2) @0 v3: int = int 1 @0 v4: int = sub v2, v3 @0
              local.set local0, v4 @0 jump block1
            block3: v5: int = local.get local1 @0 print fmt0 (v5) @0 return",
        ),
        expect![[r#"
            func0 "begin" () {
                local0 "i" int
                local1 "zero" int
                v1: int
                v2: int
                v5: int
            block0:
                v8: int = int 0 @0
                v0: int = int 3 @0
                jump block1(v0, v8)
            block1(v6: int, v7: int):
                branch v6, block2, block3
            block2:
                print fmt0 (v6) @0 ; "%d\n"
                v3: int = int 1 @0
                v4: int = sub v6, v3 @0
                jump block1(v4, v7)
            block3:
                print fmt0 (v7) @0 ; "%d\n"
                return
            }
        "#]],
    );
}

#[test]
fn promote_reads_anew_where_errors_lead() {
    after(
        &["promote", "stores", "dead"],
        begin(
            "",
            "local0 \"x\" int block0: v0: int = int 1 @0 v1: int = int 0 @0 local.set local0, v0 @0 jump block1
            block1 catch block2: v2: int = div v0, v1 @1 local.set local0, v1 @0 jump block3
            block2: v3: str = caught @0 v4: int = local.get local0 @0 print fmt0 (v4) @0 jump block3
            block3: v5: int = local.get local0 @0 print fmt0 (v5) @0 return",
        ),
        expect![[r#"
            func0 "begin" () {
                local0 "x" int
                v5: int
            block0:
                v0: int = int 1 @0
                v1: int = int 0 @0
                local.set local0, v0 @0 ; "x"
                jump block1
            block1 catch block2:
                v2: int = div v0, v1 @1
                jump block3(v1)
            block2:
                v3: str = caught @0
                v4: int = local.get local0 @0 ; "x"
                print fmt0 (v4) @0 ; "%d\n"
                jump block3(v4)
            block3(v6: int):
                print fmt0 (v6) @0 ; "%d\n"
                return
            }
        "#]],
    );
}

#[test]
fn promote_hands_strings_on_where_one_write_reaches() {
    after(
        &["promote", "stores"],
        begin(
            "str0 \"a\"",
            "local0 \"once\" str local1 \"grows\" str
            block0: v0: str = str str0 @0 local.set local0, v0 @0 local.set local1, v0 @0 v1: int = arg 0 @0 jump block1
            block1: v2: str = local.get local0 @0 v3: str = local.get local1 @0 v4: str = concat v3, v2 @0
              local.set local1, v4 @0 branch v1, block1, block2
            block2: v5: str = local.get local1 @0 print fmt1 (v5) @0 return",
        ),
        expect![[r#"
            func0 "begin" () {
                local0 "once" str
                local1 "grows" str
                v2: str
                v5: str
            block0:
                v0: str = str str0 @0 ; "a"
                local.set local1, v0 @0 ; "grows"
                v1: int = arg 0 @0
                jump block1
            block1:
                v3: str = local.get local1 @0 ; "grows"
                v4: str = concat v3, v0 @0
                local.set local1, v4 @0 ; "grows"
                branch v1, block1, block2
            block2:
                print fmt1 (v4) @0 ; "%s\n"
                return
            }
        "#]],
    );
}

#[test]
fn constants_are_found_through_loops() {
    after(
        &["promote", "constants", "unreachable", "stores", "dead"],
        begin(
            "str0 \"ab\" str1 \"c\"",
            "local0 \"flag\" int local1 \"i\" int
            block0: v0: int = int 1 @0 local.set local0, v0 @0 v1: int = int 3 @0 local.set local1, v1 @0 jump block1
            block1: v2: int = local.get local0 @0 branch v2, block2, block3
            block2: v3: int = local.get local1 @0 v4: int = int 1 @0 v5: int = sub v3, v4 @0 local.set local1, v5 @0
              branch v5, block1, block4
            block3: v6: int = int 0 @0 local.set local0, v6 @0 jump block1
            block4: v7: str = str str0 @0 v8: str = str str1 @0 v9: str = concat v7, v8 @0 print fmt1 (v9) @0
              v10: int = builtin strlen (v9) @0 print fmt0 (v10) @0 return",
        ),
        expect![[r#"
            func0 "begin" () {
                local0 "flag" int
                local1 "i" int
                v0: int
                v2: int
                v3: int
                v6: int
                v7: str
                v8: str
                v11: int
            block0:
                v1: int = int 3 @0
                jump block1(v1)
            block1(v12: int):
                jump block2
            block2:
                v4: int = int 1 @0
                v5: int = sub v12, v4 @0
                branch v5, block1(v5), block3
            block3:
                v9: str = str str2 @0 ; "abc"
                print fmt1 (v9) @0 ; "%s\n"
                v10: int = int 3 @0
                print fmt0 (v10) @0 ; "%d\n"
                return
            }
        "#]],
    );
}

#[test]
fn what_would_fail_is_not_computed_early() {
    after(
        &["constants", "fold", "dead"],
        begin(
            "",
            "block0 catch block1: v0: int = int 1 @0 v1: int = int 0 @0 v2: int = rem v0, v1 @1 print fmt0 (v2) @0 return
            block1: v3: str = caught @0 print fmt1 (v3) @0 return",
        ),
        expect![[r#"
            func0 "begin" () {
            block0 catch block1:
                v0: int = int 1 @0
                v1: int = int 0 @0
                v2: int = rem v0, v1 @1
                print fmt0 (v2) @0 ; "%d\n"
                return
            block1:
                v3: str = caught @0
                print fmt1 (v3) @0 ; "%s\n"
                return
            }
        "#]],
    );
}

#[test]
fn fold_knows_algebra() {
    after(
        &["fold", "fold", "dead"],
        begin(
            "str0 \"\" str1 \"x\" str2 \"y\" fmt2 \"%s\" (str)",
            "block0: v0: int = arg 0 @0 v1: int = int 0 @0 v2: int = int 8 @0 v3: int = int 16 @0
            v4: int = add v0, v1 @0 v5: int = add v2, v4 @0 v6: int = add v5, v3 @0 print fmt0 (v6) @0
            v7: int = sub v0, v0 @0 print fmt0 (v7) @0
            v8: int = lt v0, v2 @0 v9: int = eq v8, v1 @0 print fmt0 (v9) @0
            v10: str = builtin probe_point () @0 v11: str = str str0 @0 v12: str = str str1 @0 v13: str = str str2 @0
            v14: str = concat v10, v11 @0 v15: str = concat v14, v12 @0 v16: str = concat v15, v13 @0
            v17: str = sprint fmt2 (v16) @0 print fmt1 (v17) @0 v18: int = div v1, v0 @1 return",
        ),
        expect![[r#"
            func0 "begin" () {
                v3: int
                v4: int
                v5: int
                v8: int
                v11: str
                v12: str
                v13: str
                v14: str
                v15: str
                v17: str
                v19: str
            block0:
                v0: int = arg 0 @0
                v1: int = int 0 @0
                v2: int = int 8 @0
                v21: int = int 24 @0
                v6: int = add v0, v21 @0
                print fmt0 (v6) @0 ; "%d\n"
                v7: int = int 0 @0
                print fmt0 (v7) @0 ; "%d\n"
                v9: int = ge v0, v2 @0
                print fmt0 (v9) @0 ; "%d\n"
                v10: str = builtin probe_point () @0
                v20: str = str str3 @0 ; "xy"
                v16: str = concat v10, v20 @0
                print fmt1 (v16) @0 ; "%s\n"
                v18: int = div v1, v0 @1
                return
            }
        "#]],
    );
}

#[test]
fn branches_on_constants_and_comparisons_are_simplified() {
    after(
        &["fold", "thread", "unreachable", "merge", "dead"],
        begin(
            "",
            "block0: v0: int = arg 0 @0 v1: int = int 0 @0 v2: int = int 1 @0 v3: int = eq v0, v1 @0
              branch v3, block1, block2
            block1: jump block3(v2)
            block2: jump block3(v1)
            block3(v4: int): branch v4, block4, block5
            block4: print fmt0 (v0) @0 jump block5
            block5: return",
        ),
        expect![[r#"
            func0 "begin" () {
                v3: int
            block0:
                v0: int = arg 0 @0
                v1: int = int 0 @0
                v2: int = int 1 @0
                branch v0, block1(v1), block1(v2)
            block1(v4: int):
                branch v4, block2, block3
            block2:
                print fmt0 (v0) @0 ; "%d\n"
                jump block3
            block3:
                return
            }
        "#]],
    );
}

#[test]
fn share_loads_until_something_may_write() {
    after(
        &["share"],
        begin(
            "global0 \"g\" int 7",
            "block0: v0: int = int 4096 @0 v1: int = load.kernel v0, 8, unsigned @2 v2: int = load.kernel v0, 8, unsigned @2
              v3: int = load.kernel v0, 4, unsigned @2 v4: int = add v1, v2 @0 v5: int = add v2, v1 @0 print fmt0 (v4) @0
              print fmt0 (v5) @0 branch v3, block1, block2
            block1: v6: int = load.kernel v0, 8, unsigned @2 print fmt0 (v6) @0 store v0, 8, v3 @2 jump block2
            block2: v7: int = load.kernel v0, 8, unsigned @2 print fmt0 (v7) @0 return",
        ),
        expect![[r#"
            func0 "begin" () {
                v2: int
                v5: int
                v6: int
            block0:
                v0: int = int 4096 @0
                v1: int = load.kernel v0, 8, unsigned @2
                v3: int = load.kernel v0, 4, unsigned @2
                v4: int = add v1, v1 @0
                print fmt0 (v4) @0 ; "%d\n"
                print fmt0 (v4) @0 ; "%d\n"
                branch v3, block1, block2
            block1:
                print fmt0 (v1) @0 ; "%d\n"
                store v0, 8, v3 @2
                jump block2
            block2:
                v7: int = load.kernel v0, 8, unsigned @2
                print fmt0 (v7) @0 ; "%d\n"
                return
            }
        "#]],
    );
}

#[test]
fn share_what_was_written() {
    after(
        &["share", "dead"],
        begin(
            "global0 \"g\" int 7 global1 \"m\" map (int) int capacity 4",
            "block0: v0: int = int 3 @0 global.set global0, v0 @0 v1: int = global.get global0 @0 print fmt0 (v1) @0
              v2: int = global.add global0, v0 @0 v3: int = global.get global0 @0 print fmt0 (v3) @0
              map.set global1 [v0], v2 @0 v4: int = map.get global1 [v0] @0 print fmt0 (v4) @0 map.delete global1 [_] @0
              v5: int = map.get global1 [v0] @0 print fmt0 (v5) @0 return",
        ),
        expect![[r#"
            func0 "begin" () {
                v1: int
                v3: int
                v4: int
            block0:
                v0: int = int 3 @0
                global.set global0, v0 @0 ; "g"
                print fmt0 (v0) @0 ; "%d\n"
                v2: int = global.add global0, v0 @0 ; "g"
                print fmt0 (v2) @0 ; "%d\n"
                map.set global1 [v0], v2 @0 ; "m"
                print fmt0 (v2) @0 ; "%d\n"
                map.delete global1 [_] @0 ; "m"
                v5: int = map.get global1 [v0] @0 ; "m"
                print fmt0 (v5) @0 ; "%d\n"
                return
            }
        "#]],
    );
}

#[test]
fn share_nothing_with_a_catch_block_that_failed_to_compute_it() {
    after(
        &["share"],
        begin(
            "",
            "block0 catch block1: v0: int = int 8 @0 v1: int = load.kernel v0, 8, unsigned @2 print fmt0 (v1) @0 return
            block1: v2: str = caught @0 jump block2
            block2 catch block3: v3: int = int 8 @0 v4: int = load.kernel v3, 8, unsigned @2 print fmt0 (v4) @0 return
            block3: v5: str = caught @0 print fmt1 (v5) @0 return",
        ),
        expect![[r#"
            func0 "begin" () {
            block0 catch block1:
                v0: int = int 8 @0
                v1: int = load.kernel v0, 8, unsigned @2
                print fmt0 (v1) @0 ; "%d\n"
                return
            block1:
                v2: str = caught @0
                jump block2
            block2 catch block3:
                v3: int = int 8 @0
                v4: int = load.kernel v3, 8, unsigned @2
                print fmt0 (v4) @0 ; "%d\n"
                return
            block3:
                v5: str = caught @0
                print fmt1 (v5) @0 ; "%s\n"
                return
            }
        "#]],
    );
}

#[test]
fn share_no_time() {
    after(
        &["share"],
        begin(
            "",
            "block0: v0: int = builtin time_mono_ns () @0 v1: int = builtin time_mono_ns () @0 v2: int = sub v1, v0 @0
              v3: int = builtin current_task () @0 v4: int = builtin current_task () @0 v5: int = sub v3, v4 @0
              print fmt0 (v2) @0 print fmt0 (v5) @0 return",
        ),
        expect![[r#"
            func0 "begin" () {
                v4: int
            block0:
                v0: int = builtin time_mono_ns () @0
                v1: int = builtin time_mono_ns () @0
                v2: int = sub v1, v0 @0
                v3: int = builtin current_task () @0
                v5: int = sub v3, v3 @0
                print fmt0 (v2) @0 ; "%d\n"
                print fmt0 (v5) @0 ; "%d\n"
                return
            }
        "#]],
    );
}

/// A loop of three rounds around some operations; `v0` is 4096 and `v1` the countdown.
fn loops(ops: &str) -> Program {
    begin(
        "global0 \"g\" int 7 global1 \"h\" int 0",
        &format!(
            "block0: v0: int = int 4096 @0 v2: int = int 3 @0 jump block1(v2)
            block1(v1: int): budget 2 @0 branch v1, block2, block3
            block2: {ops} v3: int = int 1 @0 v4: int = sub v1, v3 @0 jump block1(v4)
            block3: return"
        ),
    )
}

#[test]
fn hoist_what_cannot_fail() {
    after(
        &["hoist"],
        loops(
            "v5: int = global.get global0 @0 v6: int = mul v5, v5 @0 v7: int = global.get global1 @0
            v8: int = load.kernel v0, 8, unsigned @2 v9: int = add v7, v6 @0 global.set global1, v9 @0
            v10: int = builtin random (v0) @0 print fmt0 (v9) @0",
        ),
        expect![[r#"
            func0 "begin" () {
            block0:
                v0: int = int 4096 @0
                v2: int = int 3 @0
                v5: int = global.get global0 @0 ; "g"
                v6: int = mul v5, v5 @0
                v3: int = int 1 @0
                jump block1(v2)
            block1(v1: int):
                budget 2 @0
                branch v1, block2, block3
            block2:
                v7: int = global.get global1 @0 ; "h"
                v8: int = load.kernel v0, 8, unsigned @2
                v9: int = add v7, v6 @0
                global.set global1, v9 @0 ; "h"
                v10: int = builtin random (v0) @0
                print fmt0 (v9) @0 ; "%d\n"
                v4: int = sub v1, v3 @0
                jump block1(v4)
            block3:
                return
            }
        "#]],
    );
}

#[test]
fn peel_loops_that_load_the_same() {
    after(
        &["peel", "promote", "share", "dead"],
        loops("v5: int = load.kernel v0, 8, unsigned @2 print fmt0 (v5) @0"),
        expect![[r#"
            func0 "begin" () {
                v3: int
                v5: int
            block0:
                v0: int = int 4096 @0
                v2: int = int 3 @0
                jump block4(v2)
            block1(v1: int):
                budget 2 @0
                branch v1, block2, block3
            block2:
                print fmt0 (v7) @0 ; "%d\n"
                v4: int = sub v1, v8 @0
                jump block1(v4)
            block3:
                return
            block4(v6: int):
                budget 2 @0
                branch v6, block5, block3
            block5:
                v7: int = load.kernel v0, 8, unsigned @2
                print fmt0 (v7) @0 ; "%d\n"
                v8: int = int 1 @0
                v9: int = sub v6, v8 @0
                jump block1(v9)
            }
        "#]],
    );
}

#[test]
fn peel_keeps_values_that_live_on() {
    after(
        &["peel", "promote", "stores", "share", "params", "dead"],
        begin(
            "",
            "block0: v0: int = int 4096 @0 v1: int = int 2 @0 jump block1(v1)
            block1(v2: int): v3: int = load.kernel v0, 4, unsigned @2 v4: int = int 1 @0 v5: int = sub v2, v4 @0
              branch v5, block1(v5), block2
            block2: v6: int = add v3, v5 @0 print fmt0 (v6) @0 return",
        ),
        expect![[r#"
            func0 "begin" () {
                local0 "carried" int
                local1 "carried" int
                v3: int
                v4: int
                v7: int
                v8: int
                v9: int
                v14: int
            block0:
                v0: int = int 4096 @0
                v1: int = int 2 @0
                jump block3
            block1(v2: int):
                v5: int = sub v2, v11 @0
                branch v5, block1(v5), block2(v5)
            block2(v13: int):
                v6: int = add v10, v13 @0
                print fmt0 (v6) @0 ; "%d\n"
                return
            block3:
                v10: int = load.kernel v0, 4, unsigned @2
                v11: int = int 1 @0
                v12: int = sub v1, v11 @0
                branch v12, block1(v12), block2(v12)
            }
        "#]],
    );
}

#[test]
fn no_load_leaves_a_loop_that_stores() {
    let with_store = loops("v5: int = load.kernel v0, 8, unsigned @2 store v0, 8, v1 @2 print fmt0 (v5) @0");
    let mut peeled = with_store.clone();
    assert!(!run_pass(&mut peeled, "peel"));
    assert_eq!(peeled, with_store);
}

/// A handler that calls `func1 (int) -> int`.
fn calls(limits: &str, handler: &str, callee: &str) -> Program {
    program(&format!(
        "{limits} probe \"begin\" begin 0 handler func0 func0 \"begin\" () {{ {handler} }}
        func1 \"half\" (int) -> int {{ local0 \"n\" int local1 \"two\" int {callee} }}"
    ))
}

const HALVES: &str = "block0 catch block1: v0: int = int 10 @0 v1: int = call func1 (v0) @0 print fmt0 (v1) @0
    v2: int = call func1 (v1) @0 print fmt0 (v2) @0 return block1: v3: str = caught @0 print fmt1 (v3) @0 return";

const HALF: &str = "block0: v0: int = local.get local0 @0 v1: int = local.get local1 @0 v2: int = int 2 @0
    v3: int = add v1, v2 @0 local.set local1, v3 @0 v4: int = div v0, v3 @1 return v4";

#[test]
fn inline_small_functions() {
    after(
        &["inline", "functions"],
        calls("", HALVES, HALF),
        expect![[r#"
        func0 "begin" () {
            local0 "n" int
            local1 "two" int
        block0 catch block1:
            v0: int = int 10 @0
            local.set local0, v0 @0 ; "n"
            v9: int = int 0 @0
            local.set local1, v9 @0 ; "two"
            jump block2
        block1:
            v3: str = caught @0
            print fmt1 (v3) @0 ; "%s\n"
            return
        block2 catch block1:
            v4: int = local.get local0 @0 ; "n"
            v5: int = local.get local1 @0 ; "two"
            v6: int = int 2 @0
            v7: int = add v5, v6 @0
            local.set local1, v7 @0 ; "two"
            v8: int = div v4, v7 @1
            jump block3(v8)
        block3(v1: int) catch block1:
            print fmt0 (v1) @0 ; "%d\n"
            local.set local0, v1 @0 ; "n"
            v15: int = int 0 @0
            local.set local1, v15 @0 ; "two"
            jump block4
        block4 catch block1:
            v10: int = local.get local0 @0 ; "n"
            v11: int = local.get local1 @0 ; "two"
            v12: int = int 2 @0
            v13: int = add v11, v12 @0
            local.set local1, v13 @0 ; "two"
            v14: int = div v10, v13 @1
            jump block5(v14)
        block5(v2: int) catch block1:
            print fmt0 (v2) @0 ; "%d\n"
            return
        }
    "#]],
    );
}

#[test]
fn inline_keeps_places_of_errors() {
    after(
        &["inline", "functions"],
        calls(
            "",
            "block0: v0: int = int 10 @0 v1: int = call func1 (v0) @2 return",
            "block0: v0: int = local.get local0 @0 v1: int = sub v0, v0 @0 v2: int = div v0, v1 @1 return v2",
        ),
        expect![[r#"
            func0 "begin" () {
                local0 "n" int
                local1 "two" int
            block0:
                v0: int = int 10 @0
                local.set local0, v0 @2 ; "n"
                v5: int = int 0 @2
                local.set local1, v5 @2 ; "two"
                jump block1
            block1:
                v2: int = local.get local0 @0 ; "n"
                v3: int = sub v2, v2 @0
                v4: int = div v2, v3 @1
                jump block2(v4)
            block2(v1: int):
                return
            }
        "#]],
    );
}

#[test]
fn calls_that_may_nest_too_deep_stay() {
    let recursive = "block0: v0: int = local.get local0 @0 v1: int = call func1 (v0) @0 return v1";
    for program in [calls("limits max_nesting 0", HALVES, HALF), calls("", HALVES, recursive)] {
        let mut inlined = program.clone();
        assert!(!run_pass(&mut inlined, "inline"));
        assert_eq!(inlined, program);
    }
}

#[test]
fn budgets_that_suffice_are_not_counted() {
    let straight = "block0: budget 3 @0 v0: int = arg 0 @0 branch v0, block1, block2 block1: budget 2 @0 jump block2
        block2: print fmt0 (v0) @0 return";
    after(
        &["budget"],
        begin("limits max_action_interruptible 5", straight),
        expect![[r#"
        func0 "begin" () {
        block0:
            v0: int = arg 0 @0
            branch v0, block1, block2
        block1:
            jump block2
        block2:
            print fmt0 (v0) @0 ; "%d\n"
            return
        }
    "#]],
    );
    let exceeded = begin("limits max_action_interruptible 4", straight);
    let endless = loops("print fmt0 (v1) @0");
    for program in [exceeded, endless] {
        let mut counted = program.clone();
        assert!(!run_pass(&mut counted, "budget"));
        assert_eq!(counted, program);
    }
}

#[test]
fn duplicates_are_merged() {
    let handler = |name: &str, callee: usize| {
        format!(
            "func{name} \"begin\" () {{ block0: v0: int = int 3 @0 v1: int = call func{callee} (v0) @0 print fmt0 (v1) @0 return }}"
        )
    };
    let double = |name: &str, loc: usize| {
        format!(
            "func{name} \"double\" (int) -> int {{ local0 \"x{name}\" int block0: v0: int = local.get local0 @{loc}
            v1: int = add v0, v0 @0 return v1 }}"
        )
    };
    let text = format!(
        "probe \"begin\" begin 0 handler func0 probe \"begin\" begin 0 handler func1 {} {} {} {}",
        handler("0", 2),
        handler("1", 3),
        double("2", 0),
        double("3", 1)
    );
    after(
        &["duplicates", "functions"],
        program(&text),
        expect![[r#"
        func0 "begin" () {
        block0:
            v0: int = int 3 @0
            v1: int = call func1 (v0) @0 ; "double"
            print fmt0 (v1) @0 ; "%d\n"
            return
        }

        func1 "double" (int) -> int {
            local0 "x2" int
        block0:
            v0: int = local.get local0 @0 ; "x2"
            v1: int = add v0, v0 @0
            return v1
        }
    "#]],
    );
}

#[test]
fn functions_that_fail_elsewhere_are_no_duplicates() {
    let fails = |name: usize, loc: usize| {
        format!(
            "func{name} \"begin\" () {{ block0: v0: int = int 0 @0 v1: int = div v0, v0 @{loc} return }}
            probe \"begin\" begin 0 handler func{name} "
        )
    };
    let mut both = program(&format!("{}{}", fails(0, 0), fails(1, 1)));
    assert!(!run_pass(&mut both, "duplicates"));
}

#[test]
fn globals_that_nobody_reads_go() {
    after(
        &["globals"],
        begin(
            "global0 \"count\" int 0 global1 \"kept\" int 5 global2 \"sizes\" stat global3 \"full\" map (int) int capacity 1",
            "block0: v0: int = int 1 @0 v1: int = global.add global0, v0 @0 global.set global0, v0 @0
              stat.add global2 [], v0 @0 map.set global3 [v0], v0 @0 v2: int = global.get global1 @0 print fmt0 (v2) @0
              return",
        ),
        expect![[r#"
            func0 "begin" () {
                v1: int
            block0:
                v0: int = int 1 @0
                map.set global1 [v0], v0 @0 ; "full"
                v2: int = global.get global0 @0 ; "kept"
                print fmt0 (v2) @0 ; "%d\n"
                return
            }
        "#]],
    );
}

#[test]
fn aggregates_keep_what_is_asked_for() {
    let mut program = begin(
        "global0 \"a\" stat hist_log variance 3 global1 \"b\" map (int) stat hist_linear 0 10 2 variance 1 capacity 0",
        "block0: v0: int = int 1 @0 stat.add global0 [], v0 @0 stat.add global1 [v0], v0 @0
        v1: int = stat.read global0 [], variance @0 v2: int = hist.bucket global1 [v0], v0 @0 return",
    );
    assert!(run_pass(&mut program, "aggregates"));
    assert_eq!(verify(&program), Ok(()));
    let globals: Vec<String> =
        program.to_string().lines().filter(|line| line.starts_with("global")).map(str::to_owned).collect();
    expect![[r#"
        global0 "a" stat variance 3
        global1 "b" map (int) stat hist_linear 0 10 2 capacity 0"#]]
    .assert_eq(&globals.join("\n"));
}
