// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each file of `fuzz/corpus/TARGET` goes through the check of that target: what fuzzing has found stays mended, without a fuzzer.

use std::fs;
use std::path::Path;

use spile_fuzz_checks::{front_end, image, ir, parser, regex};

/// Runs a target's files, and says which one it is that fails.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target);
    let mut paths: Vec<_> =
        fs::read_dir(&folder).expect("a corpus").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(paths.len() >= 20, "only {} files in {}", paths.len(), folder.display());
    for path in paths {
        println!("{}", path.display());
        check(&fs::read(&path).expect("a file"));
    }
}

#[test]
fn parser_corpus() {
    replay("parser", parser::check);
}

#[test]
fn front_end_corpus() {
    replay("front_end", front_end::check);
}

#[test]
fn ir_corpus() {
    replay("ir", ir::check);
}

#[test]
fn image_corpus() {
    replay("image", image::check);
}

#[test]
fn regex_corpus() {
    replay("regex", regex::check);
}
