// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be wrong with the facts about a target.

use std::path::PathBuf;

/// Why facts about a target cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The type information is damaged, or of a kind this version cannot read.
    #[error("BTF: {0}")]
    Btf(String),
    /// A file's debug information is damaged, or there is none.
    #[error("DWARF: {0}")]
    Dwarf(String),
    /// The symbol table is damaged.
    #[error("kallsyms: {0}")]
    Kallsyms(String),
    /// The kernel shows addresses to nobody, or not to this user.
    #[error("kallsyms: all addresses are hidden; read it as root, or set kernel.kptr_restrict to 0 or 1")]
    HiddenAddresses,
    /// The target did not deliver a file without which nothing can be compiled for it.
    #[error("the target has no {path}: {hint}")]
    MissingFact {
        /// The file.
        path: &'static str,
        /// What it takes for the file to be there.
        hint: &'static str,
    },
    /// A compressed configuration that does not decompress.
    #[error("config: {0}")]
    Config(String),
    /// The file is no kit at all.
    #[error("not a kit: {0}")]
    Foreign(&'static str),
    /// The file ends early or is damaged.
    #[error("the kit is truncated or damaged: {0}")]
    Damaged(String),
    /// The kit is of a later format.
    #[error(
        "the kit has format {found}, this version of spile reads up to {known}: update spile, or make the kit anew"
    )]
    Newer {
        /// The kit's format.
        found: u32,
        /// The newest that can be read.
        known: u32,
    },
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}
