// SPDX-License-Identifier: MIT OR Apache-2.0
//! Aggregates and histograms.

use crate::support::run;

/// Adds values, then reads one number.
fn read(spec: &str, values: &[i64], read: &str) -> String {
    let mut body = String::from("block0: ");
    for (n, value) in values.iter().enumerate() {
        body += &format!("v{n}: int = int {value} @0 stat.add global0 [], v{n} @0 ");
    }
    let (a, b) = (values.len(), values.len() + 1);
    let read = read.replace("w0", &format!("v{a}")).replace("w1", &format!("v{b}"));
    run(&format!("global0 \"s\" stat {spec} fmt2 \"%H\\n\" (hist)"), &format!("{body} {read} return")).replace('\n', "")
}

fn field(spec: &str, values: &[i64], name: &str) -> String {
    read(spec, values, &format!("w0: int = stat.read global0 [], {name} @1 print fmt0 (w0) @0"))
}

const EMPTY: &str = "ERROR: empty aggregate near operator '/' at a.stp:2:3 in probe begin";

#[test]
fn numbers_of_an_aggregate() {
    let values = [5, -3, 9];
    assert_eq!(field("", &values, "count"), "3");
    assert_eq!(field("", &values, "sum"), "11");
    assert_eq!(field("", &values, "min"), "-3");
    assert_eq!(field("", &values, "max"), "9");
    assert_eq!(field("", &values, "avg"), "3");
    assert_eq!(field("", &[-3, -4], "avg"), "-3");
}

#[test]
fn an_empty_aggregate_has_only_count_and_sum() {
    assert_eq!(field("", &[], "count"), "0");
    assert_eq!(field("", &[], "sum"), "0");
    for name in ["min", "max", "avg"] {
        assert_eq!(field("", &[], name), EMPTY, "{name}");
    }
    assert_eq!(field("variance 0", &[], "variance"), EMPTY);
}

#[test]
fn the_variance_is_of_a_sample() {
    assert_eq!(field("variance 0", &[7], "variance"), "0");
    // The running mean is an integer, and stays 1; with more bits it loses less.
    assert_eq!(field("variance 0", &[1, 2, 3, 4, 5], "variance"), "7");
    assert_eq!(field("variance 8", &[1, 2, 3, 4, 5], "variance"), "2");
}

#[test]
fn logarithmic_buckets() {
    let draw = |values: &[i64]| read("hist_log", values, "print fmt2 (hist global0 []) @0");
    assert_eq!(draw(&[0]), "64:1");
    assert_eq!(draw(&[1, 2, 3, 4]), "65:1 66:2 67:1");
    assert_eq!(draw(&[16, 31, 32]), "69:2 70:1");
    assert_eq!(draw(&[-1, -16, -31]), "59:2 63:1");
    assert_eq!(draw(&[i64::MAX, i64::MIN]), "0:1 127:1");
}

#[test]
fn linear_buckets() {
    let draw = |values: &[i64]| read("hist_linear 0 10 5", values, "print fmt2 (hist global0 []) @0");
    assert_eq!(draw(&[-1, 0, 4, 5, 9, 10, 14, 15]), "0:1 1:2 2:2 3:2 4:1");
    assert_eq!(draw(&[i64::MIN, i64::MAX]), "0:1 4:1");
}

#[test]
fn bucket_indices_are_checked() {
    let bucket = |spec: &str, index: i64| {
        let ops = format!("w0: int = int {index} @0 w1: int = hist.bucket global0 [], w0 @1 print fmt0 (w1) @0");
        read(spec, &[3, 3], &ops)
    };
    let error = "ERROR: histogram index out of range near operator '/' at a.stp:2:3 in probe begin";
    assert_eq!(bucket("hist_log", 66), "2");
    assert_eq!(bucket("hist_log", 128), error);
    assert_eq!(bucket("hist_log", -1), error);
    assert_eq!(bucket("hist_linear 0 10 5", 1), "2");
    assert_eq!(bucket("hist_linear 0 10 5", 3), "0");
    assert_eq!(bucket("hist_linear 0 10 5", 4), "0");
    assert_eq!(bucket("hist_linear 0 10 5", 5), error);
}

#[test]
fn clearing_empties() {
    assert_eq!(
        read("", &[4], "global.clear global0 @0 w0: int = stat.read global0 [], count @0 print fmt0 (w0) @0"),
        "0"
    );
}

#[test]
fn arrays_of_aggregates() {
    let items = "global0 \"m\" map (int) stat hist_log capacity 2 fmt2 \"%H\\n\" (hist)";
    let body = "block0: v0: int = int 1 @0 v1: int = int 2 @0 v2: int = int 3 @0
        stat.add global0 [v0], v2 @0 stat.add global0 [v1], v0 @0 stat.add global0 [v1], v1 @0
        v3: int = iter.first global0 [_], count descending @0 v4: int = iter.key global0, v3, 0 @0 print fmt0 (v4) @0
        v5: int = iter.stat global0, v3, sum @0 print fmt0 (v5) @0
        v6: int = iter.first global0 [_], max descending @0 v7: int = iter.key global0, v6, 0 @0 print fmt0 (v7) @0
        v8: int = stat.read global0 [v2], count @0 print fmt0 (v8) @0 print fmt2 (hist global0 [v1]) @0
        v9: int = map.has global0 [v2] @0 print fmt0 (v9) @0 stat.add global0 [v2], v2 @1 return";
    assert_eq!(
        run(items, body),
        "2\n3\n1\n0\n65:1 66:1\n0\n\
        ERROR: Array overflow, check size limit (2) near operator '/' at a.stp:2:3 in probe begin\n"
    );
}
