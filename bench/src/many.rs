// SPDX-License-Identifier: MIT OR Apache-2.0
//! Thousands of functions in one session: what arming and disarming one costs, and a hit on one of them.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use spile_abi::raw;
use spile_tests::lab_run::Ran;
use spile_vm_lab::Progress;

use crate::measure::{Load, Machine};

/// On every kernel of the lab these are more than 5,000.
const MANY: &str = r#"kernel.function("vfs_read"), kernel.function("b*"), kernel.function("p*")"#;
const MANY_AT_LEAST: usize = 5000;

/// What they are compared with.
const ONE: &str = r#"kernel.function("vfs_read")"#;

/// Instructions of the agent's process, as of its last sleep or tick.
const RUNTIME: &str = r#"@cast(agent, "task_struct")->se->sum_exec_runtime"#;

/// What arming one more function costs, and disarming it.
pub fn arming(machine: &mut Machine, progress: &dyn Progress) -> Result<Vec<f64>> {
    let (one, many) = (Clocks::take(machine, ONE, progress)?, Clocks::take(machine, MANY, progress)?);
    ensure!(many.functions >= MANY_AT_LEAST, "there are only {} functions", many.functions);
    let more = (many.functions - one.functions) as f64;
    Ok(vec![(many.arming - one.arming) / more, (many.disarming - one.disarming) / more])
}

/// A hit on one of thousands, as a multiple of one where there are no others.
pub fn hit(machine: &mut Machine, progress: &dyn Progress) -> Result<Vec<f64>> {
    Ok(vec![cost(machine, MANY, progress)? / cost(machine, ONE, progress)?])
}

/// Instructions from the begin probes until all functions are armed; and those of the agent's process from `exit()` to
/// the end probes, since the kernel waits a long time there for everybody to have left the trampolines.
struct Clocks {
    arming: f64,
    disarming: f64,
    functions: usize,
}

impl Clocks {
    fn take(machine: &mut Machine, points: &str, progress: &dyn Progress) -> Result<Self> {
        // Timers start after the functions, and their handlers run when everything does. The agent sleeps when it is
        // told to exit, and last slept in the end probes when all was disarmed: so its time is known there.
        let script = format!(
            r#"global agent, armed, n
            probe begin {{ agent = task_current() printf("begun %d\n", ktime_get_ns()) }}
            probe {points} {{ n++ }}
            probe timer.ms(1) {{ if (!armed++) printf("armed %d\n", ktime_get_ns()) }}
            probe timer.ms(500) {{ printf("exiting %d\n", {RUNTIME}) exit() }}
            probe end {{ printf("disarmed %d\n", {RUNTIME}) printf("hits %d\n", n) }}"#
        );
        let ran = machine.traced_until_exit(&script)?;
        let between = |from, to| Ok::<_, anyhow::Error>(ran.number(to)?.saturating_sub(ran.number(from)?) as f64);
        let ways = ways(&ran);
        let functions = ways.values().sum();
        let this = Self { arming: between("begun", "armed")?, disarming: between("exiting", "disarmed")?, functions };
        progress.step(&format!(
            "{}: {ways:?}, armed by {:.0} instructions, disarmed by {:.0}",
            machine.cell.name(),
            this.arming,
            this.disarming
        ));
        Ok(this)
    }
}

/// How many functions are attached in which way.
fn ways(ran: &Ran) -> BTreeMap<&'static str, usize> {
    let mut ways = BTreeMap::new();
    for probe in &ran.outcome.report.probes {
        if probe.attachment.kind != raw::SPILE_ATTACH_TIMER
            && let Some(name) = probe.attachment.name()
        {
            *ways.entry(name).or_default() += 1;
        }
    }
    ways
}

/// Instructions of a hit. A call of the load may go through several of the functions.
fn cost(machine: &mut Machine, points: &str, progress: &dyn Progress) -> Result<f64> {
    let hits = hits(machine, points)?;
    let script = format!(r#"global n probe {points} {{ n++ }} probe end {{ printf("hits %d\n", n) }}"#);
    let untraced = machine.untraced(1)?.per_call;
    let (load, ran) = machine.traced(&script, 1)?;
    let report = &ran.outcome.report;
    ensure!(ran.number("hits")? == report.hits() - 1, "{} hits of {}", ran.number("hits")?, report.hits());
    let cost = (load.per_call - untraced) / hits as f64;
    progress.step(&format!("{}: a call has {hits} hits of {cost:.1}", machine.cell.name()));
    Ok(cost)
}

/// Hits of a call. Those of each function are counted, since the handler asks which it is.
fn hits(machine: &mut Machine, points: &str) -> Result<u64> {
    let (load, ran) = machine.traced(&format!(r#"probe {points} {{ if (ppfunc() == "?") next }}"#), 1)?;
    let report = &ran.outcome.report;
    let hits = per_call(report.probes.iter().map(|probe| probe.hits), load);
    ensure!(hits > 0, "{} hits for {} calls", report.hits(), load.calls);
    Ok(hits)
}

/// Hits of a call: functions that others than the load call have fewer hits than there are calls, and do not count.
fn per_call(hits: impl Iterator<Item = u64>, load: Load) -> u64 {
    hits.map(|hits| hits / load.calls).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_of_a_call_are_those_of_functions_that_every_call_goes_through() {
        let load = Load { per_call: 1.0, calls: 1000, parent: 0 };
        assert_eq!(per_call([1003, 0, 999, 2010, 17].into_iter(), load), 3);
    }
}
