// SPDX-License-Identifier: MIT OR Apache-2.0
//! A host that runs scripts through the agent of a machine.

use anyhow::{Result, ensure};
use spile_tests::lab_run::{Ran, Run};
use spile_tests::machines::{self, Lab};
use spile_vm_lab::{Cell, Silent};

fn lab(cell: Cell) -> Result<Lab> {
    Lab::start(machines::builder(cell, &Silent)?.smp(2), &Silent)
}

/// The demo's tables, with rows that make sense for what the machine does.
pub fn demo(cell: Cell) -> Result<()> {
    let mut lab = lab(cell)?;
    let command = "while :; do dd if=/dev/zero of=/dev/null bs=3 count=500 2>/dev/null; done";
    let ran = Run::new(include_str!("../../../ci/demo.stp")).command(command).on(&mut lab)?;
    lab.finish()?;

    ensure!(ran.outcome.is_success() && ran.out.ends_with("\ndone\n"), "{ran:?}");
    let rows: Vec<Vec<_>> = ran.out.lines().map(|line| line.split_whitespace().collect()).collect();
    let headers = rows.iter().filter(|row| row[..] == ["process", "pid", "reads", "avg"]).count();
    ensure!((4..=5).contains(&headers), "{headers} tables:\n{}", ran.out);
    let mut whole = 0;
    for row in &rows {
        match row[..] {
            ["process", ..] | ["done"] => {}
            [name, pid, reads, average] => {
                let [pid, reads, average] = [pid, reads, average].map(str::parse::<u64>);
                ensure!(pid? > 0, "{}", ran.out);
                // Each dd has a process id of its own, and reads 500 times 3 bytes.
                if name == "dd" && average? == 3 {
                    let reads = reads?;
                    ensure!(reads <= 500, "{}", ran.out);
                    whole += u32::from(reads == 500);
                }
            }
            _ => anyhow::bail!("not a row: {row:?}\n{}", ran.out),
        }
    }
    ensure!(whole > 0, "no dd with all its reads:\n{}", ran.out);
    Ok(())
}

/// What a handler takes for the time is what the kernel does: a look at it right after the kernel's own is later, by
/// little at least once. One CPU, since the kernel trusts the counter of an emulated x86 only then.
pub fn clocks_agree(cell: Cell) -> Result<()> {
    let script = r#"global hits, least, early
        probe kernel.function("ktime_get").return {
            later = ktime_get_ns() - $return
            if (later < -100) early++
            if (!hits++ || later < least) least = later
        }
        probe timer.ms(1500) { exit() }
        probe end { printf("hits %d\nearly %d\nleast %d\n", hits, early, least)
            printf("boot %d\n", ktime_get_boot_ns() - ktime_get_ns() < 1000000000) }"#;
    let mut lab = Lab::start(machines::builder(cell, &Silent)?.smp(1), &Silent)?;
    let ran = Run::new(script).on(&mut lab)?;
    lab.finish()?;
    ensure!(ran.outcome.is_success() && ran.number("hits")? > 20, "{ran:?}");
    ensure!(ran.number("early")? == 0 && ran.number("least")? < 1_000_000 && ran.number("boot")? == 1, "{}", ran.out);
    Ok(())
}

/// Every read of a known process is counted once, at its entry and at its return.
pub fn counts_are_exact(cell: Cell) -> Result<()> {
    const READS: u64 = 4 * 500;
    let mut lab = lab(cell)?;
    let command = "for i in 1 2 3 4; do dd if=/dev/zero of=/dev/null bs=7 count=500 2>/dev/null; done";
    let ran = Run::new(include_str!("../../lab/counting.stp")).command(command).on(&mut lab)?;
    // What the agent reads because a script printed must not make the script print again, for ever.
    let own = r#"probe kernel.function("vfs_read") { if (execname() == "spile-agent") println("read") }"#;
    let own = Run::new(own).command("sleep 2").on(&mut lab)?;
    lab.finish()?;

    let reads = own.out.lines().count();
    ensure!(own.outcome.is_success() && reads < 200, "the agent read {reads} times while nothing happened");

    ensure!(ran.outcome.is_success() && ran.lost_records() == 0, "{ran:?}");
    let least = READS.saturating_sub(ran.lost_hits());
    for word in ["entries", "returns"] {
        ensure!((least..=READS).contains(&ran.number(word)?), "{ran:?}");
    }
    ensure!(ran.number("bytes")? == 7 * ran.number("returns")?, "{ran:?}");
    ensure!(ran.number("by dd")? == ran.number("entries")?, "{ran:?}");
    Ok(())
}

/// ^C ends a script that would not: its end probes run, and nothing fails.
pub fn interrupt_runs_end_probes(cell: Cell) -> Result<()> {
    let mut lab = lab(cell)?;
    let script = r#"global ticks
        probe timer.ms(20) { ticks++; println("tick") }
        probe kernel.function("vfs_read") { next }
        probe end { printf("ticks %d\nended\n", ticks) }"#;
    let ran = Run::new(script).interrupted_by_output().on(&mut lab)?;
    // The machine and its agent are good for more.
    let again = Run::new("probe begin { println(\"again\") exit() }").on(&mut lab)?;
    lab.finish()?;

    let ticks = ran.out.lines().filter(|line| *line == "tick").count() as u64;
    ensure!(ran.outcome.is_success() && ran.out.ends_with("\nended\n"), "{ran:?}");
    ensure!(ticks > 0 && ticks == ran.number("ticks")?, "{ran:?}");
    ensure!(again.out == "again\n", "{again:?}");
    Ok(())
}

/// What finds no room in a small ring is reported: exactly for a storm that no reader can relieve, and in sum for one
/// that races with the reader.
pub fn loss_is_counted(cell: Cell) -> Result<()> {
    const LINES: u64 = 5000;
    let mut lab = lab(cell)?;
    // The agent reads nothing while begin probes run.
    let script = format!(
        r#"probe begin {{ for (i = 0; i < {LINES}; i++) printf("line %d\n", i); exit() }}
        probe end {{ println("ended") }}"#
    );
    let still = Run::new(&script).define("MAXACTION", "100000").ring_bytes(64 << 10).on(&mut lab)?;
    let script = r#"global n
        probe kernel.function("vfs_read") {
            for (i = 0; i < 100; i++) { n++; printf("line %d of %s, which reads %d bytes\n", i, execname(), $count) }
            if (n >= 50000) exit()
        }
        probe end { printf("total %d\nended\n", n) }"#;
    let command = "while :; do dd if=/dev/zero of=/dev/null bs=7 count=1000 2>/dev/null; done";
    let storm = Run::new(script).ring_bytes(64 << 10).command(command).on(&mut lab)?;
    lab.finish()?;

    ensure!(still.lost_records() > 0, "{:?}", still.outcome);
    check_loss(&still, LINES)?;
    check_loss(&storm, storm.number("total")?)
}

/// Lines and reported losses are all there were, and the user is told.
fn check_loss(ran: &Ran, total: u64) -> Result<()> {
    let lines = ran.out.lines().filter(|line| line.starts_with("line ")).count() as u64;
    let lost = ran.lost_records();
    ensure!(lines + lost == total, "{lines} lines and {lost} lost records are not {total}: {:?}", ran.outcome);
    ensure!(ran.out.ends_with("ended\n"), "the end is lost: {}", ran.err);
    ensure!((lost > 0) == ran.err.contains(" records ("), "{}", ran.err);
    Ok(())
}
