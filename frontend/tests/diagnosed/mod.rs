// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cases of diagnostics: a script, and in comments at its end what the compiler says of it.
//!
//! ```text
//! //@ arg: two words            a script argument
//! //@ define: MAXACTION=50      a limit
//! //@ global: g=5               a global's value
//! //@ guru                      writing is allowed
//! //@ skip-badvars              what cannot be resolved is 0
//! //@ library: lib/more.stp     a file of the library, beside the case
//! probe begin { printn(1) }
//! //! 1:15 E0302: unresolved function 'printn'
//! //| error[E0302]: …           the same as a terminal shows it
//! ```
//!
//! Lines `//!` and `//|` are not part of the script that is compiled: a script may end in the middle of something.
//! The kernel is a made-up one. `SPILE_BLESS=1` rewrites what is expected.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use spile_frontend::diag::{Diagnostic, Diagnostics, Severity};
use spile_frontend::mock::MockTarget;
use spile_frontend::span::SourceMap;
use spile_frontend::{Options, Source, TapsetLibrary, compile};

/// A case file.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its path.
    pub path: PathBuf,
    /// Its folder and name, without the ending.
    pub name: String,
    script: String,
    options: Options,
    library: Vec<PathBuf>,
    expected: String,
}

/// What the compiler says of a script.
pub struct Said {
    /// The diagnostics.
    pub diagnostics: Diagnostics,
    /// The texts they are about.
    pub sources: SourceMap,
}

impl Case {
    /// All cases below a folder, by name. Folders `lib` have files of libraries instead.
    pub fn all(root: &Path) -> Result<Vec<Self>> {
        let mut cases = Vec::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
                let path = entry?.path();
                if path.is_dir() && !path.ends_with("lib") {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "stp") {
                    cases.push(Self::read(root, &path).with_context(|| format!("in {}", path.display()))?);
                }
            }
        }
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(cases)
    }

    fn read(root: &Path, path: &Path) -> Result<Self> {
        let bytes = fs::read(path)?;
        let text = String::from_utf8_lossy(&bytes);
        let is_expectation = |line: &&str| line.starts_with("//!") || line.starts_with("//|");
        let mut case = Self {
            path: path.to_owned(),
            name: path.strip_prefix(root).unwrap_or(path).with_extension("").to_string_lossy().into_owned(),
            script: text.split_inclusive('\n').filter(|line| !is_expectation(line)).collect(),
            options: Options::default(),
            library: Vec::new(),
            expected: text.split_inclusive('\n').filter(is_expectation).collect(),
        };
        for directive in text.lines().filter_map(|line| line.strip_prefix("//@")) {
            case.directive(directive.trim())?;
        }
        Ok(case)
    }

    fn directive(&mut self, directive: &str) -> Result<()> {
        let pair = |text: &str| {
            let (name, value) = text.trim().split_once('=').context("it takes NAME=VALUE")?;
            anyhow::Ok((name.to_owned(), value.to_owned()))
        };
        match directive.split_once(':').unwrap_or((directive, "")) {
            ("arg", arg) => self.options.args.push(arg.trim().to_owned()),
            ("define", define) => self.options.limits.push(pair(define)?),
            ("global", global) => self.options.globals.push(pair(global)?),
            ("library", file) => self.library.push(self.path.with_file_name("").join(file.trim())),
            ("guru", _) => self.options.guru = true,
            ("skip-badvars", _) => self.options.skip_badvars = true,
            _ => bail!("unknown directive {directive:?}"),
        }
        Ok(())
    }

    /// Compiles it for a made-up kernel.
    pub fn compile(&self) -> Result<Said> {
        let mut library = TapsetLibrary::builtin();
        for path in &self.library {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            library.add(file_name(path), text);
        }
        Ok(compile_text(&file_name(&self.path), &self.script, &library, &self.options))
    }

    /// Compares, or with `SPILE_BLESS` set rewrites the file.
    pub fn check(&self, said: &Said) -> Result<()> {
        let actual = said.as_comments();
        if actual == self.expected {
            return Ok(());
        }
        if std::env::var_os("SPILE_BLESS").is_some() {
            let newline = if self.script.ends_with('\n') { "" } else { "\n" };
            return fs::write(&self.path, format!("{}{newline}{actual}", self.script)).context("cannot write the case");
        }
        bail!("{}: expected\n{}but the compiler says\n{actual}", self.path.display(), self.expected)
    }
}

impl Said {
    fn as_comments(&self) -> String {
        let mut text = String::new();
        for diagnostic in self.diagnostics.iter() {
            text += &format!("//! {}\n", brief(diagnostic, &self.sources));
        }
        for line in self.diagnostics.render(&self.sources, false).lines() {
            text += format!("//| {line}").trim_end();
            text.push('\n');
        }
        text
    }

    /// What must hold of every case of its kind, whatever it is about: what is wrong is an error (or a warning) at a
    /// place, and the order is that of the sources.
    pub fn check(&self, severity: Severity) -> Result<()> {
        let errors = self.diagnostics.has_errors();
        ensure!(!self.diagnostics.is_empty(), "nothing is said");
        ensure!(errors == (severity == Severity::Error), "it is of the wrong kind:\n{}", self.as_comments());
        let mut last = None;
        for diagnostic in self.diagnostics.iter() {
            let Some(place) = outermost(diagnostic, &self.sources) else { continue };
            ensure!(last.is_none_or(|last| last <= place), "these are out of order:\n{}", self.as_comments());
            last = Some(place);
        }
        Ok(())
    }
}

/// `LINE:COLUMN CODE: message`; `FILE:LINE:COLUMN` where it is in another file than the script.
fn brief(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let place = diagnostic.span().map(|span| {
        let place = sources.location(span);
        let other = if span.file.0 == 0 { String::new() } else { format!("{}:", place.file) };
        format!("{other}{}:{} ", place.line, place.column)
    });
    format!("{}{}: {}", place.unwrap_or_default(), diagnostic.code, diagnostic.message)
}

/// Where something wrong is used: its file and offset.
fn outermost(diagnostic: &Diagnostic, sources: &SourceMap) -> Option<(u32, u32)> {
    let used_at = diagnostic.chain(sources).last().map(|step| step.used_at);
    used_at.or(diagnostic.span()).map(|span| (span.file.0, span.start))
}

/// What the compiler says of a text, for a made-up kernel.
pub fn compile_text(name: &str, text: &str, library: &TapsetLibrary, options: &Options) -> Said {
    let source = Source { name: name.into(), text: text.into() };
    let (diagnostics, sources) = match compile(&[source], library, options, &MockTarget::new()) {
        Ok(compiled) => (compiled.diagnostics, compiled.sources),
        Err(failed) => (failed.diagnostics, failed.sources),
    };
    Said { diagnostics, sources }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
