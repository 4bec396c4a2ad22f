// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads `/proc/kallsyms`: lines of address, type, name, and a module's name in brackets.

use std::collections::HashMap;

use crate::Error;
use crate::symbols::{FLAG_GLOBAL, FLAG_TEXT, FLAG_TRACEABLE, Region, Symbols};

/// Compiler and linker left-overs that no script means and no address is known by, by how they start.
const NOISE: &[&[u8]] = &[
    b"__ksymtab_",
    b"__kstrtab",
    b"__crc_",
    b"__pfx_",
    b"__cfi_",
    b"__UNIQUE_ID",
    b"__func__.",
    b"__key.",
    b"__already_done.",
    b"__compound_literal.",
    b"__addressable_",
    b"__export_symbol_",
    b"__param_",
    b"__setup_",
    b"__initcall_",
    b"__event_",
    b"__tpstrtab_",
    b"__bpf_trace_tp_map_",
    b"_entry.",
    b"_entry_ptr.",
    b"__print_once.",
    b"_rs.",
    b"CSWTCH.",
    b"descriptor.",
    b"str__",
    b".L",
    b"$",
];

impl Symbols {
    /// Reads the text of `/proc/kallsyms`.
    ///
    /// What lies outside the kernel's image (per-CPU offsets, absolute symbols), BPF programs, generated trampolines and
    /// the compiler's left-overs (`__ksymtab_*`, `__pfx_*`, …) are left out.
    ///
    /// # Errors
    ///
    /// [`Error::HiddenAddresses`] if the kernel showed none; [`Error::Kallsyms`] for a line that is none, or if there is no
    /// `_text` nor `_stext`.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let mut lines = Lines::default();
        let mut rest = text;
        let mut number = 0;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            number += 1;
            let line = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or(&[]);
            if !line.is_empty() {
                lines.add(line).ok_or_else(|| {
                    Error::Kallsyms(format!("line {number} is no symbol: {}", String::from_utf8_lossy(line)))
                })?;
            }
        }
        lines.build()
    }

    /// Notes which functions are in the text of `available_filter_functions`.
    pub fn mark_traceable(&mut self, functions: &[u8]) {
        let regions: HashMap<&[u8], usize> =
            self.regions.iter().map(|region| region.module.as_bytes()).zip(0..).collect();
        let mut listed: Vec<Vec<&[u8]>> = vec![Vec::new(); self.regions.len()];
        for line in functions.split(|&byte| byte == b'\n') {
            let mut words = line.split(|byte| byte.is_ascii_whitespace());
            let Some(name) = words.next().filter(|name| !name.is_empty()) else { continue };
            let module = words.next().and_then(bracketed).unwrap_or(b"");
            if let Some(&region) = regions.get(module) {
                listed[region].push(name);
            }
        }
        for (region, mut names) in listed.into_iter().enumerate() {
            names.sort_unstable();
            for entry in self.entries(region) {
                if names.binary_search(&self.name_bytes(entry)).is_ok() {
                    self.flags[entry] |= FLAG_TRACEABLE;
                }
            }
        }
        self.traceable_known = true;
    }
}

/// A symbol, as it stands in the text.
struct Line<'a> {
    /// Index in [`Lines::modules`].
    module: u32,
    address: u64,
    flags: u8,
    name: &'a [u8],
}

struct Lines<'a> {
    symbols: Vec<Line<'a>>,
    /// Names of the modules; the first is the kernel proper.
    modules: Vec<&'a [u8]>,
    addresses_seen: u64,
    text: Option<u64>,
    stext: Option<u64>,
}

impl Default for Lines<'_> {
    fn default() -> Self {
        Self { symbols: Vec::new(), modules: vec![b""], addresses_seen: 0, text: None, stext: None }
    }
}

impl<'a> Lines<'a> {
    /// Takes one line; `None` if it is no symbol.
    fn add(&mut self, line: &'a [u8]) -> Option<()> {
        let (address, rest) = hexadecimal(line)?;
        let [b' ', letter, b' ', rest @ ..] = rest else { return None };
        let mut words = rest.split(|byte| byte.is_ascii_whitespace());
        let name = words.next().filter(|name| !name.is_empty())?;
        let module = words.next().map_or(Some(&b""[..]), bracketed)?;
        self.addresses_seen |= address;
        let is_text = matches!(letter, b't' | b'T' | b'w' | b'W');
        let is_generated = module == b"bpf" || module.starts_with(b"__builtin__");
        if is_generated || *letter == b'a' || NOISE.iter().any(|noise| name.starts_with(noise)) {
            return Some(());
        }
        let module = self.module(module);
        if module == 0 && name == b"_text" {
            self.text = Some(address);
        }
        if module == 0 && name == b"_stext" {
            self.stext = Some(address);
        }
        let is_global = letter.is_ascii_uppercase() || *letter == b'w';
        let flags = (FLAG_TEXT * u8::from(is_text)) | (FLAG_GLOBAL * u8::from(is_global));
        self.symbols.push(Line { module, address, flags, name });
        Some(())
    }

    /// The index of a module; a module's symbols stand together.
    fn module(&mut self, name: &'a [u8]) -> u32 {
        if name.is_empty() {
            return 0;
        }
        let known = self.modules.iter().rposition(|module| *module == name);
        let index = known.unwrap_or_else(|| {
            self.modules.push(name);
            self.modules.len() - 1
        });
        index as u32
    }

    fn build(mut self) -> Result<Symbols, Error> {
        if self.symbols.is_empty() {
            return Err(Error::Kallsyms("it has no symbols".into()));
        }
        if self.addresses_seen == 0 {
            return Err(Error::HiddenAddresses);
        }
        let text_address =
            self.text.or(self.stext).ok_or_else(|| Error::Kallsyms("it has no _text and no _stext".into()))?;
        let by_address = |line: &Line<'_>| (line.module, line.address);
        if !self.symbols.is_sorted_by_key(by_address) {
            self.symbols.sort_by_key(by_address);
        }
        let mut symbols = Symbols { text_address, ..Symbols::default() };
        symbols.names.reserve(self.symbols.iter().map(|line| line.name.len() + 1).sum());
        let mut start = text_address;
        let mut current = None;
        for line in &self.symbols {
            if current != Some(line.module) {
                current = Some(line.module);
                start = if line.module == 0 { text_address } else { line.address };
                symbols.regions.push(Region {
                    module: String::from_utf8_lossy(self.modules[line.module as usize]).into_owned(),
                    start: start.wrapping_sub(text_address).cast_signed(),
                    first: symbols.offsets.len() as u32,
                });
            }
            // Per-CPU offsets and the like are no addresses in the image.
            let Some(offset) = line.address.checked_sub(start).and_then(|offset| u32::try_from(offset).ok()) else {
                continue;
            };
            symbols.offsets.push(offset);
            symbols.flags.push(line.flags);
            symbols.name_starts.push(symbols.names.len() as u32);
            symbols.names.extend(line.name);
            symbols.names.push(0);
        }
        Ok(symbols)
    }
}

/// The number at the start of a line, and what follows it.
fn hexadecimal(line: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    let mut digits = 0;
    for &byte in line {
        let Some(digit) = char::from(byte).to_digit(16) else { break };
        value = value << 4 | u64::from(digit);
        digits += 1;
    }
    (1..=16).contains(&digits).then(|| (value, &line[digits..]))
}

/// `ext4` from `[ext4]`.
fn bracketed(word: &[u8]) -> Option<&[u8]> {
    word.strip_prefix(b"[")?.strip_suffix(b"]")
}
