// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which probes share a site, and which sites share a trampoline.

use std::collections::BTreeMap;

use spile_abi as abi;
use spile_ir as ir;

use super::{Place, Plan, Rows, Step, Work, section};
use crate::Error;
use crate::image::Handlers;
use crate::link::{Linked, SectionId};
use crate::lower::Lowering;

/// The trampolines of a program.
#[derive(Default)]
pub struct Chains {
    trampolines: Vec<Trampoline>,
    /// By probe: trampoline, site, position.
    probes: BTreeMap<usize, (u32, u32, u32)>,
    /// Of all trampolines together.
    rows_bytes: u32,
}

struct Trampoline {
    code: SectionId,
    returns: bool,
    n_sites: u32,
    n_probes: u32,
    rows: Option<Rows>,
}

/// Most trampolines of an image: each is a registration, and a registration takes the kernel long. What is beyond is
/// called by kshim, for all functions at once.
const MAX_TRAMPOLINES: usize = 64;

/// Of so many functions those with few arguments get a trampoline of their own, so that they do not save all registers
/// that arguments of others are in.
const MANY_SITES: usize = 64;
const FEW_ARGUMENTS: u32 = 4;

/// Functions that do not return to their caller in the ordinary way, so that nothing may wait for it; and those in which
/// idle tasks lie while others run: kshim looks for callers on the stacks of tasks, and idle ones are on no list.
const NO_RETURN: &[&str] = &[
    "__module_put_and_kthread_exit",
    "__schedule",
    "cpu_startup_entry",
    "do_exit",
    "do_group_exit",
    "do_idle",
    "do_task_dead",
    "kthread_complete_and_exit",
    "kthread_exit",
    "make_task_dead",
    "module_put_and_exit",
    "panic",
    "rewind_stack_and_make_dead",
    "rewind_stack_do_exit",
    "schedule_idle",
    "start_kernel",
    "stop_this_cpu",
];

/// What a chain does at each position, so far as trampolines differ by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Link {
    is_return: bool,
    work: Work,
    entry: Work,
    words: u32,
    /// Probes come and go by their conditions, and a trampoline as a whole.
    condition: Option<u32>,
}

/// A place that the kernel calls from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum SiteName {
    Function(String),
    /// A probe on a tracepoint is alone there: the kernel has a list of them.
    Tracepoint(usize),
}

#[derive(Default)]
struct Site {
    probes: Vec<usize>,
    chain: Vec<Link>,
    saved: u32,
}

/// Emits the trampolines of all probes that can have one.
pub fn plan(lowering: &mut Lowering<'_>, handlers: &[Handlers]) -> Result<Chains, Error> {
    let program = lowering.program;
    let mut sites: BTreeMap<SiteName, Site> = BTreeMap::new();
    for (index, (probe, code)) in program.probes.iter().zip(handlers).enumerate() {
        let Some((name, saved)) = place(lowering, index, probe) else { continue };
        let site = sites.entry(name).or_default();
        if site.probes.len() < abi::SPILE_MAX_CHAIN as usize {
            site.probes.push(index);
            site.saved = site.saved.max(saved);
            site.chain.push(link(lowering, probe, code));
        }
    }
    let mut groups: BTreeMap<(Option<usize>, Vec<Link>), Vec<Site>> = BTreeMap::new();
    for (name, site) in sites {
        let tracepoint = match name {
            SiteName::Tracepoint(probe) => Some(probe),
            SiteName::Function(_) => None,
        };
        groups.entry((tracepoint, site.chain.clone())).or_default().push(site);
    }
    let mut groups: Vec<(Option<usize>, Vec<Site>)> = groups
        .into_iter()
        .flat_map(|((tracepoint, _), sites)| by_arguments(sites).map(|sites| (tracepoint, sites)))
        .filter(|(_, sites)| !sites.is_empty())
        .collect();
    // The largest first; among equals as the probes come.
    groups.sort_by_key(|(_, sites)| (usize::MAX - sites.len(), sites[0].probes[0]));
    groups.truncate(MAX_TRAMPOLINES);
    let mut chains = Chains::default();
    for (tracepoint, sites) in groups {
        chains.add(lowering, tracepoint.is_some(), &sites)?;
    }
    Ok(chains)
}

