// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a library file declares, found without parsing it.

use super::Declares;

/// A token of the top level of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Punct(u8),
}

/// The names that a text declares at its top level. It errs on the side of finding too much.
pub(super) fn declarations(text: &str) -> Vec<(Declares, String)> {
    let tokens = top_level(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let word = tokens[at];
        at += 1;
        match word {
            Token::Word("function") => {
                if let Some(Token::Word(name)) = tokens.get(at) {
                    found.push((Declares::Function, (*name).to_owned()));
                }
            }
            Token::Word("@define") => {
                if let Some(Token::Word(name)) = tokens.get(at) {
                    found.push((Declares::Macro, (*name).to_owned()));
                }
            }
            Token::Word("global" | "private") => globals(&tokens[at..], &mut found),
            Token::Word("probe") => aliases(&tokens[at..], &mut found),
            _ => {}
        }
    }
    found
}

/// The names of `a, b = 3, c[10]`: those at the start and after each comma.
fn globals(tokens: &[Token<'_>], found: &mut Vec<(Declares, String)>) {
    let mut expected = true;
    for token in tokens {
        match token {
            Token::Word("global") if expected => {}
            Token::Word("function" | "probe" | "private" | "global") => return,
            Token::Word(name) if expected => {
                found.push((Declares::Global, (*name).to_owned()));
                expected = false;
            }
            Token::Punct(b',') => expected = true,
            Token::Punct(b'{' | b';') => return,
            _ => {}
        }
    }
}

/// The paths of `vfs.read, vfs.write =`; nothing if a body comes first.
fn aliases(tokens: &[Token<'_>], found: &mut Vec<(Declares, String)>) {
    let Some(end) = tokens.iter().position(|token| matches!(token, Token::Punct(b'=' | b'{'))) else { return };
    if tokens[end] != Token::Punct(b'=') {
        return;
    }
    for path in tokens[..end].split(|token| *token == Token::Punct(b',')) {
        let words: Vec<_> =
            path.iter().filter_map(|token| if let Token::Word(w) = token { Some(*w) } else { None }).collect();
        found.push((Declares::Alias, words.join(".")));
    }
}

/// Words and punctuation outside of braces, strings and comments. An opening brace is kept, what it holds is not.
fn top_level(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut depth = 0usize;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let length = match rest[0] {
            b'#' => line_length(rest),
            b'/' if rest.starts_with(b"//") => line_length(rest),
            b'/' if rest.starts_with(b"/*") => find(rest, b"*/"),
            b'%' if rest.starts_with(b"%{") => find(rest, b"%}"),
            b'"' => string_length(rest),
            c if is_word(c) => {
                let length = rest.iter().take_while(|c| is_word(**c)).count();
                if depth == 0 {
                    tokens.push(Token::Word(&text[at..at + length]));
                }
                length
            }
            b'{' => {
                if depth == 0 {
                    tokens.push(Token::Punct(b'{'));
                }
                depth += 1;
                1
            }
            b'}' => {
                depth = depth.saturating_sub(1);
                1
            }
            c => {
                if depth == 0 && !c.is_ascii_whitespace() {
                    tokens.push(Token::Punct(c));
                }
                1
            }
        };
        at += length;
    }
    tokens
}

fn is_word(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b'_' | b'$' | b'@')
}

fn line_length(rest: &[u8]) -> usize {
    rest.iter().position(|c| *c == b'\n').unwrap_or(rest.len())
}

fn find(rest: &[u8], end: &[u8; 2]) -> usize {
    rest.windows(2).skip(2).position(|pair| pair == end).map_or(rest.len(), |at| at + 4)
}

fn string_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != b'"' && rest[at] != b'\n' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}
