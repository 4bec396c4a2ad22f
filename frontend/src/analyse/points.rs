// SPDX-License-Identifier: MIT OR Apache-2.0
//! The probe points that need no alias: what they are and what they match.

pub mod forms;
mod function;
mod pattern;
mod timer;
mod tracepoint;

use super::Analyser;
use super::context::PointContext;
use crate::ast::{Literal, NamedComponent};
use crate::diag::Diagnostic;
use crate::errors::similar;
use crate::errors::{library, semantic as errors};
use crate::glob;
use crate::library::why_no_alias;
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

/// How the names of all probe points begin that SystemTap has and this compiler does not, yet.
const NOT_YET: &[&str] = &[
    "debuginfod",
    "input",
    "java",
    "kernel.data",
    "kernel.lsm",
    "kernel.mark",
    "kernel.xdp",
    "lsm",
    "module.tracepoint",
    "netfilter",
    "perf",
    "process",
    "procfs",
    "python2",
    "python3",
    "timer.profile",
    "tp_syscall",
    "xdp",
];

impl Analyser<'_, '_> {
    /// The places that a point without alias, braces and wildcards in names stands for.
    pub(super) fn builtin_points(&mut self, components: &[NamedComponent], span: Span) -> Matched {
        let names: Vec<&str> = components.iter().map(|component| component.name.as_str()).collect();
        match *names {
            ["begin"] => self.session_point("begin", &components[0], ProbeKind::Begin),
            ["end"] => self.session_point("end", &components[0], ProbeKind::End),
            ["error"] => self.session_point("error", &components[0], ProbeKind::Error),
            ["never"] if components[0].arg.is_some() => {
                Err(errors::unwanted_point_argument(components[0].span, "never").into())
            }
            ["never"] => Ok(vec![Point { name: "never".into(), kind: None, context: PointContext::None("never") }]),
            ["kernel" | "kprobe", "statement", "absolute"] => self.address_point(&components[1], span),
            ["kernel", "trace"] => self.trace_points(&components[1], false),
            ["kernel", "tracepoint"] => self.trace_points(&components[1], true),
            _ if not_yet(&names) => {
                let what = format!("probe point '{}'", names.join("."));
                Err(errors::not_supported(span, &what).into())
            }
            ["timer", _, ..] => self.timer_points(components, span),
            ["kernel" | "module", "function" | "statement", ..] | ["kprobe", "function", ..] => {
                self.function_points(components, 1, span)
            }
            ["kprobe", "module", "function", ..] => self.function_points(components, 2, span),
            _ => Err(self.unknown_point(components, span).into()),
        }
    }

    fn unknown_point(&self, components: &[NamedComponent], span: Span) -> Diagnostic {
        let path = crate::print::components(components);
        let follow = forms::followers(components);
        if !follow.is_empty() {
            return errors::truncated_point(span, &path, &follow);
        }
        let names: Vec<_> = components.iter().map(|component| component.name.as_str()).collect();
        if let Some(why) = why_no_alias(&names) {
            return library::alias_not_offered(span, &path, why);
        }
        let aliases = self.loader.alias_paths();
        let bare = |form: &[forms::Part<'_>]| form.iter().map(|part| part.name).collect::<Vec<_>>().join(".");
        let known: Vec<_> = forms::all().map(|form| bare(&form)).collect();
        // Where it begins to be unknown.
        let begins = |form: &&String, count: usize| form.split('.').take(count).eq(names[..count].iter().copied());
        let right = (1..=names.len()).take_while(|count| known.iter().any(|form| begins(&form, *count))).count();
        let near = similar(&names.join("."), aliases.iter().chain(&known).map(String::as_str)).filter(|near| {
            // What is right already makes the rest no more alike; but a component may be missing.
            let rest = |path: &[&str]| path[right.min(path.len())..].join(".");
            let near = Vec::from_iter(near.split('.'));
            near.iter().zip(&names).take(right).any(|(a, b)| a != b)
                || near.last() == names.last()
                || similar(&rest(&names), [&*rest(&near)]).is_some()
        });
        let next = known.iter().filter(|form| begins(form, right)).filter_map(|form| form.split('.').nth(right));
        let mut further: Vec<&str> = next.collect();
        further.sort_unstable();
        further.dedup();
        let span = components.get(right).map_or(span, |component| component.span);
        errors::unknown_point(span, &path, near, &further)
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
}

/// Whether the name of a point begins as one that SystemTap has and this compiler does not.
fn not_yet(names: &[&str]) -> bool {
    NOT_YET.iter().any(|start| start.split('.').zip(names).filter(|(a, b)| a == *b).count() == start.split('.').count())
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
