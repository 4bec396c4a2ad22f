// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the compiler says of scripts that are wrong: message, line and column.
//!
//! `tests/errors.txt` has a script after each `>>>`, and below it what is said. `UPDATE_EXPECT=1` rewrites that.

mod common;

use expect_test::expect_file;
use spile_frontend::Options;

#[test]
fn every_mistake_is_told_with_its_place() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/errors.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let mut actual = String::new();
    for case in text.split(">>>\n").skip(1) {
        let script = case.split("---\n").next().unwrap();
        let told = common::complaints(script, &Options::default());
        assert!(!told.is_empty(), "nothing is said of\n{script}");
        actual += &format!(">>>\n{script}---\n{told}");
    }
    expect_file![file].assert_eq(&actual);
}
