// SPDX-License-Identifier: MIT OR Apache-2.0
//! The image file: header, tables, text, host part.

use spile_abi as abi;
use spile_abi::host;
use spile_ir as ir;
use zerocopy::IntoBytes as _;

use crate::link::{Linked, SectionId};
use crate::lower::{ArgSource, Compiled, Instance, Lowering};
use crate::trampoline::{self, Chains};
use crate::{Error, JitOptions};

/// The code of one probe.
pub struct Handlers {
    /// Runs where the probe is.
    pub handler: SectionId,
    /// Runs at the entry, for a return probe.
    pub entry: Option<SectionId>,
}

/// Asks for the handlers of all probes.
pub fn handlers(lowering: &mut Lowering<'_>, program: &ir::Program) -> Vec<Handlers> {
    let limits = &program.limits;
    let mut all = Vec::new();
    for probe in &program.probes {
        let budget = if probe.kind.is_interruptible() { limits.max_action_interruptible } else { limits.max_action };
        let source = match probe.kind {
            ir::ProbeKind::Function { .. } | ir::ProbeKind::Return { .. } | ir::ProbeKind::Address { .. } => {
                ArgSource::Function
            }
            ir::ProbeKind::Tracepoint { n_args, .. } => ArgSource::Words(n_args),
            _ => ArgSource::Nowhere,
        };
        let mut section = |function| lowering.instance(Instance { function, source, budget: Some(budget) });
        all.push(Handlers { handler: section(probe.handler), entry: probe.entry.map(&mut section) });
    }
    all
}

/// Asks for the handler of conditions, where there are any.
pub fn conditions(lowering: &mut Lowering<'_>) -> Option<SectionId> {
    let budget = Some(lowering.program.limits.max_action);
    let function = lowering.conditions.handler?;
    Some(lowering.instance(Instance { function, source: ArgSource::Nowhere, budget }))
}

/// Code beside that of probes.
pub struct Extra {
    /// Runs once at load.
    pub init: SectionId,
    /// Asks conditions.
    pub conditions: Option<SectionId>,
}

/// Links everything and writes the file.
pub fn write(
    lowering: Lowering<'_>,
    program: &ir::Program,
    options: &JitOptions,
    probes: &[Handlers],
    chains: &Chains,
    extra: &Extra,
    scratch_size: u32,
) -> Result<crate::Compiled, Error> {
    let needs_registers: Vec<bool> =
        program.probes.iter().map(|probe| trampoline::needs_registers(&lowering, probe)).collect();
    let Lowering { linker, layout, compiled, dump, conditions, .. } = lowering;
    let handlers = probes.iter().flat_map(|probe| [Some(probe.handler), probe.entry]).flatten();
    let roots: Vec<SectionId> = handlers.chain([extra.init]).chain(extra.conditions).chain(chains.roots()).collect();
    let linked = linker.link(&roots)?;
    let mut strings = vec![0];
    let mut table = Vec::new();
    for (index, (probe, code)) in program.probes.iter().zip(probes).enumerate() {
        let mut entry = probe_entry(probe, code, &linked, &mut strings);
        entry.flags |= if needs_registers[index] { abi::SPILE_PROBE_REGS } else { 0 };
        chains.locate(index, &mut entry);
        entry.condition = conditions.of(probe).unwrap_or(abi::SPILE_NO_CONDITION);
        table.push(entry);
    }
    let (trampolines, fixups) = (chains.table(&linked), linked.fixups());
    let host = host_info(program, options, &linked, &compiled).encode();
    let header = abi::spile_image {
        arch: options.arch.number(),
        data_size: size(layout.data_size, abi::SPILE_MAX_DATA, "bytes of globals")?,
        part_size: size(layout.part_size, abi::SPILE_MAX_PART, "bytes of aggregates")?,
        scratch_size,
        init: linked.offset(extra.init).unwrap_or(abi::SPILE_NO_TEXT),
        conditions: extra.conditions.and_then(|section| linked.offset(section)).unwrap_or(abi::SPILE_NO_TEXT),
        n_conditions: conditions.count(),
        stubs: linked.stubs,
        n_imports: linked.imports.len() as u32,
        n_probes: size(table.len() as u64, abi::SPILE_MAX_PROBES, "probes")?,
        n_trampolines: trampolines.len() as u32,
        n_fixups: size(fixups.len() as u64, abi::SPILE_MAX_FIXUPS, "fixups")?,
        ..abi::spile_image::default()
    };
    let image = file(header, &Tables { probes: table, trampolines, fixups }, &linked, &strings, &host)?;
    Ok(crate::Compiled { image, dump })
}

