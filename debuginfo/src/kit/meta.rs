// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which kernel a kit is about.

use std::fmt::Write;

use spile_frontend::target::Arch;

use super::Kit;
use crate::Error;

/// Number of the format that is written, and of the newest that is read.
const FORMAT: u32 = 1;

/// The entry `meta`.
pub(super) struct Meta {
    pub(super) arch: Arch,
    pub(super) release: String,
    pub(super) build_id: String,
}

impl Meta {
    pub(super) fn of(kit: &Kit) -> Self {
        Self { arch: kit.arch, release: kit.release.clone(), build_id: kit.build_id.clone() }
    }

    pub(super) fn to_text(&self) -> String {
        let Self { arch, release, build_id } = self;
        format!("spile-kit {FORMAT}\narch {arch}\nrelease {release}\nbuild-id {build_id}\n")
    }

    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let value = |key: &str| {
            let mut pairs = text.lines().filter_map(|line| line.split_once(' '));
            pairs.find(|(other, _)| *other == key).map(|(_, value)| value)
        };
        let format = value("spile-kit").and_then(|number| number.parse().ok());
        let format: u32 = format.ok_or(Error::Foreign("its `meta` has no format number"))?;
        if format > FORMAT {
            return Err(Error::Newer { found: format, known: FORMAT });
        }
        let arch = match value("arch") {
            Some("x86_64") => Arch::X86_64,
            Some("aarch64") => Arch::Aarch64,
            other => return Err(Error::Damaged(format!("its arch is `{}`", other.unwrap_or_default()))),
        };
        let release = value("release").ok_or_else(|| Error::Damaged("it names no release".into()))?;
        Ok(Self { arch, release: release.to_owned(), build_id: value("build-id").unwrap_or_default().to_owned() })
    }
}

/// The build-id in ELF notes, in hexadecimal.
pub(super) fn build_id(notes: &[u8]) -> Option<String> {
    const NT_GNU_BUILD_ID: u32 = 3;
    let mut rest = notes;
    loop {
        let (head, tail) = rest.split_at_checked(12)?;
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (name, tail) = tail.split_at_checked(word(0).checked_next_multiple_of(4)? as usize)?;
        let (content, tail) = tail.split_at_checked(word(4).checked_next_multiple_of(4)? as usize)?;
        if word(8) == NT_GNU_BUILD_ID && name.starts_with(b"GNU\0") {
            let mut text = String::new();
            for byte in &content[..word(4) as usize] {
                let _ = write!(text, "{byte:02x}");
            }
            return Some(text);
        }
        rest = tail;
    }
}
