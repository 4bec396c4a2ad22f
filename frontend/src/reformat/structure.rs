// SPDX-License-Identifier: MIT OR Apache-2.0
//! How deep each token is, and whether a space stands before it.
//!
//! A walk along the grammar that takes whatever comes: a token that fits nowhere stands between spaces.

mod expression;

use crate::token::{Op, Token, TokenKind};

/// What stands before a token on its line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Glue {
    /// Nothing.
    Tight,
    /// A space.
    Spaced,
}

/// How a token is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// How deep it is, where it begins a line.
    pub depth: usize,
    /// What stands before it, where it does not.
    pub glue: Glue,
    /// Stays on the line of the token before, if no comment is between.
    pub join: bool,
    /// Always begins a line.
    pub breaks: bool,
    /// Ends a block: comments before it are deeper.
    pub closes: bool,
}

/// A mark for each token.
pub fn marks(text: &str, tokens: &[Token]) -> Vec<Mark> {
    let mark = Mark { depth: 0, glue: Glue::Spaced, join: false, breaks: false, closes: false };
    let marks = vec![mark; tokens.len()];
    let mut walk =
        Walk { text, tokens, marks, at: 0, level: 0, opener: 0, nested: 0, fresh: true, tight: false, header: false };
    while !walk.done() {
        walk.unit();
    }
    walk.marks
}

/// How much deeper the second line of a statement is than its first: more than a block, to be told from one.
const CONTINUATION: usize = 2;

struct Walk<'a> {
    text: &'a str,
    tokens: &'a [Token],
    marks: Vec<Mark>,
    /// Index of the next token.
    at: usize,
    /// How deep the blocks around are.
    level: usize,
    /// Index of the token that opened the innermost brackets, or else the statement.
    opener: usize,
    /// How many of the brackets around began on a later line than what is around them: so much deeper are lines within.
    nested: usize,
    /// Whether the next token begins a statement.
    fresh: bool,
    /// Whether the next token sticks to the last.
    tight: bool,
    /// Whether this is the head of a `foreach`.
    header: bool,
}

