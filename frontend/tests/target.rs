// SPDX-License-Identifier: MIT OR Apache-2.0
//! Target variables and the operators that reach into the traced system, on the made-up kernel.

mod common;

use common::{World, complaints, hit, hit_with, run_in, world};
use expect_test::expect;
use spile_frontend::Options;
use spile_ir::Memory;

fn guru() -> Options {
    Options { guru: true, ..Options::default() }
}

fn word(memory: &Memory, addr: u64) -> u64 {
    let mut bytes = [0; 8];
    assert!(memory.load(addr, &mut bytes), "nothing at {addr:#x}");
    u64::from_le_bytes(bytes)
}

#[test]
fn types_are_spelled_as_in_c() {
    let script = r#"probe begin {
        println(@cast(0x3000, "struct file*")->f_mode, " ", @cast(0x3000, "const struct file *")->f_pos)
        println(@cast(0x3000, "file", "kernel<linux/fs.h><linux/sched.h>")->f_mode & 1,
                @cast(0x3000, "file", "<nothing.h>:ext4:kernel")->f_mode & 1)
        println(@cast(0x3010, "int[4]")[1], " ", @cast(0x3010, "int")[1], " ", @cast(0x3010, "int [2][2]")[1][1])
        println(@cast(0x3010, "unsigned long long int")[0], " ", @cast(0x3010, "short unsigned")[0])
        println(@cast(0x6000, "char*")[2], " ", @cast(0x3008, "void **")[0] == 0x4000, " ", &@cast(0x3000, "file")->f_pos)
        println(&@cast(16, "long")[2], " ", @cast(0x3008, "struct inode**")[0]->i_ino)
    }"#;
    expect![[r#"
        2147483649 -5
        11
        -11 -11 -13
        -42949672970 65526
        115 1 12320
        32 99
    "#]]
    .assert_eq(&run_in(script, &mut world()));
}

#[test]
fn variables_of_the_kernel_are_found_from_the_first_task() {
    let mut world = world();
    world.memory.map(0x1900, [0x7_0000u64, 0].iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>());
    world.memory.map(0x1100 + 0x800, vec![7, 0, 0, 0]);
    let mut offsets = vec![0; 8];
    offsets[..4].copy_from_slice(&0x7_0000u32.to_le_bytes());
    world.memory.map(0x1100 + 0x900, offsets);
    world.memory.map(0x7_0040, (5u64 | (0x3fd << 3) | (2 << 32)).to_le_bytes());
    world.memory.map(0x7_0000 + 0x1100 + 0xa00, 77u64.to_le_bytes());
    let script = r#"probe begin {
        println(@var("counter"), " ", @var("counter@kernel/sched.c", "kernel"), " ", &@var("untyped") - &@var("init_task"))
        println(@var("init_task")->tgid, " ", @var("cpu_bits")->mid, " ", @var("cpu_object"))
        println(@defined(@var("counter")), @defined(@var("no_such")), @defined(@var("untyped")), @defined(&@var("untyped")))
        println(@cast(&@var("init_task"), "task_struct")->tgid, " ", @var("cpu_bits")$)
        if (@defined(@var("no_such"))) println(@var("no_such")->x, f_that_is_not())
    }"#;
    expect![[r#"
        7 7 2064
        7 -3 77
        1001
        7 {.low=5, .mid=-3, .hue=2}
    "#]]
    .assert_eq(&run_in(script, &mut world));
}

#[test]
fn enumerators_have_values_and_names() {
    let script = r#"probe kernel.function("mix") {
        println(@enum("BLUE"), @const("GREEN"), " ", @enumname($hue), " ", @enumname(0, "enum color"), " ", @enumname(9, "color"))
        h = $hue
        for (i = 0; i < 4; i++) print(@enumname(i, "enum color", "kernel"), " ")
        println(@enumname(h), " ", @enumname(@cast(0x5000, "bits")->hue), " ", @enumname(@enum("RED")))
    }"#;
    let shown = hit(script, &[1], 0, &mut world());
    assert_eq!(shown, "21 GREEN RED 9\nRED GREEN BLUE 3 GREEN BLUE RED\n");
}

#[test]
fn constants_are_what_types_tell() {
    let script = r#"probe begin {
        println(@const("GREEN"), " ", @const("sizeof(struct file)"), " ", @const("sizeof (char*[3])"), " ", @const("sizeof(bits)"))
        println(@const("offsetof(struct file, f_inode)"), " ", @const("offsetof(cred, euid.val)"))
        println(@const("0x10"), " ", @const("-1"), " ", @const("017UL"), " ", @const("0"))
        println(@defined(@const("O_RDONLY")), @defined(@const("sizeof(struct gone)")), @defined(@const("offsetof(bits, mid)")))
    }"#;
    assert_eq!(run_in(script, &mut world()), "1 64 24 8\n8 8\n16 -1 15 0\n000\n");
}

