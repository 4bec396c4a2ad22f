// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the lab keeps what it fetched: `${XDG_CACHE_HOME:-~/.cache}/spile/lab`.
//!
//! Entries are directories that appear whole (made beside, then renamed) and are never changed afterwards, so they are
//! read without a lock. Whoever makes one holds the lock of its name.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The directory that ci/setup and the lab share.
pub fn root() -> Result<PathBuf> {
    let base = match env::var_os("XDG_CACHE_HOME") {
        Some(dir) if !dir.is_empty() => PathBuf::from(dir),
        _ => PathBuf::from(env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?).join(".cache"),
    };
    Ok(base.join("spile"))
}

/// The lab's part of it.
pub fn lab() -> Result<PathBuf> {
    Ok(root()?.join("lab"))
}

/// Makes `entry` by filling a directory beside it, unless it exists. Other processes wait for the one that makes it.
pub(crate) fn directory(entry: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    if entry.exists() {
        return Ok(());
    }
    let _lock = lock(entry)?;
    if entry.exists() {
        return Ok(());
    }
    let partial = entry.with_file_name(format!("{}.partial", name(entry)));
    remove(&partial)?;
    fs::create_dir_all(&partial).with_context(|| format!("cannot create {}", partial.display()))?;
    fill(&partial)?;
    fs::rename(&partial, entry).with_context(|| format!("cannot put {} into place", entry.display()))
}

/// Held until dropped, also against other processes.
pub(crate) fn lock(entry: &Path) -> Result<File> {
    let path = entry.with_file_name(format!(".{}.lock", name(entry)));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    let file = File::create(&path).with_context(|| format!("cannot create the lock {}", path.display()))?;
    file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}

/// Writes a whole file; readers see the old one or the new one.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    let partial = path.with_file_name(format!("{}.{}.partial", name(path), std::process::id()));
    fs::write(&partial, bytes).with_context(|| format!("cannot write {}", partial.display()))?;
    fs::rename(&partial, path).with_context(|| format!("cannot put {} into place", path.display()))
}

pub(crate) fn remove(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

fn name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_made_once_and_whole() {
        let temp = tempfile::tempdir().unwrap();
        let entry = temp.path().join("a/entry");
        let failed = directory(&entry, |dir| {
            fs::write(dir.join("half"), "")?;
            anyhow::bail!("interrupted")
        });
        assert_eq!(failed.unwrap_err().to_string(), "interrupted");
        assert!(!entry.exists());
        directory(&entry, |dir| Ok(fs::write(dir.join("whole"), "x")?)).unwrap();
        assert!(entry.join("whole").exists() && !entry.join("half").exists());
        directory(&entry, |_| panic!("made twice")).unwrap();
    }

    #[test]
    fn writing_replaces() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("file");
        write(&path, "old").unwrap();
        write(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
    }
}
