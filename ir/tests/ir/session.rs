// SPDX-License-Identifier: MIT OR Apache-2.0
//! Probes in their order, and what ends a session.

use spile_ir::{Hit, Interp};

use crate::support::{World, program, run_in, show};

/// A program whose handlers print a letter, then may fail (`!`) or exit (`.`): `begin 0 a!`.
fn session(limits: &str, probes: &[&str]) -> (String, spile_ir::Outcome) {
    let mut items = String::from(limits);
    let mut functions = String::new();
    for (n, probe) in probes.iter().enumerate() {
        let (point, letter) = probe.rsplit_once(' ').expect("a point and a letter");
        items += &format!(" str{n} {:?} probe {point:?} {point} handler func{n}", &letter[..1]);
        let then = match &letter[1..] {
            "!" => "v1: int = int 0 @0 v2: int = div v1, v1 @0",
            "." => "builtin exit () @0",
            _ => "",
        };
        functions +=
            &format!("func{n} {point:?} () {{ block0: v0: str = str str{n} @0 print fmt2 (v0) @0 {then} return }}\n");
    }
    let program = program(&format!("fmt2 \"%s\" (str) {items} {functions}"));
    let outcome = run_in(&program, &mut World::default());
    (String::from_utf8_lossy(&outcome.output()).into_owned(), outcome)
}

#[test]
fn sequence_numbers_order_begin_and_end() {
    let (output, outcome) = session("", &["begin 1 b", "end 5 d", "begin 0 a", "end -5 c", "begin 1 B", "error 0 e"]);
    assert_eq!(output, "abBcd");
    assert_eq!((outcome.errors, outcome.failed, outcome.exited, outcome.status()), (0, false, false, 0));
}

#[test]
fn exit_skips_later_begins_but_no_end() {
    let (output, outcome) =
        session("", &["begin 0 a.", "begin 0 b", "begin 1 c", "timer 5 0 t", "end 0 d.", "end 1 e"]);
    assert_eq!(output, "ade");
    assert!(outcome.exited);
}

#[test]
fn exit_does_not_leave_the_handler() {
    let text = "probe \"begin\" begin 0 handler func0
        func0 \"begin\" () { block0: v0: int = int 1 @0 builtin exit () @0 print fmt0 (v0) @0 return }";
    let program = program(text);
    assert_eq!(show(&program, &run_in(&program, &mut World::default())), "1\n");
}

#[test]
fn a_fatal_error_leaves_only_error_probes() {
    let probes = ["begin 0 a!", "begin 1 b", "end 0 c", "error 2 f", "error 1 e!", "timer 5 0 t"];
    let (output, outcome) = session("", &probes);
    assert_eq!(output, "aef");
    assert_eq!((outcome.errors, outcome.failed), (2, true));
}

#[test]
fn an_error_in_an_end_probe_skips_the_rest() {
    let (output, _) = session("", &["begin 0 a", "end 0 c!", "end 1 d", "error 0 e"]);
    assert_eq!(output, "ace");
}

#[test]
fn max_errors_are_survived() {
    let probes = ["begin 0 a!", "begin 1 b!", "begin 2 c", "end 0 d", "error 0 e"];
    let (output, outcome) = session("limits max_errors 2", &probes);
    assert_eq!(output, "abcd");
    assert_eq!((outcome.errors, outcome.failed, outcome.status()), (2, false, 1));
    let (output, _) = session("limits max_errors 1", &probes);
    assert_eq!(output, "abe");
}

#[test]
fn timers_fire_in_virtual_time() {
    let (output, outcome) = session("", &["timer 3000 0 a", "timer 2000 0 b", "timer 9000 0 c.", "end 0 e"]);
    // b at 2, 4, 6, 8; a at 3, 6, 9; of those due at once the first of the program goes first.
    assert_eq!(output, "babab".to_owned() + "bace");
    assert_eq!(outcome.end_ns, 9000);
}

#[test]
fn a_session_ends_with_its_time() {
    let (output, outcome) = session("", &["timer 25000000000 0 a", "end 0 e"]);
    assert_eq!(output, "aae");
    assert!(!outcome.exited);
}

#[test]
fn a_hit_has_arguments_and_a_return_value() {
    let text = r#"
probe "f.return" return "f" 0 handler func0 entry func1 words 1
probe "f" function "f" handler func2
func0 "return" () {
block0: v0: int = entry.get 0 @0 print fmt0 (v0) @0 v1: int = return_value @0 print fmt0 (v1) @0 return
}
func1 "entry" () {
block0: v0: int = arg 1 @0 entry.set 0, v0 @0 return
}
func2 "f" () {
block0: v0: int = probe_index @0 print fmt0 (v0) @0 v1: int = arg 7 @0 print fmt0 (v1) @0 return
}
"#;
    let program = program(text);
    let mut world = World::default();
    let mut interp = Interp::new(&program, &mut world).expect("correct");
    interp.begin();
    let hit = Hit { args: vec![10, 20], return_value: u64::MAX };
    interp.fire(0, &hit);
    interp.fire(1, &hit);
    interp.fire(2, &hit);
    let outcome = interp.end();
    assert_eq!(show(&program, &outcome), "20\n-1\n1\n0\n");
}
