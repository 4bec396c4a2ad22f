// SPDX-License-Identifier: MIT OR Apache-2.0
//! Probe points: how the made-up kernel answers aliases, wildcards, braces, conditions and all forms of built-in points.

mod common;

use common::{compile, complaints, hit, run};
use expect_test::{Expect, expect};
use spile_frontend::Options;

/// The points that a script's probes resolve to.
fn points(script: &str) -> Vec<String> {
    compile(script).program.probes.into_iter().map(|probe| probe.name).collect()
}

/// Name and kind of each point.
fn check_kinds(script: &str, expected: Expect) {
    let compiled = compile(script);
    let shown: String = compiled.program.probes.iter().map(|p| format!("{} {:?}\n", p.name, p.kind)).collect();
    expected.assert_eq(&shown);
}

fn refused(script: &str, expected: Expect) {
    expected.assert_eq(&complaints(script, &Options::default()));
}

#[test]
fn wildcards_match_aliases_and_built_in_points() {
    assert_eq!(points("probe be* { }"), ["begin"]);
    assert_eq!(points("probe e* { }"), ["end", "error"]);
    assert_eq!(points("probe e*(3) { }"), ["end(3)", "error(3)"]);
    assert_eq!(points("probe timer.*s(7) { }").len(), 5, "jiffies, ms, ns, s, us");
    assert_eq!(
        points("probe a.b = begin { } probe a.c = end { } probe d.b = error { } probe a.* { }"),
        ["begin", "end"]
    );
    let nested = "probe x.a = begin { } probe x.b.c = end { } probe x.b.d = error { } ";
    assert_eq!(points(&format!("{nested} probe x.* {{ }}")), ["begin"]);
    assert_eq!(points(&format!("{nested} probe x.** {{ }}")), ["begin", "end", "error"]);
    assert_eq!(points(&format!("{nested} probe **.d {{ }}")), ["error"]);
    assert_eq!(points(&format!("{nested} probe x.b.* {{ }}")), ["end", "error"]);
    assert_eq!(points("probe _hidden.a = begin { } probe shown.a = end { } probe *.a { }"), ["end"]);
}

