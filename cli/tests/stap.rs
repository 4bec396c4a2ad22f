// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command under the name `stap`: SystemTap's options, exit codes and messages.

mod common;
#[path = "../../debuginfo/tests/common/mod.rs"]
mod tiny_kernel;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use common::{Stap, interrupted, ran, stap};
use spile_frontend::target::Arch;

const HELLO: &str = r#"probe begin { println("hello") exit() }"#;

/// What scripts print that must run without a word to standard error.
#[track_caller]
fn prints(words: &[&str], expected: &str) {
    let ran = stap(words);
    assert_eq!((ran.out.as_str(), ran.err.as_str(), ran.code), (expected, "", Some(0)), "{words:?}");
}

/// What is said of a command line that is wrong.
#[track_caller]
fn refuses(words: &[&str], expected: &str) {
    let ran = stap(words);
    assert_eq!(ran.err, format!("stap: {expected}\nTry 'stap --help' for more information.\n"), "{words:?}");
    assert_eq!((ran.out.as_str(), ran.code), ("", Some(1)), "{words:?}");
}

#[test]
fn scripts_come_from_the_command_line() {
    prints(&["-e", HELLO], "hello\n");
    prints(&[&format!("-we{HELLO}")], "hello\n");
    prints(&["-e", r#"probe begin { println($1 + 1, @2) exit() }"#, "41", "-g"], "42-g\n");
    prints(&["-we", "probe begin { println($#) exit() }", "--", "--help"], "1\n");
}

#[test]
fn nobody_need_read_what_it_says() {
    let stap = Stap::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ran = stap.command().args(["-v", "-e", HELLO]).stderr(writer).output().unwrap();
    assert_eq!((ran.stdout.as_slice(), ran.status.code()), (&b"hello\n"[..], Some(0)));
}

#[test]
fn several_texts_are_one_program() {
    let words = [
        "-E",
        "function twice(x) { return 2 * x }",
        "-E",
        "probe end { println(\"end\") }",
        "-e",
        "probe begin { println(twice(21)) exit() }",
    ];
    prints(&words, "42\nend\n");
}

#[test]
fn scripts_come_from_files_and_standard_input() {
    let stap = Stap::new();
    fs::write(stap.path().join("a.stp"), HELLO).unwrap();
    assert_eq!(stap.run(&["a.stp"]).out, "hello\n");
    let mut child = stap.command().arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(HELLO.as_bytes()).unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, b"hello\n");
    let missing = stap.run(&["no.stp"]);
    assert_eq!(missing.err, "stap: cannot read the script no.stp: No such file or directory (os error 2)\n");
    assert_eq!(missing.code, Some(1));
}

/// A reader that has seen enough is no failure.
#[test]
fn long_lists_can_be_cut_short() {
    let stap = Stap::new();
    let mut child =
        stap.command().arg("--dump-functions").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = ran(&child.wait_with_output().unwrap());
    assert_eq!((output.err.as_str(), output.code), ("", Some(0)));
}

/// The kernel starts a script through the interpreter in its first line.
#[test]
fn scripts_that_name_their_interpreter_just_run() {
    let stap = Stap::new();
    let started = |first: &str| {
        let path = stap.path().join("tool");
        fs::write(&path, format!("{first}\nprobe begin {{ println(@1) exit() }}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let search = format!("{}:{}", stap.path().display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exec \"$0\" word", path.to_str().unwrap()]).env("PATH", search);
        ran(&command.env("SPILE_TARGET", "user").env("SYSTEMTAP_DIR", stap.path()).output().unwrap())
    };
    assert_eq!(started("#! /usr/bin/env stap").out, "word\n");
    let ran = started(&format!("#!{} -v -DMAXACTION=100 --no-global", stap.path().join("stap").display()));
    assert_eq!(ran.out, "word\n", "{}", ran.err);
    assert!(ran.err.starts_with("Pass 1: "), "{}", ran.err);
}

#[test]
fn passes_are_told_in_the_known_shape() {
    let ran = stap(&["-v", "-e", HELLO]);
    let shape = |line: &str| line.replace(|c: char| c.is_ascii_digit(), "");
    let lines: Vec<_> = ran.err.lines().collect();
    assert_eq!(lines.len(), 6, "{}", ran.err);
    assert_eq!(shape(lines[0]), "Pass : parsed user script and  library scripts in usr/sys/real ms.");
    assert!(
        lines[1].starts_with("Pass 2: analyzed script: 1 probe, 1 function, 0 embeds, 0 globals in "),
        "{}",
        lines[1]
    );
    assert!(lines[2].starts_with("Pass 3: translated to IR in "));
    assert!(lines[3].starts_with("Pass 4: compiled to an image of "));
    assert_eq!(lines[4], "Pass 5: starting run.");
    assert_eq!(shape(lines[5]), "Pass : run completed in usr/sys/real ms.");

    let some = stap(&["--vp", "01", "-e", HELLO]);
    assert!(some.err.starts_with("Pass 2: ") && some.err.lines().count() == 1, "{}", some.err);
}

#[test]
fn each_pass_can_be_the_last() {
    let stap = Stap::new();
    assert_eq!(stap.run(&["-p1", "-e", HELLO]).out, "probe begin {\n  println(\"hello\");\n  exit();\n}\n");
    assert!(stap.run(&["-p2", "-e", HELLO]).out.contains("# probes\nbegin"));
    let ir = stap.run(&["-p3", "-e", HELLO]).out;
    assert_eq!(spile_ir::parse(&ir).unwrap().probes[0].name, "begin");

    let cached = stap.run(&["-p4", "-e", HELLO]);
    let path = cached.out.trim_end();
    assert!(path.ends_with(".spile") && path.starts_with(stap.path().to_str().unwrap()), "{path}");
    assert_eq!(stap.run(&["-p4", "-e", HELLO]).out, cached.out, "the same script has the same image");
    spile_abi::Image::parse(&fs::read(path).unwrap()).unwrap();
    assert_eq!(stap.run(&["--clean-cache"]).code, Some(0));
    assert!(!std::path::Path::new(path).exists());

    assert_eq!(stap.run(&["-p4", "-m", "hello", "-e", HELLO]).out, "hello.spile\n");
    let mut agent = Command::new(env!("CARGO_BIN_EXE_spile"));
    let alone = agent.args(["agent", "run", "--user"]).arg(stap.path().join("hello.spile")).output().unwrap();
    assert_eq!(alone.stdout, b"hello\n");
    assert_eq!(stap.run(&["-mother", "-e", HELLO]).out, "hello\n", "-m alone stores and runs");
    assert!(stap.path().join("other.spile").exists());
}

#[test]
fn what_passes_made_is_kept() {
    let stap = Stap::new();
    let ran = stap.run(&["--tmpdir=kept", "-p4", "-e", HELLO]);
    assert_eq!(ran.err, "Keeping temporary directory \"kept\"\n");
    for name in ["tokens", "stp", "resolved", "typed", "ir", "clif", "s", "image"] {
        let text = fs::read_to_string(stap.path().join(format!("kept/script.{name}"))).unwrap();
        assert!(!text.is_empty(), "{name}");
    }
    let ran = ran_in(&stap, &["-k", "-p1", "-e", HELLO]);
    let path = ran.strip_prefix("Keeping temporary directory \"").and_then(|rest| rest.strip_suffix("\"\n"));
    assert!(fs::read_to_string(format!("{}/script.ir", path.unwrap())).unwrap().contains("func0"));
}

/// What is said where temporary files are in the folder too.
fn ran_in(stap: &Stap, words: &[&str]) -> String {
    ran(&stap.command().env("TMPDIR", stap.path()).args(words).output().unwrap()).err
}

#[test]
fn failed_passes_say_which() {
    let parse = stap(&["-e", "probe begin {"]);
    assert_eq!(parse.code, Some(1));
    let last = parse.err.lines().last().unwrap();
    assert!(last.starts_with("Pass 1: parse failed.  [spile explain E02"), "{}", parse.err);

    let analysis = stap(&["-e", "probe begin { nonsense() }"]);
    assert_eq!((analysis.out.as_str(), analysis.code), ("", Some(1)));
    assert!(analysis.err.contains("<input>:1:15"), "{}", analysis.err);
    let last = analysis.err.lines().last().unwrap();
    assert!(last.starts_with("Pass 2: analysis failed.  [spile explain E03"), "{last}");

    let run = stap(&["-e", "global z probe begin { println(1 / z) } probe never { z = 1 }"]);
    assert_eq!(run.code, Some(1));
    let lines: Vec<_> = run.err.lines().collect();
    assert_eq!(
        lines,
        [
            "ERROR: division by 0 near operator '/' at <input>:1:34 in probe begin",
            "WARNING: Number of errors: 1, skipped probes: 0",
            "Pass 5: run failed."
        ]
    );
}

/// Two errors, then the end.
const TWO_ERRORS: &str = r#"global z
probe begin { println(1 / z) } probe begin(1) { println(2 % z) } probe begin(2) { println("third") exit() }
probe end { println("end") } probe error { println("error") } probe never { z = 1 }"#;

#[test]
fn errors_end_the_session_at_a_number() {
    let first = stap(&["-e", TWO_ERRORS]);
    assert_eq!((first.out.as_str(), first.code), ("error\n", Some(1)));
    assert!(first.err.contains("\nWARNING: Number of errors: 1, skipped probes: 0\n"), "{}", first.err);

    let survived = stap(&["-DMAXERRORS=2", "-e", TWO_ERRORS]);
    assert_eq!((survived.out.as_str(), survived.code), ("third\nend\n", Some(1)));
    assert_eq!(survived.err.matches("ERROR: division by 0").count(), 2, "{}", survived.err);
    assert!(survived.err.contains("\nWARNING: Number of errors: 2, skipped probes: 0\n"), "{}", survived.err);

    let suppressed = stap(&["--suppress-handler-errors", "-e", TWO_ERRORS]);
    assert_eq!((suppressed.out.as_str(), suppressed.code), ("third\nend\n", Some(0)));
    assert_eq!(suppressed.err, "WARNING: Number of errors: 2, skipped probes: 0\n");
}

#[test]
fn commands_are_started_and_their_end_is_told() {
    let target = "probe begin { printf(\"%d\\n\", target() > 1) }";
    assert_eq!(stap(&["-c'true'", "-e", target]).code, Some(0));
    let exited = stap(&["-c", "exit 3", "-e", target]);
    assert_eq!((exited.out.as_str(), exited.code), ("1\n", Some(0)));
    assert_eq!(exited.err, "WARNING: Child process exited with status 3\n");
    let killed = stap(&["-c", "kill -9 $$", "-e", target]);
    assert_eq!((killed.err.as_str(), killed.code), ("WARNING: Child process exited with signal 9 (Killed)\n", Some(0)));
    prints(&["-w", "-c", "exit 3", "-e", target], "1\n");
    prints(&["-x", "1234", "-e", "probe begin { println(target()) exit() }"], "1234\n");
}

#[test]
fn sessions_end_after_their_time_and_at_an_interrupt() {
    prints(&["-T1", "-e", "probe end { println(\"end\") }"], "end\n");
    let stap = Stap::new();
    let script = r#"probe begin { println("ready") } probe end { println("end") }"#;
    assert_eq!(interrupted(stap.command().args(["-e", script])), ("end\n".into(), Some(0)));
}

#[test]
fn output_goes_to_files() {
    let stap = Stap::new();
    assert_eq!(stap.run(&["-o", "plain", "-e", HELLO]).out, "");
    assert_eq!(fs::read_to_string(stap.path().join("plain")).unwrap(), "hello\n");
    stap.run(&["-o", "day-%Y.log", "-e", HELLO]);
    let year: Vec<_> = names(&stap, "day-").into_iter().map(|name| name.len()).collect();
    assert_eq!(year, ["day-2000.log".len()]);

    let much = r#"probe begin { for (i = 0; i < 900; i++) printf("%4000d\n", i) exit() }"#;
    let ran = stap.run(&["-DMAXACTION=100000", "-s8", "-S", "1,2", "-o", "part", "-e", much]);
    assert_eq!((ran.err.as_str(), ran.code), ("", Some(0)));
    assert_eq!(names(&stap, "part"), ["part.2", "part.3"]);
    let last = fs::read_to_string(stap.path().join("part.3")).unwrap();
    assert!(last.ends_with("899\n") && last.lines().all(|line| line.len() == 4000));
}

fn names(stap: &Stap, prefix: &str) -> Vec<String> {
    let entries = fs::read_dir(stap.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.filter(|name| name.starts_with(prefix)).collect();
    names.sort();
    names
}

#[test]
fn limits_and_globals_are_set() {
    let script = "global g = 1 probe begin { println(g) for (i = 0; i < 50; i++) s += i exit() }";
    assert_eq!(stap(&["-wG", "g=7", "-e", script]).out, "7\n");
    let bounded = stap(&["-w", "-DMAXACTION_INTERRUPTIBLE=20", "-e", script]);
    assert!(bounded.err.contains("ERROR: MAXACTION exceeded"), "{}", bounded.err);
    let unbounded = "probe begin { for (i = 0; i < 100000; i++) { } println(i) exit() }";
    assert!(stap(&["-g", "-e", unbounded]).err.contains("MAXACTION exceeded"));
    prints(&["-g", "--suppress-time-limits", "-e", unbounded], "100000\n");
    prints(&["-DSTP_NO_OVERLOAD", "-e", HELLO], "hello\n");
    let unknown = stap(&["-DMAXACTOIN=3", "-e", HELLO]);
    assert_eq!((unknown.out.as_str(), unknown.code), ("hello\n", Some(0)));
    assert!(unknown.err.contains("-D MAXACTOIN: no such limit"), "{}", unknown.err);
}

#[test]
fn warnings_are_shown_hidden_or_errors() {
    let script = "probe begin { println(never + 0) exit() }";
    let shown = stap(&["-e", script]);
    assert_eq!((shown.out.as_str(), shown.code), ("0\n", Some(0)));
    assert!(shown.err.starts_with("warning[W0350]"), "{}", shown.err);
    prints(&["-w", "-e", script], "0\n");
    let denied = stap(&["-W", "-e", script]);
    assert_eq!((denied.out.as_str(), denied.code), ("", Some(1)));
    assert!(denied.err.starts_with("error[W0350]"), "{}", denied.err);
    assert!(denied.err.ends_with("Pass 2: analysis failed.  [spile explain W0350]\n"), "{}", denied.err);
}

#[test]
fn unread_globals_are_printed_unless_that_is_not_wanted() {
    let script = "global n probe begin { n++ exit() }";
    prints(&["-e", script], "n=0x1\n");
    prints(&["--no-global-var-display", "-e", script], "");
    prints(&["-u", "-e", script], "n=0x1\n");
}

#[test]
fn the_library_can_be_extended_and_replaced() {
    let stap = Stap::new();
    for (folder, value) in [("one", 1), ("two", 2)] {
        fs::create_dir(stap.path().join(folder)).unwrap();
        let function = format!("function {folder}() {{ return {value} }}");
        fs::write(stap.path().join(folder).join("lib.stp"), function).unwrap();
    }
    let script = "probe begin { println(one() + two(), pid() > 0) exit() }";
    assert_eq!(stap.run(&["-Ione", "-I", "two", "-e", script]).out, "31\n");
    let replaced =
        |script| ran(&stap.command().env("SYSTEMTAP_TAPSET", "one").args(["-p2", "-e", script]).output().unwrap());
    assert_eq!(replaced("probe begin { println(one()) }").code, Some(0));
    assert!(replaced("probe begin { println(pid()) }").err.contains("pid"), "the built-in library is gone");
    assert_eq!(stap.run(&["-I", "no", "-e", HELLO]).code, Some(1));
}

#[test]
fn conditions_see_the_options() {
    let script = r#"probe begin { println(%( systemtap_v < "5" %? "old" %: "new" %), %( guru_mode == 1 %? "g" %: "-" %)) exit() }"#;
    prints(&["-e", script], "new-\n");
    prints(&["-g", "--compatible=4.9", "-e", script], "oldg\n");
}

#[test]
fn options_in_the_rc_file_come_first() {
    let stap = Stap::new();
    fs::write(stap.path().join("rc"), "# mine\n-w -G 'text=two words'\n").unwrap();
    let script = "global text = \"\" probe begin { println(text, never + 0) exit() }";
    let ran = stap.run(&["-e", script]);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("two words0\n", ""));
    fs::write(stap.path().join("rc"), "'open").unwrap();
    assert!(stap.run(&["-e", script]).err.contains("a quote is not closed in"));
}

#[test]
fn listings_succeed_where_something_matches() {
    let stap = Stap::new();
    let alias = r#"probe mine.tick = timer.s(1) { count = 1 name = "x" }"#;
    assert_eq!(stap.run(&["-l", "begin"]).out, "begin\n");
    assert_eq!(stap.run(&["-E", alias, "-l", "mine.*"]).out, "mine.tick\n");
    let with_variables = stap.run(&["-L", "mine.tick", "-E", alias]);
    assert_eq!((with_variables.out.as_str(), with_variables.code), ("mine.tick count:long name:string\n", Some(0)));
    for nothing in ["kernel.function(\"vfs_read\")", "no.such.alias", "(", "timer.s(0)"] {
        let ran = stap.run(&["-l", nothing]);
        assert_eq!((ran.out.as_str(), ran.err.as_str(), ran.code), ("", "", Some(1)), "{nothing}");
    }
}

#[test]
fn the_library_is_listed() {
    let types = stap(&["--dump-probe-types"]);
    assert!(types.out.contains("kernel.function(string).return\n") && types.out.contains("timer.ms(number)\n"));
    let aliases = stap(&["--dump-probe-aliases"]);
    assert!(aliases.out.lines().any(|line| line.starts_with("vfs.read = ")), "{}", aliases.out);
    let functions = stap(&["--dump-functions"]);
    assert!(functions.out.lines().any(|line| line.starts_with("pid:long (")), "{}", functions.out);
    assert!(!functions.out.lines().any(|line| line.starts_with('_')));
}

#[test]
fn it_explains_itself() {
    let help = stap(&["--help"]);
    assert_eq!((help.err.as_str(), help.code), ("", Some(0)));
    assert!(help.out.starts_with("usage: stap ") && help.out.contains("Not supported, and refused:\n  -i "));
    let version = stap(&["-V"]);
    assert!(version.out.starts_with("stap: Spile ") && version.out.contains("(version 5."), "{}", version.out);
}

#[test]
fn wrong_usage_is_refused() {
    refuses(&[], "a script must be given: a file, or text with -e");
    refuses(&["--frobnicate"], "there is no option --frobnicate");
    refuses(&["-i", "-e", HELLO], "-i is not supported: there is no interactive mode");
    refuses(
        &["--remote=host", "-e", HELLO],
        "--remote is not supported: compile with `spile build`, and run the image there with spile-agent",
    );
    let other = Stap::new();
    let wrong = ran(&other.command().env("SPILE_TARGET", "moon").args(["-e", HELLO]).output().unwrap());
    assert!(wrong.err.starts_with("stap: SPILE_TARGET=moon: a target is user, local, or vm:CELL"), "{}", wrong.err);
    assert_eq!(wrong.code, Some(1));
}

#[test]
fn places_and_kernels_can_be_chosen() {
    prints(&["--runtime=user", "-e", HELLO], "hello\n");
    let unknown = stap(&["-r", "1.2.3-nowhere", "-e", HELLO]);
    assert_eq!(unknown.code, Some(1));
    assert!(
        unknown.err.starts_with("stap: nothing is known of kernel 1.2.3-nowhere: make a kit there"),
        "{}",
        unknown.err
    );

    let stap = Stap::new();
    let other = if cfg!(target_arch = "x86_64") { "arm64" } else { "x86_64" };
    let ran = stap.run(&["-a", other, "-e", HELLO]);
    assert_eq!(ran.err, "WARNING: the kernel compiled for is not this one: the last pass is 4.\n");
    let image = fs::read(ran.out.trim_end()).unwrap();
    let expected = if other == "arm64" { spile_abi::SPILE_ARCH_AARCH64 } else { spile_abi::SPILE_ARCH_X86_64 };
    assert_eq!(spile_abi::Image::parse(&image).unwrap().header().arch, expected);
}

/// A kernel that is not here, by its kit.
#[test]
fn other_kernels_are_compiled_for() {
    let stap = Stap::new();
    fs::create_dir(stap.path().join("kits")).unwrap();
    tiny_kernel::kit(Arch::Aarch64).write(&stap.path().join("kits/tiny.kit")).unwrap();
    let read = "kernel.function(\"vfs_read\")";
    assert_eq!(stap.run(&["-r", "kits/tiny.kit", "-l", "kernel.function(\"vfs_read*\")"]).out.lines().count(), 2);
    let variables = stap.run(&["-r", "kits", "-L", read]);
    let expected = "kernel.function(\"vfs_read\") $file:struct file* $buf:char* $count:long unsigned int\n";
    assert_eq!((variables.out.as_str(), variables.err.as_str()), (expected, ""));

    let script = format!("probe {read} {{ println($count) }}");
    let built = stap.run(&["-r", "kits/tiny.kit", "-m", "other", "-e", &script]);
    assert_eq!((built.out.as_str(), built.code), ("other.spile\n", Some(0)));
    assert_eq!(built.err, "WARNING: the kernel compiled for is not this one: the last pass is 4.\n");
    let image = fs::read(stap.path().join("other.spile")).unwrap();
    let host = spile_abi::Image::parse(&image).unwrap().host().unwrap();
    assert_eq!((host.release.as_str(), host.arch), (tiny_kernel::RELEASE, spile_abi::SPILE_ARCH_AARCH64));

    let wrong = stap.run(&["-a", "x86_64", "-r", "kits", "-p2", "-e", &script]);
    assert_eq!(wrong.err, "stap: the kit is of a kernel for aarch64, not x86_64\n");
    let mut list = Command::new(env!("CARGO_BIN_EXE_spile"));
    list.current_dir(stap.path()).env("SPILE_TARGET", "user").args(["list", "-L", "--kit", "kits/tiny.kit", read]);
    assert_eq!(ran(&list.output().unwrap()).out, expected);
}

#[test]
fn colours_are_for_terminals_unless_they_are_asked_for() {
    let script = "global z probe begin { println(1 / z) } probe never { z = 1 }";
    assert!(!stap(&["-e", script]).err.contains('\x1b'));
    let coloured = stap(&["--color", "-e", script]).err;
    assert!(coloured.starts_with("\x1b[1;31mERROR\x1b[0m: division by 0"), "{coloured:?}");
    assert!(!stap(&["--color=never", "-e", script]).err.contains('\x1b'));
    let diagnostic = stap(&["--color=always", "-e", "probe begin { nonsense() }"]).err;
    assert!(diagnostic.contains('\x1b'), "{diagnostic:?}");
}

#[test]
fn what_is_not_there_is_0_where_that_is_wanted() {
    let stap = Stap::new();
    tiny_kernel::kit(Arch::Aarch64).write(&stap.path().join("tiny.kit")).unwrap();
    let words = ["-r", "tiny.kit", "-p2", "-e", "probe kernel.function(\"vfs_read\") { println($nonsense) }"];
    let refused = stap.run(&words);
    assert!(refused.err.contains("nonsense") && refused.code == Some(1), "{}", refused.err);
    assert_eq!(stap.run(&[&["--skip-badvars"], &words[..]].concat()).code, Some(0));
}

#[test]
fn options_that_change_nothing_are_accepted() {
    prints(
        &["-P", "--prologue-searching=never", "--disable-cache", "--poison-cache", "--check-version", "-e", HELLO],
        "hello\n",
    );
    prints(&["--privilege=stapdev", "-e", HELLO], "hello\n");
}
