// SPDX-License-Identifier: MIT OR Apache-2.0
//! IR to machine code, function by function.
//!
//! Every function gets the context first; a function with a string result then the address that
//! the result goes to; then its parameters, integers or addresses of strings. An error under way is in
//! `rt_ctx.error`; a function that returns with one set has been unwound.

mod call;
mod clock;
mod element;
mod emit;
mod fail;
mod function;
mod handler;
mod known;
mod later;
mod lookup;
mod name;
mod op;
mod output;
mod regex;
mod stat;
mod table;

pub use table::sort_number;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::{Context, FinalizedRelocTarget, control::ControlPlane, ir as clif};
use cranelift_frontend::FunctionBuilderContext;
use spile_abi as abi;
use spile_ir as ir;

use self::clock::Clock;
use self::emit::Callee;
use crate::conditions::Conditions;
use crate::constants::Constants;
use crate::effects::{self, Depth, Effects};
use crate::globals::Layout;
use crate::link::{LinkError, Linker, Reloc, RelocKind, Section, SectionId, Target};
use crate::locks::{self, Locks, Sharing};
use crate::preserving;
use crate::runtime::Rt;
use crate::strings::{self, Plan};
use crate::task::{self, Task};
use crate::{Arch, Error, JitOptions};

/// Where `Op::Arg` finds arguments: it differs by the kind of the probe.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ArgSource {
    /// There are none; they read as 0.
    Nowhere,
    /// A function's: in `spile_ctx.args` those in registers, by `spile_ctx.regs` the others.
    Function,
    /// A tracepoint's: in `spile_ctx.args`, so many words.
    Words(u32),
}

/// What is compiled: a function, for one source of arguments, perhaps as a handler.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Instance {
    /// The function.
    pub function: ir::FuncId,
    /// Where arguments come from.
    pub source: ArgSource,
    /// Handlers: actions of one hit.
    pub budget: Option<u32>,
}

/// Machine code's name and lines, beside the linker's section.
#[derive(Debug)]
pub struct Compiled {
    /// Its section.
    pub section: SectionId,
    /// Offsets in the section and locations.
    pub lines: Vec<(u32, ir::LocId)>,
}

/// Dumps, where they were asked for.
#[derive(Clone, Debug, Default)]
pub struct Dump {
    /// Cranelift IR of all functions.
    pub clif: String,
    /// Disassembly of all functions.
    pub assembly: String,
}

/// What is known while a program is being lowered.
pub struct Lowering<'p> {
    pub(crate) program: &'p ir::Program,
    pub(crate) arch: Arch,
    isa: OwnedTargetIsa,
    pub(crate) layout: Layout,
    pub(crate) effects: Vec<Effects>,
    pub(crate) locks: Locks,
    pub(crate) conditions: Conditions,
    plans: Vec<Plan>,
    /// By `FuncId`.
    pub(crate) tasks: Vec<Task>,
    /// By `GlobalId`: whether some handler empties it.
    pub(crate) cleared: Vec<bool>,
    /// Calls and scratch memory of the deepest handler.
    pub(crate) depth: Depth,
    /// Bytes of a string slot.
    pub(crate) slot_bytes: u32,
    pub(crate) linker: Linker,
    pub(crate) constants: Constants,
    instances: BTreeMap<Instance, SectionId>,
    /// Ways to call that leave all registers as they are.
    preserving: HashMap<Callee, SectionId>,
    /// What tells the clocks.
    clocks: HashMap<Clock, SectionId>,
    work: Vec<Instance>,
    /// By `FuncId`: bytes of the processor's stack that its code takes.
    stack: Vec<u64>,
    /// Functions in the order they were compiled.
    pub compiled: Vec<Compiled>,
    /// The tables of regular expressions, by string and whether what matched is kept.
    regexes: BTreeMap<(ir::StrId, bool), SectionId>,
    /// Dumps, where they are wanted.
    pub dump: Option<Dump>,
    /// The descriptors of globals.
    pub(crate) globals: Option<SectionId>,
    builder_context: FunctionBuilderContext,
}

/// Most bytes of the kernel's stack (of 16 KiB) that a handler and the functions it calls may take
/// together; the runtime and kshim need some more.
pub const MAX_STACK: u64 = 4096;

/// Namespaces of `UserExternalName`.
const SECTION: u32 = 0;
const IMPORT: u32 = 1;
const RUNTIME: u32 = 2;

