// SPDX-License-Identifier: MIT OR Apache-2.0
//! `$x$` and `$x$$`: target values as text.

use super::body::Walk;
use super::target::Reach;
use crate::ast::Pretty;
use crate::errors::semantic as errors;
use crate::hir::Expr;
use crate::span::Span;

impl Walk<'_, '_, '_> {
    /// What was reached, as text.
    pub fn pretty(&mut self, _reach: Reach, _pretty: Pretty, span: Span) -> Option<Expr> {
        self.report(errors::not_supported(span, "pretty-printing of target values"));
        None
    }
}
