// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads BTF, the type information that kernels carry about themselves.
//!
//! Parsing is one pass that finds where each type starts and checks that it lies within the data;
//! everything else is decoded when asked for. The index of names is built at the first question.
//! The data are not trusted: whatever they hold, no method panics or runs without bound.

mod build;
mod index;
mod query;
mod spell;
mod types;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::Error;
pub use build::Builder;
pub(crate) use query::base_type_spellings;
pub use types::{Enumerator, Field, Kind, Parameter, Type};

const MAGIC: u16 = 0xeb9f;
const HEADER_BYTES: usize = 24;

/// The types of a kernel, or of a module on top of its kernel's.
pub struct Btf {
    data: Vec<u8>,
    /// Where the section of types ends in `data`.
    types_end: usize,
    /// Where each own type starts in `data`.
    starts: Vec<u32>,
    strings: Range<usize>,
    /// What a module's types refer to.
    base: Option<Arc<Btf>>,
    /// Number of the first own type.
    first_id: u32,
    /// Offset of the first own string.
    first_string: u32,
    char_is_signed: bool,
    index: OnceLock<index::Index>,
}

impl Btf {
    /// Parses a kernel's types (`/sys/kernel/btf/vmlinux`).
    ///
    /// # Errors
    ///
    /// [`Error::Btf`] if the data are no BTF, of the other byte order, cut short, or hold a kind of type that is
    /// not known: no later type could be found then.
    pub fn parse(data: Vec<u8>) -> Result<Self, Error> {
        Self::parse_after(data, None)
    }

    /// Parses a module's types (`/sys/kernel/btf/MODULE`), whose numbers go on where those of its kernel end.
    ///
    /// # Errors
    ///
    /// As [`Btf::parse`].
    pub fn parse_split(data: Vec<u8>, base: Arc<Btf>) -> Result<Self, Error> {
        Self::parse_after(data, Some(base))
    }

    fn parse_after(data: Vec<u8>, base: Option<Arc<Btf>>) -> Result<Self, Error> {
        let header = Header::parse(&data)?;
        let starts = find_types(&data, &header.types)?;
        let (first_id, first_string) = match &base {
            Some(base) => (base.end_id(), base.end_string()),
            None => (1, 0),
        };
        if first_id.checked_add(starts.len() as u32).is_none() {
            return Err(Error::Btf("too many types".into()));
        }
        Ok(Self {
            types_end: header.types.end,
            strings: header.strings,
            data,
            starts,
            base,
            first_id,
            first_string,
            char_is_signed: false,
            index: OnceLock::new(),
        })
    }

    /// Says that plain `char` is signed, which BTF does not tell.
    pub fn with_signed_char(self, char_is_signed: bool) -> Self {
        Self { char_is_signed, ..self }
    }

    /// One past the number of the last type.
    pub fn end_id(&self) -> u32 {
        self.first_id + self.starts.len() as u32
    }

    /// A type by its number; `None` for 0, which is `void`, and for numbers out of range.
    pub fn get(&self, id: u32) -> Option<Type<'_>> {
        if id < self.first_id {
            return self.base.as_ref().and_then(|base| base.get(id));
        }
        let start = *self.starts.get((id - self.first_id) as usize)? as usize;
        Some(Type::new(self, id, self.data.get(start..self.types_end)?))
    }

    /// All types, in the order of their numbers; for a module, its own.
    pub fn types(&self) -> impl Iterator<Item = Type<'_>> {
        (self.first_id..self.end_id()).filter_map(|id| self.get(id))
    }

    /// The data it was parsed from.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// A string by its offset; empty where there is none, or it is not UTF-8.
    pub(crate) fn string(&self, offset: u32) -> &str {
        std::str::from_utf8(self.string_bytes(offset)).unwrap_or("")
    }

    pub(crate) fn string_bytes(&self, offset: u32) -> &[u8] {
        if offset < self.first_string {
            return self.base.as_ref().map_or(&[], |base| base.string_bytes(offset));
        }
        let strings = self.data.get(self.strings.clone()).unwrap_or(&[]);
        let tail = strings.get((offset - self.first_string) as usize..).unwrap_or(&[]);
        memchr::memchr(0, tail).map_or(&[], |end| &tail[..end])
    }

    fn end_string(&self) -> u32 {
        self.first_string.saturating_add(self.strings.len() as u32)
    }
}

struct Header {
    types: Range<usize>,
    strings: Range<usize>,
}

impl Header {
    fn parse(data: &[u8]) -> Result<Self, Error> {
        let cut = || Error::Btf("cut short in its header".into());
        if data.len() < HEADER_BYTES {
            return Err(cut());
        }
        match u16::from_le_bytes([data[0], data[1]]) {
            MAGIC => {}
            magic if magic == MAGIC.swap_bytes() => {
                return Err(Error::Btf("big-endian targets are not supported".into()));
            }
            _ => return Err(Error::Btf("no BTF magic number at its start".into())),
        }
        if data[2] != 1 {
            return Err(Error::Btf(format!("version {} is not known", data[2])));
        }
        let field = |at: usize| read_u32(data, at).ok_or_else(cut);
        let header = field(4)? as usize;
        if header < HEADER_BYTES || u32::try_from(data.len()).is_err() {
            return Err(Error::Btf("its header has an impossible size".into()));
        }
        let section = |name: &str, offset: usize, length: usize| {
            let start = header + field(offset)? as usize;
            let end = start + field(length)? as usize;
            if end > data.len() {
                return Err(Error::Btf(format!("cut short: its {name} end at byte {end} of {}", data.len())));
            }
            Ok(start..end)
        };
        Ok(Self { types: section("types", 8, 12)?, strings: section("strings", 16, 20)? })
    }
}

/// Where each type starts.
fn find_types(data: &[u8], section: &Range<usize>) -> Result<Vec<u32>, Error> {
    // A type takes some 24 bytes on average; guessing low only costs one more allocation.
    let mut starts = Vec::with_capacity(section.len() / 24);
    let mut at = section.start;
    while at < section.end {
        let cut = || Error::Btf(format!("cut short in type {}", starts.len() + 1));
        let info = read_u32(data, at + 4).ok_or_else(cut)?;
        let kind = Kind::of(info).ok_or_else(|| {
            Error::Btf(format!("type {} is of kind {}, which is not known", starts.len() + 1, (info >> 24) & 31))
        })?;
        let next = at + 4 * (types::HEADER_WORDS + kind.words((info & 0xffff) as usize));
        if next > section.end {
            return Err(cut());
        }
        starts.push(at as u32);
        at = next;
    }
    Ok(starts)
}

fn read_u32(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}
