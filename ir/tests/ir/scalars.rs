// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arithmetic, comparison, strings, locals, scalar globals.

use crate::support::run;

/// The value of an operation on two integers.
#[track_caller]
fn binary(op: &str, a: i64, b: i64) -> String {
    run(
        "",
        &format!(
            "block0: v0: int = int {a} @0 v1: int = int {b} @0 v2: int = {op} v0, v1 @1 print fmt0 (v2) @0 return"
        ),
    )
}

#[test]
fn arithmetic_wraps() {
    assert_eq!(binary("add", i64::MAX, 1), format!("{}\n", i64::MIN));
    assert_eq!(binary("sub", i64::MIN, 1), format!("{}\n", i64::MAX));
    assert_eq!(binary("mul", i64::MAX, 2), "-2\n");
    assert_eq!(binary("and", 12, 10), "8\n");
    assert_eq!(binary("or", 12, 10), "14\n");
    assert_eq!(binary("xor", 12, 10), "6\n");
}

#[test]
fn division_truncates_and_guards_its_edges() {
    assert_eq!(binary("div", -7, 2), "-3\n");
    assert_eq!(binary("rem", -7, 2), "-1\n");
    assert_eq!(binary("div", i64::MIN, -1), format!("{}\n", i64::MIN));
    assert_eq!(binary("rem", i64::MIN, -1), "0\n");
    let error = "ERROR: division by 0 near operator '/' at a.stp:2:3 in probe begin\n";
    assert_eq!(binary("div", 1, 0), error);
    assert_eq!(binary("rem", 1, 0), error);
}

#[test]
fn shifts_take_six_bits() {
    assert_eq!(binary("shl", 1, 65), "2\n");
    assert_eq!(binary("shr", -8, 1), "-4\n");
    assert_eq!(binary("shr", -8, -1), "-1\n");
    assert_eq!(binary("ushr", -1, 63), "1\n");
}

#[test]
fn comparison_is_signed() {
    for (op, less, equal, greater) in
        [("lt", 1, 0, 0), ("le", 1, 1, 0), ("gt", 0, 0, 1), ("ge", 0, 1, 1), ("eq", 0, 1, 0), ("ne", 1, 0, 1)]
    {
        assert_eq!(binary(op, -1, 0), format!("{less}\n"), "{op}");
        assert_eq!(binary(op, 5, 5), format!("{equal}\n"), "{op}");
        assert_eq!(binary(op, 0, -1), format!("{greater}\n"), "{op}");
    }
}

#[test]
fn strings_compare_bytewise() {
    let compare = |op: &str, a: &str, b: &str| {
        run(
            &format!("str0 {a} str1 {b}"),
            &format!(
                "block0: v0: str = str str0 @0 v1: str = str str1 @0 v2: int = str.{op} v0, v1 @0 print fmt0 (v2) @0 return"
            ),
        )
    };
    assert_eq!(compare("lt", r#""ab""#, r#""abc""#), "1\n");
    assert_eq!(compare("lt", r#""\xff""#, r#""a""#), "0\n");
    assert_eq!(compare("eq", r#""a""#, r#""a""#), "1\n");
    assert_eq!(compare("ge", r#""b""#, r#""a""#), "1\n");
}

#[test]
fn strings_are_cut_to_the_limit() {
    let items = "limits max_string 5 str0 \"abc\" str1 \"defghi\"";
    let body = "block0: v0: str = str str0 @0 v1: str = str str1 @0 v2: str = concat v0, v1 @0 print fmt1 (v2) @0
        print fmt1 (v1) @0 return";
    assert_eq!(run(items, body), "abcd\ndefg\n");
}

#[test]
fn locals_begin_empty_and_hold_what_is_set() {
    let body = "local0 \"n\" int local1 \"s\" str
        block0: v0: int = local.get local0 @0 print fmt0 (v0) @0 v1: str = local.get local1 @0 print fmt1 (v1) @0
        v2: int = int 7 @0 local.set local0, v2 @0 v3: int = local.get local0 @0 print fmt0 (v3) @0
        v4: str = str str0 @0 local.set local1, v4 @0 release @0 v5: str = local.get local1 @0 print fmt1 (v5) @0 return";
    assert_eq!(run("str0 \"hi\"", body), "0\n\n7\nhi\n");
}

#[test]
fn scalar_globals() {
    let items = "str0 \"new\" global0 \"n\" int 5 global1 \"s\" str \"old\"";
    let body = "block0: v0: int = int 3 @0 v1: int = global.add global0, v0 @0 print fmt0 (v1) @0
        v2: int = global.get global0 @0 print fmt0 (v2) @0 global.set global0, v0 @0
        v3: str = global.get global1 @0 print fmt1 (v3) @0 v4: str = str str0 @0 global.set global1, v4 @0
        v5: str = global.get global1 @0 print fmt1 (v5) @0 global.clear global0 @0 global.clear global1 @0
        v6: int = global.get global0 @0 print fmt0 (v6) @0 v7: str = global.get global1 @0 print fmt1 (v7) @0 return";
    assert_eq!(run(items, body), "8\n8\nold\nnew\n0\n\n");
}
