// SPDX-License-Identifier: MIT OR Apache-2.0
//! Regular expressions: their tables, as `rt.h` describes them, and matches.

use std::collections::BTreeMap;

use cranelift_codegen::ir as clif;
use spile_ir as ir;
use spile_regex::{Captures, Dfa, Register, Search, Step, TooLarge};
use spile_rt::raw::{self, rt_step};
use zerocopy::IntoBytes as _;

use super::emit::{Callee, Emitter};
use crate::Error;
use crate::constants::Constants;
use crate::link::{Linker, SectionId};
use crate::runtime::Rt;

/// Bytes of `struct rt_captures` before the steps.
const HEAD: usize = 256 + 6 * 4;

impl Emitter<'_, '_> {
    /// Whether a string has a match.
    pub fn regex_match(&mut self, regex: ir::StrId, subject: ir::Value, keep: bool) -> clif::Value {
        let table = self.lowering.regexes[&(regex, keep)];
        let table = self.address(table, 0);
        let subject = self.value(subject);
        if keep {
            self.word(Callee::Runtime(Rt::MatchGroups), &[self.ctx, table, subject])
        } else {
            self.word(Callee::Runtime(Rt::Match), &[table, subject])
        }
    }
}

/// The tables of all regular expressions of a program.
pub fn tables(
    program: &ir::Program,
    linker: &mut Linker,
    constants: &mut Constants,
) -> Result<BTreeMap<(ir::StrId, bool), SectionId>, Error> {
    let mut tables = BTreeMap::new();
    for op in program.functions.iter().flat_map(crate::effects::ops) {
        let ir::Op::Match { regex, keep, .. } = *op else { continue };
        if tables.contains_key(&(regex, keep)) {
            continue;
        }
        let pattern = &program.strings[regex.index()];
        let bytes = table(pattern, keep).ok_or_else(|| Error::RegexTooLarge(pattern.escape_ascii().to_string()))?;
        tables.insert((regex, keep), constants.add(linker, "regular expression", bytes));
    }
    Ok(tables)
}

fn table(pattern: &[u8], keep: bool) -> Option<Vec<u8>> {
    // The verifier has read it.
    let regex = spile_regex::parse(pattern).ok()?;
    let bytes =
        if keep { Captures::new(&regex).map(|captures| captures_bytes(&captures)) } else { search_bytes(&regex) };
    bytes.ok()
}

/// `struct rt_regex`
fn search_bytes(regex: &spile_regex::Regex) -> Result<Vec<u8>, TooLarge> {
    let search = Search::new(regex)?;
    let mut bytes = search.classes.to_vec();
    add_dfa(&mut bytes, &search.dfa);
    Ok(bytes)
}

/// `struct rt_dfa`, on a boundary of 8 bytes.
fn add_dfa(bytes: &mut Vec<u8>, dfa: &Dfa) {
    bytes.extend_from_slice([dfa.start, dfa.start_at_edge, dfa.accepts_at_edge, dfa.accepts].as_bytes());
    bytes.extend_from_slice(dfa.next.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(8), 0);
}

/// `struct rt_captures`
fn captures_bytes(captures: &Captures) -> Vec<u8> {
    let steps = captures.steps.len() * size_of::<rt_step>();
    let mut automata = Vec::new();
    let offsets: Vec<u32> = captures
        .automata
        .iter()
        .map(|dfa| {
            let offset = (HEAD + steps).next_multiple_of(8) + automata.len();
            add_dfa(&mut automata, dfa);
            offset as u32
        })
        .collect();
    let mut bytes = captures.classes.to_vec();
    let head = [
        captures.groups,
        captures.registers as u32,
        captures.anchored.into(),
        offsets[captures.find],
        offsets[captures.whole],
        captures.steps.len() as u32,
    ];
    bytes.extend_from_slice(head.as_bytes());
    for step in &captures.steps {
        bytes.extend_from_slice(encode(step, &offsets).as_bytes());
    }
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes.extend_from_slice(&automata);
    bytes
}

/// `struct rt_step`
fn encode(step: &Step, offsets: &[u32]) -> rt_step {
    let number = |register: Option<Register>| register.unwrap_or(raw::RT_NO_REGISTER as u16);
    let make = |kind: u32, from: Register, to: Option<Register>, rest: Option<Register>| rt_step {
        kind: kind as u16,
        from,
        to: number(to),
        rest: number(rest),
        forward: 0,
        backward: 0,
    };
    match *step {
        Step::Copy { from, to } => make(raw::RT_STEP_COPY, from, Some(to), None),
        Step::SplitAfter { from, first, rest, length } => {
            rt_step { forward: length, ..make(raw::RT_STEP_SPLIT_AFTER, from, first, rest) }
        }
        Step::SplitBefore { from, first, rest, length } => {
            rt_step { forward: length, ..make(raw::RT_STEP_SPLIT_BEFORE, from, first, rest) }
        }
        Step::Split { from, first, rest, forward, backward } => rt_step {
            forward: offsets[forward],
            backward: offsets[backward],
            ..make(raw::RT_STEP_SPLIT, from, first, rest)
        },
        Step::Choose { from, first, rest, forward } => {
            rt_step { forward: offsets[forward], ..make(raw::RT_STEP_CHOOSE, from, first, rest) }
        }
        Step::Optional { from, to, forward } => rt_step {
            forward: forward.map_or(0, |forward| offsets[forward]),
            ..make(raw::RT_STEP_OPTIONAL, from, Some(to), None)
        },
        Step::Last { from, to, forward, backward } => rt_step {
            forward: offsets[forward],
            backward: offsets[backward],
            ..make(raw::RT_STEP_LAST, from, Some(to), None)
        },
        Step::Clear { from, first, last } => make(raw::RT_STEP_CLEAR, from, Some(first), Some(last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_has_room_for_all_registers() {
        assert_eq!(spile_regex::MAX_REGISTERS, raw::RT_MAX_REGISTERS as usize);
    }
}
