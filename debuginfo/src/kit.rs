// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kits: all facts about one kernel in one file, so that scripts can be compiled for it anywhere.
//!
//! A `*.kit` is a tar archive compressed by zstd, with these entries in this order:
//!
//! | entry | what it holds |
//! | --- | --- |
//! | `meta` | lines of a key and a value: `spile-kit` (the format's number), `arch`, `release`, `build-id` |
//! | `btf` | the kernel's types, as the kernel gives them |
//! | `kallsyms` | its symbols, in the compact form of `symbols::codec` |
//! | `tracepoints` | lines of `system:name` |
//! | `blacklist` | names of functions that cannot be probed, one on a line |
//! | `config` | the configuration's options that are set |
//!
//! Readers ignore keys and entries that they do not know; what they must not ignore raises the format's number.

mod archive;
mod meta;

use std::path::Path;

use spile_frontend::target::Arch;

use crate::facts::{FactKind, facts};
use crate::symbols::Symbols;
use crate::{Error, blacklist, config, tracepoints};

/// The facts about one kernel.
pub struct Kit {
    /// Its instruction set.
    pub arch: Arch,
    /// Its release (`uname -r`).
    pub release: String,
    /// Its build-id in hexadecimal, empty if not known. It tells two builds of one release apart.
    pub build_id: String,
    /// Its types, not parsed yet.
    pub btf: Vec<u8>,
    /// Its symbols.
    pub symbols: Symbols,
    /// Lines of `system:name`.
    pub(crate) tracepoints: String,
    /// Lines of names.
    pub(crate) blacklist: String,
    /// Lines of `CONFIG_NAME=value`.
    pub(crate) config: String,
}

/// What a kit is made of: the contents of the target's files. See [`facts`] for where they are.
pub struct Parts<'a> {
    /// The instruction set.
    pub arch: Arch,
    /// The kernel's release.
    pub release: &'a str,
    /// Its types.
    pub btf: Vec<u8>,
    /// The text of `/proc/kallsyms`.
    pub kallsyms: &'a [u8],
    /// The text of `available_events`; may be empty, as may all that follow.
    pub events: &'a [u8],
    /// The text of `available_filter_functions`.
    pub filter_functions: &'a [u8],
    /// The text of `kprobes/blacklist`.
    pub blacklist: &'a [u8],
    /// The configuration, plain or compressed by gzip.
    pub config: &'a [u8],
    /// ELF notes, with the build-id.
    pub notes: &'a [u8],
}

impl Kit {
    /// Makes a kit of a target's files.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the symbols or the configuration; the types are parsed by
    /// [`KernelTarget::new`](crate::KernelTarget::new).
    pub fn create(parts: Parts<'_>) -> Result<Self, Error> {
        let mut symbols = Symbols::parse(parts.kallsyms)?;
        if !parts.filter_functions.is_empty() {
            symbols.mark_traceable(parts.filter_functions);
        }
        Ok(Self {
            arch: parts.arch,
            release: parts.release.to_owned(),
            build_id: meta::build_id(parts.notes).unwrap_or_default(),
            btf: parts.btf,
            symbols,
            tracepoints: tracepoints::condense(parts.events),
            blacklist: blacklist::condense(parts.blacklist),
            config: config::condense(parts.config)?,
        })
    }

    /// Makes a kit by reading the files of [`facts`]; `read` gives a file's content, `None` if it is not there.
    ///
    /// # Errors
    ///
    /// [`Error::MissingFact`] if a required file is not there; else as [`Kit::create`].
    pub fn from_facts(arch: Arch, release: &str, mut read: impl FnMut(&str) -> Option<Vec<u8>>) -> Result<Self, Error> {
        let files = facts(release);
        let mut first = |kind| {
            let mut paths = files.iter().filter(|fact| fact.kind == kind).map(|fact| fact.path.as_str());
            paths.find_map(|path| read(path).filter(|content| !content.is_empty()))
        };
        let btf = first(FactKind::Btf).ok_or(Error::MissingFact {
            path: "/sys/kernel/btf/vmlinux",
            hint: "its kernel must be built with CONFIG_DEBUG_INFO_BTF",
        })?;
        let kallsyms = first(FactKind::Kallsyms).ok_or(Error::MissingFact {
            path: "/proc/kallsyms",
            hint: "its kernel must be built with CONFIG_KALLSYMS, and /proc be mounted",
        })?;
        let mut optional = |kind| first(kind).unwrap_or_default();
        Self::create(Parts {
            arch,
            release,
            btf,
            kallsyms: &kallsyms,
            events: &optional(FactKind::Events),
            filter_functions: &optional(FactKind::FilterFunctions),
            blacklist: &optional(FactKind::Blacklist),
            config: &optional(FactKind::Config),
            notes: &optional(FactKind::Notes),
        })
    }

    /// The content of a kit file.
    ///
    /// # Errors
    ///
    /// Only if there is not enough memory to compress it.
    pub fn to_bytes(&self) -> std::io::Result<Vec<u8>> {
        archive::pack(&[
            ("meta", meta::Meta::of(self).to_text().as_bytes()),
            ("btf", &self.btf),
            ("kallsyms", &self.symbols.encode()),
            ("tracepoints", self.tracepoints.as_bytes()),
            ("blacklist", self.blacklist.as_bytes()),
            ("config", self.config.as_bytes()),
        ])
    }

    /// Reads the content of a kit file.
    ///
    /// # Errors
    ///
    /// [`Error::Foreign`] for what is no kit, [`Error::Newer`] for one of a later format, [`Error::Damaged`] for one that is cut
    /// short or otherwise broken.
    pub fn from_bytes(data: &[u8]) -> Result<Self, Error> {
        let mut entries = archive::Archive::unpack(data)?;
        let meta = meta::Meta::parse(&entries.text("meta")?)?;
        Ok(Self {
            arch: meta.arch,
            release: meta.release,
            build_id: meta.build_id,
            btf: entries.take("btf")?,
            symbols: Symbols::decode(&entries.take("kallsyms")?)?,
            tracepoints: entries.text("tracepoints")?,
            blacklist: entries.text("blacklist")?,
            config: entries.text("config")?,
        })
    }

    /// Writes a kit file.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let written = self.to_bytes().and_then(|data| std::fs::write(path, data));
        written.map_err(|source| Error::File { path: path.to_owned(), source })
    }

    /// Reads a kit file.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the file cannot be read; as [`Kit::from_bytes`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let data = std::fs::read(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
        Self::from_bytes(&data)
    }
}