/// Tables of an image file.
struct Tables {
    probes: Vec<abi::spile_probe>,
    trampolines: Vec<abi::spile_trampoline>,
    fixups: Vec<abi::spile_fixup>,
}

/// Lays out the file: small tables before the text, which begins at a page, and the host's part behind it.
fn file(
    mut header: abi::spile_image,
    tables: &Tables,
    linked: &Linked,
    strings: &[u8],
    host: &[u8],
) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; size_of::<abi::spile_image>()];
    header.probes_off = append(&mut bytes, tables.probes.as_bytes());
    header.trampolines_off = append(&mut bytes, tables.trampolines.as_bytes());
    header.fixups_off = append(&mut bytes, tables.fixups.as_bytes());
    header.imports_off = append(&mut bytes, linked.imports.as_bytes());
    header.strings_off = append(&mut bytes, strings);
    header.strings_size = strings.len() as u32;
    bytes.resize(bytes.len().next_multiple_of(abi::SPILE_TEXT_ALIGN as usize), 0);
    header.text_off = append(&mut bytes, &linked.text);
    header.text_size = linked.text.len() as u32;
    header.host_off = append(&mut bytes, host);
    header.host_size = host.len() as u32;
    header.magic = abi::SPILE_MAGIC;
    header.version = abi::SPILE_ABI_VERSION;
    header.abi_hash = abi::SPILE_ABI_HASH;
    header.image_size = size(bytes.len() as u64, abi::SPILE_MAX_IMAGE, "bytes in the image")?;
    bytes[..size_of::<abi::spile_image>()].copy_from_slice(header.as_bytes());
    Ok(bytes)
}

fn append(bytes: &mut Vec<u8>, part: &[u8]) -> u32 {
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let offset = bytes.len() as u32;
    bytes.extend_from_slice(part);
    offset
}

fn size(value: u64, most: u32, what: &'static str) -> Result<u32, Error> {
    u32::try_from(value).ok().filter(|value| *value <= most).ok_or(Error::TooMany(what))
}

fn probe_entry(probe: &ir::Probe, code: &Handlers, linked: &Linked, strings: &mut Vec<u8>) -> abi::spile_probe {
    let mut entry = abi::spile_probe {
        flags: if probe.optional { abi::SPILE_PROBE_OPTIONAL } else { 0 },
        handler: linked.offset(code.handler).unwrap_or(abi::SPILE_NO_TEXT),
        entry_handler: code.entry.and_then(|entry| linked.offset(entry)).unwrap_or(abi::SPILE_NO_TEXT),
        entry_words: probe.entry_words,
        ..abi::spile_probe::default()
    };
    match &probe.kind {
        ir::ProbeKind::Begin(sequence) => (entry.kind, entry.param) = (abi::SPILE_PROBE_BEGIN, *sequence),
        ir::ProbeKind::End(sequence) => (entry.kind, entry.param) = (abi::SPILE_PROBE_END, *sequence),
        ir::ProbeKind::Error(sequence) => (entry.kind, entry.param) = (abi::SPILE_PROBE_ERROR, *sequence),
        ir::ProbeKind::Timer { period_ns, randomize_ns } => {
            entry.kind = abi::SPILE_PROBE_TIMER;
            (entry.param, entry.param2) = (saturated(*period_ns), saturated(*randomize_ns));
        }
        ir::ProbeKind::Function { symbol, .. } => {
            (entry.kind, entry.name) = (abi::SPILE_PROBE_FUNCTION, name(strings, symbol));
        }
        ir::ProbeKind::Return { symbol, maxactive, .. } => {
            (entry.kind, entry.name) = (abi::SPILE_PROBE_RETURN, name(strings, symbol));
            entry.param = i64::from(*maxactive);
        }
        ir::ProbeKind::Address { symbol, offset } => {
            (entry.kind, entry.name) = (abi::SPILE_PROBE_ADDRESS, name(strings, symbol));
            entry.offset = *offset;
            entry.address = if symbol.is_empty() { *offset } else { 0 };
        }
        ir::ProbeKind::Tracepoint { name: tracepoint, n_args } => {
            (entry.kind, entry.name) = (abi::SPILE_PROBE_TRACEPOINT, name(strings, tracepoint));
            entry.param = i64::from(*n_args);
        }
    }
    entry
}