/// A group as one or two.
fn by_arguments(sites: Vec<Site>) -> [Vec<Site>; 2] {
    if sites.len() < MANY_SITES {
        return [sites, Vec::new()];
    }
    let (few, more) = sites.into_iter().partition(|site| site.saved <= FEW_ARGUMENTS);
    [few, more]
}

/// Where a probe is, and the words of arguments there; None where no trampoline can serve it.
fn place(lowering: &Lowering<'_>, index: usize, probe: &ir::Probe) -> Option<(SiteName, u32)> {
    let registers = lowering.arch.argument_registers();
    if needs_registers(lowering, probe) {
        return None;
    }
    let read = lowering.effects_of(probe).map(|effects| effects.arguments).max().unwrap_or(0);
    match &probe.kind {
        ir::ProbeKind::Function { symbol, words } => {
            Some((SiteName::Function(symbol.clone()), words.map_or(registers, |words| words.min(registers)).max(read)))
        }
        // What is on the stack would not be where the function looks for it, called from here.
        ir::ProbeKind::Return { symbol, words: Some(words), .. }
            if *words <= registers && !NO_RETURN.contains(&symbol.as_str()) =>
        {
            Some((SiteName::Function(symbol.clone()), (*words).max(read)))
        }
        ir::ProbeKind::Tracepoint { n_args, .. } => Some((SiteName::Tracepoint(index), read.min(*n_args))),
        _ => None,
    }
}

/// Whether a probe's handlers read registers that a trampoline does not save.
pub fn needs_registers(lowering: &Lowering<'_>, probe: &ir::Probe) -> bool {
    let is_function = !matches!(probe.kind, ir::ProbeKind::Tracepoint { .. });
    let most = lowering.arch.argument_registers();
    lowering.effects_of(probe).any(|effects| effects.uses_registers || is_function && effects.arguments > most)
}

fn link(lowering: &Lowering<'_>, probe: &ir::Probe, code: &Handlers) -> Link {
    Link {
        is_return: matches!(probe.kind, ir::ProbeKind::Return { .. }),
        work: work(lowering, probe.handler, code.handler),
        entry: probe.entry.zip(code.entry).map_or(Work::Nothing, |(entry, section)| work(lowering, entry, section)),
        words: probe.entry_words,
        condition: lowering.conditions.of(probe),
    }
}

/// Largest number that a trampoline adds itself: what an instruction of either set holds.
const MAX_NUMBER: i64 = 0xfff;

/// What a handler does: some are so simple that no call is worth it.
fn work(lowering: &Lowering<'_>, handler: ir::FuncId, code: SectionId) -> Work {
    let function = &lowering.program.functions[handler.index()];
    let [block] = &*function.blocks else { return Work::Run(code) };
    match &*block.insts {
        [] => Work::Nothing,
        [number, add] => match (&number.op, &add.op) {
            (ir::Op::Int(value @ 0..=MAX_NUMBER), ir::Op::GlobalAdd(global, added))
                if number.result == Some(*added)
                    && lowering.locks.is_sharded(*global)
                    && !lowering.conditions.read(*global) =>
            {
                let offset = lowering.layout.globals[global.index()].part_off;
                Work::Add { offset, number: *value as u32 }
            }
            _ => Work::Run(code),
        },
        _ => Work::Run(code),
    }
}

impl Chains {
    /// A trampoline for sites with the same chain.
    fn add(&mut self, lowering: &mut Lowering<'_>, is_tracepoint: bool, sites: &[Site]) -> Result<(), Error> {
        let [first, ..] = sites else { return Ok(()) };
        let n_probes = first.chain.len() as u32;
        let looks = first.probes.iter().any(|probe| names_probe(lowering, *probe));
        let rows = (sites.len() > 1).then(|| {
            // Sparse where they are looked at, so that most searches end at their first row.
            let sparse = if looks { 4 } else { 2 };
            let log2 = (sparse * sites.len() as u32).next_power_of_two().ilog2();
            let rows = Rows { log2, offset: self.rows_bytes, bytes: 8 + 8 * n_probes };
            self.rows_bytes += (2 << log2) * rows.bytes;
            rows
        });
        let saved = sites.iter().map(|site| site.saved).max().unwrap_or(0);
        let plan = steps(lowering, first, rows.filter(|_| looks), saved, is_tracepoint);
        let code = lowering.linker.add(section(lowering.arch, &plan)?);
        let number = self.trampolines.len() as u32;
        for (site, place) in sites.iter().zip(0..) {
            self.probes
                .extend(site.probes.iter().zip(0..).map(|(probe, position)| (*probe, (number, place, position))));
        }
        let n_sites = sites.len() as u32;
        self.trampolines.push(Trampoline { code, returns: plan.returns(), n_sites, n_probes, rows });
        Ok(())
    }

