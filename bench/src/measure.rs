// SPDX-License-Identifier: MIT OR Apache-2.0
//! A booted machine, and rounds of the load in it.

use anyhow::{Context, Result, ensure};
use spile_tests::lab_run::{Ran, Run, number};
use spile_tests::machines::Lab;
use spile_vm_lab::{Cell, Progress};

use crate::engines::Engine;
use crate::guest::{self, LOAD};

/// Calls in a round: few enough that most rounds see no timer interrupt.
pub const CALLS: u64 = 2000;
/// Rounds. The first warms up, and counts like the others.
pub const ROUNDS: u64 = 15;

/// Holds everything that the printing rows write, so that no reader has to keep up.
const RING_BYTES: u32 = 16 << 20;

/// What the load measured.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Load {
    /// Instructions of a call, in the fastest round.
    pub per_call: f64,
    /// Calls of all rounds.
    pub calls: u64,
    /// Instructions that the load's parent ran meanwhile.
    pub parent: u64,
}

/// A machine, and what a call costs in it untraced.
pub struct Machine {
    /// The booted machine.
    pub lab: Lab,
    /// The cell.
    pub cell: Cell,
    base: f64,
}

impl Machine {
    /// Boots a machine with one CPU.
    pub fn start(cell: Cell, engines: &[Engine], progress: &dyn Progress) -> Result<Self> {
        Self::boot(cell, 1, engines, progress)
    }

    /// Boots a machine, and measures what a call costs.
    pub fn boot(cell: Cell, cpus: u32, engines: &[Engine], progress: &dyn Progress) -> Result<Self> {
        let lab = Lab::start(guest::machine(cell, cpus, engines, progress)?, progress)?;
        let mut machine = Self { lab, cell, base: 0.0 };
        machine.base = machine.untraced(1)?.per_call;
        Ok(machine)
    }

    /// The load on so many CPUs without any probe.
    pub fn untraced(&mut self, cpus: u64) -> Result<Load> {
        Load::parse(&self.shell(&load(cpus))?, cpus)
    }

    /// What a call costs beyond an untraced one.
    pub fn cost(&self, load: Load) -> f64 {
        load.per_call - self.base
    }

    /// Runs a shell command beside an idle session of ours. Gives what it printed.
    pub fn shell(&mut self, command: &str) -> Result<String> {
        let command = format!("{command}\n[ $? = 0 ] || echo the command failed");
        let ran = Run::new(r#"probe end { print("") }"#).command(&command).on(&mut self.lab)?;
        let has_failed = !ran.outcome.is_success() || ran.out.contains("the command failed");
        ensure!(!has_failed, "`{command}`: {}{}", ran.out, ran.err);
        Ok(ran.out)
    }

    /// Runs a script with the load as its target command.
    pub fn traced(&mut self, script: &str, cpus: u64) -> Result<(Load, Ran)> {
        let ran = self.traced_command(script, &format!("exec {}", load(cpus)))?;
        Ok((Load::parse(&ran.out, cpus)?, ran))
    }

    /// Runs a script with a target command; nothing may be lost.
    pub fn traced_command(&mut self, script: &str, command: &str) -> Result<Ran> {
        self.complete(script, Run::new(script).command(command))
    }

    /// Runs a script that calls `exit()`; nothing may be lost.
    pub fn traced_until_exit(&mut self, script: &str) -> Result<Ran> {
        self.complete(script, Run::new(script))
    }

    fn complete(&mut self, script: &str, run: Run<'_>) -> Result<Ran> {
        // An empty handler deserves a warning.
        let ran = run.without_warnings().ring_bytes(RING_BYTES).on(&mut self.lab)?;
        ensure!(ran.outcome.is_success() && ran.err.is_empty(), "{script}: {}", ran.err);
        let (hits, records) = (ran.lost_hits(), ran.lost_records());
        ensure!(hits == 0 && records == 0, "{script}: {hits} hits and {records} records were lost");
        Ok(ran)
    }

    /// Powers off; a complaint of the kernel is an error.
    pub fn finish(self) -> Result<()> {
        self.lab.finish()
    }
}

/// The load's command line.
pub fn load(cpus: u64) -> String {
    format!("{LOAD} reads {CALLS} {ROUNDS} {cpus}")
}

impl Load {
    /// Reads the line that the load printed.
    pub fn parse(text: &str, cpus: u64) -> Result<Self> {
        let line = text.lines().find(|line| line.starts_with("fastest "));
        let line = line.with_context(|| format!("the load did not report; there was\n{text}"))?;
        let numbers: Vec<u64> = line.split(' ').skip(1).filter_map(|word| word.parse().ok()).collect();
        let [fastest, calls, parent] = numbers[..] else { anyhow::bail!("the load said `{line}`") };
        Ok(Self { per_call: fastest as f64 / (CALLS * cpus) as f64, calls, parent })
    }

    /// Checks that there was a hit for every call. Others than the load make a few calls as well.
    pub fn check_hits(&self, hits: u64, per_call: u64) -> Result<()> {
        let expected = self.calls * per_call;
        let most = expected + expected / 50;
        ensure!((expected..=most).contains(&hits), "{hits} hits for {} calls", self.calls);
        Ok(())
    }
}

/// The number behind `hits` in a text, if it has one.
pub fn hits(text: &str) -> Option<u64> {
    number(text, "hits").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loads_report_is_read() {
        let load = Load::parse("x\nfastest 1000000 60000 77\nhits 5\n", 2).unwrap();
        assert_eq!(load, Load { per_call: 250.0, calls: 60_000, parent: 77 });
        assert!(Load::parse("fastest 1 2\n", 1).is_err());
    }

    #[test]
    fn hits_are_the_calls_and_few_more() {
        let load = Load { per_call: 1.0, calls: 1000, parent: 0 };
        assert!(load.check_hits(1000, 1).is_ok() && load.check_hits(2030, 2).is_ok());
        assert_eq!(load.check_hits(999, 1).unwrap_err().to_string(), "999 hits for 1000 calls");
        assert!(load.check_hits(1030, 1).is_err());
    }
}
