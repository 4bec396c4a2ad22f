// SPDX-License-Identifier: MIT OR Apache-2.0
//! Probes whose condition is false are not attached: the kernel itself says so.

use anyhow::{Result, ensure};
use spile_tests::lab_run::Run;
use spile_tests::machines::{self, Lab};
use spile_vm_lab::{Cell, Silent};

/// Reads while the probe is not there and while it is; another probe switches it.
const SWITCHED: &str = r#"
    global on, reads, calls
    probe kernel.function("vfs_read") if (on) { calls++; if (execname() == "dd") reads++ }
    probe kernel.function("vfs_mkdir") { on = !on }
    probe end { printf("reads %d\n", reads); printf("calls %d\n", calls) }"#;

/// What the kernel calls somebody for, by ftrace or a kprobe.
const SEEN: &str = r#"
    mount -t tracefs t /sys/kernel/tracing 2>/dev/null; mount -t debugfs d /sys/kernel/debug 2>/dev/null
    seen() { cat /sys/kernel/tracing/enabled_functions /sys/kernel/debug/kprobes/list 2>/dev/null | grep -c ' *vfs_read[ +]'; }
    switch() { mkdir "/switch$1"; while [ "$(seen)" "$2" 0 ]; do :; done; }
    reads() { dd if=/dev/zero of=/dev/null bs=7 count="$1" 2>/dev/null; }
    echo "first $(seen)"
    reads 100; switch 1 -eq; reads 200; switch 2 -ne; reads 400; switch 3 -eq; reads 800; switch 4 -ne; reads 1600
    echo "last $(seen)"; rmdir /switch*"#;

/// The same by strings and a quotient.
const BY_STRING: [(&str, &str); 2] =
    [("if (on)", "if (mode == \"on\" && on % 2)"), ("on = !on", "on++; mode = on % 2 ? \"on\" : \"off, for now\"")];

/// Hits change two strings, which are always the same: that they differ can only be said by who sees one of them in part.
const EQUAL: &str = r#"
    global a, b, n, wrong
    probe kernel.function("vfs_read") {
        n++
        if (n % 3 == 0) a = "" else a = n % 3 == 1 ? "the first of two" : "and a longer one, which takes its time to be written"
        b = a
    }
    probe kernel.function("vfs_write") if (a != b) { wrong++ }
    probe timer.s(2) { exit() }
    probe end { printf("n %d\n", n) printf("wrong %d\n", wrong) }"#;

/// More conditions than there are trampolines; one of them is true.
fn many() -> String {
    let probe = |n: u32| format!("probe kernel.function(\"vfs_read\") if (on == {n}) {{ n++ }}\n");
    let probes: String = (0..MANY).map(probe).collect();
    format!(
        "global on = {TRUE}, n
        probe timer.ms(10) {{ if (n > 100) exit() }} probe end {{ printf(\"n %d\\n\", n) }}\n{probes}"
    )
}

const MANY: u32 = 100;
const TRUE: u32 = 77;

/// A timer switches many, off when there have been hits, and itself off at last.
const BULK: &str = r#"
    global on, n, seen, ticks, rounds
    probe kernel.function("vfs_*") if (on) { n++ }
    probe timer.ms(40) if (rounds < 10) { if (!on || n > seen) { on = !on; seen = n; rounds++ } }
    probe timer.ms(10) if (rounds == 10) { if (++ticks == 3) exit() }
    probe end { printf("n %d\n", n) printf("rounds %d\n", rounds) }"#;

const READS: &str = "while :; do dd if=/dev/zero of=/dev/null bs=7 count=1000 2>/dev/null; done";

/// Both in one machine.
pub fn come_and_go(cell: Cell) -> Result<()> {
    let mut lab = Lab::start(machines::builder(cell, &Silent)?.smp(2), &Silent)?;
    switched(&mut lab, SWITCHED)?;
    let [condition, change] = BY_STRING;
    let by_string = SWITCHED.replace(condition.0, condition.1).replace(change.0, change.1);
    switched(&mut lab, &format!("global mode {by_string}"))?;
    bulk(&mut lab)?;
    let ran = Run::new(EQUAL).command(READS).on(&mut lab)?;
    ensure!(ran.outcome.is_success() && ran.number("n")? > 1000 && ran.number("wrong")? == 0, "{ran:?}");
    let probe = &ran.outcome.report.probes[1];
    ensure!(probe.times == 0 && probe.attachment.disarmed, "{probe:?}");
    let ran = Run::new(&many()).command(READS).on(&mut lab)?;
    ensure!(ran.outcome.is_success() && ran.number("n")? > 100, "{ran:?}");
    let probes = &ran.outcome.report.probes[2..];
    ensure!(probes.len() == MANY as usize && probes[TRUE as usize].times == 1, "{ran:?}");
    ensure!(probes.iter().map(|probe| probe.times).sum::<u32>() == 1, "{ran:?}");
    lab.finish()
}

fn switched(lab: &mut Lab, script: &str) -> Result<()> {
    let ran = Run::new(script).timed().command(SEEN).on(lab)?;
    ensure!(ran.outcome.is_success() && ran.lost_hits() == 0, "{ran:?}");
    ensure!(ran.number("first")? == 0 && ran.number("last")? == 0, "{}", ran.out);
    // All of those while it was attached, and of the others none; dd may read some more.
    let reads = ran.number("reads")?;
    ensure!((1000..1050).contains(&reads), "{reads} reads: {}", ran.out);
    let probe = &ran.outcome.report.probes[0];
    ensure!(probe.times == 2 && probe.attachment.disarmed && probe.attachment.errno == 0, "{probe:?}");
    let calls = ran.number("calls")?;
    ensure!(probe.hits >= calls, "{calls} calls: {probe:?}");
    ensure!(ran.out.contains("times attached: 2"), "{}", ran.out);
    Ok(())
}

fn bulk(lab: &mut Lab) -> Result<()> {
    let ran = Run::new(BULK).command(READS).on(lab)?;
    ensure!(ran.outcome.is_success() && ran.number("n")? >= 5 && ran.number("rounds")? == 10, "{ran:?}");
    let probes = &ran.outcome.report.probes;
    let (functions, timers) = probes[..probes.len() - 1].split_at(probes.len() - 3);
    let attached = functions.iter().filter(|probe| probe.times > 0 && probe.attachment.errno == 0).count();
    ensure!(
        attached * 10 >= functions.len() * 9 && functions.len() > 20,
        "{attached} of {}: {functions:?}",
        functions.len()
    );
    ensure!(functions.iter().all(|probe| probe.times <= 5), "{functions:?}");
    ensure!(timers.iter().all(|timer| timer.times == 1), "{timers:?}");
    Ok(())
}
