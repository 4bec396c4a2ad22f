// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tokens of the text form.

use std::fmt;

use super::{ParseError, Result};

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token<'a> {
    /// Letters, digits, `_` and `.`.
    Word(&'a str),
    Number(i128),
    String(Vec<u8>),
    Sign(&'static str),
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "{word:?}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::String(_) => f.write_str("a string"),
            Self::Sign(sign) => write!(f, "'{sign}'"),
            Self::End => f.write_str("the end"),
        }
    }
}

const SIGNS: [&str; 11] = ["->", "(", ")", "[", "]", "{", "}", ",", ":", "=", "@"];

pub(super) struct Lexer<'a> {
    text: &'a str,
    position: usize,
    /// Where the token read last begins.
    start: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, position: 0, start: 0 }
    }

    pub fn token(&mut self) -> Result<Token<'a>> {
        self.skip_blanks();
        self.start = self.position;
        let rest = &self.text[self.position..];
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            self.position += sign.len();
            return Ok(Token::Sign(sign));
        }
        match first {
            '"' => self.string(),
            '-' | '0'..='9' => self.number(rest),
            'a'..='z' | 'A'..='Z' | '_' => Ok(Token::Word(self.take(rest, is_word))),
            other => Err(self.error(format!("stray {other:?}"))),
        }
    }

    /// An error at the token read last.
    pub fn error(&self, message: String) -> ParseError {
        let before = &self.text[..self.start];
        let line = before.matches('\n').count() as u32 + 1;
        let column = (self.start - before.rfind('\n').map_or(0, |newline| newline + 1)) as u32 + 1;
        ParseError { line, column, message }
    }

    /// Blanks, and comments from `;` on.
    fn skip_blanks(&mut self) {
        loop {
            let rest = &self.text[self.position..];
            let trimmed = rest.trim_start();
            self.position += rest.len() - trimmed.len();
            if !trimmed.starts_with(';') {
                return;
            }
            self.position += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn take(&mut self, rest: &'a str, belongs: fn(char) -> bool) -> &'a str {
        let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.position += length;
        &rest[..length]
    }

    fn number(&mut self, rest: &'a str) -> Result<Token<'a>> {
        let digits = self.take(rest, |c| c == '-' || is_word(c));
        match digits.parse() {
            Ok(number) => Ok(Token::Number(number)),
            Err(_) => Err(self.error(format!("{digits:?} is no number"))),
        }
    }

    fn string(&mut self) -> Result<Token<'a>> {
        let bytes = self.text.as_bytes();
        let mut string = Vec::new();
        let mut at = self.position + 1;
        loop {
            let byte = *bytes.get(at).ok_or_else(|| self.error("unclosed string".into()))?;
            at += 1;
            match byte {
                b'"' => break,
                b'\n' => return Err(self.error("unclosed string".into())),
                b'\\' => {
                    let escape = bytes.get(at).copied().unwrap_or(b'\n');
                    at += 1;
                    string.push(match escape {
                        b'"' | b'\\' => escape,
                        b'n' => b'\n',
                        b't' => b'\t',
                        b'x' => {
                            at += 2;
                            let digits = self.text.get(at - 2..at);
                            let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                            value.ok_or_else(|| self.error("bad escape".into()))?
                        }
                        _ => return Err(self.error("bad escape".into())),
                    });
                }
                _ => string.push(byte),
            }
        }
        self.position = at;
        Ok(Token::String(string))
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}
