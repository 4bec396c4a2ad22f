// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with the characters of a text.

use crate::diag::Diagnostic;
use crate::span::Span;

/// A character that begins no token.
pub fn bad_character(span: Span, text: &str) -> Diagnostic {
    let hint = match text.chars().next() {
        Some('\'') => "there are no character literals; string literals are written in double quotes",
        Some('“' | '”' | '„' | '«' | '»') => "string literals are written in straight double quotes: \"…\"",
        Some(c) if c.is_whitespace() => "this blank is none in ASCII: write an ordinary one",
        Some(c) if c.is_alphabetic() => "names are written in ASCII letters, digits and `_`",
        Some('\u{fffd}') => "the script is no UTF-8 here",
        _ => "outside of string literals and comments, a script is ASCII text",
    };
    Diagnostic::error("E0001", span, "unexpected character").label("no token begins with this").hint(hint)
}

/// A number that is none, or too large.
pub fn bad_number(span: Span) -> Diagnostic {
    Diagnostic::error("E0002", span, "number invalid or out of range")
        .hint("numbers are decimal, 0x… or octal 0…, up to 18446744073709551615")
}

/// A string that does not end on its line.
pub fn unclosed_string(span: Span) -> Diagnostic {
    Diagnostic::error("E0003", span, "unclosed quote")
        .label("this string does not end on its line")
        .hint("write a newline as \\n; adjacent string literals are joined")
}

/// `%{` without `%}`.
pub fn unclosed_embedded(span: Span) -> Diagnostic {
    Diagnostic::error("E0004", span, "unclosed embedded code").label("no `%}` follows")
}

/// `}%` in embedded code.
pub fn embedded_typo(span: Span) -> Diagnostic {
    Diagnostic::warning("W0005", span, "possible typo in embedded code")
        .label("is this meant to end it?")
        .hint("embedded code ends with `%}`")
}
