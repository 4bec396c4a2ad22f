// SPDX-License-Identifier: MIT OR Apache-2.0
//! The symbols of a kernel and its modules, in a table that loads quickly.
//!
//! Addresses are kept as offsets from the kernel's `_text`, so that they hold for every boot (KASLR moves the
//! kernel as a whole). Those of modules hold for the boot that they were read in only.

mod codec;
mod locate;

use std::sync::OnceLock;

use crate::names::NameIndex;
pub use locate::Location;

/// Symbols by name and by address.
#[derive(Default)]
pub struct Symbols {
    /// Address of `_text` in the boot that the symbols were read in.
    pub(crate) text_address: u64,
    /// The kernel proper, then modules.
    pub(crate) regions: Vec<Region>,
    /// Offset of each symbol from its region's start; ascending within a region.
    pub(crate) offsets: Vec<u32>,
    /// [`FLAG_TEXT`] and others, of each symbol.
    pub(crate) flags: Vec<u8>,
    /// Where each symbol's name starts in `names`.
    pub(crate) name_starts: Vec<u32>,
    /// All names, each with a NUL behind it.
    pub(crate) names: Vec<u8>,
    /// Whether [`FLAG_TRACEABLE`] means anything.
    pub(crate) traceable_known: bool,
    pub(crate) index: OnceLock<NameIndex>,
}

/// The kernel proper or a module.
pub(crate) struct Region {
    /// The module's name, empty for the kernel proper.
    pub(crate) module: String,
    /// Where it starts, from `_text`.
    pub(crate) start: i64,
    /// Its first symbol; its last is before the next region's first.
    pub(crate) first: u32,
}

/// Code.
pub(crate) const FLAG_TEXT: u8 = 1;
/// Seen outside its file.
pub(crate) const FLAG_GLOBAL: u8 = 2;
/// Listed by the function tracer.
pub(crate) const FLAG_TRACEABLE: u8 = 4;

/// One symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Symbol<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its module, `None` for the kernel proper.
    pub module: Option<&'a str>,
    /// Its address, counted from `_text`.
    pub offset: i64,
    /// Whether it is code.
    pub is_text: bool,
    /// Whether it is seen outside its file.
    pub is_global: bool,
    /// Whether the function tracer lists it; `None` if the target did not say.
    pub is_traceable: Option<bool>,
}

impl Symbols {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Address of `_text` in the boot that they were read in.
    pub fn text_address(&self) -> u64 {
        self.text_address
    }

    /// Whether the target said which functions its function tracer can attach to.
    pub fn traceable_known(&self) -> bool {
        self.traceable_known
    }

    /// All symbols: those of the kernel proper by address, then those of each module.
    pub fn iter(&self) -> impl Iterator<Item = Symbol<'_>> {
        let regions = 0..self.regions.len();
        regions.flat_map(move |region| self.entries(region).filter_map(move |entry| self.symbol(region, entry)))
    }

    /// Code of the kernel proper or of a module whose name starts like this, by address.
    pub fn functions<'a>(&'a self, module: Option<&str>, start: &'a str) -> impl Iterator<Item = Symbol<'a>> {
        let name = module.unwrap_or("");
        let region = self.regions.iter().position(|region| region.module == name);
        region.into_iter().flat_map(move |region| {
            let entries = self.entries(region).filter(|&entry| self.flags[entry] & FLAG_TEXT != 0);
            // The quick test first: most symbols fail it.
            let entries = entries.filter(move |&entry| {
                let name = self.names.get(self.name_starts[entry] as usize..);
                name.is_some_and(|name| name.starts_with(start.as_bytes()))
            });
            entries.filter_map(move |entry| self.symbol(region, entry))
        })
    }

    /// The modules, sorted.
    pub fn modules(&self) -> Vec<&str> {
        let names = self.regions.iter().map(|region| region.module.as_str());
        let mut names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        names
    }

    /// All symbols of a name (static functions share one at times), those of the kernel proper first.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Symbol<'a>> {
        let index =
            self.index.get_or_init(|| NameIndex::build(self.len() as u32, |entry| self.name_bytes(entry as usize)));
        index.candidates(name.as_bytes()).map(|entry| entry as usize).filter_map(move |entry| {
            if self.name_bytes(entry) != name.as_bytes() {
                return None;
            }
            self.symbol(self.region_of(entry), entry)
        })
    }

    /// The symbols of a region.
    pub(crate) fn entries(&self, region: usize) -> std::ops::Range<usize> {
        let first = self.regions.get(region).map_or(self.len(), |region| region.first as usize);
        let end = self.regions.get(region + 1).map_or(self.len(), |region| region.first as usize);
        first..end
    }

    /// The region of a symbol.
    fn region_of(&self, entry: usize) -> usize {
        self.regions.partition_point(|region| region.first as usize <= entry).saturating_sub(1)
    }

    fn symbol(&self, region: usize, entry: usize) -> Option<Symbol<'_>> {
        let region = self.regions.get(region)?;
        let flags = *self.flags.get(entry)?;
        Some(Symbol {
            name: std::str::from_utf8(self.name_bytes(entry)).ok()?,
            module: Some(region.module.as_str()).filter(|name| !name.is_empty()),
            offset: region.start.checked_add(i64::from(*self.offsets.get(entry)?))?,
            is_text: flags & FLAG_TEXT != 0,
            is_global: flags & FLAG_GLOBAL != 0,
            is_traceable: self.traceable_known.then_some(flags & FLAG_TRACEABLE != 0),
        })
    }

    pub(crate) fn name_bytes(&self, entry: usize) -> &[u8] {
        let Some(&start) = self.name_starts.get(entry) else { return &[] };
        let tail = self.names.get(start as usize..).unwrap_or(&[]);
        memchr::memchr(0, tail).map_or(&[], |end| &tail[..end])
    }
}
