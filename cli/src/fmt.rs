// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile fmt`.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use similar::TextDiff;
use spile_frontend::reformat::reformat;
use spile_frontend::span::SourceMap;

use crate::args::Fmt;
use crate::compile::Reported;
use crate::show;

/// Brings scripts into the one style, or shows what would change.
pub fn fmt(command: &Fmt) -> Result<()> {
    let mut failed = false;
    for path in scripts(&command.paths)? {
        failed |= !format_file(&path, command.check)?;
    }
    if failed { Err(Reported.into()) } else { Ok(()) }
}

/// The files, and for a folder all scripts below it.
fn scripts(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let listed = fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))?;
            let mut inside = listed.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
            inside.retain(|path| path.is_dir() || is_script(path));
            inside.sort();
            files.extend(scripts(&inside)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "stp" || extension == "stpm")
}

/// Whether the file can be read and, where it is only checked, has the style already. `-` is standard input.
fn format_file(path: &Path, check: bool) -> Result<bool> {
    let piped = path == Path::new("-");
    let text = if piped {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    let mut sources = SourceMap::new();
    let file = sources.add(&*path.to_string_lossy(), &*text);
    let formatted = match reformat(&sources, file) {
        Ok(formatted) => formatted,
        Err(diagnostics) => {
            diagnostics.iter().for_each(|diagnostic| complain_text!("{}", diagnostic.render(&sources, true)));
            return Ok(false);
        }
    };
    if check {
        let name = path.display().to_string();
        show::text(&TextDiff::from_lines(&*text, &*formatted).unified_diff().header(&name, &name).to_string())?;
        return Ok(formatted == text);
    }
    if piped {
        show::text(&formatted)?;
    } else if formatted != text {
        fs::write(path, formatted).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(true)
}
