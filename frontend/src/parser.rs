// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tokens to syntax tree, by recursive descent.
//!
//! The parser goes on after an error: with the next statement of the block, or the next item of the file. A
//! tree without errors is complete; one with errors lacks what could not be read. How deep constructs nest is
//! bounded (by [`MAX_NESTING`] and [`MAX_HEIGHT`]), so that neither this nor a later, recursive stage can run
//! out of stack on any input.

mod at_word;
pub(crate) mod consequence;
mod expr;
mod item;
mod point;
mod primary;
mod stmt;

use crate::ast::{self, Expr, ExprIds, ExprKind, FileKind, Ident, Literal, NumberLit, StringLit};
use crate::diag::Diagnostic;
use crate::errors::syntax as errors;
use crate::lexer;
use crate::preprocess::{self, Conditions, Macros, ScriptArgs, Surroundings};
use crate::span::{FileId, SourceMap, Span};
use crate::token::{Op, Token, TokenKind};

/// How high the tree of one expression may be, and how long a chain of `else if`.
pub const MAX_HEIGHT: usize = 256;
/// How deep brackets and statements may be nested in one another.
pub const MAX_NESTING: usize = 64;
/// What an operator and what a bracket or statement takes of the stack, against `MAX_HEIGHT` operators in all.
const OPERATOR_COST: usize = 1;
const NESTING_COST: usize = MAX_HEIGHT / MAX_NESTING;

/// What the files of one program share.
pub struct ParseContext<'a> {
    /// The facts that preprocessor conditions ask for.
    pub conditions: Conditions<'a>,
    /// The macros of the library; each [`FileKind::MacroLibrary`] that is parsed adds its own.
    pub macros: Macros,
    /// The script's arguments.
    pub args: ScriptArgs,
    /// Where the expressions get their identities from.
    pub ids: ExprIds,
}

impl<'a> ParseContext<'a> {
    /// No macros and no arguments yet.
    pub fn new(conditions: Conditions<'a>) -> Self {
        let (macros, args, ids) = Default::default();
        Self { conditions, macros, args, ids }
    }
}

