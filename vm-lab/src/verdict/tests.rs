// SPDX-License-Identifier: MIT OR Apache-2.0

use super::*;

/// First lines of complaints, one of each kind, in the kernels' words.
const COMPLAINTS: &[&str] = &[
    "[    3.141592] WARNING: CPU: 1 PID: 77 at kernel/kprobes.c:1062 __disarm_kprobe_ftrace.isra.0+0x4a/0x60",
    "[    3.141592] WARNING: possible circular locking dependency detected",
    "[    3.141592] WARNING: kernel/trace/ftrace.c:2200 at ftrace_bug+0x1/0x2, CPU#0: sh/55",
    "[    3.141592] BUG: kernel NULL pointer dereference, address: 0000000000000008",
    "[    3.141592] BUG: unable to handle page fault for address: ffffc90000123000",
    "[    3.141592] BUG: KASAN: slab-use-after-free in session_release+0x52/0x90 [kshim]",
    "[    3.141592] BUG: sleeping function called from invalid context at mm/vmalloc.c:2945",
    "[    3.141592] BUG: scheduling while atomic: sh/55/0x00000002",
    "[    3.141592] BUG kmalloc-64 (Tainted: G           O     ): Redzone overwritten",
    "[    3.141592] kernel BUG at mm/slub.c:4325!",
    "[    3.141592] Oops: 0002 [#1] PREEMPT SMP NOPTI",
    "[    3.141592] Internal error: Oops: 0000000096000045 [#1] SMP",
    "[    3.141592] Unable to handle kernel paging request at virtual address ffff80000a5c0000",
    "[    3.141592] general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP",
    "[    3.141592] invalid opcode: 0000 [#1] PREEMPT SMP NOPTI",
    "[    3.141592] divide error: 0000 [#1] SMP PTI",
    "[    3.141592] Kernel panic - not syncing: Fatal exception in interrupt",
    "[    3.141592] refcount_t: underflow; use-after-free.",
    "[    3.141592] list_del corruption. prev->next should be ffff888003c1a008, but was dead000000000122",
    "[   93.141592] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [sh:55]",
    "[   93.141592] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
    "[   93.141592] rcu: INFO: rcu_sched self-detected stall on CPU",
    "[  363.141592] INFO: task rmmod:91 blocked for more than 120 seconds.",
    "[    3.141592] INFO: trying to register non-static key.",
    "[  603.141592] kmemleak: 4 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
    "[    3.141592] UBSAN: array-index-out-of-bounds in kshim/ring.c:88:12",
    "[    3.141592] Failed to arm kprobe-ftrace at vfs_read+0x0/0x320 (error -16)",
    "[    3.141592] kshim: leak: 1 arena block of 4096 bytes",
    "half a line of a program[    3.141592] WARNING: CPU: 0 PID: 1 at kernel/module.c:1170",
    "spile-lab: cannot unload kshim",
];

/// Lines that hold the same words and complain of nothing.
const HARMLESS_LINES: &[&str] = &[
    // From the kernel.
    "[    0.081726] Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on, data leaks possible!",
    "[    0.000000] Warning: unable to open an initial console.",
    "[    1.234567] kshim: loading out-of-tree module taints kernel.",
    "[    1.234567] kshim: module verification failed: signature and/or required key missing - tainting kernel",
    "[    1.234567] traps: a.out[77] general protection fault ip:401136 sp:7ffd error:0 in a.out[401000+1000]",
    "[    1.234567] a.out[77]: segfault at 0 ip 0000000000401136 sp 00007ffd8c error 6 in a.out[401000+1000]",
    "[    1.234567] rcu: Hierarchical RCU implementation.",
    "[    1.234567] rcu: \tRCU calculated value of scheduler-enlistment delay is 25 jiffies.",
    "[    0.000000] kmemleak: Kernel memory leak detector initialized (mem pool available: 15679)",
    "[    0.000000] DEBUG_OBJECTS: BUG reports are on",
    "[    1.234567] INFO: all is well",
    // From programs.
    "WARNING: Number of errors: 0, skipped probes: 12",
    "BUG: this line was printed by a script",
    "WARNING: vfs_read [fs] Oops: 0002 [#1]",
    "[1.5] WARNING: not the kernel's way to write the time",
    "spile-lab: a shell in the machine; `exit` or ^D powers it off",
];

#[test]
fn each_kind_of_complaint_is_found() {
    for line in COMPLAINTS {
        assert_eq!(splats(line).len(), 1, "not found: {line}");
    }
}

#[test]
fn near_misses_pass() {
    for line in HARMLESS_LINES {
        assert_eq!(splats(line), [], "taken for a complaint: {line}");
    }
}

#[test]
fn an_excerpt_is_the_whole_trace_and_no_more() {
    let console = "\
[    2.000001] kshim: loaded
[    3.000001] ------------[ cut here ]------------
[    3.000002] WARNING: CPU: 0 PID: 60 at kernel/x.c:1 f+0x1/0x2
[    3.000003] Call Trace:
[    3.000004]  g+0x1/0x2
[    3.000005] ---[ end trace 0000000000000000 ]---
[    4.000001] kshim: unloaded
[    5.000001] BUG: unable to handle page fault for address: ffffc90000123000
[    5.000002] Oops: 0002 [#1] PREEMPT SMP NOPTI
";
    let verdict = Verdict::of(console, Some(0));
    assert!(!verdict.is_clean());
    let lines: Vec<_> = verdict.splats.iter().map(|splat| (splat.line, splat.excerpt.lines().count())).collect();
    assert_eq!(lines, [(3, 4), (8, 2)]);
    assert!(verdict.splats[0].excerpt.ends_with("---[ end trace 0000000000000000 ]---"));
}

#[test]
fn verdicts_in_words() {
    assert_eq!(Verdict::of("", Some(0)).to_string(), "clean");
    assert_eq!(Verdict::of("", Some(3)).to_string(), "the program in the machine exited with 3\n");
    let panic = Verdict::of("[    1.000000] Kernel panic - not syncing: sysrq", None);
    assert_eq!(
        panic.to_string(),
        "the machine ended before its program did\n\
         the kernel complained (line 1 of the console):\n[    1.000000] Kernel panic - not syncing: sysrq\n"
    );
    assert!(!Verdict::of("", None).is_clean());
}
