// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which functions cannot be probed: the kernel's own list, and sections where no probe may be.

use std::ops::Range;
use std::sync::OnceLock;

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

/// Where a section is, counted from `_text`, and what the field says of a function there.
type Section = (Range<i64>, &'static str);

/// Functions that cannot be probed.
pub(crate) struct Blacklist {
    /// Sorted.
    names: Vec<String>,
    /// From and to, counted from `_text`, and why; looked up when first asked for.
    sections: OnceLock<Vec<Section>>,
}

impl Blacklist {
    /// From lines of names, as [`condense`] gives them.
    pub(crate) fn new(names: &str) -> Self {
        let mut names: Vec<_> = names.lines().map(str::to_owned).collect();
        names.sort_unstable();
        Self { names, sections: OnceLock::new() }
    }

    /// Why a function cannot be probed. One name can stand for several functions: only if none of them can.
    pub(crate) fn reason(&self, name: &str, symbols: &Symbols) -> Option<&'static str> {
        if self.names.binary_search_by(|listed| listed.as_str().cmp(name)).is_ok() {
            return Some(LISTED);
        }
        let mut reason = None;
        for symbol in symbols.named(name).filter(|symbol| symbol.is_text) {
            reason = Some(self.section(symbol, symbols)?);
        }
        reason
    }

    fn section(&self, symbol: Symbol<'_>, symbols: &Symbols) -> Option<&'static str> {
        if symbol.module.is_some() {
            return None;
        }
        let sections = self.sections.get_or_init(|| {
            let place = |name| symbols.named(name).find(|symbol| symbol.module.is_none()).map(|symbol| symbol.offset);
            SECTIONS.iter().filter_map(|&(from, to, why)| Some((place(from)?..place(to)?, why))).collect()
        });
        sections.iter().find(|(places, _)| places.contains(&symbol.offset)).map(|(_, why)| *why)
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
