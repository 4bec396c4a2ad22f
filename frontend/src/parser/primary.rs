// SPDX-License-Identifier: MIT OR Apache-2.0
//! Operands: literals, variables, calls, and the way to a target value.

use super::{Parse, Parser};
use crate::ast::{
    Access, AccessKind, Expr, ExprKind, Ident, Key, Name, Pretty, Print, PrintFunction, Target, TargetBase, VarRef,
};
use crate::errors::syntax as errors;
use crate::span::Span;
use crate::token::{Op, TokenKind, is_keyword};

impl Parser<'_> {
    /// An operand and the `->member`, `[index]` and `$` after it.
    pub(super) fn postfix(&mut self) -> Parse<Expr> {
        let start = self.span();
        let parenthesised = self.at_op(Op::ParenOpen);
        let base = self.primary()?;
        let is_target = matches!(base.kind, ExprKind::Target(_));
        let indexable = is_target
            || parenthesised
            || matches!(base.kind, ExprKind::Index { .. } | ExprKind::Call { .. } | ExprKind::Entry(_));
        let mut path = Vec::new();
        let mut pretty = None;
        while pretty.is_none() {
            match self.peek() {
                TokenKind::Op(Op::Arrow) => {
                    let (access, suffix) = self.member()?;
                    path.push(access);
                    pretty = suffix;
                }
                TokenKind::Op(Op::BracketOpen) if indexable || !path.is_empty() => {
                    path.push(self.index()?);
                }
                TokenKind::Ident(word) if is_target || !path.is_empty() => {
                    pretty = match word.as_str() {
                        "$" => Some(Pretty::Shallow),
                        "$$" => Some(Pretty::Deep),
                        _ => break,
                    };
                    self.bump();
                }
                _ => break,
            }
        }
        if path.is_empty() && pretty.is_none() {
            return Ok(base);
        }
        let target = extend_target(base, path, pretty);
        self.node(start, ExprKind::Target(Box::new(target)))
    }

    /// `->name`; the name may end in `$` or `$$`.
    fn member(&mut self) -> Parse<(Access, Option<Pretty>)> {
        let start = self.bump().span;
        let TokenKind::Ident(word) = self.peek() else {
            return self.fail(errors::expected_name(self.span(), "a member after `->`", self.peek()));
        };
        let (name, pretty) = split_pretty(word);
        if name.is_empty() {
            return self.fail(errors::expected_name(self.span(), "a member after `->`", self.peek()));
        }
        let span = start.to(self.bump().span);
        Ok((Access { span, kind: AccessKind::Member(Name::from(name)) }, pretty))
    }

    /// `[i]`
    fn index(&mut self) -> Parse<Access> {
        let start = self.bump().span;
        let index = self.expression()?;
        self.expect(Op::BracketClose, "the index")?;
        Ok(Access { span: start.to(self.last_span()), kind: AccessKind::Index(index) })
    }

    fn primary(&mut self) -> Parse<Expr> {
        let start = self.span();
        match self.peek() {
            TokenKind::Number(value) => {
                self.bump();
                self.node(start, ExprKind::Number(*value as i64))
            }
            TokenKind::String(_) => {
                let string = self.string("here")?;
                self.node(start, ExprKind::String(string))
            }
            TokenKind::Embedded(_) => {
                let code = self.embedded();
                self.node(start, ExprKind::Embedded(code))
            }
            TokenKind::Op(Op::ParenOpen) => {
                self.bump();
                let inner = self.expression()?;
                self.expect(Op::ParenClose, "the expression in parentheses")?;
                Ok(inner)
            }
            TokenKind::Op(Op::BracketOpen) => self.fail(errors::unexpected_keys(start)),
            TokenKind::At(word) => self.at_word(word),
            TokenKind::Ident(word) if word.starts_with('$') => self.context_variable(word),
            TokenKind::Ident(word) if !is_keyword(word) => self.symbol(word.clone()),
            found => {
                let before = &self.tokens[self.at.saturating_sub(1)];
                self.fail(errors::expected_expression(start, found, before))
            }
        }
    }

    /// `$name`, `$$name`, each perhaps with `$` or `$$` at its end.
    fn context_variable(&mut self, word: &Name) -> Parse<Expr> {
        let start = self.span();
        let (without_suffix, pretty) = split_pretty(word);
        let (name, group) = match without_suffix.strip_prefix("$$") {
            Some(name) => (name, true),
            None => (without_suffix.strip_prefix('$').unwrap_or_default(), false),
        };
        if name.is_empty() || name.starts_with('$') {
            return self.fail(errors::lone_dollar(start));
        }
        self.bump();
        let name = Name::from(name);
        let base = match group {
            true => TargetBase::ContextGroup(name),
            false => TargetBase::Context(name),
        };
        let target = Target { base, path: Vec::new(), address_of: false, pretty };
        self.node(start, ExprKind::Target(Box::new(target)))
    }

    /// A variable, an element of an array, or a call.
    fn symbol(&mut self, name: Name) -> Parse<Expr> {
        let start = self.bump().span;
        let called = self.at_op(Op::ParenOpen);
        if let Some(function) = PrintFunction::from_name(&name) {
            if called {
                return self.print(start, function);
            }
            if !self.peek_is_place_operator() {
                return self.fail(errors::print_without_parentheses(self.span(), &name));
            }
        }
        if called {
            self.bump();
            let args = self.arguments(Self::expression)?;
            let function = Ident { name, span: start };
            return self.node(start, ExprKind::Call { function, args });
        }
        if self.at_op(Op::BracketOpen) {
            let keys = self.keys()?;
            let keys = self.only_expressions(keys)?;
            let var = VarRef { id: self.ids.fresh(), name, span: start };
            return self.node(start, ExprKind::Index { var, keys });
        }
        self.node(start, ExprKind::Var(name))
    }

    /// Whether what follows makes sense after a variable that has the name of a printing function.
    fn peek_is_place_operator(&self) -> bool {
        matches!(self.peek(), TokenKind::Op(_))
    }

    fn only_expressions(&mut self, keys: Vec<Key>) -> Parse<Vec<Expr>> {
        let mut exprs = Vec::with_capacity(keys.len());
        for key in keys {
            match key {
                Key::Expr(expr) => exprs.push(expr),
                Key::Any(span) => return self.fail(errors::wildcard_key(span)),
            }
        }
        Ok(exprs)
    }

    /// Separated by commas, after the parenthesis and up to the closing one.
    pub(super) fn arguments(&mut self, mut argument: impl FnMut(&mut Self) -> Parse<Expr>) -> Parse<Vec<Expr>> {
        let mut args = Vec::new();
        if self.eat(Op::ParenClose) {
            return Ok(args);
        }
        loop {
            args.push(argument(self)?);
            if !self.eat(Op::Comma) {
                self.expect(Op::ParenClose, "the arguments")?;
                return Ok(args);
            }
        }
    }

    /// From the parenthesis on.
    fn print(&mut self, start: Span, function: PrintFunction) -> Parse<Expr> {
        self.bump();
        let literal = match function.takes_literal() {
            true => Some(self.string(match function.style {
                crate::ast::PrintStyle::Format => "as the format",
                _ => "as the delimiter",
            })?),
            false => None,
        };
        let args = if literal.is_none() || self.eat(Op::Comma) {
            self.arguments(|parser| {
                parser.histogram_at = Some(parser.at);
                parser.expression()
            })?
        } else {
            self.expect(Op::ParenClose, "the arguments")?;
            Vec::new()
        };
        let delimited = literal.is_some() && function.style != crate::ast::PrintStyle::Format;
        if delimited && args.is_empty() {
            self.report(errors::nothing_to_delimit(start, &function.to_string()));
        }
        self.node(start, ExprKind::Print(Print { function, literal, args }))
    }
}

/// Splits a `$` or `$$` off the end of a word that is more than that.
fn split_pretty(word: &str) -> (&str, Option<Pretty>) {
    if let Some(name) = word.strip_suffix("$$") {
        (name, Some(Pretty::Deep))
    } else if let Some(name) = word.strip_suffix('$') {
        (name, Some(Pretty::Shallow))
    } else {
        (word, None)
    }
}

/// Goes further along `path` from `base`.
fn extend_target(base: Expr, path: Vec<Access>, pretty: Option<Pretty>) -> Target {
    match base.kind {
        ExprKind::Target(mut target) if !target.address_of && target.pretty.is_none() => {
            target.path.extend(path);
            target.pretty = pretty;
            *target
        }
        _ => Target { base: TargetBase::Autocast(Box::new(base)), path, address_of: false, pretty },
    }
}
