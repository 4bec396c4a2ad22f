// SPDX-License-Identifier: MIT OR Apache-2.0
//! What scripts mean: compiled, verified, and run under the IR interpreter.
//!
//! The conformance cases in the repository's `tests/` run everywhere; here are the things that need a made-up kernel.

mod common;

use common::{compile, hit, run, run_in, world};
use expect_test::expect;
use spile_ir::ProbeKind;

#[test]
fn context_functions_read_the_current_task() {
    let script = r#"probe begin {
        println(execname(), " ", pid(), " ", tid(), " ", ppid(), " ", pexecname())
        println(uid(), " ", gid(), " ", euid(), " ", egid(), " ", task_execname(task_parent(task_current())))
    }"#;
    assert_eq!(run_in(script, &mut world()), "worker 42 43 7 init\n1000 100 0 50 init\n");
}

#[test]
fn target_variables_go_through_structures() {
    let script = r#"probe kernel.function("vfs_read") {
        println($file->f_inode->i_ino, " ", $file->f_mode, " ", $file->f_pos, " ", $file->f_slots[2])
        println($file->f_owner->pid, " ", &$file->f_pos - $file, " ", $count)
        for (i = 0; i < 4; i++) print($file->f_slots[i], " ")
        println(kernel_string($buf), " ", $buf[2])
        println($$parms)
    }"#;
    let args = [0x3000, 0x6000, 512, 0];
    expect![[r#"
        99 2147483649 -5 -12
        43 32 512
        -10 -11 -12 -13 a string 115
        file=0x3000 buf=0x6000 count=0x200 pos=0x0
    "#]]
    .assert_eq(&hit(script, &args, 0, &mut world()));
}

#[test]
fn values_keep_their_c_type_in_variables() {
    let script = r#"
    function owner(f) { return @cast(f, "file")->f_owner }
    probe kernel.function("vfs_read") {
        f = $file
        inode = f->f_inode
        println(inode->i_ino, " ", f->f_slots[1], " ", owner(f)->tgid)
    }"#;
    assert_eq!(hit(script, &[0x3000], 0, &mut world()), "99 -11 42\n");
}

#[test]
fn bit_fields_are_cut_out_and_extended() {
    let script = r#"probe begin {
        b = 0x5000
        println(@cast(b, "bits")->low, " ", @cast(b, "struct bits")->mid, " ", @cast(b, "bits")->hue == @enum("BLUE"))
    }"#;
    assert_eq!(run_in(script, &mut world()), "5 -3 1\n");
}

#[test]
fn return_probes_see_the_result_and_the_entry() {
    let script = r#"probe kernel.function("vfs_read").return {
        println($return, " ", @entry($count), " ", @entry($file->f_inode->i_ino), " ", @entry(pid() * 2))
        println($$return, " ", $$parms)
    }"#;
    let args = [0x3000, 0x6000, 512, 1];
    let shown = hit(script, &args, -14i64 as u64, &mut world());
    assert_eq!(shown, "-14 512 99 84\nreturn=0xfffffffffffffff2 file=0x3000 buf=0x6000 count=0x200 pos=0x1\n");
}

#[test]
fn narrow_arguments_ignore_the_rest_of_their_register() {
    let script = r#"probe kernel.function("do_exit") { println($code) }"#;
    assert_eq!(hit(script, &[0xdead_beef_ffff_ffff], 0, &mut world()), "-1\n");
}

#[test]
fn tracepoints_have_named_and_numbered_arguments() {
    let script = r#"probe kernel.trace("sched_switch") {
        println($prev->pid, " ", $next->tgid, " ", $arg1, " ", $$name, " ", $$system)
        println(pp())
    }"#;
    let shown = hit(script, &[1, 0x1000, 0x1100], 0, &mut world());
    assert_eq!(shown, "43 7 1 sched_switch sched\nkernel.trace(\"sched:sched_switch\")\n");
}

