// SPDX-License-Identifier: MIT OR Apache-2.0
//! The probe points that need no alias: what they are and what they match.

mod function;
mod timer;
mod types;

pub use types::TYPES;

use super::Analyser;
use super::context::PointContext;
use crate::ast::{Literal, NamedComponent};
use crate::diag::Diagnostic;
use crate::errors::semantic as errors;
use crate::errors::similar;
use crate::glob;
use crate::span::Span;
use spile_ir::ProbeKind;

/// One place where a probe fires.
pub(super) struct Point {
    /// As `pp()` gives it.
    pub name: String,
    /// Where and when; `None` for never.
    pub kind: Option<ProbeKind>,
    /// What the handler finds there.
    pub context: PointContext,
}

type Matched = Result<Vec<Point>, Box<Diagnostic>>;

/// First components of all probe points that SystemTap has and this compiler does not, yet.
const NOT_YET: &[&str] =
    &["module", "process", "perf", "procfs", "netfilter", "java", "python2", "python3", "debuginfod", "input"];

/// First components of the points that are known, for suggestions.
const KNOWN: &[&str] = &["begin", "end", "error", "never", "timer", "kernel", "kprobe"];

impl Analyser<'_, '_> {
    /// The places that a point without alias, braces and wildcards in names stands for.
    pub(super) fn builtin_points(&mut self, components: &[NamedComponent], span: Span) -> Matched {
        let names: Vec<&str> = components.iter().map(|component| component.name.as_str()).collect();
        match *names {
            ["begin"] => self.session_point("begin", &components[0], ProbeKind::Begin),
            ["end"] => self.session_point("end", &components[0], ProbeKind::End),
            ["error"] => self.session_point("error", &components[0], ProbeKind::Error),
            ["never"] => Ok(vec![Point { name: "never".into(), kind: None, context: PointContext::None("never") }]),
            ["timer", ..] => self.timer_points(components, span),
            ["kernel" | "kprobe", "function", ..] => self.function_points(components, span),
            ["kernel" | "kprobe", "statement", "absolute"] => self.address_point(&components[1], span),
            ["kernel", "statement", ..] => {
                Err(errors::not_supported(span, "kernel.statement by line").hint("it needs debug information").into())
            }
            ["kernel", "trace"] => self.trace_points(&components[1], "trace"),
            ["kernel", "tracepoint"] => self.trace_points(&components[1], "tracepoint"),
            ["kernel", "data", ..] => Err(errors::not_supported(span, "kernel.data").into()),
            [first, ..] if NOT_YET.contains(&first) || names.starts_with(&["kprobe", "module"]) => {
                Err(errors::not_supported(span, &format!("probe point '{}'", names.join("."))).into())
            }
            _ => Err(self.unknown_point(&names, span).into()),
        }
    }

    fn unknown_point(&mut self, names: &[&str], span: Span) -> Diagnostic {
        let aliases = self.loader.alias_paths();
        let path = names.join(".");
        let near = similar(&path, aliases.iter().map(String::as_str).chain(KNOWN.iter().copied()));
        errors::unknown_point(span, &path, near)
    }

    fn session_point(&self, kind: &'static str, component: &NamedComponent, make: fn(i64) -> ProbeKind) -> Matched {
        let sequence = match &component.arg {
            None => 0,
            Some(Literal::Number(number)) => number.value,
            Some(other) => return Err(errors::bad_point_argument(other.span(), kind, "a sequence number").into()),
        };
        let name = if component.arg.is_some() { format!("{kind}({sequence})") } else { kind.to_owned() };
        Ok(vec![Point { name, kind: Some(make(sequence)), context: PointContext::None(kind) }])
    }

    fn address_point(&self, component: &NamedComponent, span: Span) -> Matched {
        let Some(Literal::Number(address)) = &component.arg else {
            return Err(errors::bad_point_argument(component.span, "statement", "an address before .absolute").into());
        };
        if !self.options.guru {
            return Err(errors::absolute_needs_guru(span).into());
        }
        let offset = address.value as u64;
        let name = format!("kernel.statement({offset:#x}).absolute");
        let kind = ProbeKind::Address { symbol: String::new(), offset };
        Ok(vec![Point { name, kind: Some(kind), context: PointContext::None("kernel.statement") }])
    }

    fn trace_points(&self, component: &NamedComponent, word: &str) -> Matched {
        let pattern = string_arg(component, "a tracepoint's name")?;
        let found = self.target.tracepoints(&pattern);
        if found.is_empty() {
            let initial = pattern.chars().next().map(|first| format!("{first}*")).unwrap_or_default();
            let candidates = self.target.tracepoints(&initial);
            let wanted = pattern.rsplit(':').next().unwrap_or_default();
            let near = similar(wanted, candidates.iter().map(|info| info.name.as_str()));
            let full = format!("kernel.{word}(\"{pattern}\")");
            return Err(errors::no_match(component.span, &full, &Vec::from_iter(near)).into());
        }
        let points = found.into_iter().map(|info| {
            // A target that lists no events knows of no systems.
            let system = if info.system.is_empty() { String::new() } else { format!("{}:", info.system) };
            Point {
                name: format!("kernel.{word}(\"{system}{}\")", info.name),
                kind: Some(ProbeKind::Tracepoint { name: info.name.clone(), n_args: info.params.len() as u32 }),
                context: PointContext::Tracepoint(info),
            }
        });
        Ok(points.collect())
    }
}

/// The string that a component must have.
fn string_arg(component: &NamedComponent, wanted: &str) -> Result<String, Box<Diagnostic>> {
    match &component.arg {
        Some(Literal::String(text)) => Ok(text.value.to_str_lossy().into_owned()),
        _ => Err(errors::bad_point_argument(component.span, &component.name, wanted).into()),
    }
}

/// The positive number that a component must have.
fn number_arg(component: &NamedComponent, wanted: &str) -> Result<u64, Box<Diagnostic>> {
    match &component.arg {
        Some(Literal::Number(number)) if number.value > 0 => Ok(number.value as u64),
        _ => Err(errors::bad_point_argument(component.span, &component.name, wanted).into()),
    }
}

/// Whether a name is to be matched as a pattern.
fn is_pattern(text: &str) -> bool {
    glob::is_pattern(text)
}