impl<'p> Lowering<'p> {
    /// Analyses a program.
    pub fn new(program: &'p ir::Program, conditions: Conditions, options: &JitOptions) -> Result<Self, Error> {
        let &JitOptions { arch, dump, .. } = options;
        let effects = effects::effects(program);
        let sharing = Sharing::new(program, &effects);
        let layout = Layout::new(program, &sharing)?;
        let tasks: Vec<Task> =
            program.functions.iter().map(|function| task::task(program, function, &options.task)).collect();
        let functions = program.functions.iter().zip(&tasks);
        let plans: Vec<Plan> = functions.map(|(function, task)| strings::plan(function, &effects, task)).collect();
        let slot_bytes = spile_rt::str_slot(program.limits.max_string);
        let frames: Vec<u64> = plans.iter().map(|plan| u64::from(plan.slots) * u64::from(slot_bytes)).collect();
        let handlers: Vec<ir::FuncId> = locks::handlers(program).chain(conditions.handler).collect();
        let mut linker = Linker::new(arch);
        linker.add_object(spile_rt::freestanding::object(arch.number()))?;
        let mut constants = Constants::default();
        let globals = (!layout.globals.is_empty()).then(|| constants.add(&mut linker, "globals", layout.table()));
        let regexes = regex::tables(program, &mut linker, &mut constants)?;
        Ok(Self {
            program,
            arch,
            isa: crate::isa::target(arch)?,
            locks: Locks::new(program, &layout, &effects, sharing, &conditions),
            conditions,
            layout,
            plans,
            tasks,
            cleared: (0..program.globals.len()).map(|global| effects::empties(&effects, global)).collect(),
            depth: effects::depth(program, &handlers, &frames),
            effects,
            slot_bytes,
            linker,
            constants,
            instances: BTreeMap::new(),
            preserving: HashMap::new(),
            clocks: HashMap::new(),
            work: Vec::new(),
            stack: vec![0; program.functions.len()],
            compiled: Vec::new(),
            regexes,
            dump: dump.then(Dump::default),
            globals,
            builder_context: FunctionBuilderContext::new(),
        })
    }

    /// The section of an instance, which is compiled by and by.
    pub fn instance(&mut self, mut instance: Instance) -> SectionId {
        if !self.effects[instance.function.index()].uses_call() {
            instance.source = ArgSource::Nowhere;
        }
        *self.instances.entry(instance).or_insert_with(|| {
            self.work.push(instance);
            self.linker.reserve()
        })
    }

    /// Compiles all instances asked for, and those that they call.
    pub fn compile_instances(&mut self) -> Result<(), Error> {
        while let Some(instance) = self.work.pop() {
            let section = self.instances[&instance];
            let program = self.program;
            let function = &program.functions[instance.function.index()];
            let code = function::lower(self, function, instance);
            let stack = self.compile(section, &function.name, code, instance.budget.is_some())?;
            let known = &mut self.stack[instance.function.index()];
            *known = stack.max(*known);
        }
        let handlers: Vec<ir::FuncId> = locks::handlers(self.program).chain(self.conditions.handler).collect();
        let bytes = effects::depth(self.program, &handlers, &self.stack).scratch;
        if bytes > MAX_STACK { Err(Error::Stack { bytes }) } else { Ok(()) }
    }

    /// What a probe's handlers do.
    pub(crate) fn effects_of(&self, probe: &ir::Probe) -> impl Iterator<Item = &Effects> {
        [Some(probe.handler), probe.entry].into_iter().flatten().map(|function| &self.effects[function.index()])
    }

    /// The probe that a handler need not be told, since it is of no other, and names it at most in code that seldom runs.
    pub(crate) fn own_probe(&self, function: ir::FuncId) -> Option<u32> {
        if self.effects[function.index()].names_probe {
            return None;
        }
        let mut all = (0..)
            .zip(&self.program.probes)
            .filter(|(_, probe)| [Some(probe.handler), probe.entry].contains(&Some(function)));
        match (all.next(), all.next()) {
            (Some((probe, _)), None) => Some(probe),
            _ => None,
        }
    }

    /// Whether calls of some handler could nest deeper than MAXNESTING, or than there is memory for.
    pub(crate) fn can_nest_too_deep(&self) -> bool {
        let limit = self.program.limits.max_nesting;
        let room = u64::from(self.frames_size());
        self.depth.calls.is_none_or(|calls| calls > limit) || self.depth.scratch > room
    }

    /// Bytes of scratch memory for the frames of one hit.
    pub(crate) fn frames_size(&self) -> u32 {
        let most = u64::from(abi::SPILE_MAX_SCRATCH) - u64::from(self.scratch_reserve());
        self.depth.scratch.next_multiple_of(64).min(most & !63) as u32
    }

    /// Bytes of scratch memory that the runtime keeps for itself.
    pub(crate) fn scratch_reserve(&self) -> u32 {
        let matches = self.effects.iter().any(|effects| effects.matches);
        let reserve = spile_rt::scratch_reserve(self.program.limits.max_string, matches);
        reserve.next_multiple_of(64).min(abi::SPILE_MAX_SCRATCH)
    }

    /// Bytes of a context's scratch memory.
    pub(crate) fn scratch_size(&self) -> u32 {
        self.frames_size() + self.scratch_reserve()
    }

    /// The function that runs once at load.
    pub fn compile_init(&mut self, scratch_size: u32) -> Result<SectionId, Error> {
        let code = function::init(self, scratch_size);
        let section = self.linker.reserve();
        self.compile(section, "init", code, true)?;
        Ok(section)
    }