#[test]
fn faults_are_told_with_the_variable_and_can_be_caught() {
    let script = r#"probe kernel.function("vfs_read") {
        try { println($file->f_pos) } catch (why) { println("caught ", why) }
        println($file->f_pos)
    }"#;
    let shown = hit(script, &[0x10], 0, &mut world());
    expect![[r#"
        caught read fault [man error::fault] at 0x0000000000000030
        ERROR: read fault [man error::fault] at 0x0000000000000030 near identifier '$file' at <input>:3:17 in probe kernel.function("vfs_read@fs/read_write.c:450")
    "#]]
    .assert_eq(&shown);
}

#[test]
fn defined_decides_before_anything_runs() {
    let script = r#"probe kernel.function("vfs_read") {
        println(@defined($count), @defined($nothing), @defined($file->f_inode->i_ino), @defined($file->gone))
        if (@defined($nothing)) println($nothing->x)
        println(@defined($nothing) ? $nothing : 7, " ", @defined($nothing) && $nothing > 0)
        println(@choose_defined($nothing, $count), " ", @type_defined("inode"), @type_defined("outode"))
    }"#;
    assert_eq!(hit(script, &[0x3000, 0, 9], 0, &mut world()), "1010\n7 0\n9 10\n");
}

#[test]
fn points_of_a_wildcard_share_a_handler_where_it_cannot_tell_them_apart() {
    let compiled = compile(r#"probe kernel.function("*") { hits[pp()]++ } global hits"#);
    let handlers: Vec<_> = compiled.program.probes.iter().map(|probe| probe.handler).collect();
    let functions = compiled.program.probes.iter().filter(|probe| matches!(probe.kind, ProbeKind::Function { .. }));
    assert_eq!(functions.count(), 9, "the blocklisted one is left out");
    assert!(handlers[..9].iter().all(|handler| *handler == handlers[0]));

    let compiled =
        compile(r#"probe kernel.function("vfs_*"), kernel.function("kfree") { n += @defined($count) } global n"#);
    let handlers: Vec<_> = compiled.program.probes.iter().map(|probe| probe.handler).collect();
    assert_eq!(handlers[0], handlers[1], "vfs_read and vfs_write have the same $count");
    assert_ne!(handlers[0], handlers[2], "kfree has none");
}

#[test]
fn points_are_named_and_timed() {
    let compiled = compile(
        r#"probe begin, end(3), error, never, timer.ms(5).randomize(2), timer.hz(50), timer.jiffies(2),
           kernel.function("vfs_read").call, kernel.function("vfs_write@read_write.c").return.maxactive(4),
           kprobe.function("kfree"), {timer.s(1), begin}, kernel.function("gone") ?, kernel.trace("sched_*") { }"#,
    );
    let shown: String = compiled.program.probes.iter().map(|p| format!("{} {:?}\n", p.name, p.kind)).collect();
    expect![[r#"
        begin Begin(0)
        end(3) End(3)
        error Error(0)
        timer.ms(5).randomize(2) Timer { period_ns: 5000000, randomize_ns: 2000000 }
        timer.hz(50) Timer { period_ns: 20000000, randomize_ns: 0 }
        timer.jiffies(2) Timer { period_ns: 20000000, randomize_ns: 0 }
        kernel.function("vfs_read@fs/read_write.c:450") Function { symbol: "vfs_read", words: Some(4) }
        kernel.function("vfs_write@fs/read_write.c:451").return Return { symbol: "vfs_write", maxactive: 4, words: Some(4) }
        kprobe.function("kfree") Function { symbol: "kfree", words: Some(1) }
        timer.s(1) Timer { period_ns: 1000000000, randomize_ns: 0 }
        begin Begin(0)
        kernel.trace("sched:sched_switch") Tracepoint { name: "sched_switch", n_args: 3 }
        kernel.trace("sched:sched_wakeup") Tracepoint { name: "sched_wakeup", n_args: 1 }
    "#]]
    .assert_eq(&shown);
}

#[test]
fn aliases_nest_with_suffixes_conditions_and_needs() {
    let script = r#"
    global on = 1
    probe inner = kernel.function("vfs_read") { name = "inner"; print("1 ") }
    probe outer = inner { name = name . "+outer"; print("2 ") }, { println("4") }
    probe first = kernel.function("gone") !, outer ! if (on), begin { }
    probe first { print(name, " 3 ") }
    probe inner.return { println("return") }
    probe gone.away ? { }
    "#;
    assert_eq!(hit(script, &[0; 4], 0, &mut world()), "1 2 inner+outer 3 4\n");
    let names: Vec<_> = compile(script).program.probes.iter().map(|probe| probe.name.clone()).collect();
    assert_eq!(
        names,
        [
            "kernel.function(\"vfs_read@fs/read_write.c:450\")",
            "kernel.function(\"vfs_read@fs/read_write.c:450\").return"
        ]
    );
}

#[test]
fn library_aliases_give_their_variables() {
    let script = r#"probe vfs.read { println(name, " ", ino, " ", bytes_to_read) }"#;
    assert_eq!(hit(script, &[0x3000, 0, 512, 0], 0, &mut world()), "vfs.read 99 512\n");
    let script = r#"probe vfs.write.return { println(name, " ", bytes_written, " ", error_str) }"#;
    assert_eq!(hit(script, &[0x3000, 0, 512, 0], -2i64 as u64, &mut world()), "vfs.write 0 ENOENT\n");
}

#[test]
fn unread_globals_are_printed_last() {
    let script = r#"
    global n, s, a, m, h, e, read, set = 4
    probe begin { n = 5; s = "t"; a["x"] = 1; a["y"] = 2; m[1, "k"] = "v"; h[7] <<< 3; if (read) e <<< 1; read = 1 }
    probe end(9) { println(read) }"#;
    expect![[r#"
        1
        n=0x5
        s="t"
        a["y"]=0x2
        a["x"]=0x1
        m[1,"k"]="v"
        h[7] @count=0x1 @min=0x3 @max=0x3 @sum=0x3 @avg=0x3
        e @count=0x0
    "#]]
    .assert_eq(&run(script));
}

#[test]
fn next_goes_on_with_the_next_overload_and_its_original_arguments() {
    let script = r#"
    function f(x) { x = x * 2; if (x > 10) next; return sprint("small ", x) }
    function f(x) { if (x > 50) next; return sprint("large ", x) }
    probe begin { println(f(1), ", ", f(20)); try { f(60) } catch (e) { println(e) } }"#;
    assert_eq!(run(script), "small 2, large 20\nall functions exhausted\n");
}

#[test]
fn errors_name_the_operator() {
    let script = "probe begin {\n  x = 0\n  println(4 / x)\n}";
    assert_eq!(run(script), "ERROR: division by 0 near operator '/' at <input>:3:13 in probe begin\n");
    let script = "global s\nprobe begin { println(@min(s)) }";
    assert_eq!(run(script), "ERROR: empty aggregate near operator '@min' at <input>:2:23 in probe begin\n");
}

#[test]
fn values_that_nobody_uses_are_not_computed() {
    assert_eq!(
        run("probe begin { z = 0; 1 / z; f(1 / z > 1); println(\"on\") } function f(x) { println(\"f\") }"),
        "ERROR: division by 0 near operator '/' at <input>:1:33 in probe begin\n"
    );
    assert_eq!(run("probe begin { z = 0; 1 / z; println(\"on\") }"), "on\n");
}

#[test]
fn histograms_can_be_walked_and_indexed() {
    let script = r#"global s
    probe begin {
        s <<< 3; s <<< 25; s <<< -1
        foreach (b in @hist_linear(s, 0, 20, 10)) print(b, ":", @hist_linear(s, 0, 20, 10)[b], " ")
        println(@hist_linear(s, 0, 20, 10))
    }"#;
    assert_eq!(run(script), "0:1 1:1 2:0 3:1 4:0 Linear { low: 0, high: 20, step: 10 }\n");
}

#[test]
fn conversions_read_the_memory_of_the_process() {
    let script = r#"probe begin {
        println(user_string(0x7000), user_string_n(0x7000, 2), user_string_quoted(0x7000), user_string_n_quoted(0x7000, 3))
        println(user_string_n_quoted(0x7000, 5, 6), " ", user_buffer_quoted(0x7000, 8, 0), " ", user_buffer_quoted(0x7000, 8, 8))
        println(user_string_utf16(0x7200), user_string_quoted_utf16(0x7202), user_string2_utf16(0x7200, "?"))
        println(user_string_utf32(0x7300), user_string_quoted_utf32(0x7304), kernel_or_user_string_quoted(0x7000))
        println(user_int8(0x7100), " ", user_uint8(0x7100), " ", user_int16(0x7100), " ", user_uint16(0x7100), " ",
            user_int32(0x7100), " ", user_uint32(0x7100), " ", user_int64(0x7100), " ", user_uint64(0x7100))
        println(user_char(0x7100), " ", user_short(0x7100), " ", user_ushort(0x7100), " ", user_int(0x7100))
    }"#;
    let mut world = world();
    world.user.map(0x7000, b"te\"xt\0\x01\0".to_vec());
    world.user.map(0x7100, (-2i64).to_le_bytes());
    let units = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    world.user.map(0x7200, units("a\u{e9}\u{1f600}"));
    let characters = "a\u{e9}\u{1f600}\0".chars().flat_map(|letter| u32::from(letter).to_le_bytes());
    world.user.map(0x7300, characters.collect::<Vec<u8>>());
    expect![[r#"
        te"xtte"te\"xt""te\""
        "t"... "te\"xt\000\001\000" "te"...
        aé😀"\303\251\360\237\230\200"aé😀
        aé😀"\303\251\360\237\230\200""te\"xt"
        -2 254 -2 65534 -2 4294967294 -2 -2
        254 -2 65534 -2
    "#]]
    .assert_eq(&run_in(script, &mut world));
}

/// What is said of types that the made-up kernel has not, and what follows from it. `tests/tests/library.rs` compiles for real
/// kernels.
const UNKNOWN: &[&str] = &["E0326", "E0327", "E0328", "E0329", "E0330"];

#[test]
fn every_function_of_the_library_compiles() {
    use spile_frontend::ast::{FileKind, Item, TypeName};
    use spile_frontend::library::{Declares, TapsetLibrary};
    use spile_frontend::parser::{ParseContext, parse_file};
    use spile_frontend::preprocess::Conditions;
    use spile_frontend::span::SourceMap;
    let library = TapsetLibrary::builtin();
    let mut context = ParseContext::new(Conditions::new("6.1.0-mock", "x86_64"));
    let mut compiled = 0;
    let scripts =
        |kind, number: usize| library.file(number).name.ends_with(".stpm") == (kind == FileKind::MacroLibrary);
    for kind in [FileKind::MacroLibrary, FileKind::Tapset] {
        for number in (0..library.len()).filter(|number| scripts(kind, *number)) {
            let file = library.file(number);
            let mut sources = SourceMap::new();
            let id = sources.add(file.name.clone(), file.text.clone());
            for item in parse_file(&mut sources, id, kind, &mut context).file.items {
                let Item::Function(function) = item else { continue };
                assert_eq!(library.declaring(Declares::Function, &function.name.name).last(), Some(&number));
                if function.private {
                    continue;
                }
                let value = |ty: &Option<TypeName>| if *ty == Some(TypeName::String) { "\"s\"" } else { "1" };
                let args: Vec<_> = function.params.iter().map(|param| value(&param.ty)).collect();
                let text = format!("probe begin {{ {}({}) }}", function.name.name, args.join(", "));
                let options = spile_frontend::Options { guru: true, ..Default::default() };
                let Err(failed) = common::compile_with(&text, &options) else {
                    compiled += 1;
                    continue;
                };
                let told = failed.diagnostics.render(&failed.sources, false);
                assert!(
                    failed.diagnostics.iter().all(|one| !one.code.starts_with('E') || UNKNOWN.contains(&one.code)),
                    "{told}"
                );
            }
        }
    }
    assert!(compiled > 200, "only {compiled}");
}

#[test]
fn target_values_can_be_shown_as_text() {
    let script = r#"probe kernel.function("vfs_read") {
        println($file$)
        println($file$$)
        println($count$, " ", $file->f_slots$, " ", $file->f_owner->comm$, " ", $file->f_inode$)
        println(@cast(0x5000, "bits")$)
    }"#;
    expect![[r#"
        {.f_mode=2147483649, {.f_inode=0x4000, .f_raw=16384}, .f_slots=[...], .f_pos=-5, .f_owner=0x1000}
        {.f_mode=2147483649, {.f_inode=0x4000, .f_raw=16384}, .f_slots=[-10, -11, -12, -13], .f_pos=-5, .f_owner=0x1000}
        512 [-10, -11, -12, -13] "worker" {.i_ino=99, .i_mode=420}
        {.low=5, .mid=-3, .hue=2}
    "#]]
    .assert_eq(&hit(script, &[0x3000, 0, 512], 0, &mut world()));
}

#[test]
fn deep_scripts_do_not_exhaust_the_stack() {
    let nested = format!("probe begin {{ println({}1{}) }}", "(1+".repeat(25), ")".repeat(25));
    assert_eq!(run(&nested), "26\n");
    let long = format!("probe begin {{ println(1{}) }}", "+1".repeat(200));
    assert_eq!(run(&long), "201\n");
    let mut chain = String::from("function f0(x) { return x }\n");
    for n in 1..300 {
        chain += &format!("function f{n}(x) {{ return f{}(x + 1) }}\n", n - 1);
    }
    assert_eq!(run(&(chain + "probe begin { println(f299(0)) }")), "299\n");
}

#[test]
fn options_set_limits_and_globals() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let options = spile_frontend::Options {
        limits: vec![pair("MAXACTION", "50"), pair("MAXSTRINGLEN", "64"), pair("MAXFOO", "1")],
        globals: vec![pair("n", "0x10"), pair("s", "text"), pair("gone", "1"), pair("m", "x")],
        ..Default::default()
    };
    let script = "global n, s = \"\", m = 2 function f(x) { return x ? f(x - 1) : g() } function g() { return 1 }
        probe begin { println(n, s, m, f(1)) }";
    let compiled = common::compile_with(script, &options).unwrap_or_else(|_| panic!("it compiles"));
    let limits = &compiled.program.limits;
    assert_eq!((limits.max_action, limits.max_action_interruptible, limits.max_string), (50, 500, 64));
    assert_eq!(limits.max_nesting, 13, "two calls deep, the handler, and ten for recursion");
    assert!(matches!(compiled.program.globals[0].kind, spile_ir::GlobalKind::Int(16)));
    assert!(matches!(&compiled.program.globals[1].kind, spile_ir::GlobalKind::Str(text) if text == b"text"));
    let warnings: String = compiled.diagnostics.iter().map(|one| format!("{}\n", one.message)).collect();
    expect![[r#"
        -G gone: the script has no scalar global of that name
        -G m=x: 'm' is a number
        -D MAXFOO: no such limit, and so without effect
    "#]]
    .assert_eq(&warnings);
}

#[test]
fn the_resolved_script_has_a_text() {
    use spile_frontend::{Options, Source, TapsetLibrary, compile as stages, mock::MockTarget};
    let (options, target, library) = (Options::default(), MockTarget::new(), TapsetLibrary::builtin());
    let text = "global reads, last = \"-\", w%[9]
        function twice(x) { y = x * 2; return y }
        probe kernel.function(\"vfs_*\") { reads[execname(), pid()] <<< twice($count); last = pp(); w[1] = last }
        probe end { foreach ([n, p] in reads) println(n, @count(reads[n, p]), last) }";
    let conditions = stages::conditions(&target, &options, &|_| None);
    let source = Source { name: "<input>".into(), text: text.into() };
    let Ok(parsed) = stages::parse(&[source], &library, &conditions, &options) else { panic!("it parses") };
    let Ok(analysed) = stages::analyse(parsed, &options, &target) else { panic!("it resolves") };
    expect![[r##"
        # globals
        reads:stats [string, long]
        last:string = "-"
        w%[9]:string [long]
        # functions
        execname:string ()
        task_current:long ()
        task_execname:string (task:long)
        kernel_string_n:string (addr:long, n:long)
        pid:long ()
        task_pid:long (task:long)
        twice:long (x:long)
          # locals
          y:long
        pp:string ()
        # probes
        kernel.function("vfs_read@fs/read_write.c:450") /* <- kernel.function("vfs_*") */
        kernel.function("vfs_write@fs/read_write.c:451") /* <- kernel.function("vfs_*") */
        end /* <- end */
          # locals
          n:string
          p:long
        end(9223372036854775807) /* <- end(9223372036854775807) */
    "##]]
    .assert_eq(&analysed.script.to_string());
}

#[test]
fn every_example_of_the_library_compiles() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tapsets/examples");
    let options = spile_frontend::Options { args: vec!["vfs_*".into()], ..Default::default() };
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if let Err(failed) = common::compile_with(&text, &options) {
            // The made-up kernel lacks most tracepoints and types.
            let told = failed.diagnostics.render(&failed.sources, false);
            let other = failed
                .diagnostics
                .iter()
                .filter(|one| one.code.starts_with('E') && one.code != "E0342" && !UNKNOWN.contains(&one.code));
            assert_eq!(other.count(), 0, "{}\n{told}", path.display());
        }
        count += 1;
    }
    assert!(count >= 7);
}

#[test]
fn variables_of_an_alias_that_nobody_reads_are_not_computed() {
    let script = r#"probe vfs.read.return { println(bytes_read) } probe scheduler.ctxswitch { println(next_pid) }"#;
    let compiled = compile(script);
    let text = compiled.program.to_string();
    let handlers: Vec<_> = compiled.program.probes.iter().map(|probe| probe.handler).collect();
    let loads = |handler: spile_ir::FuncId| {
        let blocks = &compiled.program.functions[handler.index()].blocks;
        let insts = blocks.iter().flat_map(|block| &block.insts);
        insts.filter(|inst| matches!(inst.op, spile_ir::Op::Load { .. } | spile_ir::Op::Call(..))).count()
    };
    assert_eq!(loads(handlers[0]), 0, "{text}");
    assert_eq!(loads(handlers[1]), 1, "only $next->tgid: {text}");
    let kept =
        compile("probe kernel.function(\"vfs_read\").return { a = @entry($count); b = @entry($pos); println(b) }");
    assert_eq!(kept.program.probes[0].entry_words, 2);
    let none = compile("probe kernel.function(\"vfs_read\").return { a = @entry($count); x = 1; y = x; y++ }");
    assert_eq!((none.program.probes[0].entry_words, none.program.probes[0].entry), (0, None));
}

/// Those of aliases on the way count, too. What runs once looks at its own when it runs.
#[test]
fn conditions_of_probes_are_functions_of_globals() {
    let script = "global a = 1, b, n
        probe tick = timer.s(1) if (a > 0) { }
        probe tick if (b) { n++ }
        probe timer.s(2) { n++ }
        probe begin if (a) { n++ } probe end { println(n) }";
    let mut program = compile(script).program;
    spile_ir::optimise(&mut program);
    let condition = |point: &str| {
        let probe = program.probes.iter().find(|probe| probe.name.starts_with(point)).expect(point);
        probe.condition.map(|function| &program.functions[function.index()])
    };
    let both = condition("timer.s(1)").expect("a condition");
    let insts = both.blocks.iter().flat_map(|block| &block.insts);
    let read = insts.filter(|inst| matches!(inst.op, spile_ir::Op::GlobalGet(_))).count();
    // `a` never changes, but that is nothing that the optimiser goes by.
    assert_eq!((read, both.result), (2, Some(spile_ir::Type::Int)), "{program}");
    assert!(condition("timer.s(2)").is_none() && condition("begin").is_none());
}
