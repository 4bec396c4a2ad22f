// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which functions cannot be probed: the kernel's own list, and sections where no probe may be.

use crate::symbols::{Symbol, Symbols};

/// Sections by the symbols around them, and what the field says of a function there.
const SECTIONS: &[(&str, &str, &str)] = &[
    ("__init_begin", "__init_end", IN_SECTION),
    ("_sinittext", "_einittext", IN_SECTION),
    ("__inittext_begin", "__inittext_end", IN_SECTION),
    ("__exittext_begin", "__exittext_end", IN_SECTION),
    // The kernel lists these functions itself, but not every target lets its list be read.
    ("__kprobes_text_start", "__kprobes_text_end", LISTED),
    ("__noinstr_text_start", "__noinstr_text_end", LISTED),
    ("__entry_text_start", "__entry_text_end", LISTED),
];
const LISTED: &str = "is blocklisted";
const IN_SECTION: &str = "is in blocklisted section";

/// Functions that cannot be probed.
pub(crate) struct Blacklist {
    /// Sorted.
    names: Vec<String>,
    /// From and to, counted from `_text`, and why.
    sections: Vec<(i64, i64, &'static str)>,
}

impl Blacklist {
    /// From lines of names, as [`condense`] gives them.
    pub(crate) fn new(names: &str, symbols: &Symbols) -> Self {
        let mut names: Vec<_> = names.lines().map(str::to_owned).collect();
        names.sort_unstable();
        let place = |name| symbols.named(name).find(|symbol| symbol.module.is_none()).map(|symbol| symbol.offset);
        let sections = SECTIONS.iter().filter_map(|&(from, to, why)| Some((place(from)?, place(to)?, why))).collect();
        Self { names, sections }
    }

    /// Why a function cannot be probed. One name can stand for several functions: only if none of them can.
    pub(crate) fn reason(&self, name: &str, symbols: &Symbols) -> Option<&'static str> {
        if self.names.binary_search_by(|listed| listed.as_str().cmp(name)).is_ok() {
            return Some(LISTED);
        }
        let mut reason = None;
        for symbol in symbols.named(name).filter(|symbol| symbol.is_text) {
            reason = Some(self.section(symbol)?);
        }
        reason
    }

    fn section(&self, symbol: Symbol<'_>) -> Option<&'static str> {
        let inside = |&&(from, to, _): &&(i64, i64, _)| (from..to).contains(&symbol.offset);
        let section = self.sections.iter().filter(|_| symbol.module.is_none()).find(inside)?;
        Some(section.2)
    }
}

/// The names in the text of `/sys/kernel/debug/kprobes/blacklist`, sorted, one on a line.
pub(crate) fn condense(blacklist: &[u8]) -> String {
    let text = String::from_utf8_lossy(blacklist);
    let mut names: Vec<_> = text.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    names.sort_unstable();
    names.dedup();
    names.iter().flat_map(|name| [name, "\n"]).collect()
}
