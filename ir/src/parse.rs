// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads the text form of programs, which the printer describes: `parse(&program.to_string())` gives the program back.
//!
//! The parser checks syntax and that table entries are numbered in order, no more: what it reads may still not verify.

mod function;
mod lexer;
mod op;

use crate::{
    FileId, Format, FormatArg, FuncId, Global, GlobalKind, Hist, Limits, LocId, Location, MapSpec, MapValue, Probe,
    ProbeKind, Program, StatSpec, Type, names::Named,
};
use lexer::{Lexer, Token};

/// A mistake in the text of a program.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct ParseError {
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

/// Reads a program.
pub fn parse(text: &str) -> Result<Program, ParseError> {
    let mut parser = Parser { lexer: Lexer::new(text), peeked: None, program: Program::default() };
    while parser.peek()? != Token::End {
        parser.item()?;
    }
    Ok(parser.program)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    peeked: Option<Token<'a>>,
    program: Program,
}

type Result<T, E = ParseError> = std::result::Result<T, E>;

impl<'a> Parser<'a> {
    fn item(&mut self) -> Result<()> {
        let word = self.word()?;
        match split_number(word) {
            (word, None) => match word {
                "limits" => self.limits(),
                "probe" => self.probe(),
                _ => self.error(format!("unknown item {word:?}")),
            },
            (word, Some(number)) => {
                let length = match word {
                    "file" => self.program.files.len(),
                    "loc" => self.program.locations.len(),
                    "str" => self.program.strings.len(),
                    "fmt" => self.program.formats.len(),
                    "global" => self.program.globals.len(),
                    "func" => self.program.functions.len(),
                    _ => return self.error(format!("unknown item {word:?}")),
                };
                self.in_order(word, number, length)?;
                self.entry(word)
            }
        }
    }

    /// Table entries are numbered from 0.
    fn in_order(&self, word: &str, number: u32, length: usize) -> Result<()> {
        if number as usize == length {
            Ok(())
        } else {
            self.error(format!("expected {word}{length}, found {word}{number}"))
        }
    }

    fn entry(&mut self, word: &str) -> Result<()> {
        match word {
            "file" => {
                let name = self.text()?;
                self.program.files.push(name);
            }
            "loc" => {
                let file = FileId(self.numbered("file")?);
                let (line, column) = (self.number()?, self.number()?);
                let near = self.text()?;
                self.program.locations.push(Location { file, line, column, near });
            }
            "str" => {
                let string = self.string()?;
                self.program.strings.push(string);
            }
            "fmt" => {
                let text = self.string()?;
                let args = self.list("(", ")", Self::format_arg)?;
                self.program.formats.push(Format { text, args });
            }
            "global" => {
                let name = self.text()?;
                let kind = self.global_kind()?;
                self.program.globals.push(Global { name, kind });
            }
            _ => {
                let function = self.function()?;
                self.program.functions.push(function);
            }
        }
        Ok(())
    }

    fn limits(&mut self) -> Result<()> {
        while let Token::Word(word) = self.peek()? {
            if self.program.limits.field_mut(word).is_none() {
                break;
            }
            self.next()?;
            let value = self.number()?;
            self.program.limits.field_mut(word).into_iter().for_each(|limit| *limit = value);
        }
        Ok(())
    }

    fn global_kind(&mut self) -> Result<GlobalKind> {
        Ok(match self.word()? {
            "int" => GlobalKind::Int(self.number()?),
            "str" => GlobalKind::Str(self.string()?),
            "stat" => GlobalKind::Stat(self.stat()?),
            "map" => {
                let keys = self.list("(", ")", Self::ty)?;
                let value = match self.word()? {
                    "int" => MapValue::Int,
                    "str" => MapValue::Str,
                    "stat" => MapValue::Stat(self.stat()?),
                    other => return self.error(format!("an array of {other:?}?")),
                };
                self.expect_word("capacity")?;
                let capacity = self.number()?;
                let wrap = self.eat_word("wrap")?;
                GlobalKind::Map(MapSpec { keys, value, capacity, wrap })
            }
            other => return self.error(format!("a global cannot be {other:?}")),
        })
    }

    fn stat(&mut self) -> Result<StatSpec> {
        let sum = !self.eat_word("no_sum")?;
        let extremes = !self.eat_word("no_extremes")?;
        let hist = if self.eat_word("hist_log")? {
            Hist::Log
        } else if self.eat_word("hist_linear")? {
            Hist::Linear { low: self.number()?, high: self.number()?, step: self.number()? }
        } else {
            Hist::None
        };
        let variance = if self.eat_word("variance")? { Some(self.number()?) } else { None };
        Ok(StatSpec { sum, extremes, hist, variance })
    }

    fn probe(&mut self) -> Result<()> {
        let name = self.text()?;
        let kind = match self.word()? {
            "begin" => ProbeKind::Begin(self.number()?),
            "end" => ProbeKind::End(self.number()?),
            "error" => ProbeKind::Error(self.number()?),
            "timer" => ProbeKind::Timer { period_ns: self.number()?, randomize_ns: self.number()? },
            "function" => ProbeKind::Function { symbol: self.text()?, words: self.arguments()? },
            "return" => ProbeKind::Return { symbol: self.text()?, maxactive: self.number()?, words: self.arguments()? },
            "address" => ProbeKind::Address { symbol: self.text()?, offset: self.number()? },
            "tracepoint" => ProbeKind::Tracepoint { name: self.text()?, n_args: self.number()? },
            other => return self.error(format!("unknown kind of probe {other:?}")),
        };
        self.expect_word("handler")?;
        let handler = FuncId(self.numbered("func")?);
        let loc = if self.eat_sign("@")? { LocId(self.number()?) } else { LocId(0) };
        let entry = if self.eat_word("entry")? { Some(FuncId(self.numbered("func")?)) } else { None };
        let entry_words = if self.eat_word("words")? { self.number()? } else { 0 };
        let alias = if self.eat_word("alias")? { Some(self.text()?) } else { None };
        let condition = if self.eat_word("condition")? { Some(FuncId(self.numbered("func")?)) } else { None };
        let optional = self.eat_word("optional")?;
        self.program.probes.push(Probe { name, alias, kind, handler, loc, entry, entry_words, optional, condition });
        Ok(())
    }

