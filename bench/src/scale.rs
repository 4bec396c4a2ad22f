// SPDX-License-Identifier: MIT OR Apache-2.0
//! What must not grow: with CPUs, with armed functions, with lines, with sessions.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, ensure};
use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSection as _, SectionKind};
use serde_json::{Value as Json, json};
use spile_tests::lab_arena::ARENA_BYTES;
use spile_tests::lab_run::number;
use spile_tests::machines;
use spile_vm_lab::kshim::{self, Source};
use spile_vm_lab::{Cell, Progress};

use crate::many::{self, Costs};
use crate::measure::{Load, Machine, load};
use crate::works::{WORKS, Work};

/// CPUs of the machine.
const CPUS: u64 = 4;

/// One number that has a limit.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// What it is.
    pub what: String,
    /// `x86_64` or `aarch64`.
    pub arch: &'static str,
    /// The series, such as `6.1`.
    pub kernel: &'static str,
    /// It, or why there is none.
    pub value: Result<f64, String>,
    /// At most.
    pub limit: f64,
}

impl Figure {
    /// Why this figure does not do, if it does not.
    pub fn failure(&self) -> Option<String> {
        let Self { what, arch, kernel, limit, .. } = self;
        match &self.value {
            Err(why) => Some(format!("{what} on {kernel} {arch}: {why}")),
            Ok(value) if value > limit => Some(format!("{what} on {kernel} {arch}: {value:.2}, {limit} is allowed")),
            Ok(_) => None,
        }
    }

    /// As an object of JSON.
    pub fn json(&self) -> Json {
        json!({
            "what": self.what, "arch": self.arch, "kernel": self.kernel,
            "value": self.value.as_ref().ok(), "limit": self.limit,
        })
    }
}

/// The figures for a terminal.
pub fn text(figures: &[Figure]) -> String {
    let width = figures.iter().map(|figure| figure.what.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Figure { what, arch, kernel, value, limit } in figures {
        let value = value.as_ref().map_or_else(|_| "failed".into(), |value| format!("{value:.2}"));
        let _ = writeln!(text, "{what:width$} {kernel:>4} {arch:9} {value:>9} of {limit}");
    }
    text
}

/// A group of figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// Hits on several CPUs.
    Cpus,
    /// Thousands of functions.
    Many,
    /// Printed lines.
    Reader,
    /// The module, and an idle session.
    Memory,
}

impl Group {
    /// All of them.
    pub const ALL: [Group; 4] = [Group::Cpus, Group::Many, Group::Reader, Group::Memory];

    /// Its name for `--only`.
    pub fn key(self) -> &'static str {
        match self {
            Group::Cpus => "cpus",
            Group::Many => "many",
            Group::Reader => "reader",
            Group::Memory => "memory",
        }
    }

    fn take(self, machine: &mut Machine, progress: &dyn Progress, figures: &mut Figures) {
        match self {
            Group::Cpus => cpus(machine, figures),
            Group::Many => many(machine, progress, figures),
            Group::Reader => {
                figures.add("reader: a line printed by the agent", 1500.0, reader_alone(machine));
                figures.add("reader: a line sent to the host", 1500.0, reader_to_host(machine));
            }
            Group::Memory => {
                let text = text_of_kshim(machine.cell, progress).map(|bytes| bytes as f64 / 1024.0);
                figures.add("text of kshim, KB", 64.0, text);
                figures.add("an idle session beside its rings, KB", 1024.0, idle_session(machine));
            }
        }
    }
}

/// Takes figures of a cell, in one boot with four CPUs.
pub fn run(cell: Cell, groups: &[Group], progress: &dyn Progress) -> Result<Vec<Figure>> {
    let mut figures = Figures { cell, list: Vec::new() };
    let mut machine = Machine::boot(cell, CPUS as u32, &[], progress)?;
    for group in groups {
        progress.step(&format!("{}: {}", cell.name(), group.key()));
        group.take(&mut machine, progress, &mut figures);
    }
    progress.idle();
    machine.finish()?;
    Ok(figures.list)
}

struct Figures {
    cell: Cell,
    list: Vec<Figure>,
}

impl Figures {
    /// One that could not be measured must not cost the others.
    fn add(&mut self, what: &str, limit: f64, value: Result<f64>) {
        let value = value.map_err(|error| format!("{error:#}"));
        let (arch, kernel) = (self.cell.arch.machine(), self.cell.series);
        self.list.push(Figure { what: what.to_owned(), arch, kernel, value, limit });
    }
}

fn work(key: &str) -> Result<&'static Work> {
    WORKS.iter().find(|work| work.key == key).context("there is no such work")
}