fn saturated(ns: u64) -> i64 {
    i64::try_from(ns).unwrap_or(i64::MAX)
}

/// The offset of a name in the strings, which begin with the empty one.
fn name(strings: &mut Vec<u8>, name: &str) -> u32 {
    if name.is_empty() {
        return 0;
    }
    let offset = strings.len() as u32;
    // Symbols have no NUL; one that had would be cut there, not run into the next.
    strings.extend_from_slice(name.as_bytes());
    strings.push(0);
    offset
}

fn host_info(program: &ir::Program, options: &JitOptions, linked: &Linked, compiled: &[Compiled]) -> host::HostInfo {
    let limits = &program.limits;
    let location = |location: &ir::Location| host::Location {
        file: location.file.0,
        line: location.line,
        column: location.column,
        near: location.near.clone(),
    };
    host::HostInfo {
        script: options.script.clone(),
        arch: options.arch.number(),
        release: options.release.clone(),
        files: program.files.clone(),
        locations: program.locations.iter().map(location).collect(),
        formats: program.formats.iter().map(format).collect(),
        probes: program.probes.iter().map(probe).collect(),
        globals: program.globals.iter().map(|global| global.name.clone()).collect(),
        functions: functions(linked, compiled),
        limits: host::Limits {
            max_string: limits.max_string,
            max_errors: limits.max_errors,
            max_skipped: limits.max_skipped,
            max_nesting: limits.max_nesting,
            max_action: limits.max_action,
        },
        options: options.options.clone(),
    }
}

fn format(format: &ir::Format) -> host::Format {
    let arg = |arg: &ir::FormatArg| match arg {
        ir::FormatArg::Int => host::FormatArg::Int,
        ir::FormatArg::Str => host::FormatArg::Str,
        ir::FormatArg::Hist => host::FormatArg::Hist,
    };
    host::Format { text: format.text.clone(), args: format.args.iter().map(arg).collect() }
}

fn probe(probe: &ir::Probe) -> host::Probe {
    let symbol = match &probe.kind {
        ir::ProbeKind::Function { symbol, .. }
        | ir::ProbeKind::Return { symbol, .. }
        | ir::ProbeKind::Address { symbol, .. } => symbol.clone(),
        _ => String::new(),
    };
    host::Probe {
        name: probe.name.clone(),
        symbol,
        from: probe.script_name().to_owned(),
        location: probe.loc.0,
        is_return: matches!(probe.kind, ir::ProbeKind::Return { .. }),
        optional: probe.optional,
    }
}

/// All code of the text, that of the runtime without lines.
fn functions(linked: &Linked, compiled: &[Compiled]) -> Vec<host::Function> {
    let mut functions = Vec::new();
    for &(start, id) in &linked.placed {
        let Some(section) = linked.section(id).filter(|section| section.code) else { continue };
        let lines = compiled.iter().find(|code| code.section == id).map_or(&[][..], |code| &code.lines);
        functions.push(host::Function {
            name: section.name.clone(),
            start,
            end: start + section.bytes.len() as u32,
            lines: lines.iter().map(|(pc, loc)| host::Line { pc: start + pc, location: loc.0 }).collect(),
        });
    }
    functions
}
