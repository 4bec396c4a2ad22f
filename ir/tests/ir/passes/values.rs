// SPDX-License-Identifier: MIT OR Apache-2.0
//! Passes over the values of one function.

use expect_test::expect;

use super::after;
use crate::support::begin;

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
fn checks_that_were_made_are_not_made_again() {
    after(
        &["decide", "unreachable"],
        begin(
            "",
            "block0: v0: int = int 4096 @0 v1: int = load.kernel v0, 1, unsigned @2 v2: int = load.kernel v0, 8, unsigned @2
              branch v1, block1, block4
            block1: branch v2, block2, block3
            block2: print fmt0 (v1) @0 branch v1, block3, block5
            block3: print fmt0 (v2) @0 branch v2, block5, block6
            block4: branch v1, block6, block5
            block5: return
            block6: print fmt0 (v0) @0 return",
        ),
        expect![[r#"
            func0 "begin" () {
            block0:
                v0: int = int 4096 @0
                v1: int = load.kernel v0, 1, unsigned @2
                v2: int = load.kernel v0, 8, unsigned @2
                branch v1, block1, block4
            block1:
                branch v2, block2, block3
            block2:
                print fmt0 (v1) @0 ; "%d\n"
                jump block3
            block3:
                print fmt0 (v2) @0 ; "%d\n"
                branch v2, block5, block6
            block4:
                jump block5
            block5:
                return
            block6:
                print fmt0 (v0) @0 ; "%d\n"
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