    /// Where integer division is: Cranelift's own would bring traps.
    pub(crate) fn division(&mut self, remainder: bool) -> SectionId {
        let (name, bytes) = crate::division::code(self.arch, remainder);
        self.constants.add_code(&mut self.linker, name, bytes)
    }

    /// A way to call something that leaves all registers as they are.
    pub(crate) fn preserving(&mut self, callee: Callee) -> SectionId {
        let (arch, linker) = (self.arch, &mut self.linker);
        *self.preserving.entry(callee).or_insert_with(|| {
            linker.add(match callee {
                Callee::Runtime(rt) => preserving::call(arch, Target::Runtime(rt.name())),
                Callee::Import(import) => preserving::call(arch, Target::Import(import)),
                Callee::Section(section, ..) | Callee::Preserving(section, _) | Callee::Clock(section) => {
                    preserving::call(arch, Target::Section(section, 0))
                }
            })
        })
    }

    /// Compiles a function; bytes of the processor's stack that it takes.
    fn compile(
        &mut self,
        section: SectionId,
        name: &str,
        function: clif::Function,
        is_entry: bool,
    ) -> Result<u64, Error> {
        let codegen = |message: String| Error::Codegen { function: name.to_owned(), message };
        if let Some(dump) = &mut self.dump {
            let _ = writeln!(dump.clif, ";; {name}\n{}", function.display());
        }
        let mut context = Context::for_function(function);
        context.set_disasm(self.dump.is_some());
        let code = context
            .compile(&*self.isa, &mut ControlPlane::default())
            .map_err(|error| codegen(format!("{:?}", error.inner)))?;
        if let (Some(dump), Some(assembly)) = (&mut self.dump, &code.vcode) {
            let _ = writeln!(dump.assembly, ";; {name}\n{assembly}");
        }
        let pad: &[u8] = if is_entry { self.arch.landing_pad() } else { &[] };
        let mut bytes = pad.to_vec();
        bytes.extend_from_slice(code.buffer.data());
        if !code.buffer.traps().is_empty() {
            return Err(codegen("a trap is left in the code".to_owned()));
        }
        // Frame pointer and return address are above what the layout counts.
        let stack = code.buffer.frame_layout().map_or(0, |layout| u64::from(layout.frame_to_fp_offset)) + 16;
        let shift = pad.len() as u32;
        let lines = code
            .buffer
            .get_srclocs_sorted()
            .iter()
            .filter(|range| !range.loc.is_default())
            .map(|range| (range.start + shift, ir::LocId(range.loc.bits())))
            .collect();
        let names = context.func.params.user_named_funcs();
        let relocs = context.compiled_code().map(|code| code.buffer.relocs()).unwrap_or_default();
        let relocs = relocs
            .iter()
            .map(|reloc| {
                let unsupported = || LinkError::Relocation {
                    section: name.to_owned(),
                    offset: reloc.offset + shift,
                    kind: format!("{:?}", reloc.kind),
                };
                let target = target(&reloc.target, section, names).ok_or_else(unsupported)?;
                let kind = kind(reloc.kind).ok_or_else(unsupported)?;
                Ok(Reloc { offset: reloc.offset + shift, kind, target, addend: reloc.addend })
            })
            .collect::<Result<Vec<_>, LinkError>>()?;
        self.compiled.push(Compiled { section, lines });
        let section_name = name.to_owned();
        self.linker.define(
            section,
            Section { name: section_name, bytes, align: 16, code: true, relocs, ..Section::default() },
        );
        Ok(stack)
    }
}

type Names = cranelift_codegen::entity::PrimaryMap<clif::UserExternalNameRef, clif::UserExternalName>;

fn target(target: &FinalizedRelocTarget, own: SectionId, names: &Names) -> Option<Target> {
    Some(match target {
        FinalizedRelocTarget::Func(offset) => Target::Section(own, i64::from(*offset)),
        FinalizedRelocTarget::ExternalName(clif::ExternalName::User(name)) => {
            let name = &names[*name];
            match name.namespace {
                SECTION => Target::Section(SectionId(name.index), 0),
                IMPORT => Target::Import(name.index),
                _ => Target::Runtime(Rt::from_index(name.index)?.name()),
            }
        }
        FinalizedRelocTarget::ExternalName(clif::ExternalName::LibCall(call)) => Target::Library(call.to_string()),
        FinalizedRelocTarget::ExternalName(_) => return None,
    })
}

fn kind(kind: cranelift_codegen::binemit::Reloc) -> Option<RelocKind> {
    use cranelift_codegen::binemit::Reloc;
    Some(match kind {
        Reloc::X86PCRel4 | Reloc::X86CallPCRel4 | Reloc::X86CallPLTRel4 => RelocKind::Rel32,
        Reloc::Arm64Call => RelocKind::A64Branch26,
        Reloc::Aarch64AdrPrelPgHi21 => RelocKind::A64AdrPage21,
        Reloc::Aarch64AddAbsLo12Nc => RelocKind::A64Add12,
        _ => return None,
    })
}