impl Walk<'_> {
    fn done(&self) -> bool {
        *self.kind() == TokenKind::End
    }

    fn kind(&self) -> &TokenKind {
        &self.tokens[self.at].kind
    }

    fn next_kind(&self) -> &TokenKind {
        &self.tokens[(self.at + 1).min(self.tokens.len() - 1)].kind
    }

    fn last_kind(&self) -> Option<&TokenKind> {
        Some(&self.tokens[self.at.checked_sub(1)?].kind)
    }

    fn is(&self, op: Op) -> bool {
        *self.kind() == TokenKind::Op(op)
    }

    fn word(&self, word: &str) -> bool {
        self.kind().is_word(word)
    }

    /// Whether the source has nothing between the last token and the next.
    fn adjacent(&self) -> bool {
        self.at > 0 && self.tokens[self.at - 1].span.end == self.tokens[self.at].span.start
    }

    fn take(&mut self, glue: Glue) {
        if self.done() {
            return;
        }
        self.mark(self.depth(), glue);
    }

    /// How deep the next token is.
    fn depth(&self) -> usize {
        self.level + if self.fresh { 0 } else { CONTINUATION + self.nested }
    }

    fn mark(&mut self, depth: usize, glue: Glue) {
        // A script argument joins the word right behind it.
        let tight = match self.joinable() {
            true => self.adjacent(),
            false => (self.tight || glue == Glue::Tight) && !self.merges(),
        };
        let glue = if tight { Glue::Tight } else { Glue::Spaced };
        self.marks[self.at] = Mark { depth, glue, ..self.marks[self.at] };
        if self.fresh {
            self.opener = self.at;
        }
        self.at += 1;
        self.fresh = false;
        self.tight = false;
    }

    /// Whether a token begins on a later line than another.
    fn later_line(&self, first: usize, second: usize) -> bool {
        let [first, second] = [first, second].map(|at| self.tokens[at].span.start as usize);
        self.text[first..second].contains('\n')
    }

    /// Takes a token that the next one sticks to.
    fn take_opening(&mut self, glue: Glue) {
        self.take(glue);
        self.tight = true;
    }

    /// Takes what ends a construct that began at `depth`.
    fn take_closing(&mut self, depth: usize, glue: Glue) {
        if !self.done() {
            self.marks[self.at].closes = true;
            self.mark(depth, glue);
        }
    }

    /// Whether the last token is a script argument's text, and the next a word that it may be joined to.
    fn joinable(&self) -> bool {
        matches!(self.last_kind(), Some(TokenKind::Arg { quoted: false, .. }))
            && matches!(self.kind(), TokenKind::Ident(_) | TokenKind::Number(_) | TokenKind::Arg { quoted: false, .. })
    }

    /// Whether the last token and the next would be read as another one, if nothing stood between.
    fn merges(&self) -> bool {
        let (Some(TokenKind::Op(last)), TokenKind::Op(next)) = (self.last_kind(), self.kind()) else { return false };
        let joined = format!("{last}{next}");
        Op::ALL.iter().any(|op| op.text().len() > last.text().len() && joined.starts_with(op.text()))
    }

    /// An item or a statement.
    fn unit(&mut self) {
        let outer = (self.opener, std::mem::take(&mut self.nested));
        self.statement();
        (self.opener, self.nested) = outer;
    }

    fn statement(&mut self) {
        self.fresh = true;
        self.tight = false;
        match self.kind() {
            TokenKind::Ident(word) => match &**word {
                "probe" => return self.probe(),
                "function" => return self.function(),
                "global" => self.globals(),
                "private" => return self.private(),
                "if" => return self.if_statement(),
                "while" | "for" | "foreach" => return self.loop_statement(),
                "try" => return self.try_statement(),
                "return" | "delete" => {
                    self.take(Glue::Spaced);
                    self.expression();
                }
                _ => self.simple(),
            },
            TokenKind::At(word) if &**word == "define" => return self.definition(),
            TokenKind::Op(Op::BraceOpen) => return self.block(),
            TokenKind::Op(Op::CondOpen) => return self.conditional(Self::unit),
            _ => self.simple(),
        }
        if self.is(Op::Semicolon) {
            self.take(Glue::Tight);
        }
    }

    /// An expression, or a token that begins nothing.
    fn simple(&mut self) {
        if self.is(Op::Semicolon) || !self.expression() {
            self.take(Glue::Spaced);
        }
    }

    fn private(&mut self) {
        self.take(Glue::Spaced);
        if self.word("function") {
            return self.function();
        }
        if self.word("global") {
            self.take(Glue::Spaced);
        }
        self.variables();
        if self.is(Op::Semicolon) {
            self.take(Glue::Tight);
        }
    }

    /// From the brace to the brace.
    fn block(&mut self) {
        let depth = self.level;
        let first = self.at;
        self.marks[first].join = !self.fresh;
        self.mark(depth, Glue::Spaced);
        self.level += 1;
        while !self.done() && !self.is(Op::BraceClose) {
            self.unit();
        }
        self.level -= 1;
        self.close_block(first, if self.at == first + 1 { Glue::Tight } else { Glue::Spaced });
    }

    /// Takes the end of a block; one of several lines has its brackets' contents on lines of their own.
    fn close_block(&mut self, first: usize, glue: Glue) {
        let last = self.at;
        if self.done() {
            return;
        }
        self.take_closing(self.level, glue);
        let range = self.tokens[first].span.end as usize..self.tokens[last].span.start as usize;
        if last > first + 1 && self.text[range].contains('\n') {
            self.marks[first + 1].breaks = true;
            self.marks[last].breaks = true;
        }
    }

    /// What follows the head of a statement.
    fn body(&mut self) {
        match self.kind() {
            TokenKind::Op(Op::BraceOpen) => self.block(),
            TokenKind::Op(Op::Semicolon) => self.take(Glue::Tight),
            TokenKind::Op(Op::BraceClose) | TokenKind::End => {}
            _ => {
                self.level += 1;
                self.unit();
                self.level -= 1;
            }
        }
    }

    fn if_statement(&mut self) {
        self.take(Glue::Spaced);
        self.head();
        self.body();
        if self.word("else") {
            self.marks[self.at].join = self.last_kind() == Some(&TokenKind::Op(Op::BraceClose));
            self.fresh = true;
            self.take(Glue::Spaced);
            if self.word("if") { self.if_statement() } else { self.body() }
        }
    }

    fn loop_statement(&mut self) {
        let header = self.word("foreach");
        let header = std::mem::replace(&mut self.header, header);
        self.take(Glue::Spaced);
        self.head();
        self.header = header;
        self.body();
    }

    fn try_statement(&mut self) {
        self.take(Glue::Spaced);
        self.body();
        if self.word("catch") {
            self.marks[self.at].join = true;
            self.fresh = true;
            self.take(Glue::Spaced);
            self.head();
            self.body();
        }
    }

    /// The parentheses after a keyword.
    fn head(&mut self) {
        if self.is(Op::ParenOpen) {
            self.group(Glue::Spaced, Op::ParenClose);
        }
    }

    /// A list within brackets, from the opening one on.
    fn group(&mut self, glue: Glue, close: Op) {
        let depth = self.depth();
        let outer = (self.opener, self.nested);
        let (first, deeper) = (self.at, !self.fresh && self.later_line(self.opener, self.at));
        self.take_opening(glue);
        self.opener = first;
        self.nested += usize::from(deeper);
        let closed = self.list(close);
        (self.opener, self.nested) = outer;
        if closed {
            self.mark(depth, Glue::Tight);
        }
    }

    /// What is within brackets, up to the closing one, if there is one.
    fn list(&mut self, close: Op) -> bool {
        loop {
            match self.kind() {
                TokenKind::Op(op) if *op == close => return true,
                TokenKind::Op(Op::BraceClose | Op::CondThen | Op::CondElse | Op::CondClose) | TokenKind::End => {
                    return false;
                }
                TokenKind::Op(Op::Comma | Op::Semicolon) => self.take(Glue::Tight),
                _ => {
                    if !self.expression() {
                        self.take(Glue::Spaced);
                    }
                }
            }
        }
    }

    /// `%( … %? … %: … %)`, its arms made of what `arm` reads.
    fn conditional(&mut self, arm: fn(&mut Self)) {
        let outer = self.level;
        let depth = self.depth();
        let first = self.at;
        self.take(Glue::Spaced);
        while !matches!(self.kind(), TokenKind::Op(Op::CondThen | Op::CondClose) | TokenKind::End) {
            self.take(Glue::Spaced);
        }
        self.level = depth + 1;
        if self.is(Op::CondThen) {
            self.mark(depth + 1, Glue::Spaced);
        }
        loop {
            match self.kind() {
                TokenKind::Op(Op::CondElse) => self.take_closing(depth, Glue::Spaced),
                TokenKind::Op(Op::CondClose) => break self.take_closing(depth, Glue::Spaced),
                TokenKind::End => break,
                _ => {
                    let before = self.at;
                    arm(self);
                    if self.at == before {
                        self.take(Glue::Spaced);
                    }
                }
            }
        }
        self.level = outer;
        debug_assert!(self.at > first);
    }

    /// `@define NAME(PARAMETERS) %( BODY %)`
    fn definition(&mut self) {
        self.take(Glue::Spaced);
        if matches!(self.kind(), TokenKind::Ident(_)) {
            self.take(Glue::Spaced);
        }
        if self.is(Op::ParenOpen) {
            self.group(Glue::Tight, Op::ParenClose);
        }
        if !self.is(Op::CondOpen) {
            return;
        }
        let first = self.at;
        self.marks[first].join = true;
        self.take(Glue::Spaced);
        self.level += 1;
        while !self.done() && !self.is(Op::CondClose) {
            self.unit();
        }
        self.level -= 1;
        self.close_block(first, Glue::Spaced);
    }

    fn probe(&mut self) {
        self.take(Glue::Spaced);
        let mut expecting = true;
        self.points(&mut expecting);
        self.fresh = false;
        while self.is(Op::BraceOpen) {
            self.block();
            if self.is(Op::Comma) && *self.next_kind() == TokenKind::Op(Op::BraceOpen) {
                self.take(Glue::Tight);
            }
        }
    }

    /// Probe points up to the block; `expecting` tells whether a component must come, so that a brace is not the block's.
    fn points(&mut self, expecting: &mut bool) {
        loop {
            match self.kind() {
                TokenKind::Op(Op::BraceOpen) if *expecting => {
                    let glue =
                        if self.last_kind() == Some(&TokenKind::Op(Op::Dot)) { Glue::Tight } else { Glue::Spaced };
                    self.take_opening(glue);
                    self.points(&mut true);
                    if self.is(Op::BraceClose) {
                        self.take(Glue::Tight);
                    }
                    *expecting = false;
                }
                TokenKind::Op(Op::Dot) => {
                    self.take_opening(Glue::Tight);
                    *expecting = true;
                }
                TokenKind::Op(Op::Comma) => {
                    self.take(Glue::Tight);
                    *expecting = true;
                }
                TokenKind::Op(Op::Assign | Op::AddAssign) => {
                    self.take(Glue::Spaced);
                    *expecting = true;
                }
                TokenKind::Op(Op::ParenOpen) => self.group(Glue::Tight, Op::ParenClose),
                TokenKind::Op(Op::Question | Op::Bang) => self.take(Glue::Tight),
                TokenKind::Op(Op::CondOpen) => self.conditional(|walk| walk.points(&mut true)),
                TokenKind::Op(Op::BraceOpen | Op::BraceClose | Op::CondElse | Op::CondClose)
                | TokenKind::Embedded(_)
                | TokenKind::End => return,
                TokenKind::Ident(word) if !*expecting && &**word == "if" => {
                    self.take(Glue::Spaced);
                    self.head();
                }
                TokenKind::Ident(word) if !*expecting && matches!(&**word, "probe" | "function" | "global") => return,
                // Parts of one component, such as `sys_` and `*`, are not to be torn apart.
                _ => {
                    let glue = if !*expecting && self.adjacent() { Glue::Tight } else { Glue::Spaced };
                    self.take(glue);
                    *expecting = false;
                }
            }
        }
    }

    fn function(&mut self) {
        self.take(Glue::Spaced);
        loop {
            match self.kind() {
                TokenKind::Op(Op::BraceOpen) => return self.block(),
                TokenKind::Embedded(_) => return self.take(Glue::Spaced),
                TokenKind::Op(Op::BraceClose | Op::CondElse | Op::CondClose) | TokenKind::End => return,
                TokenKind::Op(Op::Colon | Op::ParenOpen) => self.take_opening(Glue::Tight),
                TokenKind::Op(Op::ParenClose | Op::Comma) => self.take(Glue::Tight),
                _ => self.take(Glue::Spaced),
            }
        }
    }

    fn globals(&mut self) {
        self.take(Glue::Spaced);
        self.variables();
    }

    /// The variables after `global`.
    fn variables(&mut self) {
        let mut expecting = true;
        loop {
            let wanted = std::mem::replace(&mut expecting, false);
            match self.kind() {
                TokenKind::Op(Op::Comma) => {
                    self.take(Glue::Tight);
                    expecting = true;
                }
                TokenKind::Op(Op::Percent) => self.take(Glue::Tight),
                TokenKind::Op(Op::BracketOpen) => self.group(Glue::Tight, Op::BracketClose),
                TokenKind::Op(Op::Assign) => {
                    self.take(Glue::Spaced);
                    expecting = true;
                }
                TokenKind::Op(Op::Minus) if wanted => {
                    self.take_opening(Glue::Spaced);
                    expecting = true;
                }
                TokenKind::Op(_) | TokenKind::Embedded(_) | TokenKind::End => return,
                _ if wanted => self.take(Glue::Spaced),
                _ => return,
            }
        }
    }
}
