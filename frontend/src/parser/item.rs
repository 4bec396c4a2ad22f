// SPDX-License-Identifier: MIT OR Apache-2.0
//! Items: globals and functions; probes are in [`super::point`].

use super::{Failed, Parse, Parser};
use crate::ast::{EmbeddedC, Function, FunctionBody, Global, Globals, Item, Param, TypeName};
use crate::errors::syntax as errors;
use crate::span::Span;
use crate::token::{Op, TokenKind, is_keyword};

impl Parser<'_> {
    /// All items of the file.
    pub(super) fn items(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        while !self.at_end() {
            if self.eat(Op::Semicolon) {
                continue;
            }
            let start = self.at;
            match self.as_statement(Self::item) {
                Ok(item) => items.push(item),
                Err(Failed) => {
                    if self.at == start {
                        self.bump();
                    }
                    self.skip_to_item();
                }
            }
        }
        items
    }

    fn skip_to_item(&mut self) {
        while !self.at_end() && !self.at_item() {
            self.bump();
        }
    }

    /// Whether the next token begins an item, and cannot be a component of a probe point or a member of a
    /// structure.
    pub(super) fn at_item(&self) -> bool {
        let TokenKind::Ident(word) = self.peek() else {
            return false;
        };
        let last = self.at.checked_sub(1).map(|at| &self.tokens[at].kind);
        if matches!(last, Some(TokenKind::Op(Op::Dot | Op::Arrow))) {
            return false;
        }
        match word.as_str() {
            "probe" => !matches!(self.peek_second(), TokenKind::Op(Op::ParenOpen)),
            "global" | "private" | "function" => matches!(self.peek_second(), TokenKind::Ident(_)),
            _ => false,
        }
    }

    pub(super) fn item(&mut self) -> Parse<Item> {
        let start = self.span();
        self.item_column = self.sources.location(start).column;
        let private = self.eat_word("private");
        match self.peek() {
            TokenKind::Ident(word) => match word.as_str() {
                "function" => self.function(start, private).map(Item::Function),
                "global" => {
                    self.bump();
                    self.globals(start, private).map(Item::Globals)
                }
                _ if private => self.globals(start, private).map(Item::Globals),
                "probe" => self.probe_or_alias(),
                _ => self.fail(errors::expected_item(start, self.peek())),
            },
            TokenKind::Embedded(_) if !private => Ok(Item::Embedded(self.embedded())),
            _ => self.fail(errors::expected_item(self.span(), self.peek())),
        }
    }

    /// Embedded code, which is the next token.
    pub(super) fn embedded(&mut self) -> EmbeddedC {
        let token = self.bump();
        let code = match &token.kind {
            TokenKind::Embedded(code) => code.clone(),
            _ => "".into(),
        };
        EmbeddedC { span: token.span, code }
    }

    /// After `global` or `private`.
    fn globals(&mut self, start: Span, private: bool) -> Parse<Globals> {
        let mut vars = Vec::new();
        loop {
            vars.push(self.global()?);
            if !self.eat(Op::Comma) {
                break;
            }
        }
        let span = start.to(self.last_span());
        match self.peek() {
            TokenKind::Ident(word) if !is_keyword(word) => {
                return self.fail(errors::expected_op(self.span(), Op::Comma, "a global variable", self.peek()));
            }
            _ => self.eat(Op::Semicolon),
        };
        Ok(Globals { span, private, vars })
    }

    /// `name[%]["[" size "]"][= literal]`
    fn global(&mut self) -> Parse<Global> {
        let name = self.ident("the name of a global variable")?;
        let wrap = self.eat(Op::Percent);
        let max_entries = match self.eat(Op::BracketOpen) {
            true => Some(self.array_size()?),
            false => None,
        };
        let init = match self.eat(Op::Assign) {
            true => Some(self.literal("as the initial value")?),
            false => None,
        };
        if init.is_some()
            && let TokenKind::Op(op) = *self.peek()
            && !matches!(op, Op::Comma | Op::Semicolon)
        {
            return self.fail(errors::initial_expression(self.span()));
        }
        if let Some(init) = &init
            && (wrap || max_entries.is_some())
        {
            self.report(errors::array_initialised(init.span()));
        }
        let span = name.span.to(self.last_span());
        Ok(Global { name, wrap, max_entries, init, span })
    }

    /// After the bracket.
    fn array_size(&mut self) -> Parse<u32> {
        let size = self.number("as the size of the array")?;
        self.expect(Op::BracketClose, "the size of the array")?;
        match u32::try_from(size.value) {
            Ok(value) if (1..=i32::MAX as u32).contains(&value) => Ok(value),
            _ => self.fail(errors::array_size(size.span)),
        }
    }

    fn function(&mut self, start: Span, private: bool) -> Parse<Function> {
        self.bump();
        let name = self.ident("the name of the function")?;
        let result = self.type_annotation()?;
        self.expect(Op::ParenOpen, "the name of the function")?;
        let params = self.params()?;
        let priority = match self.eat(Op::Colon) {
            true => Some(self.priority()?),
            false => None,
        };
        let body = match self.peek() {
            TokenKind::Embedded(_) => FunctionBody::Embedded(self.embedded()),
            _ => FunctionBody::Script(self.block("the head of the function")?),
        };
        let span = start.to(self.last_span());
        Ok(Function { span, private, name, result, params, priority, body })
    }

    /// After the parenthesis.
    fn params(&mut self) -> Parse<Vec<Param>> {
        let mut params: Vec<Param> = Vec::new();
        if self.eat(Op::ParenClose) {
            return Ok(params);
        }
        loop {
            let name = self.ident("the name of a parameter")?;
            if let Some(first) = params.iter().find(|param| param.name.name == name.name) {
                let first = first.name.span;
                self.report(errors::duplicate_parameter(name.span, &name.name, first));
            }
            let ty = self.type_annotation()?;
            params.push(Param { name, ty });
            if !self.eat(Op::Comma) {
                self.expect(Op::ParenClose, "the parameters")?;
                return Ok(params);
            }
        }
    }

    /// `[:TYPE]`
    fn type_annotation(&mut self) -> Parse<Option<TypeName>> {
        if !self.eat(Op::Colon) {
            return Ok(None);
        }
        if self.eat_word("long") {
            Ok(Some(TypeName::Long))
        } else if self.eat_word("string") {
            Ok(Some(TypeName::String))
        } else {
            self.fail(errors::expected_type(self.span(), self.peek()))
        }
    }

    fn priority(&mut self) -> Parse<u64> {
        if let TokenKind::Number(value) = *self.peek() {
            self.bump();
            return Ok(value);
        }
        self.fail(errors::bad_priority(self.span(), self.peek()))
    }
}
