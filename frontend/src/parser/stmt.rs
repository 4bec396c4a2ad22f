// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statements.

use super::{Failed, MAX_HEIGHT, Parse, Parser};
use crate::ast::{Block, Delete, Foreach, ForeachSource, Key, Sort, SortKey, StatOp, Stmt, StmtKind, VarRef};
use crate::errors::syntax as errors;
use crate::span::Span;
use crate::token::{Op, TokenKind, is_keyword};

impl Parser<'_> {
    /// `{ … }`, which belongs after `what`.
    pub(super) fn block(&mut self, what: &str) -> Parse<Block> {
        let start = self.expect(Op::BraceOpen, what)?;
        let mut stmts = Vec::new();
        while !self.eat(Op::BraceClose) {
            if self.at_item() && self.is_indented() {
                self.nested_item();
                continue;
            }
            if self.at_end() || self.at_item() {
                self.report(errors::unclosed_block(self.span(), start, self.peek()));
                break;
            }
            let begin = self.at;
            match self.statement() {
                Ok(stmt) => stmts.push(stmt),
                Err(Failed) => self.skip_statement(begin),
            }
        }
        Ok(Block { span: start.to(self.last_span()), stmts })
    }

    /// Whether the next token is the first of its line, further in than the item that it is part of.
    fn is_indented(&self) -> bool {
        self.begins_line() && self.sources.location(self.span()).column > self.item_column
    }

    /// Refuses a whole item that stands in a block.
    fn nested_item(&mut self) {
        let begin = self.at;
        self.report(errors::nested_item(self.span(), self.peek()));
        if self.peek().is_word("global") || self.peek().is_word("private") {
            self.bump();
            return self.skip_statement(begin);
        }
        let column = self.item_column;
        if self.as_statement(Self::item).is_err() {
            self.skip_statement(begin);
        }
        self.item_column = column;
    }

    /// Goes on to where the next statement of the block, or the end of the block, should be. The failed one began at
    /// `begin`.
    fn skip_statement(&mut self, begin: usize) {
        let mut depth = 0_usize;
        while !self.at_end() && !self.at_item() {
            match self.peek() {
                TokenKind::Op(Op::BraceOpen) => depth += 1,
                TokenKind::Op(Op::BraceClose) if depth == 0 => return,
                TokenKind::Op(Op::BraceClose) if depth == 1 => {
                    self.bump();
                    return;
                }
                TokenKind::Op(Op::BraceClose) => depth -= 1,
                TokenKind::Op(Op::Semicolon) if depth == 0 => {
                    self.bump();
                    return;
                }
                TokenKind::Ident(_) if depth == 0 && self.at > begin && self.begins_line() && self.may_begin() => {
                    return;
                }
                _ => {}
            }
            self.bump();
        }
    }

    /// Whether the word that is next may begin a statement: it must, or what is before it may end one.
    fn may_begin(&self) -> bool {
        let closes = matches!(
            self.tokens[self.at.saturating_sub(1)].kind,
            TokenKind::Ident(_)
                | TokenKind::Number(_)
                | TokenKind::String(_)
                | TokenKind::Op(Op::ParenClose | Op::BracketClose | Op::BraceClose | Op::PlusPlus | Op::MinusMinus)
        );
        matches!(self.peek(), TokenKind::Ident(word) if begins_statement(word) || closes && !is_keyword(word))
    }

    /// Whether the next token is the first of its line.
    fn begins_line(&self) -> bool {
        let (last, next) = (self.last_span(), self.span());
        let between = Span { start: last.end, end: next.start, ..last };
        let together = (last.file, last.expansion) == (next.file, next.expansion);
        together && self.sources.text(between).contains('\n')
    }

    fn statement(&mut self) -> Parse<Stmt> {
        self.nested(|parser| {
            let start = parser.span();
            let kind = parser.as_statement(Self::statement_kind)?;
            Ok(Stmt { span: start.to(parser.last_span()), kind })
        })
    }

    fn boxed_statement(&mut self) -> Parse<Box<Stmt>> {
        self.statement().map(Box::new)
    }

    fn statement_kind(&mut self) -> Parse<StmtKind> {
        match self.peek() {
            TokenKind::Op(Op::Semicolon) => {
                self.bump();
                Ok(StmtKind::Empty)
            }
            TokenKind::Op(Op::BraceOpen) => Ok(StmtKind::Block(self.block("this")?)),
            TokenKind::Embedded(_) => Ok(StmtKind::Embedded(self.embedded())),
            TokenKind::Ident(word) => match word.as_str() {
                "if" => self.if_statement(),
                "while" => self.while_statement(),
                "for" => self.for_statement(),
                "foreach" => Ok(StmtKind::Foreach(Box::new(self.foreach()?))),
                "try" => self.try_statement(),
                "break" => Ok(self.word_statement(StmtKind::Break)),
                "continue" => Ok(self.word_statement(StmtKind::Continue)),
                "next" => Ok(self.word_statement(StmtKind::Next)),
                "return" => self.return_statement(),
                "delete" => self.delete(),
                "else" => self.fail(errors::else_without_if(self.span())),
                "catch" => self.fail(errors::catch_without_try(self.span())),
                _ => self.expression_statement(),
            },
            _ => self.expression_statement(),
        }
    }

    fn word_statement(&mut self, kind: StmtKind) -> StmtKind {
        self.bump();
        self.eat(Op::Semicolon);
        kind
    }

    fn expression_statement(&mut self) -> Parse<StmtKind> {
        let expr = self.expression()?;
        self.eat(Op::Semicolon);
        Ok(StmtKind::Expr(expr))
    }

    /// With its whole chain of `else if`, which may be longer than other statements may be nested.
    fn if_statement(&mut self) -> Parse<StmtKind> {
        let mut arms = Vec::new();
        let mut otherwise = None;
        loop {
            let start = self.bump().span;
            let cond = self.condition("`if`")?;
            arms.push((start, cond, self.boxed_statement()?));
            if !self.eat_word("else") {
                break;
            }
            if !self.peek().is_word("if") {
                otherwise = Some(self.boxed_statement()?);
                break;
            }
            if arms.len() == MAX_HEIGHT {
                return self.give_up(errors::nested_too_deep(self.span()));
            }
        }
        let end = self.last_span();
        let first = arms.remove(0);
        for (start, cond, then) in arms.into_iter().rev() {
            let kind = StmtKind::If { cond, then, otherwise };
            otherwise = Some(Box::new(Stmt { span: start.to(end), kind }));
        }
        Ok(StmtKind::If { cond: first.1, then: first.2, otherwise })
    }

    fn while_statement(&mut self) -> Parse<StmtKind> {
        self.bump();
        let cond = self.condition("`while`")?;
        Ok(StmtKind::While { cond, body: self.boxed_statement()? })
    }

    fn for_statement(&mut self) -> Parse<StmtKind> {
        self.bump();
        self.expect(Op::ParenOpen, "`for`")?;
        let mut part = |end: Op, what: &str| {
            let part = match self.at_op(end) {
                true => None,
                false => Some(self.expression()?),
            };
            self.expect(end, what)?;
            Ok(part)
        };
        let init = part(Op::Semicolon, "the first part of the `for` loop")?;
        let cond = part(Op::Semicolon, "the condition of the `for` loop")?;
        let step = part(Op::ParenClose, "the last part of the `for` loop")?;
        Ok(StmtKind::For { init, cond, step, body: self.boxed_statement()? })
    }

    fn return_statement(&mut self) -> Parse<StmtKind> {
        self.bump();
        let ends = match self.peek() {
            TokenKind::Op(Op::Semicolon | Op::BraceClose) | TokenKind::End => true,
            TokenKind::Ident(word) => is_keyword(word),
            _ => false,
        };
        let value = if ends { None } else { Some(self.expression()?) };
        self.eat(Op::Semicolon);
        Ok(StmtKind::Return(value))
    }

    fn try_statement(&mut self) -> Parse<StmtKind> {
        self.bump();
        let body = self.block("`try`")?;
        if !self.eat_word("catch") {
            return self.fail(errors::try_without_catch(self.span(), self.peek()));
        }
        let catch_var = match self.eat(Op::ParenOpen) {
            true => {
                let var = self.var_ref("the variable that takes the message")?;
                self.expect(Op::ParenClose, "the variable that takes the message")?;
                Some(var)
            }
            false => None,
        };
        let handler = self.block("`catch`")?;
        Ok(StmtKind::Try { body, catch_var, handler })
    }

    fn delete(&mut self) -> Parse<StmtKind> {
        self.bump();
        let var = self.var_ref("an array, an element or a variable after `delete`")?;
        let keys = match self.at_op(Op::BracketOpen) {
            true => Some(self.keys()?),
            false => None,
        };
        self.eat(Op::Semicolon);
        Ok(StmtKind::Delete(Delete { var, keys }))
    }

    pub(super) fn var_ref(&mut self, what: &str) -> Parse<VarRef> {
        let name = self.ident(what)?;
        Ok(VarRef { id: self.ids.fresh(), name: name.name, span: name.span })
    }

    /// `[k, *, …]`
    pub(super) fn keys(&mut self) -> Parse<Vec<Key>> {
        self.expect(Op::BracketOpen, "the array")?;
        let mut keys = Vec::new();
        loop {
            let ends = TokenKind::Op(Op::BracketClose);
            let any = *self.peek_second() == ends || *self.peek_second() == TokenKind::Op(Op::Comma);
            keys.push(match self.at_op(Op::Star) && any {
                true => Key::Any(self.bump().span),
                false => Key::Expr(self.expression()?),
            });
            if !self.eat(Op::Comma) {
                self.expect(Op::BracketClose, "the keys")?;
                return Ok(keys);
            }
        }
    }

    fn foreach(&mut self) -> Parse<Foreach> {
        self.bump();
        self.expect(Op::ParenOpen, "`foreach`")?;
        let mut sort = None;
        let mut value = None;
        let mut keys = Vec::new();
        if !self.at_op(Op::BracketOpen) {
            let var = self.var_ref("a variable for the key")?;
            let suffix = self.sort_suffix();
            if self.eat(Op::Assign) {
                value = Some(var);
                self.set_sort(&mut sort, SortKey::Value, suffix);
            } else {
                keys.push(var);
                self.set_sort(&mut sort, SortKey::Key(0), suffix);
            }
        }
        if keys.is_empty() {
            keys = self.foreach_keys(&mut sort)?;
        }
        if !self.eat_word("in") {
            return self.fail(errors::foreach_without_in(self.span(), self.peek()));
        }
        let source = self.foreach_source(&mut sort)?;
        let limit = match self.eat_word("limit") {
            true => Some(self.expression()?),
            false => None,
        };
        self.expect(Op::ParenClose, "the head of `foreach`")?;
        let body = self.statement()?;
        Ok(Foreach { value, keys, source, sort, limit, body })
    }

    /// `k` or `[k, …]`
    fn foreach_keys(&mut self, sort: &mut Option<Sort>) -> Parse<Vec<VarRef>> {
        let brackets = self.eat(Op::BracketOpen);
        let mut keys = Vec::new();
        loop {
            keys.push(self.var_ref("a variable for the key")?);
            let suffix = self.sort_suffix();
            self.set_sort(sort, SortKey::Key(keys.len() - 1), suffix);
            if !brackets || !self.eat(Op::Comma) {
                break;
            }
        }
        if brackets {
            self.expect(Op::BracketClose, "the keys")?;
        }
        Ok(keys)
    }

    fn foreach_source(&mut self, sort: &mut Option<Sort>) -> Parse<ForeachSource> {
        if let TokenKind::At(word) = self.peek()
            && matches!(word.as_str(), "hist_log" | "hist_linear")
        {
            return Ok(ForeachSource::Histogram(self.histogram()?));
        }
        let array = self.var_ref("the array that `foreach` walks through")?;
        self.source_sort(sort)?;
        let slice = match self.at_op(Op::BracketOpen) {
            true => Some(self.keys()?),
            false => None,
        };
        self.source_sort(sort)?;
        Ok(ForeachSource::Array { array, slice })
    }

    /// `[@sum]+` and the like, after the array.
    fn source_sort(&mut self, sort: &mut Option<Sort>) -> Parse<()> {
        let by = match self.peek() {
            TokenKind::At(word) => match StatOp::from_name(word) {
                Some(StatOp::Variance { .. }) | None => {
                    return self.fail(errors::sort_operator(self.span(), self.peek()));
                }
                Some(op) => SortKey::Stat(op),
            },
            _ => SortKey::Value,
        };
        if by != SortKey::Value {
            self.bump();
        }
        let suffix = self.sort_suffix();
        if by != SortKey::Value && suffix.is_none() {
            return self.fail(errors::sort_without_direction(self.span(), self.peek()));
        }
        self.set_sort(sort, by, suffix);
        Ok(())
    }

    /// `+` or `-`: whether descending, and where.
    fn sort_suffix(&mut self) -> Option<(bool, Span)> {
        let descending = self.at_op(Op::Minus);
        (descending || self.at_op(Op::Plus)).then(|| (descending, self.bump().span))
    }

    fn set_sort(&mut self, sort: &mut Option<Sort>, by: SortKey, suffix: Option<(bool, Span)>) {
        let Some((descending, span)) = suffix else {
            return;
        };
        match sort {
            Some(first) => {
                let first = first.span;
                self.report(errors::second_sort(span, first));
            }
            None => *sort = Some(Sort { by, descending, span }),
        }
    }
}

/// Whether the word begins a statement, and nothing else.
fn begins_statement(word: &str) -> bool {
    let words = ["if", "while", "for", "foreach", "return", "delete", "break", "continue", "next", "try"];
    words.contains(&word)
}
