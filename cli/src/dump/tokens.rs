// SPDX-License-Identifier: MIT OR Apache-2.0
//! `--emit tokens`: each line of the script, and below it its tokens.

use spile_frontend::analyse::Source;
use spile_frontend::lexer;
use spile_frontend::span::SourceMap;
use spile_frontend::token::TokenKind;

/// The tokens of scripts.
pub fn tokens(scripts: &[Source]) -> String {
    let mut out = String::new();
    let mut sources = SourceMap::new();
    for script in scripts {
        let file = sources.add(script.name.clone(), script.text.clone());
        let mut lines = script.text.lines().zip(1..).peekable();
        for token in lexer::lex(&sources, file).tokens {
            let place = sources.location(token.span);
            while let Some((text, number)) = lines.next_if(|(_, number)| *number <= place.line) {
                out += &format!("; {number}: {text}\n");
            }
            let text = match &token.kind {
                TokenKind::String(_) => format!("string {}", sources.text(token.span)),
                kind => kind.to_string(),
            };
            out += &format!("{:>4}:{:<3} {text}\n", place.line, place.column);
        }
    }
    out
}
