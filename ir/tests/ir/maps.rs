// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arrays: elements, capacity, iteration.

use crate::support::run;

/// Writes elements `key = value` in order, then runs operations at block1, whose values count from v100.
fn with_elements(map: &str, elements: &[(i64, i64)], ops: &str) -> String {
    let mut body = String::from("block0: ");
    for (n, (key, value)) in elements.iter().enumerate() {
        let (k, v) = (2 * n, 2 * n + 1);
        body += &format!("v{k}: int = int {key} @0 v{v}: int = int {value} @0 map.set global0 [v{k}], v{v} @1 ");
    }
    let mut ops = ops.to_owned();
    for n in 0..10 {
        ops = ops.replace(&format!("w{n}"), &format!("v{}", 2 * elements.len() + n));
    }
    run(&format!("global0 \"m\" {map}"), &format!("{body} jump block1 {ops}"))
}

/// Prints all elements from `first` on.
fn listing(first: &str) -> String {
    format!(
        "block1: w0: int = {first} @0 jump block2(w0)
        block2(w1: int): branch w1, block3, block4
        block3: w2: int = iter.key global0, w1, 0 @0 w3: int = iter.value global0, w1 @0 print fmt0 (w2) @0 print fmt0 (w3) @0
        w4: int = iter.next global0 [_], w1 @0 jump block2(w4)
        block4: return"
    )
}

fn list(map: &str, elements: &[(i64, i64)], sort: &str) -> String {
    with_elements(map, elements, &listing(&format!("iter.first global0 [_]{sort}"))).replace('\n', " ")
}

const PLAIN: &str = "map (int) int capacity 0";

#[test]
fn iteration_follows_insertion() {
    assert_eq!(list(PLAIN, &[(3, 30), (1, 10), (2, 20), (1, 11)], ""), "3 30 1 11 2 20 ");
}

#[test]
fn sorting_is_stable() {
    let elements = [(3, 1), (1, 0), (2, 1), (4, 0)];
    assert_eq!(list(PLAIN, &elements, ", key 0 ascending"), "1 0 2 1 3 1 4 0 ");
    assert_eq!(list(PLAIN, &elements, ", key 0 descending"), "4 0 3 1 2 1 1 0 ");
    assert_eq!(list(PLAIN, &elements, ", value ascending"), "1 0 4 0 3 1 2 1 ");
    assert_eq!(list(PLAIN, &elements, ", value descending"), "3 1 2 1 1 0 4 0 ");
}

#[test]
fn sorting_lasts() {
    let ops = "block1: w0: int = iter.first global0 [_], key 0 descending @0 w1: int = iter.first global0 [_] @0
        w2: int = iter.key global0, w1, 0 @0 print fmt0 (w2) @0 w3: int = iter.next global0 [_], w1 @0
        w4: int = iter.key global0, w3, 0 @0 print fmt0 (w4) @0 return";
    assert_eq!(with_elements(PLAIN, &[(1, 10), (3, 30), (2, 20)], ops), "3\n2\n");
}

#[test]
fn missing_elements_read_as_nothing_and_are_not_made() {
    let ops = "block1: w0: int = int 9 @0 w1: int = map.get global0 [w0] @0 print fmt0 (w1) @0
        w2: int = map.has global0 [w0] @0 print fmt0 (w2) @0 w3: int = map.has global0 [_] @0 print fmt0 (w3) @0 return";
    assert_eq!(with_elements(PLAIN, &[], ops), "0\n0\n0\n");
}

#[test]
fn addition_begins_at_zero() {
    let ops = "block1: w0: int = int 9 @0 w1: int = map.add global0 [w0], w0 @0 print fmt0 (w1) @0
        w2: int = map.add global0 [w0], w0 @0 print fmt0 (w2) @0 return";
    assert_eq!(with_elements(PLAIN, &[], ops), "9\n18\n");
}

#[test]
fn deleting() {
    let ops = "block1: w0: int = int 1 @0 map.delete global0 [w0] @0 map.delete global0 [w0] @0
        w1: int = map.has global0 [w0] @0 print fmt0 (w1) @0 w2: int = map.has global0 [_] @0 print fmt0 (w2) @0
        map.delete global0 [_] @0 w3: int = map.has global0 [_] @0 print fmt0 (w3) @0 return";
    assert_eq!(with_elements(PLAIN, &[(1, 1), (2, 2)], ops), "0\n1\n0\n");
}

/// What was found once is not searched again, until something changes.
#[test]
fn elements_that_were_found_are_used_again() {
    let ops = |between: &str| {
        format!(
            "block1: w0: int = int 1 @0 w1: int = map.has global0 [w0] @0 branch w1, block2, block3
            block2: {between} w2: int = map.get global0 [w0] @0 print fmt0 (w2) @0
            map.delete global0 [w0] @0 w3: int = map.has global0 [w0] @0 branch w3, block3, block4
            block3: w4: int = int 100 @0 print fmt0 (w4) @0 return
            block4: w5: int = map.add global0 [w0], w0 @0 print fmt0 (w5) @0 return"
        )
    };
    assert_eq!(with_elements(PLAIN, &[(1, 7), (2, 8)], &ops("")), "7\n1\n");
    assert_eq!(with_elements(PLAIN, &[(2, 8)], &ops("")), "100\n");
    assert_eq!(with_elements(PLAIN, &[(1, 7)], &ops("map.delete global0 [w0] @0")), "0\n1\n");
    assert_eq!(with_elements(PLAIN, &[(1, 7)], &ops("global.clear global0 @0")), "0\n1\n");
    assert_eq!(with_elements(PLAIN, &[(1, 7)], &ops("map.set global0 [w0], w0 @0")), "1\n1\n");
}

