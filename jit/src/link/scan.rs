// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decodes all linked code that can be reached, and refuses what an image may not contain.
//!
//! Without indirect branches, what the processor may come to is what direct branches and calls lead to
//! from the functions' beginnings. Code generation puts constants behind a function's code: those are not decoded.

use super::{LinkError, Linked, Linker, Refusal, Section, scan_aarch64, scan_x86};
use crate::Arch;

/// One instruction that is fine by itself.
pub struct Step {
    /// Bytes.
    pub length: u32,
    /// Whether execution may go on behind it.
    pub falls_through: bool,
    /// Where it branches to, as a text offset.
    pub target: Option<i64>,
}

/// Decodes and checks the first instruction of `bytes`, which are at a text offset; trampolines may do more than others.
type Decode = fn(bytes: &[u8], place: u32, is_glue: bool) -> Result<Step, Refusal>;

struct Function<'a> {
    start: u32,
    end: u32,
    section: &'a Section,
}

/// Checks all code.
pub fn check(arch: Arch, linker: &Linker, linked: &Linked) -> Result<(), LinkError> {
    let decode: Decode = match arch {
        Arch::X86_64 => scan_x86::step,
        Arch::Aarch64 => scan_aarch64::step,
    };
    let mut functions = Vec::new();
    for &(start, id) in &linked.placed {
        let section = linker.section(id)?;
        if section.code {
            functions.push(Function { start, end: start + section.bytes.len() as u32, section });
        }
    }
    let entries = |function: &Function<'_>| {
        let glue = function.section.glue.as_ref();
        let start = function.start;
        glue.map_or_else(Vec::new, |glue| glue.entries.iter().map(|offset| start + offset).collect())
    };
    let mut work: Vec<u32> = functions.iter().map(|function| function.start).collect();
    work.extend(functions.iter().flat_map(entries));
    let mut seen = vec![false; linked.text.len()];
    while let Some(place) = work.pop() {
        let Some(function) = find(&functions, i64::from(place)) else { continue };
        straight(function, place, linked, decode, &functions, &mut seen, &mut work)?;
    }
    Ok(())
}

/// Goes on from a place until execution does not, or to what was seen.
fn straight(
    function: &Function<'_>,
    mut place: u32,
    linked: &Linked,
    decode: Decode,
    functions: &[Function<'_>],
    seen: &mut [bool],
    work: &mut Vec<u32>,
) -> Result<(), LinkError> {
    loop {
        let refuse = |what| LinkError::Instruction {
            section: function.section.name.clone(),
            offset: place - function.start,
            what,
        };
        if place >= function.end {
            return Err(refuse(Refusal::Escape));
        }
        if std::mem::replace(&mut seen[place as usize], true) {
            return Ok(());
        }
        let bytes = &linked.text[place as usize..function.end as usize];
        let step = decode(bytes, place, function.section.glue.is_some()).map_err(refuse)?;
        if let Some(target) = step.target {
            if find(functions, target).is_some() {
                work.push(target as u32);
            } else if !is_stub(linked, target) {
                return Err(refuse(Refusal::Escape));
            }
        }
        if !step.falls_through {
            return Ok(());
        }
        place += step.length;
    }
}

/// The function that has a text offset.
fn find<'a, 'f>(functions: &'a [Function<'f>], place: i64) -> Option<&'a Function<'f>> {
    let after = functions.partition_point(|function| i64::from(function.start) <= place);
    functions[..after].last().filter(|function| place < i64::from(function.end))
}

/// Whether a text offset is the beginning of a stub.
fn is_stub(linked: &Linked, place: i64) -> bool {
    let stub = place - i64::from(linked.stubs);
    (0..linked.text.len() as i64 - i64::from(linked.stubs)).contains(&stub)
        && stub % i64::from(spile_abi::SPILE_STUB_BYTES) == 0
}