    fn arguments(&mut self) -> Result<Option<u32>> {
        Ok(if self.eat_word("arguments")? { Some(self.number()?) } else { None })
    }

    fn format_arg(&mut self) -> Result<FormatArg> {
        match self.word()? {
            "int" => Ok(FormatArg::Int),
            "str" => Ok(FormatArg::Str),
            "hist" => Ok(FormatArg::Hist),
            other => self.error(format!("unknown type {other:?}")),
        }
    }

    fn ty(&mut self) -> Result<Type> {
        self.named("type")
    }

    /// A word of an enumeration.
    fn named<T: Named>(&mut self, what: &str) -> Result<T> {
        let word = self.word()?;
        match T::from_word(word) {
            Some(value) => Ok(value),
            None => self.error(format!("unknown {what} {word:?}")),
        }
    }

    /// A word and a number in one, such as `v7`: the number.
    fn numbered(&mut self, word: &str) -> Result<u32> {
        match self.next()? {
            Token::Word(found) => match split_number(found) {
                (prefix, Some(number)) if prefix == word => Ok(number),
                _ => self.error(format!("expected {word}N, found {found:?}")),
            },
            other => self.error(format!("expected {word}N, found {other}")),
        }
    }

    fn number<T: TryFrom<i128>>(&mut self) -> Result<T> {
        match self.next()? {
            Token::Number(number) => match T::try_from(number) {
                Ok(number) => Ok(number),
                Err(_) => self.error(format!("{number} is out of range")),
            },
            other => self.error(format!("expected a number, found {other}")),
        }
    }

    fn string(&mut self) -> Result<Vec<u8>> {
        match self.next()? {
            Token::String(bytes) => Ok(bytes),
            other => self.error(format!("expected a string, found {other}")),
        }
    }

    fn text(&mut self) -> Result<String> {
        let bytes = self.string()?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(text),
            Err(_) => self.error("a name must be UTF-8".into()),
        }
    }

    fn word(&mut self) -> Result<&'a str> {
        match self.next()? {
            Token::Word(word) => Ok(word),
            other => self.error(format!("expected a word, found {other}")),
        }
    }

    fn expect_word(&mut self, word: &str) -> Result<()> {
        let found = self.word()?;
        if found == word { Ok(()) } else { self.error(format!("expected {word:?}, found {found:?}")) }
    }

    fn eat_word(&mut self, word: &str) -> Result<bool> {
        self.eat(&Token::Word(word))
    }

    fn expect(&mut self, sign: &'static str) -> Result<()> {
        let found = self.next()?;
        if found == Token::Sign(sign) { Ok(()) } else { self.error(format!("expected '{sign}', found {found}")) }
    }

    fn eat_sign(&mut self, sign: &'static str) -> Result<bool> {
        self.eat(&Token::Sign(sign))
    }

    fn eat(&mut self, token: &Token<'_>) -> Result<bool> {
        let found = self.peek()? == *token;
        if found {
            self.next()?;
        }
        Ok(found)
    }

    /// Items with commas between two signs.
    fn list<T>(
        &mut self,
        open: &'static str,
        close: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut items = Vec::new();
        self.expect(open)?;
        if self.eat_sign(close)? {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if !self.eat_sign(",")? {
                break;
            }
        }
        self.expect(close)?;
        Ok(items)
    }

    fn peek(&mut self) -> Result<Token<'a>> {
        if self.peeked.is_none() {
            self.peeked = Some(self.lexer.token()?);
        }
        Ok(self.peeked.clone().unwrap_or(Token::End))
    }

    fn next(&mut self) -> Result<Token<'a>> {
        match self.peeked.take() {
            Some(token) => Ok(token),
            None => self.lexer.token(),
        }
    }

    /// An error at the token read last.
    fn error<T>(&self, message: String) -> Result<T> {
        Err(self.lexer.error(message))
    }
}

/// `block12` as `block` and 12.
fn split_number(word: &str) -> (&str, Option<u32>) {
    let prefix = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &word[prefix.len()..];
    match digits.parse() {
        Ok(number) if !prefix.is_empty() && (digits == "0" || !digits.starts_with('0')) => (prefix, Some(number)),
        _ => (word, None),
    }
}

impl Limits {
    fn field_mut(&mut self, name: &str) -> Option<&mut u32> {
        Some(match name {
            "max_string" => &mut self.max_string,
            "max_action" => &mut self.max_action,
            "max_action_interruptible" => &mut self.max_action_interruptible,
            "max_map_entries" => &mut self.max_map_entries,
            "max_errors" => &mut self.max_errors,
            "max_skipped" => &mut self.max_skipped,
            "max_nesting" => &mut self.max_nesting,
            "max_trylock" => &mut self.max_trylock,
            _ => return None,
        })
    }
}