#[test]
fn functions_ask_the_context_of_the_probe_that_calls_them() {
    let script = r#"
    function size() { return @defined($count) ? $count : -1 }
    function both(n) { if (n > 0) return both(n - 1) + size(); return 0 }
    function file() { return $file }
    function ino() { return file()->f_inode->i_ino }
    function early() { return @entry($count) * 10 + (@defined(@entry($gone)) ? 1 : 2) }
    probe kernel.function("vfs_read") { println(size(), " ", both(3), " ", $$parms, " ", ino()) }
    probe kernel.function("kfree") { println(size(), " ", $ptr) }
    probe kernel.function("vfs_write").return { println(early(), " ", @entry(size() + 1), " ", $return) }
    "#;
    assert_eq!(
        hit(script, &[0x3000, 0x6000, 12, 0], 0, &mut world()),
        "12 36 file=0x3000 buf=0x6000 count=0xc pos=0x0 99\n"
    );
    let script = script.replace("probe kernel.function(\"vfs_read\") {", "probe never {");
    let script = script.replace("both(3), \" \", $$parms, \" \", ino()", "1");
    assert_eq!(hit(&script, &[77], 0, &mut world()), "-1 77\n");
    let script = script.replace("probe kernel.function(\"kfree\") {", "probe never {").replace(", \" \", $ptr", "");
    assert_eq!(hit(&script, &[0x3000, 0x6000, 12, 0], 4, &mut world()), "122 13 4\n");
}

