// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `spile dump` prints of one script at each stage: `dump/STAGE.txt`. `SPILE_BLESS=1` rewrites these. The script uses nothing of
//! the library, so that the library can change.

mod common;

use std::fs;
use std::path::PathBuf;

use common::{Ran, ran, spile};

/// Where the script and what is expected of it are.
fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "dump"].iter().collect()
}

/// Runs `spile` in the folder.
fn run(words: &[&str]) -> Ran {
    ran(&spile().current_dir(folder()).args(words).output().unwrap())
}

/// Dumps a stage, which must succeed without a word to standard error.
#[track_caller]
fn dump(words: &[&str]) -> String {
    let ran = run(&[&["dump", "--emit"], words].concat());
    assert_eq!((ran.err.as_str(), ran.code), ("", Some(0)), "{words:?}");
    ran.out
}

#[track_caller]
fn check(name: &str, words: &[&str]) {
    compare(name, &dump(words));
}

#[track_caller]
fn compare(name: &str, shown: &str) {
    let path = folder().join(format!("{name}.txt"));
    if std::env::var_os("SPILE_BLESS").is_some() {
        return fs::write(path, shown).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let diff = similar::TextDiff::from_lines(&*expected, shown).unified_diff().to_string();
    assert!(expected == shown, "{} differs (SPILE_BLESS=1 rewrites it):\n{diff}", path.display());
}

#[test]
fn tokens() {
    check("tokens", &["tokens", "script.stp"]);
}

#[test]
fn ast() {
    check("ast", &["ast", "script.stp"]);
}

#[test]
fn resolved() {
    check("resolved", &["resolved", "script.stp"]);
}

#[test]
fn typed() {
    check("typed", &["typed", "script.stp"]);
}

#[test]
fn ir() {
    check("ir", &["ir", "script.stp"]);
    check("ir-unoptimised", &["ir", "-u", "script.stp"]);
}

#[test]
fn clif() {
    check("clif", &["clif", "--arch", "x86_64", "script.stp"]);
}

/// Without what depends on the C compiler that built the runtime: its sizes, and where constants are.
#[test]
fn asm() {
    let shown = dump(&["asm", "--arch", "x86_64", "script.stp"]);
    let stable = shown.lines().filter(|line| !line.ends_with("bytes of the runtime")).map(|line| {
        let constant = line.split_once("[rip+").map(|(start, _)| format!("{start}[rip+...]"));
        constant.unwrap_or_else(|| line.to_owned()) + "\n"
    });
    compare("asm", &stable.take_while(|line| !line.contains("<init>")).collect::<String>());

    let shown = dump(&["asm", "--arch", "aarch64", "script.stp"]);
    for part in ["<begin>: ", "\n  ; script.stp:9: seen[half(i)]++\n", " bl aside\n", " bl rt_str_concat\n", "  ret\n"]
    {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
}

/// The hash of the ABI changes with every change of its header, sizes with every change of the code.
#[test]
fn image() {
    let shown = dump(&["image", "--arch", "aarch64", "script.stp"]);
    assert!(shown.starts_with("image of script.stp, version "), "{shown}");
    for part in [
        "instruction set aarch64, kernel any\n",
        "\n1 probes\n    0 begin      begin\n      handler 0x",
        " ring_reserve\n",
        "\n2 formats\n    0 \"%d\" (int)\n    1 \"%d %s\\n\" (int, str)\n",
        "  begin\n",
    ] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
}

#[test]
fn ir_is_read_back_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half.ir");
    let path = path.to_str().unwrap();
    fs::write(path, dump(&["ir", "script.stp"])).unwrap();
    let direct = run(&["run", "-T", "1", "script.stp"]);
    let through = run(&["run", "-T", "1", path]);
    assert_eq!((through.out.as_str(), through.err.as_str()), (direct.out.as_str(), ""));
    assert_eq!(through.out, "2 i4\n");
    assert_eq!(dump(&["ir", path]), dump(&["ir", "script.stp"]), "reading and printing changes nothing");
    assert_eq!(dump(&["asm", path]), dump(&["asm", "script.stp"]));

    let unnamed = folder.path().join("half");
    fs::copy(path, &unnamed).unwrap();
    assert_eq!(run(&["run", "-T", "1", "--from", "ir", unnamed.to_str().unwrap()]).out, direct.out);
    let early = run(&["dump", "--emit", "ast", path]);
    assert_eq!(early.err, "spile: IR has no syntax tree, names or types of a script: it comes after them\n");
}

#[test]
fn ir_that_is_wrong_is_refused_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.ir");
    let ir = dump(&["ir", "-u", "script.stp"]);
    let broken = ir.replacen("    return\n", "    return v0\n", 1);
    assert_ne!(ir, broken);
    fs::write(&path, broken).unwrap();
    let refused = run(&["run", path.to_str().unwrap()]);
    assert_eq!((refused.out.as_str(), refused.code), ("", Some(1)));
    assert!(refused.err.contains("error[E0481]") && refused.err.contains("return v0"), "{}", refused.err);

    fs::write(&path, "limits\nnonsense 1\n").unwrap();
    let refused = run(&["run", path.to_str().unwrap()]);
    assert!(refused.err.contains("error[E0480]") && refused.err.contains("bad.ir:2:1"), "{}", refused.err);
}

#[test]
fn stored_images_can_be_looked_into() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.spile");
    let path = path.to_str().unwrap();
    assert_eq!(run(&["build", "-o", path, "script.stp"]).code, Some(0));
    assert_eq!(dump(&["asm", path]), dump(&["asm", "script.stp"]));
    assert!(dump(&["image", path]).starts_with("image of script.stp"));
    let early = run(&["dump", "--emit", "ir", path]);
    assert_eq!(early.err, "spile: an image has machine code and tables only: --emit asm or image\n");
}

#[test]
fn the_last_pass_prints_the_same() {
    for (pass, emit) in [("1", "ast"), ("2", "resolved"), ("3", "ir"), ("4", "asm")] {
        assert_eq!(run(&["run", "-p", pass, "script.stp"]).out, dump(&[emit, "script.stp"]), "{emit}");
    }
}

#[test]
fn probe_points_are_listed() {
    assert_eq!(run(&["list", "begin", "timer.s(1)"]).out, "begin\ntimer.s(1)\n");
    let none = run(&["list", "kernel.function(\"vfs_*\")"]);
    assert_eq!((none.err.as_str(), none.code), ("spile: no probe point matches kernel.function(\"vfs_*\")\n", Some(1)));
    let wrong = run(&["list", "("]);
    assert!(wrong.err.contains("error[E02"), "{}", wrong.err);
}
