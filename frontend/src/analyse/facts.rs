// SPDX-License-Identifier: MIT OR Apache-2.0
//! Built-in functions whose results are known when a script is compiled: limits and the time zone.

use super::body::Walk;
use super::limits::max_string;
use crate::hir::Expr;
use crate::span::Span;

/// A time zone, as it is at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimeZone {
    /// Seconds to be added to UTC.
    pub seconds_east: i64,
    /// Its short name.
    pub name: String,
}

impl Default for TimeZone {
    fn default() -> Self {
        Self { seconds_east: 0, name: "UTC".into() }
    }
}

impl Walk<'_, '_, '_> {
    /// A call of a built-in function (named without its prefix) that is a fact.
    pub(super) fn fact(&mut self, name: &str, span: Span) -> Option<Expr> {
        let options = self.a.options;
        match name {
            "max_string" => Some(self.int(span, max_string(options).into())),
            "tz_seconds_east" => Some(self.int(span, (options.time_zone)().seconds_east)),
            "tz_name" => Some(self.text(span, &(options.time_zone)().name)),
            _ => None,
        }
    }
}
