// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kernel's own modules: where they are, and what they need.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSection as _};

use crate::command;

/// A module, uncompressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name, with underscores.
    pub name: String,
    /// The ELF file.
    pub bytes: Vec<u8>,
}

/// The modules `names` below `dir` and what they depend on, dependencies first. A name without a file is built in.
pub(crate) fn with_dependencies(dir: &Path, names: &[&str]) -> Result<Vec<Module>> {
    let mut files = HashMap::new();
    index(dir, &mut files).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut loaded = Vec::new();
    for name in names {
        add(&files, name, &mut loaded)?;
    }
    Ok(loaded)
}

fn add(files: &HashMap<String, PathBuf>, name: &str, loaded: &mut Vec<Module>) -> Result<()> {
    let Some(path) = files.get(name).filter(|_| loaded.iter().all(|module| module.name != name)) else {
        return Ok(());
    };
    let bytes = read(path)?;
    for needed in depends(&bytes).with_context(|| format!("cannot read {}", path.display()))? {
        add(files, &needed, loaded)?;
    }
    loaded.push(Module { name: name.to_owned(), bytes });
    Ok(())
}

/// Every module below `dir`, by name.
fn index(dir: &Path, files: &mut HashMap<String, PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            index(&entry.path(), files)?;
        } else if let Some((name, _)) = entry.file_name().to_string_lossy().split_once(".ko") {
            files.insert(name.replace('-', "_"), entry.path());
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    match path.extension().and_then(|ext| ext.to_str()) {
        Some("xz") => command::filter(Command::new("xz").arg("-dc"), &bytes),
        Some("zst") => command::filter(Command::new("zstd").arg("-dcq"), &bytes),
        _ => Ok(bytes),
    }
}

/// What the module says it needs (`depends=` of its `.modinfo`).
fn depends(module: &[u8]) -> Result<Vec<String>> {
    let elf: ElfFile64<'_> = ElfFile64::parse(module)?;
    let info = elf.section_by_name(".modinfo").context("it has no .modinfo")?.data()?;
    let entry = info.split(|&byte| byte == 0).find_map(|entry| entry.strip_prefix(b"depends="));
    let list = String::from_utf8_lossy(entry.unwrap_or_default()).into_owned();
    Ok(list.split(',').filter(|name| !name.is_empty()).map(|name| name.replace('-', "_")).collect())
}
