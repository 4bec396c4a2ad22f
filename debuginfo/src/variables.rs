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

/// A variable by name.
pub(crate) fn find(symbols: &Symbols, btf: &Btf, name: &str) -> Option<Variable> {
    let known = btf.named(name).find(|ty| ty.kind() == Kind::Var);
    let ty = known.map(|var| TypeId(var.target()));
    if let Some(var) = known
        && let Some(offset) = btf.section_offset(PER_CPU, var.id())
    {
        let original = match distance(symbols, "__per_cpu_start") {
            Some(start) => Original::Object(start + i64::from(offset)),
            // The section is linked at address 0, and its symbols are no addresses in the image.
            None => Original::Address(offset.into()),
        };
        let offsets = distance(symbols, "__per_cpu_offset")?;
        return Some(Variable { ty, place: VariablePlace::PerCpu { offsets, original } });
    }
    Some(Variable { ty, place: VariablePlace::Object(distance(symbols, name)?) })
}

/// A variable by name, and perhaps source file, from debug information alone: its addresses are those the kernel was linked
/// at, and the distances between them stay.
pub(crate) fn from_debug_information(dwarf: &Dwarf, name: &str, unit: Option<&str>) -> Option<Variable> {
    let found = dwarf.variable(name, unit)?;
    let origin = dwarf.variable(ORIGIN, None)?.address;
    let distance = |address: u64| address.wrapping_sub(origin).cast_signed();
    let place = match found.per_cpu_start {
        None => VariablePlace::Object(distance(found.address)),
        Some(start) => VariablePlace::PerCpu {
            offsets: distance(dwarf.variable("__per_cpu_offset", None)?.address),
            original: match start {
                0 => Original::Address(found.address),
                _ => Original::Object(distance(found.address)),
            },
        },
    };
    Some(Variable { ty: Some(found.ty), place })
}

/// How far a symbol's object is from the origin.
pub(crate) fn distance(symbols: &Symbols, name: &str) -> Option<i64> {
    let offset = |name| symbols.named(name).find(|symbol| !symbol.is_text && symbol.module.is_none());
    offset(name)?.offset.checked_sub(offset(ORIGIN)?.offset)
}
