// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where texts come from: scripts, IR, and directories of the library.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use spile_frontend::analyse::Source;
use spile_frontend::library::TapsetLibrary;
use spile_frontend::span::SourceMap;

/// How messages call a script that the command line spells out.
pub const COMMAND_LINE: &str = "<input>";

/// A text by name.
pub fn source(name: &str, text: &str) -> Source {
    Source { name: name.into(), text: text.into() }
}

/// Reads a script; `-` is standard input.
pub fn read(path: &str) -> Result<Source> {
    if path == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).context("cannot read the script from standard input")?;
        return Ok(source("<stdin>", &text));
    }
    let text = fs::read(path).with_context(|| format!("cannot read the script {path}"))?;
    Ok(source(path, &String::from_utf8_lossy(&text)))
}

/// Adds the library files of a directory and those below it, in the order of their names.
pub fn add_directory(library: &mut TapsetLibrary, directory: &Path) -> Result<()> {
    let entries = fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    let mut paths: Vec<_> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_directory(library, &path)?;
        } else if path.extension().is_some_and(|extension| extension == "stp" || extension == "stpm") {
            let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            library.add(path.to_string_lossy(), String::from_utf8_lossy(&text));
        }
    }
    Ok(())
}

/// The texts of a compilation by name, to show lines of.
#[derive(Debug, Default)]
pub struct Texts(Vec<(Arc<str>, Arc<str>)>);

impl Texts {
    /// All that took part.
    pub fn of(sources: &SourceMap) -> Self {
        Self(sources.files().iter().map(|file| (file.name.clone(), file.text.clone())).collect())
    }

    /// Those of the files that IR or an image names, as far as they are in the built-in library or can be read here.
    pub fn named(files: &[String]) -> Self {
        let library = TapsetLibrary::builtin();
        let built_in = |name: &str| {
            let mut files = (0..library.len()).map(|number| library.file(number));
            files.find(|file| *file.name == *name).map(|file| file.text.clone())
        };
        let read = |name: &String| {
            let text = built_in(name).or_else(|| Some(fs::read_to_string(name).ok()?.into()))?;
            Some((name.as_str().into(), text))
        };
        Self(files.iter().filter_map(read).collect())
    }

    /// A line, numbered from 1, without the blanks around it; empty where it is not known.
    pub fn line(&self, file: &str, line: u32) -> &str {
        let text = self.0.iter().find(|(name, _)| **name == *file).map_or("", |(_, text)| text);
        text.lines().nth((line as usize).saturating_sub(1)).unwrap_or_default().trim()
    }
}
