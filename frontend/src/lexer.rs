// SPDX-License-Identifier: MIT OR Apache-2.0
//! Text to tokens.
//!
//! The lexer never gives up: what it cannot read becomes a diagnostic, and it goes on behind it. White space
//! is what lies between tokens; comments are listed, so that a formatter can put them back.

use std::collections::HashSet;

use crate::ast::Name;
use crate::diag::Diagnostic;
use crate::errors::lex as errors;
use crate::span::{FileId, SourceMap, Span};
use crate::token::{Op, Token, TokenKind};

/// What a text consists of.
#[derive(Debug, Default)]
pub struct Lexed {
    /// Its tokens; the last is [`TokenKind::End`].
    pub tokens: Vec<Token>,
    /// Its comments, with their delimiters but without the newline.
    pub comments: Vec<Span>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Splits a file into tokens.
pub fn lex(sources: &SourceMap, file: FileId) -> Lexed {
    let text = &*sources.file(file).text;
    let mut lexer = Lexer::new(text, file);
    while lexer.at < text.len() {
        lexer.step();
    }
    lexer.push(text.len(), TokenKind::End);
    lexer.out
}

/// Where in a text of string literals, one or several, each byte of their value is written.
pub fn written_at(text: &str) -> Vec<u32> {
    let mut lexer = Lexer::new(text, FileId(0));
    lexer.written = Some(Vec::new());
    while lexer.at < text.len() {
        lexer.step();
    }
    lexer.written.unwrap_or_default()
}

struct Lexer<'a> {
    text: &'a str,
    file: FileId,
    /// Offset of the next byte.
    at: usize,
    /// Each name that occurred, to be shared.
    names: HashSet<Name>,
    /// Where each byte of the strings is written, if that is wanted.
    written: Option<Vec<u32>>,
    out: Lexed,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, file: FileId) -> Self {
        Self { text, file, at: 0, names: HashSet::new(), written: None, out: Lexed::default() }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The span from `start` to here.
    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start as u32, self.at as u32)
    }

    fn push(&mut self, start: usize, kind: TokenKind) {
        let span = self.span(start);
        self.out.tokens.push(Token { kind, span });
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.out.diagnostics.push(diagnostic);
    }

    /// Goes on to the first character that `stop` accepts, or to the end.
    fn skip_until(&mut self, stop: impl Fn(char) -> bool) {
        self.at += self.rest().find(stop).unwrap_or(self.rest().len());
    }

    /// Reads one token, comment or blank.
    fn step(&mut self) {
        let rest = self.rest().as_bytes();
        match rest[0] {
            byte if byte.is_ascii_whitespace() || byte == 0x0b => self.at += 1,
            b'$' | b'@' if rest.get(1) == Some(&b'#') => self.arg_count(),
            b'$' | b'@' if rest.get(1).is_some_and(u8::is_ascii_digit) => self.arg(),
            b'#' => self.line_comment(),
            b'/' if rest.starts_with(b"//") => self.line_comment(),
            b'/' if rest.starts_with(b"/*") => self.block_comment(),
            b'%' if rest.starts_with(b"%{") => self.embedded(),
            b'"' => self.string(),
            b'0'..=b'9' => self.number(),
            byte if byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$' | b'@') => self.word(),
            _ => self.op(),
        }
    }

    fn line_comment(&mut self) {
        let start = self.at;
        self.skip_until(|c| c == '\n');
        let span = self.span(start);
        self.out.comments.push(span);
    }

    /// One that is never closed reaches to the end of the file, as in SystemTap.
    fn block_comment(&mut self) {
        let start = self.at;
        let body = self.at + 2;
        self.at = self.text[body..].find("*/").map_or(self.text.len(), |length| body + length + 2);
        let span = self.span(start);
        self.out.comments.push(span);
    }

    fn arg_count(&mut self) {
        let start = self.at;
        let quoted = self.rest().starts_with('@');
        self.at += 2;
        self.push(start, TokenKind::ArgCount { quoted });
    }

    fn arg(&mut self) {
        let start = self.at;
        let quoted = self.rest().starts_with('@');
        self.at += 1;
        self.skip_until(|c| !c.is_ascii_digit());
        // What does not fit is out of range, whatever it is.
        let number = self.text[start + 1..self.at].parse().unwrap_or(u32::MAX);
        self.push(start, TokenKind::Arg { number, quoted });
    }

    fn word(&mut self) {
        let start = self.at;
        self.at += 1;
        self.skip_until(|c| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'));
        let word = &self.text[start..self.at];
        let kind = match word.strip_prefix('@') {
            Some(word) => TokenKind::At(self.name(word)),
            None => TokenKind::Ident(self.name(word)),
        };
        self.push(start, kind);
    }

    /// The shared name of this text.
    fn name(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name = Name::from(text);
        self.names.insert(name.clone());
        name
    }

    fn number(&mut self) {
        let start = self.at;
        self.skip_until(|c| !c.is_ascii_alphanumeric());
        let value = parse_number(&self.text[start..self.at]);
        if value.is_none() {
            self.report(errors::bad_number(self.span(start)));
        }
        self.push(start, TokenKind::Number(value.unwrap_or(0)));
    }

    fn op(&mut self) {
        let start = self.at;
        if let Some(op) = Op::ALL.iter().find(|op| self.rest().starts_with(op.text())) {
            self.at += op.text().len();
            return self.push(start, TokenKind::Op(*op));
        }
        self.skip_until(|c| c.is_ascii_graphic() && c != '\\' && c != '`' || c.is_whitespace());
        if self.at == start {
            // White space that is not ASCII.
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        }
        self.report(errors::bad_character(self.span(start), &self.text[start..self.at]));
    }

    fn embedded(&mut self) {
        let start = self.at;
        let body = self.at + 2;
        let Some(length) = self.text[body..].find("%}") else {
            self.at = self.text.len();
            let opening = Span::new(self.file, start as u32, body as u32);
            return self.report(errors::unclosed_embedded(opening));
        };
        self.at = body + length + 2;
        let code = &self.text[body..body + length];
        if let Some(typo) = code.find("}%") {
            let at = (body + typo) as u32;
            self.report(errors::embedded_typo(Span::new(self.file, at, at + 2)));
        }
        self.push(start, TokenKind::Embedded(code.into()));
    }

    fn string(&mut self) {
        let start = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let chunk = self.at;
            self.skip_until(|c| matches!(c, '"' | '\\' | '\n'));
            bytes.extend_from_slice(&self.text.as_bytes()[chunk..self.at]);
            self.note_written(chunk..self.at);
            match self.rest().as_bytes().first() {
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') => {
                    let (start, before) = (self.at, bytes.len());
                    self.escape(&mut bytes);
                    (before..bytes.len()).for_each(|_| self.note_written(start..start + 1));
                }
                _ => {
                    self.report(errors::unclosed_string(self.span(start)));
                    break;
                }
            }
        }
        self.push(start, TokenKind::String(bytes.into()));
    }

    fn note_written(&mut self, at: std::ops::Range<usize>) {
        if let Some(written) = &mut self.written {
            written.extend(at.map(|at| at as u32));
        }
    }

    /// Decodes `\c`.
    fn escape(&mut self, bytes: &mut Vec<u8>) {
        self.at += 1;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return;
        };
        let (byte, length) = match first {
            'a' => (0x07, 1),
            'b' => (0x08, 1),
            't' => (b'\t', 1),
            'n' => (b'\n', 1),
            'v' => (0x0b, 1),
            'f' => (0x0c, 1),
            'r' => (b'\r', 1),
            '0'..='7' => leading_digits(rest, 8, 3),
            'x' if rest[1..].starts_with(|c: char| c.is_ascii_hexdigit()) => {
                let (byte, length) = leading_digits(&rest[1..], 16, 2);
                (byte, length + 1)
            }
            other => {
                let mut buffer = [0; 4];
                bytes.extend_from_slice(other.encode_utf8(&mut buffer).as_bytes());
                self.at += other.len_utf8();
                return;
            }
        };
        bytes.push(byte);
        self.at += length;
    }
}

/// The low byte of the number that `text` begins with, and how many digits it has, at most `max_digits`.
fn leading_digits(text: &str, radix: u32, max_digits: usize) -> (u8, usize) {
    let digits = text.chars().take(max_digits).map_while(|c| c.to_digit(radix));
    let (value, count) = digits.fold((0, 0), |(value, n), digit| (value * radix + digit, n + 1));
    (value as u8, count)
}

/// Reads a number as `strtoull` with base 0 does: hexadecimal after `0x`, octal after `0`.
fn parse_number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    u64::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests;