#[test]
fn wildcards_find_what_goes_on_behind_a_function_or_an_alias() {
    let read = "kernel.function(\"vfs_read@fs/read_write.c:450\")";
    let returned = format!("{read}.return");
    assert_eq!(points("probe kernel.func*(\"vfs_read\").ret* { }"), [&*returned]);
    assert_eq!(points("probe kernel.function(\"vfs_read\").* { }"), [read, read, &returned], "call, exported, return");
    let alias = "probe a.one = kernel.function(\"vfs_read\") { } ";
    assert_eq!(points(&format!("{alias} probe a.one.return {{ }}")), [&*returned]);
    assert_eq!(points(&format!("{alias} probe a.*.return {{ }}")), [&*returned]);
    assert_eq!(points(&format!("{alias} probe a.o*.r* {{ }}")), [&*returned]);
    let maxactive = format!("{alias} probe a.*.return.maxactive(3) {{ }}");
    check_kinds(
        &maxactive,
        expect![[r#"
            kernel.function("vfs_read@fs/read_write.c:450").return Return { symbol: "vfs_read", maxactive: 3, words: Some(4) }
        "#]],
    );
}

#[test]
fn braces_are_a_product() {
    let kernel = points("probe {kernel,kprobe}.function(\"vfs_{r,w}*\") ?, {begin, end(5), timer.{s(1), ms(2)}} { }");
    assert_eq!(kernel, ["begin", "end(5)", "timer.s(1)", "timer.ms(2)"], "strings have no braces");
    let twice = points("probe kernel.function(\"kfree\").{call, return} { }");
    assert_eq!(twice, ["kernel.function(\"kfree\")", "kernel.function(\"kfree\").return"]);
}

#[test]
fn sufficient_points_end_their_own_list_only() {
    let list = "probe one = begin, end { } ";
    assert_eq!(points(&format!("{list} probe one !, error {{ }}")), ["begin", "end"]);
    assert_eq!(points("probe gone !, begin !, end, error { }"), ["begin"]);
    assert_eq!(points("probe {begin, end}! { }"), ["begin"]);
    assert_eq!(points("probe {begin!, end} { }"), ["begin"]);
    assert_eq!(points("probe inner = begin !, end { } probe inner, error { }"), ["begin", "error"]);
    assert_eq!(points("probe kernel.function(\"gone\") !, kernel.function(\"kfree\") !, never { }").len(), 1);
}

#[test]
fn optional_is_inherited_through_aliases() {
    assert_eq!(points("probe a = kernel.function(\"gone\"), begin { } probe a ? { }"), ["begin"]);
    assert_eq!(points("probe b = kernel.function(\"gone\") { } probe a = b { } probe a ?, end { }"), ["end"]);
    assert_eq!(points("probe b = kernel.function(\"gone\") { } probe b !, end { }"), ["end"]);
    refused(
        "probe a = kernel.function(\"gone\") ? { } probe a, begin { }",
        expect![[r#"
        1:47 E0342: no match for probe point 'a'
    "#]],
    );
    refused(
        "probe a = kernel.function(\"gone\"), begin { } probe a { }",
        expect![[r#"
        1:18 E0342: no match for probe point 'kernel.function("gone")'
    "#]],
    );
}

#[test]
fn conditions_join_through_aliases_and_use_globals_only() {
    let script = "global on = 1, off
        probe inner = begin if (on) { } probe outer = inner if (!off) { print(\"o\") }
        probe outer if (on == 1) { println(\"yes\") } probe outer if (off) { println(\"no\") }
        probe begin(1) if (f(on)) { off = 1; println(\"f\") } function f(x) { return x > 0 }";
    assert_eq!(run(script), "oyes\nf\n");
    refused(
        "probe begin if (x) { x = 1 }",
        expect![[r#"
        1:17 E0504: probe condition must not reference undeclared global 'x'
            hint: the condition of a probe can use globals, literals and functions
    "#]],
    );
    refused(
        "probe kernel.function(\"vfs_read\") if ($count > 3) { }",
        expect![[r#"
        1:39 E0504: probe condition must not reference undeclared global '$count'
            hint: the condition of a probe can use globals, literals and functions
    "#]],
    );
    refused(
        "global s = \"x\" probe begin if (s) { }",
        expect![[r#"
        1:32 E0301: type mismatch: expected long but found string
            1:8 this makes it a string
    "#]],
    );
}

#[test]
fn several_aliases_of_one_name_all_apply_and_nest() {
    let script = "probe a = begin { print(\"1\") } probe a += begin(2) { print(\"x\") } probe b = a { print(\"b\") }, { print(\"e\") }
        probe b { print(\"-\") }";
    assert_eq!(run(script), "1b-eb-ex");
}

#[test]
fn functions_of_modules_are_named_with_them() {
    check_kinds(
        r#"probe module("ext4").function("*"), module("*").function("*_open").return, kprobe.module("xfs").function("xfs_open").call { }"#,
        expect![[r#"
            module("ext4").function("ext4_open") Function { symbol: "ext4:ext4_open", words: None }
            module("ext4").function("ext4_sync") Function { symbol: "ext4:ext4_sync", words: None }
            module("ext4").function("ext4_open").return Return { symbol: "ext4:ext4_open", maxactive: 0, words: None }
            module("xfs").function("xfs_open").return Return { symbol: "xfs:xfs_open", maxactive: 0, words: None }
            kprobe.module("xfs").function("xfs_open") Function { symbol: "xfs:xfs_open", words: None }
        "#]],
    );
    refused(
        "probe module(\"btrfs\").function(\"x\") { }",
        expect![[r#"
        1:23 E0342: no match for probe point 'module("btrfs").function("x")'
            hint: the target's facts know of no module 'btrfs': it must be loaded when they are read
    "#]],
    );
    refused(
        "probe module(\"ext4\").function(\"ext4_opem\") { }",
        expect![[r#"
        1:22 E0342: no match for probe point 'module("ext4").function("ext4_opem")'
            hint: similar names: ext4_open
    "#]],
    );
}

#[test]
fn functions_are_found_by_file_line_and_address() {
    check_kinds(
        r#"probe kernel.function("vfs_*@read_write.c:451"), kernel.function("*@fs/read_write.c:1,450-460"),
            kernel.function("vfs_read@fs/*.c+0"), kernel.statement("vfs_write@fs/read_write.c:451"),
            kernel.statement("kfree"), kernel.statement("vfs_read@read_write.c").nearest,
            kernel.function("vfs_*").exported, kernel.function("k*").exported ?,
            kernel.function(0xffffffff81000010), kernel.function(0xffffffff81000000).return,
            kernel.statement(0xffffffff81000000), kernel.statement(0xffffffff81000007) { }"#,
        expect![[r#"
            kernel.function("vfs_write@fs/read_write.c:451") Function { symbol: "vfs_write", words: Some(4) }
            kernel.function("vfs_read@fs/read_write.c:450") Function { symbol: "vfs_read", words: Some(4) }
            kernel.function("vfs_write@fs/read_write.c:451") Function { symbol: "vfs_write", words: Some(4) }
            kernel.function("vfs_read@fs/read_write.c:450") Function { symbol: "vfs_read", words: Some(4) }
            kernel.statement("vfs_write@fs/read_write.c:451") Function { symbol: "vfs_write", words: Some(4) }
            kernel.statement("kfree") Function { symbol: "kfree", words: Some(1) }
            kernel.statement("vfs_read@fs/read_write.c:450") Function { symbol: "vfs_read", words: Some(4) }
            kernel.function("vfs_read@fs/read_write.c:450") Function { symbol: "vfs_read", words: Some(4) }
            kernel.function("vfs_write@fs/read_write.c:451") Function { symbol: "vfs_write", words: Some(4) }
            kernel.function("by_value") Function { symbol: "by_value", words: Some(7) }
            kernel.function("by_value").return Return { symbol: "by_value", maxactive: 0, words: Some(7) }
            kernel.statement("by_value") Function { symbol: "by_value", words: Some(7) }
            kernel.statement(0xffffffff81000007) Address { symbol: "by_value", offset: 7 }
        "#]],
    );
}

#[test]
fn places_that_debug_information_tells_are_refused_clearly() {
    for (point, what) in [
        ("kernel.function(\"kfree@mm/slab.c\")", "kernel.function(\"kfree@mm/slab.c\")"),
        ("kernel.statement(\"vfs_read@fs/read_write.c:455\")", "kernel.statement(\"vfs_read@fs/read_write.c:455\")"),
        ("kernel.statement(\"vfs_read@fs/read_write.c+5\")", "kernel.statement(\"vfs_read@fs/read_write.c+5\")"),
        ("kernel.statement(\"vfs_read@fs/read_write.c:*\")", "statement(\"vfs_read@fs/read_write.c:*\")"),
        ("kernel.function(\"vfs_read\").inline", "function(…).inline"),
        ("kernel.function(\"vfs_read\").label(\"out\")", "function(…).label"),
        ("kernel.function(\"vfs_read\").callee(\"x\").return", "function(…).callee"),
        ("kernel.function(\"vfs_read\").callees(2)", "function(…).callees"),
    ] {
        let told = complaints(&format!("probe {point} {{ }}"), &Options::default());
        let message = format!("E0502: {what} needs debug information, which the target's facts lack");
        assert!(told.contains(&message), "{point}: {told}");
    }
    refused(
        "probe kernel.function(\"f@a.c:x\") { }",
        expect![[r#"
        1:14 E0503: malformed specification 'f@a.c:x'
            hint: it takes the form FUNCTION[@FILE[:LINES]], such as vfs_*@fs/read_write.c:450
    "#]],
    );
}

#[test]
fn points_that_are_not_there_yet_are_refused_by_name() {
    for point in [
        "timer.profile",
        "timer.profile.tick",
        "process.begin",
        "process(\"/bin/ls\").function(\"main\")",
        "perf.type(0).config(0)",
        "procfs(\"x\").read",
        "input.char",
        "netfilter.hook(\"x\").pf(\"y\")",
        "java(\"x\").class(\"y\").method(\"z\")",
        "python3.module(\"x\").function(\"y\")",
        "debuginfod.process(\"x\").begin",
        "kernel.data(\"x\").write",
        "kernel.lsm(\"x\")",
        "kernel.mark(\"x\")",
        "kernel.xdp",
        "xdp",
        "tp_syscall(\"read\")",
    ] {
        let told = complaints(&format!("probe {point} {{ }}"), &Options::default());
        assert!(told.contains("E0340: probe point '") && told.contains("is not supported yet"), "{point}: {told}");
    }
    refused(
        "probe timer { }",
        expect![[r#"
        1:7 E0501: probe point truncated: 'timer' goes on
            hint: one of these follows: hz(number), jiffies(number), ms(number), msec(number), ns(number), nsec(number), s(number), sec(number), us(number), usec(number)
    "#]],
    );
    refused(
        "probe kernel.funtion(\"vfs_read\") { }",
        expect![[r#"
            1:14 E0341: probe point mismatch: no such probe point 'kernel.funtion("vfs_read")'
                hint: did you mean 'kernel.function'?
        "#]],
    );
    refused(
        "probe a = begin { } probe a(3) { }",
        expect![[r#"
            1:27 E0341: probe point mismatch: no such probe point 'a(3)'
                hint: there can be begin, end, error, kernel, kprobe, module, never, timer
        "#]],
    );
    refused(
        "probe a(3) = begin { } probe a { }",
        expect![[r#"
        1:9 E0216: the name of a probe alias cannot take an argument
            hint: left of `=` stands the new name, right of it what it stands for
    "#]],
    );
    refused(
        "probe nothing.* { }",
        expect![[r#"
        1:7 E0342: no match for probe point 'nothing.*'
    "#]],
    );
    refused(
        "probe timer.s(1).randomize(2) { }",
        expect![[r#"
        1:18 E0343: probe point component 'randomize' takes at most the timer's period
    "#]],
    );
    refused(
        "probe timer.s(9999999999999) { }",
        expect![[r#"
        1:13 E0343: probe point component 's' takes a shorter time
    "#]],
    );
}

#[test]
fn tracepoints_are_found_by_name_and_system() {
    assert_eq!(points("probe kernel.trace(\"sched_s*\") { }"), ["kernel.trace(\"sched:sched_switch\")"]);
    assert_eq!(points("probe kernel.trace(\"sched:*\") { }").len(), 2);
    assert_eq!(points("probe kernel.trace(\"s*:sched_w*\") { }"), ["kernel.trace(\"sched:sched_wakeup\")"]);
    assert_eq!(points("probe kernel.tr*(\"sched_switch\") { }").len(), 2, "trace and tracepoint");
    let script = "probe kernel.tracepoint(\"sched_switch\") { println($arg1, \" \", $$name, \" \", $$vars) }";
    let shown = hit(script, &[1, 2, 3], 0, &mut common::World::default());
    assert_eq!(shown, "1 sched_switch arg1=0x1 arg2=0x2 arg3=0x3\n");
    refused(
        "probe kernel.tracepoint(\"sched_switch\") { println($prev) }",
        expect![[r#"
        1:51 E0324: unable to find local 'prev' in tracepoint 'sched:sched_switch' (alternatives: $arg1 $arg2 $arg3)
    "#]],
    );
}