/// Twelve elements in 16 chains, so that some chains have several: whichever is removed, the others are found.
#[test]
fn elements_of_a_chain_are_removed_one_by_one() {
    let elements: Vec<(i64, i64)> = (0..12).map(|n| (1000 * n * n, n + 1)).collect();
    for (gone, _) in &elements {
        let mut ops = format!(
            "block1: v24: int = int {gone} @0 v25: int = map.has global0 [v24] @0 branch v25, block2, block3
            block2: map.delete global0 [v24] @0 jump block3 block3: "
        );
        for (n, (key, _)) in elements.iter().enumerate() {
            let (k, v) = (26 + 2 * n, 27 + 2 * n);
            ops += &format!("v{k}: int = int {key} @0 v{v}: int = map.get global0 [v{k}] @0 print fmt0 (v{v}) @0 ");
        }
        let left = elements.iter().map(|(key, value)| if key == gone { 0 } else { *value });
        let expected: String = left.map(|value| format!("{value}\n")).collect();
        assert_eq!(with_elements("map (int) int capacity 12", &elements, &(ops + "return")), expected);
    }
}

#[test]
fn clearing_forgets_the_order() {
    let ops = "block1: global.clear global0 @0 w0: int = int 1 @0 map.set global0 [w0], w0 @0
        w1: int = iter.first global0 [_] @0 w2: int = iter.key global0, w1, 0 @0 print fmt0 (w2) @0
        w3: int = iter.next global0 [_], w1 @0 print fmt0 (w3) @0 return";
    assert_eq!(with_elements(PLAIN, &[(5, 1), (6, 2)], ops), "1\n0\n");
}

#[test]
fn a_full_array_is_an_error() {
    let elements = [(1, 1), (2, 2), (1, 3), (3, 3)];
    assert_eq!(
        list("map (int) int capacity 2", &elements, ""),
        "ERROR: Array overflow, check size limit (2) near operator '/' at a.stp:2:3 in probe begin "
    );
    assert_eq!(
        list("map (int) int capacity 0 limits max_map_entries 2", &elements, ""),
        "ERROR: Array overflow, check MAXMAPENTRIES near operator '/' at a.stp:2:3 in probe begin "
    );
}

#[test]
fn a_wrapping_array_drops_the_element_written_longest_ago() {
    // The update of 1 makes it newer than 2, but not later in the order.
    let elements = [(1, 1), (2, 2), (1, 5), (3, 3)];
    assert_eq!(list("map (int) int capacity 2 wrap", &elements, ""), "1 5 3 3 ");
}

#[test]
fn deletion_makes_room() {
    let ops = "block1: w0: int = int 1 @0 map.delete global0 [w0] @0 w1: int = int 7 @0 map.set global0 [w1], w1 @0
        w2: int = map.get global0 [w1] @0 print fmt0 (w2) @0 return";
    assert_eq!(with_elements("map (int) int capacity 2", &[(1, 1), (2, 2)], ops), "7\n");
}

#[test]
fn key_tuples_and_slices() {
    let items = "str0 \"a\" str1 \"b\" global0 \"m\" map (str, int) str capacity 0";
    let body = "block0: v0: str = str str0 @0 v1: str = str str1 @0 v2: int = int 1 @0 v3: int = int 2 @0
        map.set global0 [v0, v2], v0 @0 map.set global0 [v1, v3], v1 @0 map.set global0 [v0, v3], v1 @0
        v4: int = iter.first global0 [v0, _] @0 v5: int = iter.key global0, v4, 1 @0 print fmt0 (v5) @0
        v6: int = iter.next global0 [v0, _], v4 @0 v7: int = iter.key global0, v6, 1 @0 print fmt0 (v7) @0
        v8: str = iter.value global0, v6 @0 print fmt1 (v8) @0 v9: int = iter.next global0 [v0, _], v6 @0 print fmt0 (v9) @0
        map.delete global0 [v0, _] @0 v10: int = map.has global0 [_, v2] @0 print fmt0 (v10) @0
        v11: int = map.has global0 [v1, _] @0 print fmt0 (v11) @0 v12: str = map.get global0 [v0, v2] @0 print fmt1 (v12) @0
        return";
    assert_eq!(run(items, body), "1\n2\nb\n0\n0\n1\n\n");
}

#[test]
fn string_keys_and_values_sort_bytewise() {
    let items = "str0 \"b\" str1 \"a\" global0 \"m\" map (str) str capacity 0";
    let body = "block0: v0: str = str str0 @0 v1: str = str str1 @0 map.set global0 [v0], v1 @0 map.set global0 [v1], v0 @0
        v2: int = iter.first global0 [_], key 0 ascending @0 v3: str = iter.key global0, v2, 0 @0 print fmt1 (v3) @0
        v4: int = iter.first global0 [_], value ascending @0 v5: str = iter.value global0, v4 @0 print fmt1 (v5) @0 return";
    assert_eq!(run(items, body), "a\na\n");
}
