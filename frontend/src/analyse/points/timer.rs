// SPDX-License-Identifier: MIT OR Apache-2.0
//! `timer.s(1)` and its relatives.

use super::{Matched, Point, number_arg};
use crate::analyse::{Analyser, PointContext};
use crate::ast::NamedComponent;
use crate::diag::Diagnostic;
use crate::errors::semantic as errors;
use crate::span::Span;
use spile_ir::ProbeKind;

/// Nanoseconds of each unit.
const UNITS: &[(&str, u64)] = &[
    ("s", 1_000_000_000),
    ("sec", 1_000_000_000),
    ("ms", 1_000_000),
    ("msec", 1_000_000),
    ("us", 1_000),
    ("usec", 1_000),
    ("ns", 1),
    ("nsec", 1),
];

/// Ticks in a second where the kernel's configuration does not say.
const DEFAULT_HZ: u64 = 250;

/// What kernel timers can count.
const MAX_PERIOD_NS: u64 = i64::MAX as u64 / 4;

impl Analyser<'_, '_> {
    pub(super) fn timer_points(&self, components: &[NamedComponent], span: Span) -> Matched {
        let names: Vec<&str> = components.iter().map(|component| component.name.as_str()).collect();
        let (period_ns, randomize_ns) = match *names {
            ["timer", "hz"] => {
                let hz = number_arg(&components[1], "a frequency in hertz")?;
                (1_000_000_000 / hz.min(1_000_000_000), 0)
            }
            ["timer", unit] => (self.period(unit, &components[1], components, span)?, 0),
            ["timer", unit, "randomize"] => {
                let period = |component| self.period(unit, component, components, span);
                (period(&components[1])?, period(&components[2])?)
            }
            _ => return Err(self.unknown_point(components, span).into()),
        };
        if period_ns > MAX_PERIOD_NS {
            return Err(errors::bad_point_argument(components[1].span, names[1], "a shorter time").into());
        }
        if randomize_ns > period_ns {
            return Err(errors::bad_point_argument(components[2].span, names[2], "at most the timer's period").into());
        }
        let args = components[1..].iter().map(|component| match number_arg(component, "") {
            Ok(number) => format!(".{}({number})", component.name),
            Err(_) => format!(".{}", component.name),
        });
        let name = format!("timer{}", args.collect::<String>());
        let kind = ProbeKind::Timer { period_ns, randomize_ns };
        Ok(vec![Point { name, kind: Some(kind), context: PointContext::None("timer") }])
    }

    fn period(
        &self,
        unit: &str,
        component: &NamedComponent,
        components: &[NamedComponent],
        span: Span,
    ) -> Result<u64, Box<Diagnostic>> {
        let number = number_arg(component, "a positive number")?;
        let configured = || self.target.config("CONFIG_HZ").and_then(|hz| hz.parse().ok()).filter(|hz| *hz > 0);
        let unit_ns = match unit {
            "jiffies" => 1_000_000_000 / configured().unwrap_or(DEFAULT_HZ),
            _ => match UNITS.iter().find(|(name, _)| *name == unit) {
                Some((_, ns)) => *ns,
                None => return Err(self.unknown_point(components, span).into()),
            },
        };
        Ok(number.saturating_mul(unit_ns))
    }
}