/// What hits cost when several CPUs hit at once, beside one alone.
fn cpus(machine: &mut Machine, figures: &mut Figures) {
    for key in ["count", "histogram", "array", "statistics"] {
        let one = cost_on(machine, key, 1);
        for cpus in [2, CPUS] {
            let ratio = match &one {
                Ok(one) => cost_on(machine, key, cpus).map(|cost| cost / one),
                Err(error) => Err(anyhow::anyhow!("{error:#}")),
            };
            figures.add(&format!("{key} on {cpus} CPUs beside one"), 1.2, ratio);
        }
    }
}

fn cost_on(machine: &mut Machine, key: &str, cpus: u64) -> Result<f64> {
    let untraced = machine.untraced(cpus)?.per_call;
    let (load, ran) = machine.traced(work(key)?.script, cpus)?;
    load.check_hits(ran.number("hits")?, 1)?;
    Ok(load.per_call - untraced)
}

/// What arming a function costs where there are thousands, disarming it, and a hit on one of them.
fn many(machine: &mut Machine, progress: &dyn Progress, figures: &mut Figures) {
    let costs = many::measure(machine, progress).map_err(|error| format!("{error:#}"));
    let mut add = |what, limit, cost: fn(&Costs) -> f64| {
        figures.add(what, limit, costs.as_ref().map(cost).map_err(|error| anyhow::anyhow!("{error}")));
    };
    add("arming a function, of 5,000", 20_000.0, |costs| costs.arming);
    add("disarming a function, of 5,000", 20_000.0, |costs| costs.disarming);
    add("a hit on one of 5,000 beside one of one", 1.2, |costs| costs.hit);
}

/// What the agent spends on a line that it formats and writes.
fn reader_alone(machine: &mut Machine) -> Result<f64> {
    let image = machine.lab.compile(work("printf")?.script)?;
    write(machine, "/tmp/image", &image)?;
    let said = machine.shell(&format!(
        "/bin/spile-agent run -s 16 -c 'exec {}' /tmp/image >/tmp/lines && grep fastest /tmp/lines && \
         echo hits $(grep -c '^load ' /tmp/lines)",
        load(1)
    ))?;
    let load = Load::parse(&said, 1)?;
    load.check_hits(number(&said, "hits")?, 1)?;
    Ok(load.parent as f64 / load.calls as f64)
}

/// What the agent spends on a line that the host formats.
fn reader_to_host(machine: &mut Machine) -> Result<f64> {
    let (load, ran) = machine.traced(work("printf")?.script, 1)?;
    let lines = ran.out.lines().filter(|line| line.starts_with("load ")).count();
    load.check_hits(lines as u64, 1)?;
    Ok(load.parent as f64 / load.calls as f64)
}

/// What the kernel holds for a session that does nothing, and for the agent's process, beside the rings.
fn idle_session(machine: &mut Machine) -> Result<f64> {
    let image = machine.lab.compile(r#"probe end { print("") }"#)?;
    let memory = format!("{} memory", crate::guest::LOAD);
    write(machine, "/tmp/image", &image)?;
    let said = machine.shell(&format!("{memory}; /bin/spile-agent run -s 1 -c '{memory}' /tmp/image"))?;
    let numbers: Vec<f64> = said.lines().filter_map(|line| line.strip_prefix("memory ")?.parse().ok()).collect();
    let [before, during] = numbers[..] else { anyhow::bail!("the machine said\n{said}") };
    let rings = 1024.0 * CPUS as f64;
    ensure!(during - before > rings, "a session took {} KB, its rings are {rings}", during - before);
    Ok(during - before - rings)
}

/// Makes a file in the machine.
fn write(machine: &mut Machine, path: &str, content: &[u8]) -> Result<()> {
    machine.shell(&format!(": >{path}"))?;
    // A command is one argument, which has its limit.
    for part in content.chunks(32 << 10) {
        let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
        machine.shell(&format!("echo {hex} | xxd -r -p >>{path}"))?;
    }
    Ok(())
}

/// Bytes of kshim's executable sections, but for the arena, which newer kernels' linker scripts put in one of them.
fn text_of_kshim(cell: Cell, progress: &dyn Progress) -> Result<u64> {
    let module = kshim::build(&Source::kshim(&machines::root()), &cell.prepare(progress)?, progress)?;
    let bytes = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    let elf: ElfFile64<'_> = ElfFile64::parse(&*bytes)?;
    let sections = elf.sections().filter(|section| section.kind() == SectionKind::Text);
    let bytes: u64 = sections.map(|section| section.size()).sum();
    bytes.checked_sub(ARENA_BYTES as u64).context("kshim has no arena")
}
