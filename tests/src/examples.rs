// SPDX-License-Identifier: MIT OR Apache-2.0
//! The examples of the documentation: code blocks of Markdown pages.
//!
//! A block `stap` is a script, words behind it are its arguments; a block `output` after it is what it prints, `errors` what
//! it complains of. A `stap kernel` block needs a kernel: it runs in machines, where each line of its `output` must be
//! part of a line. A `stap wrong` block does not compile, and `errors` holds the diagnostics.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use spile_frontend::analyse::{Options, Source};
use spile_frontend::mock::MockTarget;
use spile_frontend::{TapsetLibrary, compile};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use crate::case::{Case, Transcript};

/// A page.
pub struct Page {
    /// Its file.
    pub path: PathBuf,
    /// Its examples, in order.
    pub examples: Vec<Example>,
    text: String,
}

/// What an example is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It runs anywhere.
    Anywhere,
    /// It needs a kernel.
    Kernel,
    /// It does not compile.
    Wrong,
}

/// A script in a page.
pub struct Example {
    /// What it is for.
    pub kind: Kind,
    /// The script, its arguments and what it must do.
    pub case: Case,
    /// Where its script ends, and its blocks `output` and `errors` have their text, if it has them.
    end: usize,
    output: Option<Range<usize>>,
    errors: Option<Range<usize>>,
}

/// A fenced code block: its info string, and where its text is.
struct Block {
    info: String,
    text: Range<usize>,
    end: usize,
}

impl Page {
    /// All pages below a folder, by path.
    pub fn all(folder: &Path) -> Result<Vec<Self>> {
        let mut pages = Vec::new();
        for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                pages.extend(Self::all(&path)?);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(Self::read(&path)?);
            }
        }
        pages.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(pages)
    }

    /// One page.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let blocks = blocks(&text);
        let mut examples: Vec<Example> = Vec::new();
        for block in &blocks {
            let mut words = block.info.split_whitespace();
            let body = &text[block.text.clone()];
            match words.next() {
                Some("stap") => examples.push(Example::new(path, &text, block, words)),
                Some(which @ ("output" | "errors")) => {
                    let example = examples.last_mut().context("it stands before any script")?;
                    let (expected, range) = match which {
                        "output" => (&mut example.case.expected.out, &mut example.output),
                        _ => (&mut example.case.expected.err, &mut example.errors),
                    };
                    if range.replace(block.text.clone()).is_some() {
                        bail!("two blocks {which} after one script");
                    }
                    body.clone_into(expected);
                }
                _ => {}
            }
        }
        Ok(Self { path: path.to_owned(), examples, text })
    }

    /// Rewrites the page with what its examples did.
    pub fn bless(&self, did: &[Transcript]) -> Result<()> {
        let mut text = self.text.clone();
        for (example, did) in self.examples.iter().zip(did).rev() {
            let mut missing = String::new();
            for (range, which, body) in [(&example.errors, "errors", &did.err), (&example.output, "output", &did.out)] {
                match range {
                    Some(range) => text.replace_range(range.clone(), body),
                    None if body.is_empty() => {}
                    None => missing.insert_str(0, &format!("\n\n```{which}\n{body}```")),
                }
            }
            text.insert_str(example.end, &missing);
        }
        fs::write(&self.path, text).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

impl Example {
    fn new<'a>(path: &Path, text: &str, block: &Block, words: impl Iterator<Item = &'a str>) -> Self {
        let mut words = words.peekable();
        let kind = match words.peek() {
            Some(&"kernel") => Kind::Kernel,
            Some(&"wrong") => Kind::Wrong,
            _ => Kind::Anywhere,
        };
        let args = words.skip(usize::from(kind != Kind::Anywhere)).map(str::to_owned).collect();
        let line = text[..block.text.start].matches('\n').count() + 1;
        let case = Case {
            path: path.with_extension("stp"),
            name: format!("{}:{line}", path.display()),
            script: text[block.text.clone()].to_owned(),
            args,
            ..Case::default()
        };
        Self { kind, case, end: block.end, output: None, errors: None }
    }
}

/// What the compiler says of a case, for a made-up kernel.
pub fn diagnostics(case: &Case) -> Transcript {
    let name = case.path.file_name().unwrap_or_default().to_string_lossy();
    let source = Source { name: (&*name).into(), text: case.script.as_str().into() };
    let options = Options { args: case.args.clone(), ..Options::default() };
    let (diagnostics, sources) = match compile(&[source], &TapsetLibrary::builtin(), &options, &MockTarget::new()) {
        Ok(compiled) => (compiled.diagnostics, compiled.sources),
        Err(failed) => (failed.diagnostics, failed.sources),
    };
    Transcript { err: diagnostics.render(&sources, false), ..Transcript::default() }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, Option<Range<usize>>)> = None;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => open = Some((info.to_string(), None)),
            Event::Text(_) => {
                if let Some((_, body)) = &mut open {
                    let start = body.as_ref().map_or(range.start, |body| body.start);
                    *body = Some(start..range.end);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((info, body)) = open.take() {
                    // An empty block is where its last line begins.
                    let last = text[..range.end].rfind('\n').map_or(0, |newline| newline + 1);
                    blocks.push(Block { info, text: body.unwrap_or(last..last), end: range.end });
                }
            }
            _ => {}
        }
    }
    blocks
}
