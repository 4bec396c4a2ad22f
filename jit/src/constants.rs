// SPDX-License-Identifier: MIT OR Apache-2.0
//! Constants in the text, each once.

use std::collections::HashMap;

use crate::link::{Linker, Section, SectionId};

/// Sections of constants by their bytes.
#[derive(Default)]
pub struct Constants {
    known: HashMap<(bool, Vec<u8>), SectionId>,
}

impl Constants {
    /// The section with these bytes, aligned to 8.
    pub fn add(&mut self, linker: &mut Linker, name: &str, bytes: Vec<u8>) -> SectionId {
        self.add_section(linker, name, bytes, false)
    }

    /// Code that needs no relocation.
    pub fn add_code(&mut self, linker: &mut Linker, name: &str, bytes: Vec<u8>) -> SectionId {
        self.add_section(linker, name, bytes, true)
    }

    fn add_section(&mut self, linker: &mut Linker, name: &str, bytes: Vec<u8>, code: bool) -> SectionId {
        *self.known.entry((code, bytes)).or_insert_with_key(|(_, bytes)| {
            linker.add(Section {
                name: name.to_owned(),
                bytes: bytes.clone(),
                align: if code { 16 } else { 8 },
                code,
                ..Section::default()
            })
        })
    }

    /// A `struct rt_str`, cut to `limit` bytes of text.
    pub fn string(&mut self, linker: &mut Linker, text: &[u8], limit: usize) -> SectionId {
        self.add(linker, "string", rt_str(&text[..text.len().min(limit)]))
    }

    /// An array of `u32` offsets from its own beginning to `struct rt_str`s that follow it.
    pub fn string_table<'a>(&mut self, linker: &mut Linker, texts: impl Iterator<Item = &'a [u8]>) -> SectionId {
        let strings: Vec<Vec<u8>> = texts.map(rt_str).collect();
        let mut offset = (strings.len() * 4).next_multiple_of(8);
        let mut bytes = Vec::new();
        for string in &strings {
            bytes.extend_from_slice(&(offset as u32).to_le_bytes());
            offset += string.len();
        }
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes.extend(strings.into_iter().flatten());
        self.add(linker, "probe names", bytes)
    }
}

/// With room for whole words of text, as every string has.
fn rt_str(text: &[u8]) -> Vec<u8> {
    let mut bytes = (text.len() as u32).to_le_bytes().to_vec();
    bytes.extend_from_slice(text);
    bytes.resize((4 + text.len().next_multiple_of(8)).next_multiple_of(8), 0);
    bytes
}
