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

/// What the module says it needs.
fn depends(module: &[u8]) -> Result<Vec<String>> {
    let elf: ElfFile64<'_> = ElfFile64::parse(module)?;
    let info = elf.section_by_name(".modinfo").context("it has no .modinfo")?.data()?;
    Ok(depends_in(info))
}

/// The names in the `depends=` of a `.modinfo`, whose entries end with a zero byte.
fn depends_in(info: &[u8]) -> Vec<String> {
    let entry = info.split(|&byte| byte == 0).find_map(|entry| entry.strip_prefix(b"depends="));
    let list = String::from_utf8_lossy(entry.unwrap_or_default());
    list.split(',').filter(|name| !name.is_empty()).map(|name| name.replace('-', "_")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_module_needs() {
        assert_eq!(depends_in(b"license=GPL\0depends=virtio-ring,virtio\0retpoline=Y\0"), ["virtio_ring", "virtio"]);
        assert!(depends_in(b"license=GPL\0depends=\0").is_empty());
        assert!(depends_in(b"").is_empty());
    }

    #[test]
    fn what_has_no_file_is_built_in() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir_all(temp.path().join("kernel/drivers")).unwrap();
        fs::write(temp.path().join("kernel/drivers/not-an-elf.ko"), "text").unwrap();
        assert_eq!(with_dependencies(temp.path(), &["virtio"]).unwrap(), []);
        let error = with_dependencies(temp.path(), &["not_an_elf"]).unwrap_err().to_string();
        assert!(error.starts_with("cannot read ") && error.ends_with("kernel/drivers/not-an-elf.ko"), "{error}");
    }
}