#[test]
fn strings_are_kept_from_the_entry() {
    let script = r#"
    function name() { return @entry(kernel_string($buf) . "!") }
    probe kernel.function("vfs_read").return {
        println(@entry(kernel_string($buf)), " ", @entry(execname()), " ", name(), " ", @entry($count))
        println(@entry($file$))
        println($$parms$$)
    }"#;
    expect![[r#"
        a string worker a string! 3
        {.f_mode=2147483649, {.f_inode=0x4000, .f_raw=16384}, .f_slots=[...], .f_pos=-5, .f_owner=0x1000}
        file={.f_mode=2147483649, {.f_inode=0x4000, .f_raw=16384}, .f_slots=[-10, -11, -12, -13], .f_pos=-5, .f_owner=0x1000} buf="a string" count=3 pos=0x0
    "#]]
    .assert_eq(&hit(script, &[0x3000, 0x6000, 3, 0], 0, &mut world()));
}

#[test]
fn what_a_function_keeps_outlives_the_question_that_met_it_first() {
    let script = r#"
    function file() { return @entry($file) }
    probe kernel.function("vfs_read").return {
        print(@defined(file()->gone), @defined(file()->f_pos), @defined(@entry($file->gone)), @defined(@entry($file->f_pos)), " ")
        println(@entry($count), " ", file()->f_pos, " ", @entry($pos))
    }"#;
    assert_eq!(hit(script, &[0x3000, 0x6000, 12, 34], 0, &mut world()), "0101 12 -5 34\n");
}

#[test]
fn a_computed_index_into_an_entry_value_is_read_at_the_return() {
    let script = r#"probe kernel.function("vfs_read").return {
        for (i = 0; i < 3; i++) print($file->f_slots[i], " ", $buf[i], " ")
        println($file->f_slots[3])
    }"#;
    assert_eq!(hit(script, &[0x3000, 0x6000, 3, 0], 0, &mut world()), "-10 97 -11 32 -12 115 -13\n");
}

#[test]
fn c_types_go_through_globals_arrays_and_functions() {
    let script = r#"
    global last, files, inodes
    function owner(f) { return f->f_owner }
    function same(x) { return x }
    function pid(t) { return t->pid }
    probe end {
        println(last->f_pos, " ", files["a"]->f_mode & 1, " ", same(last)->f_pos)
        foreach (inode in inodes) println(inode->i_ino)
        foreach (f = name in files) println(name, f->f_inode->i_mode)
        println(owner(last)->tgid, " ", pid(owner(last)), " ", pid(@cast(0x1100, "task_struct*")))
        none = last
        none = none ? none : 0
        println(none->f_pos, " ", (1 ? files["a"] : 0)->f_pos, " ", files["a"]->f_slots[1])
    }
    probe kernel.function("vfs_read") { last = $file; files["a"] = $file; inodes[$file->f_inode] = 1 }
    "#;
    expect![[r#"
        -5 1 -5
        99
        a420
        42 43 0
        -5 -5 -11
    "#]]
    .assert_eq(&hit(script, &[0x3000], 0, &mut world()));
}

#[test]
fn structures_in_registers_have_members() {
    let script = r#"probe kernel.function("by_value") {
        println($c->low, " ", $c->mid, " ", @enumname($c->hue), " ", $p->a, " ", $p->b, " ", $p->small)
        println($big->f_mode & 1, " ", $big->f_inode->i_ino, " ", $last, " ", $$parms)
        println($c$, " ", $p$$)
    }"#;
    let args = [5 | (0x3fd << 3) | (2 << 32), 100, 0x41_ffff_fff9, 0x3000, 0, 0, 0xf_ffff_ffff];
    expect![[r#"
        5 -3 BLUE 100 -7 65
        1 99 -1 f=? c=? p=? big=0x3000 last=0xffffffffffffffff
        {.low=5, .mid=-3, .hue=2} {.a=100, .b=-7, .small='A'}
    "#]]
    .assert_eq(&hit(script, &args, 0, &mut world()));
    let mut world = world();
    world.registers = 0x9000;
    world.memory.map(0x9000, (0..21u64).flat_map(|n| (n << 32 | 8).to_le_bytes()).collect::<Vec<_>>());
    let script = r#"probe kernel.function("by_value").return { println($return->a, " ", $return->b, " ", $return$) }"#;
    assert_eq!(hit(script, &[], 6, &mut world), "6 8 {.a=6, .b=8, .small='\u{c}'}\n");
    let script = r#"probe kernel.function("in_memory").return { println($return->f_pos, " ", $return) }"#;
    assert_eq!(hit(script, &[], 0x3000, &mut world), "-5 12288\n");
}

#[test]
fn registers_are_read_by_their_dwarf_numbers() {
    let mut world = world();
    world.registers = 0x9000;
    world.memory.map(0x9000, (0..21u64).flat_map(u64::to_le_bytes).collect::<Vec<_>>());
    let script = r#"
    function ip() { return @kregister(16) }
    probe kernel.function("vfs_read") {
        for (once = 0; once < 1; once++) println(@kregister(0), " ", @kregister(5), " ", @kregister(4), " ", @kregister(7), " ", ip())
    }"#;
    assert_eq!(hit(script, &[], 0, &mut world), "10 14 13 19 16\n");
}

#[test]
fn guru_mode_writes_memory_bit_fields_and_registers() {
    let script = r#"probe kernel.function("vfs_read") {
        $file->f_pos = 12; $file->f_pos++; $file->f_mode |= 2; $file->f_slots[1] = -1
        @cast(0x5000, "bits")->mid = 5; @cast(0x5000, "bits")->low++; @cast(0x5000, "bits")->hue = @enum("GREEN")
        $count = 99
        println($file->f_pos, " ", @cast(0x5000, "bits")$, " ", $file->f_mode, " ", @cast(0x4000, "inode")->i_ino -= 9)
        println(@cast(0x5000, "bits")->mid++, " ", ++@cast(0x5000, "bits")->mid, " ", @kderef(8, 0x4000) = 4)
    }"#;
    let mut world = world();
    world.registers = 0x9000;
    world.memory.map(0x9000, vec![0; 168]);
    let shown = hit_with(script, &guru(), &[0x3000, 0, 1], 0, &mut world);
    assert_eq!(shown, "13 {.low=6, .mid=5, .hue=1} 2147483651 90\n5 7 4\n");
    assert_eq!(word(&world.memory, 0x9000 + 96), 99);
    assert_eq!(word(&world.memory, 0x5000), 6 | 7 << 3 | 1 << 32);

    let script = r#"probe kernel.function("do_exit") { $code = -2; $code += 1 }
        probe kernel.function("vfs_read").return { $return = -5; $file->f_pos = 3 }"#;
    hit_with(script, &guru(), &[], 0, &mut world);
    // An int is half of its register.
    assert_eq!(word(&world.memory, 0x9000 + 112), 0xffff_ffff);
    let script = script.replace("kernel.function(\"do_exit\") {", "never {").replace("$code = -2; $code += 1", "");
    hit_with(&script, &guru(), &[0x3000], 0, &mut world);
    assert_eq!(word(&world.memory, 0x9000 + 80), -5i64 as u64);
    assert_eq!(word(&world.memory, 0x3020), 3);
}

#[test]
fn what_cannot_be_written_is_refused_by_name() {
    let script = r#"probe kernel.function("by_value") { $p->a = 1; $p = 2; $last = 3; $f = 1 }
        probe kernel.function("vfs_read").return { $count = 1; $file->f_slots = 2; @uderef(4, 0) = 1 }
        probe kernel.trace("sched_switch") { $prev = 0; $$vars = "" }
        probe kernel.function("vfs_read") { @var("counter") = 1 }"#;
    expect![[r#"
        1:48 E0433: this cannot be written to: it is no number and no pointer
        1:56 E0433: this cannot be written to: it is not passed in a register
        1:67 E0325: '$f' cannot be found: it is in no general register and not on the stack
        2:52 E0433: this cannot be written to: the function has returned, its parameters are gone
        2:64 E0433: this cannot be written to: a 'int[4]' is no number and no pointer
        2:84 E0433: this cannot be written to: it is memory of the process
        3:46 E0433: this cannot be written to: the arguments of a tracepoint are copies
        3:57 E0433: this cannot be written to: it is computed
    "#]]
    .assert_eq(&complaints(script, &guru()));
}

#[test]
fn bad_variables_can_be_skipped() {
    let script = r#"probe kernel.function("vfs_read") {
        println($nothing->x + 1, " ", @var("gone"), " [", $nothing$, "] ", @defined($nothing), " ", $count)
        println(@cast(16, "file")->f_pos, " [", @cast(16, "file")$, "] ", @cast(0x3000, "file")->f_pos)
    }"#;
    let options = Options { skip_badvars: true, ..Options::default() };
    let shown = hit_with(script, &options, &[0, 0, 4], 0, &mut world());
    assert_eq!(shown, "1 0 [] 0 4\n0 [] -5\n");
    expect![[r#"
        2:17 warning W0440: unable to find local 'nothing' in function 'vfs_read' (alternatives: $file $buf $count $pos); it is 0 instead (--skip-badvars)
        2:44 warning W0440: unable to find global 'gone' in the kernel; it is 0 instead (--skip-badvars)
        2:59 warning W0440: unable to find local 'nothing' in function 'vfs_read' (alternatives: $file $buf $count $pos); it is 0 instead (--skip-badvars)
    "#]]
    .assert_eq(&complaints(script, &options));
}

#[test]
fn probewrite_tells_what_the_wrapped_handler_writes() {
    let script = r#"
    global table
    probe inner = kernel.function("vfs_read") { size = $count; name = "n"; table[0] = 1 },
        { println(@probewrite(size), @probewrite(name), @probewrite(table), @probewrite($file), " ", size) }
    probe outer = inner { name = "m" } { println(@probewrite(name), @probewrite(size)) }
    probe end { println(table[0]) }
    probe outer { size += 2; if (0) $file->f_pos = 1 }"#;
    let script = script.replace("{ name = \"m\" } {", "{ name = \"m\" }, {");
    assert_eq!(hit_with(&script, &guru(), &[0x3000, 0, 5], 0, &mut world()), "01\n1101 7\n1\n");
}

#[test]
fn values_are_shown_by_their_types() {
    let script = r#"probe kernel.function("vfs_read") {
        println($count$, " ", $buf$, " ", $file->f_slots$, " ", $file->f_owner->comm$, " ", $file->f_pos$$)
        println($file->f_owner$)
        println($$parms$)
        println(@cast(0x2000, "cred")$$, " ", @cast(0x2000, "cred")$, " ", @cast(0x6000, "char")$)
    }"#;
    let shown = hit(script, &[0x3000, 0x6000, 3, 0], 0, &mut world());
    let expected = [
        r#"3 "a string" [-10, -11, -12, -13] "worker" -5"#,
        r#"{.pid=43, .tgid=42, .real_parent=0x1100, .cred=0x2000, .comm="worker", .weight=?, .prio=0, .static_prio=0, .__state=0}"#,
        r#"file={.f_mode=2147483649, {.f_inode=0x4000, .f_raw=16384}, .f_slots=[...], .f_pos=-5, .f_owner=0x1000} buf="a string" count=3 pos=0x0"#,
        r#"{.uid={.val=1000}, .gid={.val=100}, .euid={.val=0}, .egid={.val=50}} {.uid={...}, .gid={...}, .euid={...}, .egid={...}} 'a'"#,
    ];
    assert_eq!(shown.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn an_empty_world_has_no_registers() {
    let shown = hit(r#"probe kernel.function("vfs_read") { println(@kregister(0)) }"#, &[], 0, &mut World::default());
    assert!(shown.starts_with("ERROR: read fault [man error::fault] at 0x0000000000000050 near"), "{shown}");
}

#[test]
fn the_typed_script_spells_types_that_only_it_has() {
    let source = spile_frontend::Source {
        name: "<input>".into(),
        text: r#"probe begin { p = @cast(0, "struct file**"); a = @cast(8, "int[4]"); println(p[0]->f_pos, a) }"#
            .into(),
    };
    let (target, options) = (spile_frontend::mock::MockTarget::new(), Options::default());
    let library = spile_frontend::TapsetLibrary::builtin();
    let config = |_: &str| None;
    let conditions = spile_frontend::compile::conditions(&target, &options, &config);
    let parsed = spile_frontend::compile::parse(&[source], &library, &conditions, &options).unwrap();
    let script = spile_frontend::compile::analyse(parsed, &options, &target).unwrap().script;
    let text = spile_frontend::hir::typed(&script, &target);
    assert!(text.contains("p:long{struct file**} = "), "{text}");
}
