// SPDX-License-Identifier: MIT OR Apache-2.0
//! The flight recorder, the report of `-t`, ways to attach, and overload, in a kernel.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use spile_abi::{SPILE_SKIP_LOCK, raw};
use spile_cli::compile::Request;
use spile_debuginfo::KernelTarget;
use spile_frontend::analyse::Options;
use spile_tests::lab_facts;
use spile_tests::lab_guest::Guest;
use spile_tests::lab_run::{Ran, Run};
use spile_tests::machines::{self, Lab};
use spile_vm_lab::{Cell, Silent};

const READS: &str = "while :; do dd if=/dev/zero of=/dev/null bs=7 count=1000 2>/dev/null; done";

/// All of it in one machine.
pub fn ways(cell: Cell) -> Result<()> {
    let mut lab = Lab::start(machines::builder(cell, &Silent)?.smp(2), &Silent)?;
    flight_recorder(&mut lab)?;
    timing(&mut lab)?;
    attachments(&mut lab)?;
    overload(&mut lab)?;
    lab.finish()
}

/// Records are displaced on both CPUs while dumps read them: what comes out is whole, in order, and all is accounted for.
fn flight_recorder(lab: &mut Lab) -> Result<()> {
    let script = r#"global n
        probe kernel.function("vfs_read") {
            for (i = 0; i < 50; i++) printf("line %d %d %s\n", cpu(), n[cpu()]++, execname())
            if (n[cpu()] >= 40000) exit()
        }
        probe timer.ms(30) { flight_recorder_dump() }
        probe end { foreach (c in n) printf("total %d %d\n", c, n[c]) }"#;
    let command = format!("{{ {READS} }} & {READS}");
    let ran = Run::new(script).flight_recorder().ring_bytes(64 << 10).command(&command).on(lab)?;
    ensure!(ran.outcome.is_success(), "{}", ran.err);
    let mut next = BTreeMap::<u64, u64>::new();
    let (mut lines, mut total) = (0, 0);
    for line in ran.out.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let &[kind, cpu, number, ..] = &words[..] else { anyhow::bail!("not a line: {line:?}") };
        let (cpu, number): (u64, u64) = (cpu.parse()?, number.parse()?);
        if kind == "total" {
            total += number;
            ensure!(next.get(&cpu) == Some(&number), "the newest lines of CPU {cpu} are not there: {next:?}, {line}");
            continue;
        }
        ensure!(kind == "line" && words.len() == 4, "not a line: {line:?}");
        let expected = next.entry(cpu).or_default();
        ensure!(number >= *expected, "CPU {cpu}: {number} after {expected}");
        *expected = number + 1;
        lines += 1;
    }
    let report = &ran.outcome.report;
    let displaced: u64 = report.cpus.iter().map(|cpu| cpu.displaced).sum();
    ensure!(displaced > 0 && ran.err.contains(" older records made room for newer ones."), "{}", ran.err);
    // A hit that finds a global locked leaves a record too, which may be displaced.
    let accounted = lines + displaced + ran.lost_records();
    let skipped = report.skips(SPILE_SKIP_LOCK);
    ensure!((total..=total + skipped).contains(&accounted), "{lines} lines of {total}: {report:?}");
    Ok(())
}

/// The table has the probe's hits, and the share of both CPUs.
fn timing(lab: &mut Lab) -> Result<()> {
    let script = r#"global n
        probe kernel.function("vfs_read") { if (execname() == "dd") n++ if (n > 3000) exit() }
        probe end { printf("n %d\n", n) }"#;
    let ran = Run::new(script).timed().command(READS).on(lab)?;
    let line = ran.out.lines().find(|line| line.starts_with("kernel.function(\"vfs_read")).context("no line")?;
    let after = |text: &str| -> Result<u64> {
        let (_, rest) = line.split_once(text).with_context(|| format!("no {text} in {line}"))?;
        Ok(rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().parse()?)
    };
    ensure!(after("hits: ")? > 3000 && after("hits: ")? == ran.outcome.report.probes[0].hits, "{}", ran.out);
    ensure!(after("cycles: ")? <= after("min/")? && after("min/")? <= after("avg/")?, "{line}");
    ensure!(ran.out.contains("  attached: ") && ran.out.contains("% of 2 CPUs, "), "{}", ran.out);
    Ok(())
}

