// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lock sets.

use spile_ir::{Access, GlobalId, lock_sets};

use crate::support::program;

const GLOBALS: &str = r#"
global0 "constant" int 1
global1 "counter" int 0
global2 "number" int 0
global3 "aggregate" stat hist_log
global4 "array" map (int) int capacity 0
fmt2 "%H" (hist)
"#;

/// Lock sets of programs whose functions have these bodies. The first two handle probes.
fn sets(bodies: &[&str]) -> Vec<Vec<(u32, Access)>> {
    let mut items = String::from(GLOBALS);
    items += "probe \"a\" function \"a\" handler func0 probe \"b\" function \"b\" handler func1 ";
    for (n, body) in bodies.iter().enumerate() {
        items += &format!("func{n} \"f{n}\" () {{ block0: v0: int = int 1 @0 {body} return }}\n");
    }
    let sets = lock_sets(&program(&items));
    sets.into_iter().map(|set| set.into_iter().map(|(GlobalId(n), access)| (n, access)).collect()).collect()
}

#[test]
fn accesses() {
    let own = |body: &str| {
        sets(&[body, "global.clear global1 @0 global.clear global2 @0 global.clear global3 @0 global.clear global4 @0"])
            .remove(0)
    };
    assert_eq!(own("v1: int = global.get global2 @0"), [(2, Access::Read)]);
    assert_eq!(own("global.set global2, v0 @0"), [(2, Access::Write)]);
    assert_eq!(own("v1: int = global.add global1, v0 @0"), [(1, Access::Update)]);
    assert_eq!(own("v1: int = global.add global1, v0 @0 print fmt0 (v1) @0"), [(1, Access::Write)]);
    assert_eq!(own("v1: int = global.add global1, v0 @0 v2: int = global.get global1 @0"), [(1, Access::Write)]);
    assert_eq!(own("stat.add global3 [], v0 @0 stat.add global3 [], v0 @0"), [(3, Access::Update)]);
    assert_eq!(own("print fmt2 (hist global3 []) @0"), [(3, Access::Read)]);
    assert_eq!(own("v1: int = iter.first global4 [_] @0"), [(4, Access::Read)]);
    assert_eq!(own("v1: int = iter.first global4 [_], value descending @0"), [(4, Access::Write)]);
    assert_eq!(own("v1: int = map.add global4 [v0], v0 @0"), [(4, Access::Update)]);
    assert_eq!(own("v1: int = map.add global4 [v0], v0 @0 print fmt0 (v1) @0"), [(4, Access::Write)]);
    assert_eq!(own("v1: int = map.add global4 [v0], v0 @0 map.set global4 [v0], v0 @0"), [(4, Access::Write)]);
}

#[test]
fn calls_count_and_constants_do_not() {
    let all = sets(&[
        "call func2 () @0 v1: int = global.get global0 @0",
        "v1: int = global.get global2 @0",
        "call func3 () @0 v1: int = global.get global1 @0",
        "call func2 () @0 global.set global2, v0 @0",
    ]);
    assert_eq!(all[0], [(2, Access::Write)]);
    assert_eq!(all[1], [(2, Access::Read)]);
}

#[test]
fn handlers_that_run_alone_take_no_locks_and_cause_none() {
    let handlers = "func0 \"f0\" () { block0: v0: int = int 1 @0 global.set global2, v0 @0 return }
        func1 \"f1\" () { block0: v0: int = global.get global2 @0 return }";
    let lock = |first: &str| {
        let probes = format!("probe \"a\" {first} handler func0 probe \"b\" function \"b\" handler func1 ");
        let sets = lock_sets(&program(&format!("{GLOBALS}{probes}{handlers}")));
        sets.iter().map(|set| set.contains_key(&GlobalId(2))).collect::<Vec<bool>>()
    };
    for alone in ["begin 0", "end 0", "error 0"] {
        assert_eq!(lock(alone), [false, false], "{alone}");
    }
    assert_eq!(lock("timer 1000000 0"), [true, true]);
}

#[test]
fn only_what_probes_reach_counts() {
    let all = sets(&["v1: int = global.get global2 @0", "budget 1 @0", "global.set global2, v0 @0"]);
    assert_eq!(all, vec![vec![]; 3]);
}
