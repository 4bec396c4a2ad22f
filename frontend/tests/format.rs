// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile fmt` over every script of the repository: tokens stay what they are, and what is formatted stays as it is.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use spile_frontend::lexer;
use spile_frontend::reformat::reformat;
use spile_frontend::span::SourceMap;
use spile_frontend::token::TokenKind;

/// The scripts in a folder, and the folders in it.
fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            scripts(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "stp" || extension == "stpm") {
            found.push(path);
        }
    }
}

fn tokens(text: &str) -> Vec<TokenKind> {
    let mut sources = SourceMap::new();
    let file = sources.add("t.stp", text);
    lexer::lex(&sources, file).tokens.into_iter().map(|token| token.kind).collect()
}

/// The formatted text, or `None` of what cannot be read.
fn formatted(text: &str) -> Option<String> {
    let mut sources = SourceMap::new();
    let file = sources.add("t.stp", text);
    reformat(&sources, file).ok()
}

fn check(text: &str) {
    let Some(once) = formatted(text) else { return };
    assert_eq!(tokens(&once), tokens(text), "{text}");
    assert_eq!(formatted(&once).as_deref(), Some(&*once), "formatting is not done at once:\n{text}");
}

#[test]
fn every_script_keeps_its_tokens() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for folder in ["tapsets", "tests/cases", "tests/lab"] {
        scripts(&root.join(folder), &mut found);
    }
    assert!(found.len() > 400, "only {} scripts", found.len());
    let mut read = 0;
    for path in found {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        read += usize::from(formatted(&text).is_some());
        check(&text);
    }
    assert!(read > 400, "only {read} scripts can be formatted");
}

#[test]
fn what_joins_stays_joined() {
    assert_eq!(
        formatted("probe begin{$1_x=1;$1  y;$1$2 $1 $2}").as_deref(),
        Some("probe begin { $1_x = 1; $1 y; $1$2 $1 $2 }\n")
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_in_any_order_keep_their_tokens(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        check(&pieces.concat());
    }
}

/// Pieces of scripts with and without blanks around.
const PIECES: &[&str] = &[
    "probe ",
    "begin",
    ".",
    "{",
    "}",
    "{\n",
    "\n}",
    "(",
    ")",
    "[",
    "]",
    " ",
    "\n",
    "\n\n",
    ",",
    ";",
    "if",
    "else",
    "for ",
    "foreach",
    " in ",
    "while",
    "return",
    "delete ",
    "next;",
    "try",
    "catch",
    "global ",
    "private ",
    "function ",
    "f",
    "x",
    "$a",
    "$1",
    "@1",
    "$#",
    "$2",
    "@count",
    "@define m ",
    "%(",
    "%?",
    "%:",
    "%)",
    "%{ c %}",
    "# c\n",
    "// c\n",
    "/* c */",
    "/* a\n b */",
    "\"s\"",
    "12",
    "0x1f",
    "+",
    "-",
    "++",
    "--",
    "*",
    "/",
    " % ",
    "&",
    "&&",
    "|",
    "!",
    "~",
    "<<<",
    ">>>",
    "=",
    "==",
    "=~",
    "?",
    ":",
    "->",
    "$",
    ".=",
    "_y",
];