/// A probe is attached in the cheapest way that is allowed, and it is told why that is not a cheaper one.
fn attachments(lab: &mut Lab) -> Result<()> {
    let script = "probe kernel.function(\"vfs_read\") { exit() }";
    let attachment = |lab: &mut Lab, attach| -> Result<spile_output::Attachment> {
        let ran: Ran = Run::new(script).attach(attach).command(READS).on(lab)?;
        ensure!(ran.outcome.is_success(), "{}", ran.err);
        Ok(ran.outcome.report.probes[0].attachment)
    };
    for way in [raw::SPILE_ATTACH_KPROBE, raw::SPILE_ATTACH_FTRACE] {
        ensure!(attachment(lab, 1 << way)?.kind == way, "{way} is allowed, but not taken");
    }
    let cheapest = attachment(lab, 0)?;
    let direct = cheapest.kind == raw::SPILE_ATTACH_DIRECT;
    ensure!(direct == (cheapest.direct_errno == 0) && cheapest.name().is_some(), "{cheapest:?}");
    Ok(())
}

/// Handlers that take more than they may end the session.
fn overload(lab: &mut Lab) -> Result<()> {
    // Not a counter only: that is part of the trampoline, and has nothing that could take long.
    let script = "global n, a probe kernel.function(\"vfs_read\") { n++; a[execname()]++ }
        probe error { printf(\"n %d %d\\n\", n, a[\"dd\"]) }";
    let run = Run::new(script).define("STP_OVERLOAD_INTERVAL", "10000000").define("STP_OVERLOAD_THRESHOLD", "10");
    let ran = run.command(READS).on(lab)?;
    ensure!(!ran.outcome.is_success() && ran.number("n")? > 0, "{ran:?}");
    ensure!(ran.err.contains("ERROR: probe overhead ("), "{}", ran.err);
    Ok(())
}

/// Lines of the script whose output is timed.
const LINES: u64 = 300_000;
/// Guest instructions that a line may cost: 150 to print it in the handler; to read, order, format and write it 1,500.
const MOST_PER_LINE: u64 = 1650;

/// What the agent spends on a line, alone, from the ring to the file.
pub fn reader_cost(cell: Cell) -> Result<()> {
    let target = KernelTarget::new(lab_facts::kit(cell)?)?;
    let image = |lines: u64| {
        let script = format!(
            "probe begin {{ for (i = 0; i < {lines}; i++) printf(\"%s %d %d %d\\n\", execname(), pid(), tid(), i) exit() }}"
        );
        let limits = vec![("MAXACTION".to_owned(), "10000000".to_owned())];
        let options = Options { limits, ..Options::default() };
        Request::text("test.stp", &script).with_options(options).image(&target)
    };
    let run = |name: &str| {
        format!(
            "read a b </proc/uptime; /bin/spile-agent run -s 32 /{name} >/{name}.out; read c d </proc/uptime; \
                 echo \"{name} $a $c $(wc -l </{name}.out)\"\n"
        )
    };
    let guest = Guest::counting(cell)?.file("/few", image(1)?).file("/many", image(LINES)?);
    let said = guest.run(&[run("few"), run("few"), run("many")].concat())?;
    // The first run fills caches.
    let took: Result<Vec<u64>> = said.lines().map(|line| centiseconds(line, &said)).collect();
    let &[_, few, many] = &took?[..] else { anyhow::bail!("{said}") };
    ensure!(said.contains(&format!(" {LINES}\n")), "{said}");
    let each = (many - few) * 10_000_000 / LINES;
    println!("{}: {each} instructions a line", cell.name());
    ensure!(each < MOST_PER_LINE, "{each} instructions a line:\n{said}");
    Ok(())
}

/// What a run took, in hundredths of a second: `NAME BEGUN ENDED LINES`.
fn centiseconds(line: &str, said: &str) -> Result<u64> {
    let words: Vec<_> = line.split_whitespace().collect();
    let &[_, begun, ended, _] = &words[..] else { anyhow::bail!("not a run: {line:?} in\n{said}") };
    let number = |time: &str| Ok::<u64, anyhow::Error>(time.replace('.', "").parse()?);
    Ok(number(ended)? - number(begun)?)
}
