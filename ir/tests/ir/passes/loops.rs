// SPDX-License-Identifier: MIT OR Apache-2.0
//! Passes over loops.

use expect_test::expect;
use spile_ir::{Program, run_pass};

use super::after;
use crate::support::begin;

/// A loop of three rounds around some operations; `v0` is 4096 and `v1` the countdown.
pub(super) fn loops(ops: &str) -> Program {
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
