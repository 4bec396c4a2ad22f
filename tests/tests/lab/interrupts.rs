// SPDX-License-Identifier: MIT OR Apache-2.0
//! Probes that fire in interrupts while handlers run.

use anyhow::{Result, ensure};
use spile_abi::SPILE_SKIP_LOCK;
use spile_tests::lab_run::{Ran, Run};
use spile_tests::machines::{self, Lab};
use spile_vm_lab::{Cell, Silent};

/// The machine reads without an end: probes of all levels fire while it does.
const LOAD: &str = "while :; do dd if=/dev/zero of=/dev/null bs=7 count=1000 2>/dev/null; done";

fn run(cell: Cell, script: &str) -> Result<Ran> {
    let mut lab = Lab::start(machines::builder(cell, &Silent)?.smp(2), &Silent)?;
    // Skips are expected, and no reason to end.
    let ran = Run::new(script).define("MAXSKIPPED", "1000000000").command(LOAD).on(&mut lab)?;
    lab.finish()?;
    ensure!(ran.outcome.is_success(), "{ran:?}");
    Ok(ran)
}

/// Handlers with globals of their own nest without a skip, and their records with them.
pub fn nest(cell: Cell) -> Result<()> {
    let ran = run(
        cell,
        r#"global reads, calls, softs, ticks, lines
        probe kernel.function("vfs_read") { reads++; for (i = 0; i < 100; i++) sum += i; if (sum < 0) println("never") }
        probe kernel.trace("raw_syscalls:sys_enter") {
            calls++
            for (i = 0; i < 300; i++) sum += i
            lines++
            printf("line of call %d\n", sum)
        }
        probe kernel.trace("softirq_entry") { softs++; lines++; println("line of softirq") }
        probe timer.us(200) { ticks++; lines++; println("line of tick"); if (ticks >= 3000) exit() }
        probe timer.us(333) { ticks++ }
        probe end {
            printf("reads %d\ncalls %d\nsofts %d\nticks %d\nlines %d\n", reads, calls, softs, ticks, lines)
        }"#,
    )?;
    let mut handlers = 1;
    for word in ["reads", "calls", "softs", "ticks"] {
        let count = ran.number(word)?;
        ensure!(count > 0, "no {word}: {}", ran.err);
        handlers += count;
    }
    check_hits(&ran, handlers)?;
    let lines = ran.out.lines().filter(|line| line.starts_with("line of ")).count() as u64;
    ensure!(lines + ran.lost_records() == ran.number("lines")?, "{:?}", ran.outcome);
    Ok(())
}

/// Handlers that want the same global while one that they interrupted has it are skipped, and counted.
pub fn share_globals(cell: Cell) -> Result<()> {
    let ran = run(
        cell,
        r#"global seen, ticks
        probe kernel.trace("raw_syscalls:sys_enter") { seen["call"]++; for (i = 0; i < 300; i++) sum += seen["call"] }
        probe kernel.function("vfs_read") { seen["read"]++ }
        probe timer.us(200) { seen["tick"]++; ticks++; if (ticks >= 3000) exit() }
        probe timer.us(333) { seen["tick"]++ }
        probe end { foreach (what in seen) printf("%s %d\n", what, seen[what]) }"#,
    )?;
    check_hits(&ran, 1 + ran.number("call")? + ran.number("read")? + ran.number("tick")?)
}

/// kshim's count of handlers that ran is the script's, and those that gave up on a global.
fn check_hits(ran: &Ran, counted: u64) -> Result<()> {
    let report = &ran.outcome.report;
    let locked = report.skips(SPILE_SKIP_LOCK);
    ensure!(
        report.hits() == counted + locked,
        "{} hits, {counted} counted, {locked} skipped: {report:?}",
        report.hits()
    );
    Ok(())
}
