// SPDX-License-Identifier: MIT OR Apache-2.0
//! Decodes all linked code, and refuses what an image may not contain.

use super::{LinkError, Linked, Linker, Refusal, scan_aarch64, scan_x86};
use crate::Arch;

/// What to refuse at an offset.
pub type Finding = Result<(), (u32, Refusal)>;

/// Where branches may go: functions and stubs.
pub struct Code {
    ranges: Vec<(u32, u32)>,
}

impl Code {
    /// Whether a branch may go to a text offset.
    pub fn contains(&self, offset: i64) -> bool {
        let after = self.ranges.partition_point(|(start, _)| i64::from(*start) <= offset);
        self.ranges[..after].last().is_some_and(|(_, end)| offset < i64::from(*end))
    }
}

/// Checks every code section.
pub fn check(arch: Arch, linker: &Linker, linked: &Linked) -> Result<(), LinkError> {
    let mut functions = Vec::new();
    for &(start, id) in &linked.placed {
        let section = linker.section(id)?;
        if section.code {
            functions.push((start, start + section.bytes.len() as u32, section));
        }
    }
    let mut ranges: Vec<_> = functions.iter().map(|(start, end, _)| (*start, *end)).collect();
    ranges.push((linked.stubs, linked.text.len() as u32));
    let code = Code { ranges };
    for (start, end, section) in functions {
        let bytes = &linked.text[start as usize..end as usize];
        let finding = match arch {
            Arch::X86_64 => scan_x86::scan(bytes, start, &code),
            Arch::Aarch64 => scan_aarch64::scan(bytes, start, &code),
        };
        finding.map_err(|(offset, what)| LinkError::Instruction { section: section.name.clone(), offset, what })?;
    }
    Ok(())
}
