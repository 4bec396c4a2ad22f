// SPDX-License-Identifier: MIT OR Apache-2.0
//! What must not grow: with CPUs, with armed functions, with lines, with sessions.

use std::fs;

use anyhow::{Context, Result, ensure};
use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSection as _, SectionKind};
use spile_tests::lab_arena::ARENA_BYTES;
use spile_tests::lab_run::number;
use spile_tests::machines;
use spile_vm_lab::Progress;
use spile_vm_lab::kshim::{self, Source};

use crate::many;
use crate::measure::{Load, Machine, load};
use crate::works::{WORKS, Work};

/// CPUs of the machine.
pub const CPUS: u64 = 4;

/// One number that has a limit, on every kernel.
pub struct Figure {
    /// What it is.
    pub name: &'static str,
    /// What it is in.
    pub unit: Unit,
    /// At most.
    pub limit: f64,
}

/// What figures are in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Guest instructions.
    Instructions,
    /// Of another number.
    Times,
    /// Of memory.
    Kilobytes,
}

impl Unit {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Instructions => "instructions",
            Unit::Times => "times",
            Unit::Kilobytes => "KB",
        }
    }

    /// Digits behind the point.
    pub fn decimals(self) -> usize {
        if self == Unit::Times { 2 } else { 0 }
    }
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
    /// What else is on a function.
    Sites,
}

impl Group {
    /// All of them.
    pub const ALL: [Group; 5] = [Group::Cpus, Group::Many, Group::Reader, Group::Memory, Group::Sites];

    /// Its name for `--only`.
    pub fn key(self) -> &'static str {
        match self {
            Group::Cpus => "cpus",
            Group::Many => "many",
            Group::Reader => "reader",
            Group::Memory => "memory",
            Group::Sites => "sites",
        }
    }
}

/// Figures that are taken together.
pub struct Measurement {
    /// Their group.
    pub group: Group,
    /// They.
    pub figures: &'static [Figure],
    /// Takes them, in this order.
    pub take: fn(&mut Machine, &dyn Progress) -> Result<Vec<f64>>,
}

const fn figure(name: &'static str, unit: Unit, limit: f64) -> Figure {
    Figure { name, unit, limit }
}

/// A work on several CPUs.
macro_rules! on_cpus {
    ($name:literal, $key:literal) => {
        Measurement {
            group: Group::Cpus,
            figures: &[
                figure(concat!($name, " on 2 CPUs, of one's"), Unit::Times, 1.2),
                figure(concat!($name, " on 4 CPUs, of one's"), Unit::Times, 1.2),
            ],
            take: |machine, _| cpus(machine, $key),
        }
    };
}

/// All figures.
pub const MEASUREMENTS: &[Measurement] = &[
    on_cpus!("`n++`", "count"),
    on_cpus!("`h <<< $count`", "histogram"),
    on_cpus!("`c[execname()]++`", "array"),
    on_cpus!("`s[execname(), pid()] <<< $count`", "statistics"),
    Measurement {
        group: Group::Many,
        figures: &[
            figure("arming a function, of 5,000", Unit::Instructions, 20_000.0),
            figure("disarming a function, of 5,000", Unit::Instructions, 20_000.0),
        ],
        take: many::arming,
    },
    Measurement {
        group: Group::Many,
        figures: &[figure("a hit on one of 5,000 functions, of a lone one's", Unit::Times, 1.2)],
        take: many::hit,
    },
    Measurement {
        group: Group::Reader,
        figures: &[figure("a line that the agent prints", Unit::Instructions, 1500.0)],
        take: |machine, _| reader_alone(machine),
    },
    Measurement {
        group: Group::Reader,
        figures: &[figure("a line that the agent sends to the host", Unit::Instructions, 1500.0)],
        take: |machine, _| reader_to_host(machine),
    },
    Measurement {
        group: Group::Memory,
        figures: &[figure("text of kshim, in KB", Unit::Kilobytes, 64.0)],
        take: text_of_kshim,
    },
    Measurement {
        group: Group::Memory,
        figures: &[figure("an idle session beside its rings, in KB", Unit::Kilobytes, 1024.0)],
        take: |machine, _| idle_session(machine),
    },
    Measurement {
        group: Group::Sites,
        figures: &[figure("a call of a function whose probe is not armed", Unit::Instructions, 1.0)],
        take: |machine, _| unarmed(machine),
    },
    Measurement {
        group: Group::Sites,
        figures: &[
            // Where kernels have direct calls it is a fraction of that.
            figure("a call of a function with two scripts' empty handlers", Unit::Instructions, 450.0),
            figure("a call of a function with two scripts' empty handlers, of one's", Unit::Times, 2.6),
        ],
        take: |machine, _| two_scripts(machine),
    },
];

/// The figures of all measurements.
pub fn figures() -> impl Iterator<Item = &'static Figure> {
    MEASUREMENTS.iter().flat_map(|measurement| measurement.figures)
}

fn work(key: &str) -> Result<&'static Work> {
    WORKS.iter().find(|work| work.key == key).context("there is no such work")
}

