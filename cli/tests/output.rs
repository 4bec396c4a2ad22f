// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ways of output: the flight recorder, files by CPU, the report of `-t`; and what is said of losses and overload.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use common::{Ran, Stap, ran, spile, stap};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn run(words: &[&str]) -> Ran {
    ran(&spile().arg("run").args(words).output().unwrap())
}

/// The first number behind a text.
fn number(text: &str, behind: &str) -> u64 {
    let (_, rest) = text.split_once(behind).unwrap_or_else(|| panic!("{behind:?} is not in\n{text}"));
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("no number behind {behind:?} in\n{text}"))
}

#[test]
fn handlers_are_timed() {
    let script = "global n probe timer.ms(2) { if (++n == 5) exit() }\n probe end { printf(\"n %d\\n\", n) }";
    let timed = run(&["-t", "-e", script]);
    let table = &timed.out[timed.out.find("----- probe hit report: \n").expect("a report")..];
    assert!(timed.out.starts_with("n 5\n"), "{}", timed.out);
    let hits: Vec<&str> = table.lines().filter(|line| line.contains(", hits: ")).collect();
    assert!(hits[0].starts_with("timer.ms(2), (<input>:1:"), "{table}");
    assert_eq!(number(hits[0], "hits: "), 5);
    let [min, average, max] = ["cycles: ", "min/", "avg/"].map(|word| number(hits[0], word));
    assert!(0 < min && min <= average && average <= max, "{table}");
    assert!(hits[0].ends_with("from: timer.ms(2), index: 0"), "{table}");
    // The buckets of the first chart are the hits.
    let chart =
        table.lines().skip_while(|line| !line.starts_with("value |")).skip(1).take_while(|line| !line.is_empty());
    let counts = chart.filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok());
    assert_eq!(counts.sum::<u64>(), 5, "{table}");
    assert!(table.contains("  attached: timer\n"), "{table}");
    let share = table.lines().last().expect("a last line");
    assert!(share.starts_with("----- share of the machine: handlers took 0."), "{share}");
    let part = number(share, "% of 1 CPU, ");
    assert!(part > 0 && number(share, &format!("{part} of ")) > part, "{share}");
    assert_eq!(stap(&["-t", "-e", "probe begin { exit() }"]).out.lines().next(), Some("----- probe hit report: "));
}

/// Fills more than a megabyte, the smallest buffer, before anyone reads.
const MUCH: &str = r#"probe begin { for (i = 0; i < 12000; i++) printf("line %d %s\n", i, "0123456789012345678901234567890123456789012345678901234567890123456789") exit() }"#;

#[test]
fn losses_are_told_with_the_size_to_change() {
    let ran = run(&["-D", "MAXACTION=100000", "-s", "1", "-e", MUCH]);
    let lost = number(&ran.err, "There were ");
    assert!(lost > 0, "{}", ran.err);
    assert!(ran.err.contains("transport failures. Try stap -s to increase the buffer size from 1.\n"), "{}", ran.err);
    assert_eq!(number(&ran.err, "CPU 0 lost "), lost);
    assert_eq!(ran.out.lines().count() as u64 + lost, 12000);
    assert!(ran.out.starts_with("line 0 "), "what came first is kept");
    let more = run(&["-D", "MAXACTION=100000", "-s", "3", "-v", "-e", MUCH]);
    assert!(more.err.contains("Buffer of each CPU: 4 MB (asked for: 3 MB).\n"), "{}", more.err);
    assert_eq!(more.out.lines().count(), 12000);
}

#[test]
fn a_flight_recorder_keeps_the_newest() {
    let ran = run(&["-F", "-D", "MAXACTION=100000", "-s", "1", "-e", MUCH]);
    let displaced = number(&ran.err, "On CPU 0 ");
    assert!(displaced > 0 && ran.err.ends_with(" older records made room for newer ones.\n"), "{}", ran.err);
    assert!(ran.out.starts_with(&format!("line {displaced} ")), "the oldest are gone");
    assert_eq!(ran.out.lines().count() as u64 + displaced, 12000);
    assert_eq!(ran.code, Some(0));
}

