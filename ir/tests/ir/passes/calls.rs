// SPDX-License-Identifier: MIT OR Apache-2.0
//! Passes over whole programs: calls, functions, globals.

use expect_test::expect;
use spile_ir::{Program, run_pass, verify};

use super::after;
use super::loops::loops;
use crate::support::{begin, program};

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
        "global0 \"a\" stat hist_log variance 3 global1 \"b\" map (int) stat hist_linear 0 10 2 variance 1 capacity 0
        global2 \"c\" map (int) stat hist_log capacity 0",
        "block0: v0: int = int 1 @0 stat.add global0 [], v0 @0 stat.add global1 [v0], v0 @0
        v1: int = stat.read global0 [], variance @0 v2: int = stat.read global0 [], min @0
        v3: int = hist.bucket global1 [v0], v0 @0 v4: int = stat.read global1 [v0], avg @0
        v5: int = iter.first global2 [_], max descending @0 v6: int = stat.read global2 [v0], count @0 return",
    );
    assert!(run_pass(&mut program, "aggregates"));
    assert_eq!(verify(&program), Ok(()));
    let globals: Vec<String> =
        program.to_string().lines().filter(|line| line.starts_with("global")).map(str::to_owned).collect();
    expect![[r#"
        global0 "a" stat no_sum variance 3
        global1 "b" map (int) stat no_extremes hist_linear 0 10 2 capacity 0
        global2 "c" map (int) stat no_sum capacity 0"#]]
    .assert_eq(&globals.join("\n"));
}
