// SPDX-License-Identifier: MIT OR Apache-2.0
//! Variables of the kernel proper: places from its symbols, types from its BTF, which on stock kernels knows those of which
//! each CPU has its own; both from its debug information, where there is some.

use spile_frontend::target::{Original, TypeId, Variable, VariablePlace};

use crate::Dwarf;
use crate::btf::{Btf, Kind};
use crate::symbols::Symbols;

/// What all other objects are counted from.
const ORIGIN: &str = "init_task";
/// The section of the variables that each CPU has.
const PER_CPU: &str = ".data..percpu";
const SECTION_START: &str = "__per_cpu_start";

/// A variable by name.
pub(crate) fn find(symbols: &Symbols, btf: &Btf, name: &str) -> Option<Variable> {
    let known = btf.named(name).find(|ty| ty.kind() == Kind::Var);
    let ty = known.map(|var| TypeId(var.target()));
    if let Some(var) = known
        && let Some(offset) = btf.section_offset(PER_CPU, var.id())
    {
        let original = match distance(symbols, SECTION_START) {
            Some(start) => Original::Object(start + i64::from(offset)),
            // The section is linked at address 0, and its symbols are no addresses in the image.
            None => Original::Address(offset.into()),
        };
        return Some(Variable { ty, place: per_cpu(symbols, original)? });
    }
    Some(Variable { ty, place: VariablePlace::Object(distance(symbols, name)?) })
}

/// A variable by name, and perhaps source file, from debug information. Its addresses are those the kernel was linked at.
pub(crate) fn from_debug_information(
    dwarf: &Dwarf,
    symbols: &Symbols,
    name: &str,
    unit: Option<&str>,
) -> Option<Variable> {
    let found = dwarf.variable(name, unit)?;
    let origin = dwarf.variable(ORIGIN, None)?.address;
    let from_origin = found.address.wrapping_sub(origin).cast_signed();
    let place = match (found.is_per_cpu, distance(symbols, SECTION_START)) {
        (false, _) => VariablePlace::Object(from_origin),
        (true, Some(_)) => per_cpu(symbols, Original::Object(from_origin))?,
        (true, None) => per_cpu(symbols, Original::Address(found.address))?,
    };
    Some(Variable { ty: Some(found.ty), place })
}

fn per_cpu(symbols: &Symbols, original: Original) -> Option<VariablePlace> {
    Some(VariablePlace::PerCpu { offsets: distance(symbols, "__per_cpu_offset")?, original })
}

/// How far a symbol's object is from the origin.
pub(crate) fn distance(symbols: &Symbols, name: &str) -> Option<i64> {
    let offset = |name| symbols.named(name).find(|symbol| !symbol.is_text && symbol.module.is_none());
    offset(name)?.offset.checked_sub(offset(ORIGIN)?.offset)
}
