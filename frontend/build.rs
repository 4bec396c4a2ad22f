// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lists the files of `tapsets/` for `library::builtin` and the pages of `docs/errors/` for `explain`, so that a new
//! one is part of them by being there.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tapsets");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?.display().to_string();
        list += &format!("({name:?}, include_str!({:?})),\n", file.display().to_string());
    }
    list += "]\n";
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(Path::new(&out).join("builtin_files.rs"), list)?;
    fs::write(Path::new(&out).join("explanations.rs"), explanations()?)
}

/// Code and page of each diagnostic.
fn explanations() -> io::Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut pages = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages.sort();
    let mut list = String::from("&[\n");
    for page in &pages {
        let code = page.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        list += &format!("({code:?}, include_str!({:?})),\n", page.display().to_string());
    }
    Ok(list + "]\n")
}

/// The library's files in a folder and those below it; the examples are none.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "examples") {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "stp" || extension == "stpm") {
            files.push(path);
        }
    }
    Ok(())
}
