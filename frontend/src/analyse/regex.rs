// SPDX-License-Identifier: MIT OR Apache-2.0
//! Matches of regular expressions.

use std::rc::Rc;

use super::Analyser;
use super::body::Walk;
use crate::ast::{self, StringLit};
use crate::errors::regex as errors;
use crate::hir::{Expr, ExprKind as H, Script, visit_expr, visit_exprs};
use crate::span::Span;
use crate::types::Type;
use spile_ir::Intrinsic;
use spile_regex::{Captures, Search};

impl Walk<'_, '_, '_> {
    /// `subject =~ "pattern"`, `subject !~ "pattern"`
    pub fn regex_match(&mut self, negated: bool, subject: &ast::Expr, pattern: &StringLit, span: Span) -> Expr {
        let subject = Box::new(self.expr(subject));
        self.a.expect(&subject, Type::Str);
        self.a.check_pattern(pattern);
        // What it matched may be asked for later.
        self.effects.acts = true;
        let regex = Rc::from(pattern.value.as_bytes());
        let found = self.long(span, H::Match { regex, regex_span: pattern.span, subject });
        if negated { self.long(span, H::Not(Box::new(found))) } else { found }
    }
}

impl Analyser<'_, '_> {
    fn check_pattern(&mut self, pattern: &StringLit) {
        let regex = match spile_regex::parse(pattern.value.as_bytes()) {
            Ok(regex) => regex,
            Err(error) => {
                let span = self.place_in(pattern, &error.at);
                return self.report(errors::bad_regex(span, error.kind));
            }
        };
        for letter in &regex.letters {
            let span = self.place_in(pattern, letter);
            self.report(errors::escaped_letter(span, pattern.value.as_bytes()[letter.end - 1].into()));
        }
        if Search::new(&regex).is_err() {
            self.report(errors::regex_too_large(pattern.span, false));
        }
    }

    /// Whether matches are to be kept for `matched()` and its relatives; if so, all have to be small enough for it.
    pub(super) fn check_captures(&mut self) {
        if self.diagnostics.has_errors() {
            return;
        }
        let (mut asks, mut matches) = (false, Vec::new());
        visit_used(&self.script, &mut |expr| match &expr.kind {
            H::Intrinsic(Intrinsic::MatchedGroups | Intrinsic::MatchedText, _) => asks = true,
            H::Match { regex, regex_span, .. } => matches.push((regex.clone(), *regex_span)),
            _ => {}
        });
        self.script.keeps_matches = asks;
        if !asks {
            return;
        }
        for (regex, span) in matches {
            if spile_regex::parse(&regex).is_ok_and(|regex| Captures::new(&regex).is_err()) {
                self.report(errors::regex_too_large(span, true));
            }
        }
    }
}

/// Visits all expressions of handlers and of functions that they reach.
fn visit_used<'s>(script: &'s Script, visit: &mut dyn FnMut(&'s Expr)) {
    for handler in &script.handlers {
        visit_exprs(&handler.body.stmts, visit);
        handler.entry.iter().flatten().for_each(|value| visit_expr(value, visit));
    }
    for id in script.used_functions() {
        visit_exprs(&script.functions[id.index()].body.stmts, visit);
    }
}
