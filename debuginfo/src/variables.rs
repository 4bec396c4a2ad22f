// SPDX-License-Identifier: MIT OR Apache-2.0
//! Variables of the kernel proper: places from its symbols, types from its BTF, which on stock kernels knows those of which
//! each CPU has its own.

use spile_frontend::target::{Original, TypeId, Variable, VariablePlace};

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
        let offsets = distance(symbols, "__per_cpu_offset")?;
        let original = match distance(symbols, "__per_cpu_start") {
            Some(start) => Original::Object(start + i64::from(offset)),
            // The section is linked at address 0, and its symbols are no addresses in the image.
            None => Original::Address(offset.into()),
        };
        return Some(Variable { ty, place: VariablePlace::PerCpu { offsets, original } });
    }
    Some(Variable { ty, place: VariablePlace::Object(distance(symbols, name)?) })
}

/// How far a symbol's object is from the origin.
pub(crate) fn distance(symbols: &Symbols, name: &str) -> Option<i64> {
    let offset = |name| symbols.named(name).find(|symbol| !symbol.is_text && symbol.module.is_none());
    offset(name)?.offset.checked_sub(offset(ORIGIN)?.offset)
}
