// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every script of the repository can be read, printed, and read again.

use std::path::{Path, PathBuf};

use spile_frontend::ast::{self, FileKind};
use spile_frontend::diag::Diagnostics;
use spile_frontend::parser::{ParseContext, parse_file};
use spile_frontend::preprocess::{Conditions, ScriptArgs};
use spile_frontend::print;
use spile_frontend::span::SourceMap;

/// Parses a file; the text says what is wrong with it. A script's macros are forgotten, the library's stay.
fn parse(context: &mut ParseContext<'_>, name: &str, text: &str, kind: FileKind) -> (ast::File, String) {
    let mut sources = SourceMap::new();
    let id = sources.add(name, text);
    context.args = ScriptArgs::new(arguments(text));
    let parsed = parse_file(&mut sources, id, kind, context);
    let mut diagnostics = Diagnostics::new();
    diagnostics.extend(parsed.diagnostics);
    (parsed.file, diagnostics.render(&sources, false))
}

/// The arguments that a case is run with.
fn arguments(text: &str) -> Vec<String> {
    let Some(line) = text.lines().find_map(|line| line.strip_prefix("//@ args:")) else { return vec!["7".into()] };
    let mut words = vec![String::new()];
    let (mut quoted, mut letters) = (false, line.trim().chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => words.last_mut().expect("a word").extend(letters.next()),
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().expect("a word").push(letter),
        }
    }
    words
}

/// The files in a folder, and the folders in it, of this extension.
fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|this| this == extension) {
            found.push(path);
        }
    }
}

#[test]
fn scripts_survive_printing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    files(&root.join("tapsets"), "stpm", &mut found);
    for folder in ["tapsets", "tests/cases/ok", "tests/cases/fault"] {
        files(&root.join(folder), "stp", &mut found);
    }
    assert!(found.len() > 50, "only {} files", found.len());
    let mut context = ParseContext::new(Conditions::new("6.12.0", "x86_64"));
    for path in found {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path).expect("a readable script");
        let kind = match name.ends_with(".stpm") {
            true => FileKind::MacroLibrary,
            false => FileKind::Tapset,
        };
        let (first, errors) = parse(&mut context, &name, &text, kind);
        assert_eq!(errors, "");
        let printed = print::file(&first);
        let (second, errors) = parse(&mut context, "printed", &printed, FileKind::Tapset);
        assert_eq!(errors, "", "{name}");
        assert_eq!(printed, print::file(&second), "{name}");
    }
}
