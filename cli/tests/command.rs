// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command as users run it, on the target that needs no privilege.

mod common;

use std::fs;
use std::process::{Command, Output};

use common::interrupted;

fn spile() -> Command {
    Command::new(env!("CARGO_BIN_EXE_spile"))
}

/// Runs `spile run --target user` with further arguments.
fn run(arguments: &[&str]) -> Output {
    spile().args(["run", "--target", "user"]).args(arguments).output().unwrap()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[test]
fn a_script_prints_and_succeeds() {
    let output = run(&["-e", r#"probe begin { println($1 + 1, @2) exit() }"#, "41", "x y"]);
    assert_eq!((out(&output), err(&output)), ("42x y\n", ""));
    assert!(output.status.success());
}

#[test]
fn mistakes_name_their_place_and_fail() {
    let output = run(&["-e", "probe begin {\n  prnitln(1)\n}"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(out(&output), "");
    let said = err(&output);
    assert!(said.contains("<input>:2:3"), "{said}");
    assert!(said.contains("prnitln"), "{said}");
    assert!(!said.contains("spile:"), "nothing is said twice: {said}");
}

#[test]
fn run_time_errors_fail() {
    let output = run(&["-e", r#"global z probe begin { println(1 / z) } probe never { z = 1 }"#]);
    assert_eq!(output.status.code(), Some(1));
    let first = err(&output).lines().find(|line| line.starts_with("ERROR")).unwrap_or_default();
    assert_eq!(first, "ERROR: division by 0 near operator '/' at <input>:1:34 in probe begin");
}

#[test]
fn the_session_ends_with_its_command() {
    let script = r#"probe begin { println("target ", target() > 0) } probe end { println("end") }"#;
    let output = run(&["-e", script, "-c", "echo said; exit 3"]);
    let mut lines: Vec<_> = out(&output).lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["end", "said", "target 1"]);
    assert_eq!(err(&output), "WARNING: Child process exited with status 3\n");
    assert!(output.status.success(), "the command's status is only a warning");
}

#[test]
fn the_target_process_is_told() {
    let output = run(&["-e", "probe begin { println(target()) exit() }", "-x", "1234"]);
    assert_eq!(out(&output), "1234\n");
}

#[test]
fn system_commands_run() {
    let output = run(&["-e", r#"probe begin { system("echo from the shell") exit() }"#]);
    assert_eq!((out(&output), err(&output)), ("from the shell\n", ""));
}

#[test]
fn output_goes_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let output = run(&["-e", r#"probe begin { println("x") exit() }"#, "-o", path.to_str().unwrap()]);
    assert_eq!(out(&output), "");
    assert_eq!(fs::read_to_string(path).unwrap(), "x\n");
}

#[test]
fn limits_and_globals_are_set() {
    let script = "global g = 1 probe begin { println(g) for (i = 0; i < 50; i++) s += i exit() }";
    assert_eq!(out(&run(&["-e", script, "-G", "g=7"])), "7\n");
    let output = run(&["-e", script, "-D", "MAXACTION_INTERRUPTIBLE=20"]);
    assert!(err(&output).contains("ERROR: MAXACTION exceeded"), "{}", err(&output));
}

#[test]
fn a_session_ends_after_its_time() {
    let output = run(&["-e", r#"probe timer.ms(10) { n++ } probe end { println("end") }"#, "-w", "-T", "1"]);
    assert_eq!((out(&output), err(&output)), ("end\n", ""));
}

#[test]
fn an_interrupt_runs_end_probes() {
    let script = r#"probe begin { println("ready") } probe timer.s(100) { } probe end { println("end") }"#;
    let outcome = interrupted(spile().args(["run", "--target", "user", "-e", script]));
    assert_eq!(outcome, ("end\n".into(), Some(0)));
}

#[test]
fn passes_print_what_they_make() {
    let script = r#"probe begin { println("x") exit() }"#;
    let tree = run(&["-e", script, "-p", "1"]);
    assert_eq!(out(&tree), "probe begin {\n  println(\"x\");\n  exit();\n}\n");
    let resolved = run(&["-e", script, "-p", "2"]);
    assert!(out(&resolved).contains("# probes\nbegin"), "{}", out(&resolved));
    let ir = run(&["-e", script, "-p", "3"]);
    let program = spile_ir::parse(out(&ir)).unwrap();
    assert_eq!(program.probes[0].name, "begin");
    let code = run(&["-e", script, "-p", "4"]);
    assert!(out(&code).contains("ret"), "{}", out(&code));
}

#[test]
fn verbose_runs_tell_the_passes() {
    let output = run(&["-e", "probe begin { exit() }", "-v"]);
    let passes: Vec<_> = err(&output).lines().filter_map(|line| line.split_once(':')).map(|(pass, _)| pass).collect();
    assert_eq!(passes, ["Pass 1", "Pass 2", "Pass 3", "Pass 4", "Pass 5"]);
}

#[test]
fn a_stored_image_runs_without_a_host() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("prog.spile");
    let image = image.to_str().unwrap();
    let script = r#"probe begin { println("stored ", pid() > 0) exit() } probe end { printf("%5.1s|\n", "end") }"#;
    let built = spile().args(["build", "--target", "user", "-e", script, "-o", image]).output().unwrap();
    assert!(built.status.success(), "{}", err(&built));
    let output = spile().args(["agent", "run", "--user", image]).output().unwrap();
    assert_eq!((out(&output), err(&output)), ("stored 1\n    e|\n", ""));
    fs::write(image, b"nonsense").unwrap();
    let refused = spile().args(["agent", "run", "--user", image]).output().unwrap();
    assert_eq!(err(&refused), "spile-agent: not a spile image\n");
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn probes_of_the_kernel_are_refused_in_a_process() {
    let output = run(&["-e", r#"probe kernel.function("vfs_read") { }"#]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("no match"), "{}", err(&output));
}

#[test]
fn library_directories_are_searched() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.stp"), "function mine() { return 99 }").unwrap();
    let output = run(&["-I", folder.path().to_str().unwrap(), "-e", "probe begin { println(mine()) exit() }"]);
    assert_eq!((out(&output), err(&output)), ("99\n", ""));
}

#[test]
fn diagnostics_are_told_to_programs_as_json() {
    let script = "@define twice(x) %( (@x . 1) %)\nprobe begin { println(@twice(\"a\"), y + 1) }";
    let output = run(&["--message-format=json", "-e", script]);
    assert_eq!((output.status.code(), out(&output)), (Some(1), ""));
    let told: Vec<serde_json::Value> = err(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [error, warning] = &told[..] else { panic!("{told:?}") };
    assert_eq!((&error["severity"], &error["code"]), (&"error".into(), &"E0301".into()));
    assert_eq!(error["message"], "type mismatch: expected string but found long");
    assert_eq!((&error["file"], &error["line"], &error["column"]), (&"<input>".into(), &1.into(), &27.into()));
    assert_eq!(error["end"], serde_json::json!({ "line": 1, "column": 28 }));
    assert_eq!(error["labels"][0]["text"], "used as a string here");
    let step = serde_json::json!({ "name": "@twice", "file": "<input>", "line": 2, "column": 23, "end": { "line": 2, "column": 29 } });
    assert_eq!(error["chain"], serde_json::json!([step]));
    assert_eq!(
        (&warning["severity"], &warning["code"], &warning["hint"]),
        (&"warning".into(), &"W0350".into(), &().into())
    );
    let no_place = run(&["--message-format=json", "-e", "function f() { }"]);
    let told: serde_json::Value = serde_json::from_str(err(&no_place)).unwrap();
    assert_eq!((&told["code"], told.get("file")), (&"E0346".into(), None));
}

#[test]
fn warnings_are_told_dropped_or_errors() {
    let script = "probe begin { println(x + 1) exit() }";
    let told = run(&["-e", script]);
    assert!(err(&told).starts_with("warning[W0350]: never-assigned local variable 'x'\n"), "{}", err(&told));
    assert_eq!((out(&told), told.status.code()), ("1\n", Some(0)));
    let dropped = run(&["-w", "-e", script]);
    assert_eq!((out(&dropped), err(&dropped)), ("1\n", ""));
    let denied = run(&["-W", "-e", script]);
    assert_eq!((out(&denied), denied.status.code()), ("", Some(1)));
    assert!(err(&denied).starts_with("error[W0350]: never-assigned local variable 'x'\n"), "{}", err(&denied));
    assert!(err(&denied).contains("-W makes an error of this warning"), "{}", err(&denied));
}

#[test]
fn colours_are_for_terminals_and_those_who_ask() {
    let wrong = ["run", "--target", "user", "-e", "probe begni { }"];
    let coloured = |arguments: &[&str], environment: &[(&str, &str)]| {
        let output = spile().args(arguments).args(wrong).envs(environment.iter().copied()).output().unwrap();
        err(&output).contains("\u{1b}[")
    };
    assert!(!coloured(&[], &[]), "standard error is no terminal");
    assert!(coloured(&["--color=always"], &[]));
    assert!(coloured(&["--color=always"], &[("NO_COLOR", "1")]), "what is asked for wins");
    assert!(!coloured(&["--color=never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
}

#[test]
fn manual_pages_and_completions_are_made_of_the_same_declaration() {
    let page = |words: &[&str]| {
        let output = spile().arg("man").args(words).output().unwrap();
        (out(&output).to_owned(), err(&output).to_owned())
    };
    let (whole, _) = page(&[]);
    assert!(whole.contains("spile\\-dump(1)") && whole.contains("spile\\-list(1)"), "{whole}");
    let (dump, _) = page(&["dump"]);
    assert!(dump.contains("\\-\\-emit") && dump.contains("The machine code in the image"), "{dump}");
    assert_eq!(page(&["dance"]).1, "spile: there is no command dance\n");
    let completions = spile().args(["completions", "bash"]).output().unwrap();
    assert!(out(&completions).contains("--emit"), "{}", out(&completions));
}

#[test]
fn codes_are_explained() {
    let explain = |arguments: &[&str]| spile().arg("explain").args(arguments).output().unwrap();
    let one = explain(&["e0301"]);
    assert!(out(&one).starts_with("# E0301: type mismatch\n\n"), "{}", out(&one));
    let all = explain(&[]);
    assert!(out(&all).lines().any(|line| line == "W0350  never-assigned local variable"), "{}", out(&all));
    assert!(out(&all).lines().count() > 150);
    let none = explain(&["E0300"]);
    assert_eq!((out(&none), none.status.code()), ("", Some(1)));
    assert!(err(&none).contains("no diagnostic has the code E0300; did you mean E030"), "{}", err(&none));
}
