// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile fmt` as users run it.

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

fn fmt(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spile")).arg("fmt").args(arguments).output().unwrap()
}

#[test]
fn files_and_folders_are_rewritten_and_then_pass_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.stp");
    let name = path.to_str().unwrap();
    fs::write(&path, "probe begin\n{\nprintln( 1 )}\n").unwrap();
    fs::write(folder.path().join("notes.txt"), "probe  x").unwrap();

    let checked = fmt(&["--check", name]);
    assert_eq!(checked.status.code(), Some(1));
    let diff = String::from_utf8(checked.stdout).unwrap();
    assert!(diff.contains("-println( 1 )}\n+probe begin {\n+  println(1)\n+}\n"), "{diff}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "probe begin\n{\nprintln( 1 )}\n", "a check changes nothing");

    assert!(fmt(&[folder.path().to_str().unwrap()]).status.success());
    assert_eq!(fs::read_to_string(&path).unwrap(), "probe begin {\n  println(1)\n}\n");
    assert_eq!(fs::read_to_string(folder.path().join("notes.txt")).unwrap(), "probe  x");
    let again = fmt(&["--check", name]);
    assert!(again.status.success() && again.stdout.is_empty());
}

#[test]
fn standard_input_goes_to_standard_output() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_spile"))
        .args(["fmt", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"global  a").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"global a\n");
}

#[test]
fn what_cannot_be_read_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.stp");
    fs::write(&path, "probe begin {\n  print(\"x)\n}\n").unwrap();
    let output = fmt(&[path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("bad.stp:2:9") && said.contains("unclosed quote"), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "probe begin {\n  print(\"x)\n}\n");
}