/// A parsed file.
#[derive(Debug)]
pub struct Parsed {
    /// Its syntax tree; complete if no diagnostic is an error.
    pub file: ast::File,
    /// Its comments.
    pub comments: Vec<Span>,
    /// What is wrong with it, in order of the stages.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads one file: text to tokens to preprocessed tokens to syntax tree. A library's macro files come first,
/// then its other files and the script in any order, all with the same `sources` and `context`.
pub fn parse_file(sources: &mut SourceMap, id: FileId, kind: FileKind, context: &mut ParseContext<'_>) -> Parsed {
    let lexed = lexer::lex(sources, id);
    let surroundings =
        Surroundings { conditions: &context.conditions, macros: &mut context.macros, args: &mut context.args };
    let (tokens, expanding) = preprocess::preprocess(&lexed.tokens, kind, sources, surroundings);
    let (items, parsing) = parse(sources, &tokens, &mut context.ids);
    let mut diagnostics: Vec<_> = lexed.diagnostics.into_iter().chain(expanding).collect();
    let parsing = consequence::without_consequences(diagnostics.iter(), parsing, sources);
    diagnostics.extend(parsing);
    Parsed { file: ast::File { id, kind, items }, comments: lexed.comments, diagnostics }
}

/// Reads the items of a file from its preprocessed tokens, which end with [`TokenKind::End`].
pub fn parse(sources: &SourceMap, tokens: &[Token], ids: &mut ExprIds) -> (Vec<ast::Item>, Vec<Diagnostic>) {
    let first_id = ids.len();
    let mut parser = Parser {
        sources,
        tokens,
        at: 0,
        ids,
        first_id,
        heights: Vec::new(),
        depth: 0,
        histogram_at: None,
        is_wrong: false,
        item_column: 0,
        given_up: false,
        diagnostics: Vec::new(),
    };
    let items = parser.items();
    (items, parser.diagnostics)
}

/// Something could not be read, and a diagnostic says so.
#[derive(Debug)]
struct Failed;

type Parse<T> = Result<T, Failed>;

struct Parser<'a> {
    sources: &'a SourceMap,
    tokens: &'a [Token],
    /// Index of the next token; never past the end marker.
    at: usize,
    ids: &'a mut ExprIds,
    /// The first identity handed out here.
    first_id: usize,
    /// Height of each expression's tree, by its identity less `first_id`; shorter than the identities where
    /// these name variables.
    heights: Vec<u16>,
    /// How deep the nesting is here.
    depth: usize,
    /// The token at which a whole histogram may stand, because it is to be printed.
    histogram_at: Option<usize>,
    /// Whether something is wrong with the innermost statement or item, those in it aside.
    is_wrong: bool,
    /// Where in its line the item at hand begins.
    item_column: u32,
    /// Whether the rest of the file is not looked at.
    given_up: bool,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &'a TokenKind {
        &self.tokens[self.at].kind
    }

    /// The token after the next one.
    fn peek_second(&self) -> &'a TokenKind {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.at + 1).min(last)].kind
    }

    /// Where the next token is.
    fn span(&self) -> Span {
        self.tokens[self.at].span
    }

    /// Where the token before the next one is.
    fn last_span(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    /// Takes the next token.
    fn bump(&mut self) -> &'a Token {
        let token = &self.tokens[self.at];
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn at_op(&self, op: Op) -> bool {
        *self.peek() == TokenKind::Op(op)
    }

    fn at_end(&self) -> bool {
        *self.peek() == TokenKind::End
    }

    fn eat(&mut self, op: Op) -> bool {
        let found = self.at_op(op);
        if found {
            self.bump();
        }
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_word(word);
        if found {
            self.bump();
        }
        found
    }

    /// Takes `op`, which belongs after `what`.
    fn expect(&mut self, op: Op, what: &str) -> Parse<Span> {
        if self.at_op(op) {
            return Ok(self.bump().span);
        }
        self.fail(errors::expected_op(self.span(), op, what, self.peek()))
    }

    /// Reports an error. Of several at one place, only the first is: the others follow from it.
    fn report(&mut self, diagnostic: Diagnostic) {
        let here = diagnostic.span();
        self.is_wrong = true;
        // A macro that is wrong would say so each time it is used.
        let again = here.is_some_and(|here| {
            let same = |known: &Diagnostic| known.span().is_some_and(|span| span.is_same_text(here));
            here.expansion.is_some() && self.diagnostics.iter().any(same)
        });
        if !again && !self.given_up && self.diagnostics.last().is_none_or(|last| last.span() != here) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports why something cannot be read, unless its beginning was wrong already.
    fn fail<T>(&mut self, diagnostic: Diagnostic) -> Parse<T> {
        if !self.is_wrong {
            self.report(diagnostic);
        }
        Err(Failed)
    }

    /// Reads a statement or item: what is wrong with it is told once.
    fn as_statement<T>(&mut self, read: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        let outer = std::mem::replace(&mut self.is_wrong, false);
        let result = read(self);
        self.is_wrong = outer;
        result
    }

    /// Reads something in brackets, or a statement: either may contain the like of itself.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        self.deeper(NESTING_COST, read)
    }

    /// Reads the operand of an operator, which may contain the operator again.
    fn operand_of<T>(&mut self, read: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        self.deeper(OPERATOR_COST, read)
    }

    fn deeper<T>(&mut self, cost: usize, read: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.depth + cost > MAX_HEIGHT {
            return self.give_up(errors::nested_too_deep(self.span()));
        }
        self.depth += cost;
        let result = read(self);
        self.depth -= cost;
        result
    }

    /// Reports what makes reading on pointless.
    fn give_up<T>(&mut self, diagnostic: Diagnostic) -> Parse<T> {
        let failed = self.fail(diagnostic);
        self.given_up = true;
        self.at = self.tokens.len() - 1;
        failed
    }

    /// Makes an expression of `kind`, from `start` up to here.
    fn node(&mut self, start: Span, kind: ExprKind) -> Parse<Expr> {
        let span = start.to(self.last_span());
        let expr = Expr { id: self.ids.fresh(), span, kind };
        let mut height = 0;
        expr.for_each_child(&mut |child| {
            let index = child.id.0 as usize - self.first_id;
            height = height.max(self.heights.get(index).map_or(0, |height| height + 1));
        });
        if usize::from(height) > MAX_HEIGHT {
            return self.give_up(errors::nested_too_deep(span));
        }
        self.heights.resize(expr.id.0 as usize - self.first_id, 0);
        self.heights.push(height);
        Ok(expr)
    }

    /// A name that is not a keyword and does not begin with `$`.
    fn ident(&mut self, what: &str) -> Parse<Ident> {
        match self.peek() {
            TokenKind::Ident(name) if !crate::token::is_keyword(name) && !name.starts_with('$') => {
                Ok(Ident { name: name.clone(), span: self.bump().span })
            }
            found => self.fail(errors::expected_name(self.span(), what, found)),
        }
    }

    /// One or more adjacent string literals.
    fn string(&mut self, what: &str) -> Parse<StringLit> {
        let start = self.span();
        let TokenKind::String(first) = self.peek() else {
            return self.fail(errors::expected_string(start, what, self.peek()));
        };
        self.bump();
        let mut value = first.clone();
        if let TokenKind::String(_) = self.peek() {
            let mut joined = value.as_bytes().to_vec();
            while let TokenKind::String(more) = self.peek() {
                self.bump();
                joined.extend_from_slice(more.as_bytes());
            }
            value = joined.into();
        }
        let span = start.to(self.last_span());
        Ok(StringLit { value, span })
    }

    /// A number, perhaps with a minus.
    fn number(&mut self, what: &str) -> Parse<NumberLit> {
        let start = self.span();
        let negative = self.eat(Op::Minus);
        let TokenKind::Number(value) = *self.peek() else {
            return self.fail(errors::expected_number(self.span(), what, self.peek()));
        };
        let value = value as i64;
        let span = start.to(self.bump().span);
        Ok(NumberLit { value: if negative { value.wrapping_neg() } else { value }, span })
    }

    /// A string, or a number that may have a minus.
    fn literal(&mut self, what: &str) -> Parse<Literal> {
        match self.peek() {
            TokenKind::String(_) => self.string(what).map(Literal::String),
            TokenKind::Number(_) | TokenKind::Op(Op::Minus) => self.number(what).map(Literal::Number),
            found => self.fail(errors::expected_literal(self.span(), what, found)),
        }
    }
}

#[cfg(test)]
pub(crate) mod fuzz;
#[cfg(test)]
pub(crate) mod tests;