    /// The code of all trampolines.
    pub fn roots(&self) -> impl Iterator<Item = SectionId> + '_ {
        self.trampolines.iter().map(|trampoline| trampoline.code)
    }

    /// The image's table of trampolines.
    pub fn table(&self, linked: &Linked) -> Vec<abi::spile_trampoline> {
        let row = |trampoline: &Trampoline| abi::spile_trampoline {
            code: linked.offset(trampoline.code).unwrap_or(abi::SPILE_NO_TEXT),
            flags: if trampoline.returns { abi::SPILE_TRAMPOLINE_RETURNS } else { 0 },
            n_sites: trampoline.n_sites,
            n_probes: trampoline.n_probes,
            rows_log2: trampoline.rows.map_or(0, |rows| rows.log2),
            rows_off: trampoline.rows.map_or(0, |rows| rows.offset),
        };
        self.trampolines.iter().map(row).collect()
    }

    /// Fills in where a probe is.
    pub fn locate(&self, probe: usize, entry: &mut abi::spile_probe) {
        entry.trampoline = abi::SPILE_NO_TRAMPOLINE;
        if let Some(place) = self.probes.get(&probe) {
            (entry.trampoline, entry.site, entry.position) = *place;
        }
    }
}

/// Whether a hit has to tell which probe it is of: for the handler, or for what is said of an error or a skipped hit.
fn names_probe(lowering: &Lowering<'_>, probe: usize) -> bool {
    let probe = &lowering.program.probes[probe];
    let has_lock = |function: ir::FuncId| !lowering.locks.of(function).is_empty();
    [Some(probe.handler), probe.entry].into_iter().flatten().any(has_lock)
        || lowering.effects_of(probe).any(|effects| {
            let nests = effects.calls && lowering.can_nest_too_deep();
            effects.names_probe || effects.fails || effects.spends || nests
        })
}

/// What a trampoline does for a site, and for those with the same chain.
fn steps(lowering: &Lowering<'_>, site: &Site, rows: Option<Rows>, saved: u32, is_tracepoint: bool) -> Plan {
    let program = lowering.program;
    let effects = |function: ir::FuncId| &lowering.effects[function.index()];
    let mut plan = Plan {
        place: if is_tracepoint { Place::Tracepoint } else { Place::Entry },
        saved,
        reads_arguments: false,
        reads_result: false,
        reads_task: [false; 2],
        entry: Vec::new(),
        exit: Vec::new(),
        rows,
        entry_words: 0,
    };
    for ((&probe, link), position) in site.probes.iter().zip(&site.chain).zip(0..) {
        let words = (link.words > 0).then_some((8 * plan.entry_words, link.words));
        let number = rows.is_none().then_some(probe as u32);
        let probe = &program.probes[probe];
        let tells =
            |handler: ir::FuncId, work: Work| matches!(work, Work::Run(_)) && lowering.own_probe(handler).is_none();
        let own_tells = tells(probe.handler, link.work);
        let step = Step { position, probe: number, tells: own_tells, counts: true, work: link.work, words };
        let own = effects(probe.handler);
        if !link.is_return {
            plan.reads_arguments |= own.arguments > 0;
            plan.reads_task[0] |= own.uses_task;
            plan.entry.push(step);
            continue;
        }
        plan.place = Place::EntryAndReturn;
        plan.entry_words += link.words;
        plan.reads_result |= own.uses_result;
        plan.reads_task[1] |= own.uses_task;
        plan.exit.push(step);
        if let Some(entry) = probe.entry.filter(|_| link.entry != Work::Nothing) {
            plan.reads_arguments |= effects(entry).arguments > 0;
            plan.reads_task[0] |= effects(entry).uses_task;
            plan.entry.push(Step { tells: tells(entry, link.entry), counts: false, work: link.entry, ..step });
        }
    }
    plan
}
