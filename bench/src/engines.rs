// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who does the work: Spile, the C module, BPF programs, bpftrace.

use anyhow::{Context, Result, ensure};
use spile_vm_lab::{Arch, Cell};

use crate::bpftrace;
use crate::guest::{BPF_LOADER, BPF_PROGRAMS, FLOOR};
use crate::measure::{Load, Machine, hits, load};
use crate::works::{Dialect, Work};

/// Who does the work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// Spile.
    Spile,
    /// The C module.
    Floor,
    /// BPF programs.
    Bpf,
    /// bpftrace.
    Bpftrace,
}

impl Engine {
    /// All of them, in the order of the table.
    pub const ALL: [Engine; 4] = [Engine::Spile, Engine::Floor, Engine::Bpf, Engine::Bpftrace];

    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Spile => "spile",
            Engine::Floor => "floor",
            Engine::Bpf => "bpf",
            Engine::Bpftrace => "bpftrace",
        }
    }

    /// What a hit costs it.
    pub fn measure(self, machine: &mut Machine, work: &Work) -> Result<f64> {
        match self {
            Engine::Spile => spile(machine, work),
            Engine::Floor => floor(machine, work),
            Engine::Bpf => bpf(machine, work),
            Engine::Bpftrace => bpftrace::measure(machine, work),
        }
    }
}

fn spile(machine: &mut Machine, work: &Work) -> Result<f64> {
    let (load, ran) = machine.traced(work.script, 1)?;
    load.check_hits(ran.outcome.report.hits(), work.handlers)?;
    if let Some(hits) = hits(&ran.out) {
        load.check_hits(hits, 1)?;
    }
    Ok(machine.cost(load))
}

fn floor(machine: &mut Machine, work: &Work) -> Result<f64> {
    let parameters = "/sys/module/floor/parameters";
    let said = machine.shell(&format!(
        "insmod {FLOOR} work={} && {} && echo hits $(cat {parameters}/hits) && rmmod floor",
        work.key,
        load(1)
    ))?;
    counted(machine, &said, work)
}

fn bpf(machine: &mut Machine, work: &Work) -> Result<f64> {
    let programs = if dialect(machine.cell) == Dialect::Fentry { "trampoline" } else { "kprobe" };
    let said = machine.shell(&format!("{BPF_LOADER} {BPF_PROGRAMS} {programs} {} {}", work.key, load(1)))?;
    counted(machine, &said, work)
}

/// The cost by what the load and the counter printed.
fn counted(machine: &Machine, said: &str, work: &Work) -> Result<f64> {
    let load = Load::parse(said, 1)?;
    let hits = hits(said).with_context(|| format!("no hits were reported in\n{said}"))?;
    let cost = machine.cost(load);
    if work.counts {
        load.check_hits(hits, 1)?;
    }
    ensure!(cost > 1.0, "nothing was traced");
    Ok(cost)
}

/// The cheapest way for BPF programs to functions: BPF trampolines, which arm64 has since 6.4.
pub fn dialect(cell: Cell) -> Dialect {
    if cell.arch == Arch::Arm64 && cell.series == "6.1" { Dialect::Kprobe } else { Dialect::Fentry }
}
