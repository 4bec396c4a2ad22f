// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scripts in the one style: indentation, spaces, braces.
//!
//! It works on the tokens of the file as it is written, before macros and conditionals, so it needs neither a
//! target nor a script without errors. Where lines end is the author's choice, but for the braces of blocks; and
//! the tokens and comments stay what they are, which is checked.

mod layout;
mod structure;
#[cfg(test)]
mod tests;

use crate::diag::Diagnostic;
use crate::lexer::{self, Lexed};
use crate::span::{FileId, SourceMap};

/// The file in the one style, or what keeps it from being read.
pub fn reformat(sources: &SourceMap, file: FileId) -> Result<String, Vec<Diagnostic>> {
    let lexed = lexer::lex(sources, file);
    if !lexed.diagnostics.is_empty() {
        return Err(lexed.diagnostics);
    }
    let text = &*sources.file(file).text;
    let marks = structure::marks(text, &lexed.tokens);
    let formatted = layout::lay_out(text, &lexed, &marks);
    // A formatter that changes a program is worse than none.
    assert!(same_script(text, &lexed, &formatted), "the formatter would change tokens or comments");
    Ok(formatted)
}

/// Whether a text has the tokens and comments of another.
fn same_script(text: &str, lexed: &Lexed, formatted: &str) -> bool {
    let mut sources = SourceMap::new();
    let file = sources.add("formatted", formatted);
    let again = lexer::lex(&sources, file);
    // One that is not closed ends where the file does, in as many blank lines as may be.
    let comment = |text: &str| text.trim_end().lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let comments = |text: &str, lexed: &Lexed| -> Vec<_> {
        lexed.comments.iter().map(|span| comment(&text[span.range()])).collect()
    };
    again.tokens.iter().map(|token| &token.kind).eq(lexed.tokens.iter().map(|token| &token.kind))
        && comments(formatted, &again) == comments(text, lexed)
}
