// SPDX-License-Identifier: MIT OR Apache-2.0
//! Probes, aliases and probe points.

use super::{Parse, Parser};
use crate::ast::{
    Alias, Alternative, Component, Expr, Item, Literal, MAX_FLAT_POINTS, Name, NamedComponent, Need, Probe, ProbePoint,
};
use crate::errors::syntax as errors;
use crate::span::Span;
use crate::token::{Op, TokenKind};

impl Parser<'_> {
    /// From the word `probe` on.
    pub(super) fn probe_or_alias(&mut self) -> Parse<Item> {
        let start = self.bump().span;
        let points = self.points()?;
        let epilogue = self.at_op(Op::AddAssign);
        if !epilogue && !self.at_op(Op::Assign) {
            self.check_block_follows(&points)?;
            let body = self.block("the probe points")?;
            let span = start.to(self.last_span());
            return Ok(Item::Probe(Probe { span, points, body }));
        }
        self.bump();
        self.check_alias_names(&points);
        let names = points;
        let points = self.points()?;
        let first = Some(self.block("the probe points")?);
        let (prologue, epilogue) = match epilogue {
            true => (None, first),
            false if self.eat(Op::Comma) => (first, Some(self.block("the comma")?)),
            false => (first, None),
        };
        let span = start.to(self.last_span());
        Ok(Item::Alias(Alias { span, names, points, prologue, epilogue }))
    }

    /// Where a probe point is missing before a block, the block was read as the alternatives of one.
    fn check_block_follows(&mut self, points: &[ProbePoint]) -> Parse<()> {
        let last = points.last().and_then(|point| point.components.last());
        match last {
            Some(Component::Alternatives(_, span)) if !self.at_op(Op::BraceOpen) => {
                self.fail(errors::block_as_point(*span))
            }
            _ => Ok(()),
        }
    }

    fn check_alias_names(&mut self, names: &[ProbePoint]) {
        for name in names {
            if name.need != Need::Required {
                self.report(errors::alias_name(name.span, "be optional or sufficient"));
            } else if name.condition.is_some() {
                self.report(errors::alias_name(name.span, "have a condition"));
            } else if has_wildcard(&name.components) {
                self.report(errors::alias_name(name.span, "hold wildcards"));
            } else if let Some(argument) = first_argument(&name.components) {
                self.report(errors::alias_name(argument, "take an argument"));
            }
        }
    }

    fn points(&mut self) -> Parse<Vec<ProbePoint>> {
        let mut points = vec![self.point()?];
        while self.eat(Op::Comma) {
            points.push(self.point()?);
        }
        Ok(points)
    }

    fn point(&mut self) -> Parse<ProbePoint> {
        let start = self.span();
        let components = self.components()?;
        let need = self.need();
        let condition = match self.eat_word("if") {
            true => Some(self.condition("`if`")?),
            false => None,
        };
        let span = start.to(self.last_span());
        let point = ProbePoint { span, components, need, condition };
        if point.flat_count() > MAX_FLAT_POINTS {
            self.report(errors::too_many_points(span));
        }
        Ok(point)
    }

    /// `(COND)`
    pub(super) fn condition(&mut self, after: &str) -> Parse<Expr> {
        self.expect(Op::ParenOpen, after)?;
        let condition = self.expression()?;
        self.expect(Op::ParenClose, "the condition")?;
        Ok(condition)
    }

    fn need(&mut self) -> Need {
        if self.eat(Op::Question) {
            Need::Optional
        } else if self.eat(Op::Bang) {
            Need::Sufficient
        } else {
            Need::Required
        }
    }

    fn components(&mut self) -> Parse<Vec<Component>> {
        let mut components = vec![self.component()?];
        while self.eat(Op::Dot) {
            components.push(self.component()?);
        }
        Ok(components)
    }

    fn component(&mut self) -> Parse<Component> {
        if self.at_op(Op::BraceOpen) {
            return self.nested(Self::alternatives);
        }
        let start = self.span();
        let name = self.component_name()?;
        let arg = match self.eat(Op::ParenOpen) {
            true => {
                let arg = self.literal("as the argument of the probe point")?;
                self.expect(Op::ParenClose, "the argument of the probe point")?;
                Some(arg)
            }
            false => None,
        };
        let span = start.to(self.last_span());
        Ok(Component::Named(NamedComponent { name, arg, span }))
    }

    /// From the brace on.
    fn alternatives(&mut self) -> Parse<Component> {
        let start = self.bump().span;
        let mut alternatives = Vec::new();
        loop {
            let components = self.components()?;
            alternatives.push(Alternative { components, need: self.need() });
            if !self.eat(Op::Comma) {
                break;
            }
        }
        self.expect(Op::BraceClose, "the alternatives of a probe point")?;
        Ok(Component::Alternatives(alternatives, start.to(self.last_span())))
    }

    /// A name that may hold wildcards: words, `*` and numbers, with nothing between.
    fn component_name(&mut self) -> Parse<Name> {
        let mut text = String::new();
        let mut last: Option<Span> = None;
        loop {
            let span = self.span();
            if last.is_some_and(|last| last.after() != Span { end: span.start, ..span }) {
                break;
            }
            match self.peek() {
                TokenKind::Ident(name) => text.push_str(name),
                TokenKind::Op(Op::Star) => text.push('*'),
                TokenKind::Number(_) if last.is_some() => text.push_str(self.sources.text(span)),
                _ => break,
            }
            last = Some(self.bump().span);
        }
        if text.is_empty() {
            return self.fail(errors::expected_component(self.span(), self.peek()));
        }
        Ok(Name::from(&*text))
    }
}

/// Where the first argument of these components is.
fn first_argument(components: &[Component]) -> Option<Span> {
    components.iter().find_map(|component| match component {
        Component::Named(named) => named.arg.as_ref().map(Literal::span),
        Component::Alternatives(all, _) => all.iter().find_map(|one| first_argument(&one.components)),
    })
}

fn has_wildcard(components: &[Component]) -> bool {
    components.iter().any(|component| match component {
        Component::Named(named) => named.name.contains('*'),
        Component::Alternatives(all, _) => all.iter().any(|one| has_wildcard(&one.components)),
    })
}
