// SPDX-License-Identifier: MIT OR Apache-2.0
//! No input makes lexer, preprocessor, parser, printer or renderer panic.

use proptest::prelude::*;

use super::tests::parse_script;
use crate::print;

pub(crate) const SOUP: &[&str] = &[
    "probe",
    "function",
    "global",
    "private",
    "begin",
    "if",
    "else",
    "for",
    "foreach",
    "in",
    "limit",
    "return",
    "delete",
    "while",
    "next",
    "try",
    "catch",
    "string",
    "long",
    "x",
    "y",
    "$a",
    "$$vars",
    "$",
    "$$",
    "printf",
    "print",
    "@count",
    "@hist_log",
    "@hist_linear",
    "@cast",
    "@var",
    "@defined",
    "@entry",
    "@define",
    "@m",
    "@p",
    "$1",
    "@1",
    "$#",
    "1",
    "0x10",
    "99999999999999999999",
    "\"s\"",
    "\"%d\"",
    "%{ c %}",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ":",
    ".",
    "?",
    "!",
    "~",
    "+",
    "-",
    "*",
    "/",
    "%",
    "&",
    "|",
    "^",
    "<",
    ">",
    "=",
    "==",
    "=~",
    "<<<",
    ">>>",
    "++",
    "--",
    "->",
    "&&",
    "||",
    "+=",
    ".=",
    "%(",
    "%?",
    "%:",
    "%)",
    "kernel_v",
    "arch",
    "\n",
    "#c\n",
    "/*c*/",
];

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let text = String::from_utf8_lossy(&bytes);
        let (sources, parsed) = parse_script(&text, &["arg $1", "\"x"]);
        for diagnostic in &parsed.diagnostics {
            prop_assert!(!diagnostic.render(&sources, false).is_empty());
        }
    }

    #[test]
    fn no_tokens_make_it_panic(words in proptest::collection::vec(proptest::sample::select(SOUP), 0..200)) {
        let text = format!("probe begin {{ {}", words.join(" "));
        let (sources, parsed) = parse_script(&text, &["5", "\"x"]);
        for diagnostic in &parsed.diagnostics {
            prop_assert!(!diagnostic.render(&sources, true).is_empty());
        }
        let _ = print::file(&parsed.file);
    }
}