#[test]
fn a_flight_recorder_is_dumped_when_someone_asks() {
    // Only what comes before the dump can be seen by the script that waits for it.
    let script = r#"probe begin { println("early") }
        probe timer.ms(20) { if (n++ == 3) { println("ready") flight_recorder_dump() } }
        probe end { println(n ? "late" : "never") } global n"#;
    let mut child = spile().args(["run", "-F", "-e", script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut lines = String::new();
    output.read_line(&mut lines).unwrap();
    output.read_line(&mut lines).unwrap();
    assert_eq!(lines, "early\nready\n");
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!((rest.as_str(), child.wait().unwrap().code()), ("late\n", Some(0)));
}

#[test]
fn sigusr2_dumps_the_flight_recorder() {
    let script = r#"probe begin { println("early") flight_recorder_dump() }
        probe timer.ms(20) { printf("tick %d\n", n++) } global n probe end { println(n ? "end" : "never") }"#;
    let stap = Stap::new();
    let mut command = stap.command();
    let mut child = command.args(["-F", "-T60", "-e", script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    // The script runs: no signal can come too early.
    output.read_line(&mut line).unwrap();
    while !line.starts_with("tick ") {
        kill(Pid::from_raw(child.id() as i32), Signal::SIGUSR2).unwrap();
        line.clear();
        output.read_line(&mut line).unwrap();
    }
    assert_eq!(line, "tick 0\n", "nothing was printed before it was asked for");
    kill(Pid::from_raw(child.id() as i32), Signal::SIGTERM).unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert!(rest == "end\n" || rest.starts_with("tick 1\n") && rest.ends_with("\nend\n"), "{rest}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn files_by_cpu_can_be_merged() {
    let stap = Stap::new();
    let script = r#"probe begin { println("one") warn("careful") printf("%s %d\n", "two", 2) exit() }"#;
    let bulk = stap.run(&["-b", "-o", "out", "-e", script]);
    assert_eq!((bulk.out.as_str(), bulk.err.as_str(), bulk.code), ("", "WARNING: careful\n", Some(0)));
    let file = stap.path().join("out.cpu0");
    let merge = |paths: &[&std::path::Path]| ran(&spile().arg("merge").args(paths).output().unwrap());
    let merged = merge(&[&file]);
    assert_eq!((merged.out.as_str(), merged.err.as_str(), merged.code), ("one\ntwo 2\n", "", Some(0)));
    let other = stap.path().join("other");
    fs::write(&other, "something else, in a file of text").unwrap();
    let refused = merge(&[&file, &other]);
    assert!(refused.err.ends_with("other: it is no file of `-b`\n") && refused.code == Some(1), "{}", refused.err);
    assert!(stap.run(&["-b", "-e", script]).err.starts_with("stap: -b needs an output file: -o FILE"));
}

#[test]
fn a_timed_handler_is_where_the_script_has_it() {
    // Its first instruction is one of the library's.
    let timed = run(&["-t", "-e", "global a probe timer.ms(2) { a[tid()] = 1 exit() } probe end { delete a }"]);
    assert!(timed.out.contains("\ntimer.ms(2), (<input>:1:10), hits: "), "{}", timed.out);
}

#[test]
fn too_large_a_share_of_the_cpu_ends_a_session() {
    let script = "probe timer.ms(1) { n++ } probe timer.s(1) { exit() } probe error { println(\"error probe\") } global n probe end { println(n > 0) }";
    let limits = ["-DSTP_OVERLOAD_INTERVAL=1000LL", "-DSTP_OVERLOAD_THRESHOLD=1LL"];
    let over = stap(&[limits[0], limits[1], "-e", script]);
    assert_eq!((over.out.as_str(), over.code), ("error probe\n", Some(1)));
    assert!(number(&over.err, "ERROR: probe overhead (") > 1, "{}", over.err);
    assert!(over.err.contains(" cycles) exceeded threshold (1 cycles) in last "), "{}", over.err);
    let unlimited = [["-DSTP_NO_OVERLOAD", "-w"].as_slice(), ["--suppress-time-limits", "-g"].as_slice()];
    for more in unlimited {
        let words = [limits.as_slice(), more, &["-e", script]].concat();
        let fine = stap(&words);
        assert_eq!((fine.out.as_str(), fine.err.as_str(), fine.code), ("1\n", "", Some(0)));
    }
    let wrong = stap(&["-DSTP_OVERLOAD_INTERVAL=soon", "-e", script]);
    assert!(wrong.err.contains("takes a number of cycles, not \"soon\""), "{}", wrong.err);
}

#[test]
fn it_is_told_how_probes_are_attached() {
    let list = |words: &[&str]| ran(&spile().arg("list").arg("--how").args(words).output().unwrap());
    let told = list(&["timer.ms(100)", "begin"]);
    assert_eq!(told.out, "timer.ms(100): timer\nProbes: 1 timer.\n", "{}", told.err);
    let wrong = list(&["--attach", "magic", "begin"]);
    assert!(wrong.err.contains("--attach takes words from direct, ftrace, fprobe, kprobe"), "{}", wrong.err);
}