/// What hits cost when two CPUs hit at once, and when all do, beside one alone.
fn cpus(machine: &mut Machine, key: &str) -> Result<Vec<f64>> {
    let one = cost_on(machine, key, 1)?;
    [2, CPUS].into_iter().map(|cpus| Ok(cost_on(machine, key, cpus)? / one)).collect()
}

fn cost_on(machine: &mut Machine, key: &str, cpus: u64) -> Result<f64> {
    let untraced = machine.untraced(cpus)?.per_call;
    let (load, ran) = machine.traced(work(key)?.script, cpus)?;
    load.check_hits(ran.number("hits")?, 1)?;
    Ok(load.per_call - untraced)
}

/// What the agent spends on a line that it formats and writes.
fn reader_alone(machine: &mut Machine) -> Result<Vec<f64>> {
    let image = machine.lab.compile(work("printf")?.script)?;
    write(machine, "/tmp/image", &image)?;
    let said = machine.shell(&format!(
        "/bin/spile-agent run -s 16 -c 'exec {}' /tmp/image >/tmp/lines && grep fastest /tmp/lines && \
         echo hits $(grep -c '^load ' /tmp/lines)",
        load(1)
    ))?;
    let load = Load::parse(&said, 1)?;
    load.check_hits(number(&said, "hits")?, 1)?;
    Ok(vec![load.parent as f64 / load.calls as f64])
}

/// What the agent spends on a line that the host formats.
fn reader_to_host(machine: &mut Machine) -> Result<Vec<f64>> {
    let (load, ran) = machine.traced(work("printf")?.script, 1)?;
    let lines = ran.out.lines().filter(|line| line.starts_with("load ")).count();
    load.check_hits(lines as u64, 1)?;
    Ok(vec![load.parent as f64 / load.calls as f64])
}

/// What the kernel holds for a session that does nothing, and for the agent's process, beside the rings.
fn idle_session(machine: &mut Machine) -> Result<Vec<f64>> {
    let image = machine.lab.compile(r#"probe end { print("") }"#)?;
    let memory = format!("{} memory", crate::guest::LOAD);
    write(machine, "/tmp/image", &image)?;
    let said = machine.shell(&format!("{memory}; /bin/spile-agent run -s 1 -c '{memory}' /tmp/image"))?;
    let numbers: Vec<f64> = said.lines().filter_map(|line| line.strip_prefix("memory ")?.parse().ok()).collect();
    let [before, during] = numbers[..] else { anyhow::bail!("the machine said\n{said}") };
    let rings = 1024.0 * CPUS as f64;
    ensure!(during - before > rings, "a session took {} KB, its rings are {rings}", during - before);
    Ok(vec![during - before - rings])
}

/// What a probe costs whose condition is false: a timer could make it true, so that it is asked at the start only.
fn unarmed(machine: &mut Machine) -> Result<Vec<f64>> {
    let script = r#"global n, on
        probe kernel.function("vfs_read") if (on) { n++ }
        probe timer.s(100) { on = 1 }
        probe end { printf("hits %d\n", n) }"#;
    let (load, ran) = machine.traced(script, 1)?;
    ensure!(ran.number("hits")? == 0 && ran.outcome.report.probes[0].times == 0, "{ran:?}");
    Ok(vec![(load.per_call - machine.untraced(1)?.per_call).abs()])
}

/// Two sessions on one function, as of two agents. The load costs something else under two agents than alone, so two that
/// trace another function are what it is compared with.
fn two_scripts(machine: &mut Machine) -> Result<Vec<f64>> {
    let script = work("empty")?.script;
    let elsewhere = script.replace("vfs_read", "vfs_mkdir");
    for (path, script) in [("/tmp/here", script), ("/tmp/elsewhere", &elsewhere)] {
        let image = machine.lab.compile(script)?;
        write(machine, path, &image)?;
    }
    let untraced = nested(machine, ["/tmp/elsewhere", "/tmp/elsewhere"])?;
    let one = nested(machine, ["/tmp/elsewhere", "/tmp/here"])? - untraced;
    let both = nested(machine, ["/tmp/here", "/tmp/here"])? - untraced;
    Ok(vec![both, both / one])
}

/// A call of the load, while two agents run images.
fn nested(machine: &mut Machine, [outer, inner]: [&str; 2]) -> Result<f64> {
    let run = |image: &str, command: &str| format!("/bin/spile-agent run -s 1 -c \"{command}\" {image}");
    write(machine, "/tmp/inner", run(inner, &format!("exec {}", load(1))).as_bytes())?;
    let said = machine.shell(&run(outer, "exec sh /tmp/inner"))?;
    Ok(Load::parse(&said, 1)?.per_call)
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
fn text_of_kshim(machine: &mut Machine, progress: &dyn Progress) -> Result<Vec<f64>> {
    let module = kshim::build(&Source::kshim(&machines::root()), &machine.cell.prepare(progress)?, progress)?;
    let bytes = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    let elf: ElfFile64<'_> = ElfFile64::parse(&*bytes)?;
    let sections = elf.sections().filter(|section| section.kind() == SectionKind::Text);
    let bytes: u64 = sections.map(|section| section.size()).sum();
    let bytes = bytes.checked_sub(ARENA_BYTES as u64).context("kshim has no arena")?;
    Ok(vec![bytes as f64 / 1024.0])
}
