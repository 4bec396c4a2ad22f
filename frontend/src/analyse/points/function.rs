// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kernel.function("name")` and `kprobe.function("name")`.

use super::{Matched, Point, is_pattern, number_arg, string_arg};
use crate::analyse::{Analyser, PointContext};
use crate::ast::{Literal, NamedComponent};
use crate::diag::Diagnostic;
use crate::errors::semantic as errors;
use crate::glob;
use crate::span::Span;
use crate::target::FunctionInfo;
use spile_ir::ProbeKind;

/// How many similar names a message shows.
const MAX_SIMILAR: usize = 5;

/// Functions that do not return, or not to where they were called from.
const NEVER_RETURN: &[&str] = &["do_exit", "sys_exit", "sys_exit_group", "__switch_to"];

/// What follows `function("…")`.
enum Variant {
    Call,
    Return { maxactive: u32 },
}

impl Analyser<'_, '_> {
    pub(super) fn function_points(&self, components: &[NamedComponent], span: Span) -> Matched {
        let variant = variant(components, span)?;
        if let Some(Literal::Number(_)) = components[1].arg {
            return Err(errors::not_supported(span, "a function by address").into());
        }
        let written = string_arg(&components[1], "a function's name")?;
        let (pattern, file) = match written.split_once('@') {
            Some((function, file)) => (function, Some(file)),
            None => (&*written, None),
        };
        if file.is_some_and(|file| file.contains(':')) {
            return Err(errors::not_supported(components[1].span, "a source line in a function's name").into());
        }
        let found = self.target.functions(pattern, None);
        let wild = is_pattern(pattern);
        let mut points = Vec::new();
        for symbol in found {
            if let Some(reason) = self.target.blocklisted(&symbol) {
                if wild {
                    continue;
                }
                return Err(errors::blocklisted(components[1].span, &symbol, reason).into());
            }
            // Padding in front of a function, which no one means.
            if wild && symbol.starts_with("__pfx_") && !pattern.starts_with("__pfx_") {
                continue;
            }
            if matches!(variant, Variant::Return { .. }) && NEVER_RETURN.contains(&&*symbol) {
                if wild {
                    continue;
                }
                let reason = "return probe is blocklisted";
                return Err(errors::blocklisted(components[1].span, &symbol, reason).into());
            }
            let Some(info) = self.target.function(&symbol, None) else { continue };
            if file.is_none_or(|file| in_file(&info, file)) {
                points.push(point(components[0].name.as_str(), info, &variant));
            }
        }
        if points.is_empty() { Err(self.no_function(components, pattern, &written).into()) } else { Ok(points) }
    }

    fn no_function(&self, components: &[NamedComponent], pattern: &str, written: &str) -> Diagnostic {
        let initial: String = pattern.chars().take(1).collect();
        let candidates =
            if is_pattern(pattern) { Vec::new() } else { self.target.functions(&format!("{initial}*"), None) };
        let mut scored: Vec<(usize, String)> = candidates
            .into_iter()
            .filter(|name| name.len().abs_diff(pattern.len()) <= 3)
            .map(|name| (strsim::damerau_levenshtein(&name, pattern), name))
            .filter(|(distance, _)| *distance <= 1 + pattern.len() / 4)
            .collect();
        scored.sort();
        let near: Vec<String> = scored.into_iter().take(MAX_SIMILAR).map(|(_, name)| name).collect();
        let full = format!("{}.function(\"{written}\")", components[0].name);
        errors::no_match(components[1].span, &full, &near)
    }
}

fn variant(components: &[NamedComponent], span: Span) -> Result<Variant, Box<Diagnostic>> {
    let rest: Vec<&str> = components[2..].iter().map(|component| component.name.as_str()).collect();
    Ok(match *rest {
        [] | ["call"] | ["exported"] => Variant::Call,
        ["return"] => Variant::Return { maxactive: 0 },
        ["return", "maxactive"] => {
            let maxactive = number_arg(&components[3], "the number of calls to follow at once")?;
            Variant::Return { maxactive: maxactive.min(u32::MAX.into()) as u32 }
        }
        ["inline" | "label" | "callee" | "callees", ..] => {
            let what = format!("kernel.function(…).{}", rest[0]);
            return Err(errors::not_supported(span, &what).hint("it needs debug information").into());
        }
        _ => return Err(errors::unknown_point(span, &format!("kernel.function.{}", rest.join(".")), None).into()),
    })
}

/// Whether a function is defined in a file: by its path, or by the end of it.
fn in_file(info: &FunctionInfo, pattern: &str) -> bool {
    info.source
        .as_ref()
        .is_some_and(|(path, _)| glob::matches(pattern, path) || glob::matches(&format!("*/{pattern}"), path))
}

fn point(family: &str, info: FunctionInfo, variant: &Variant) -> Point {
    let symbol = info.symbol.clone();
    let mut name = match &info.source {
        Some((file, line)) => format!("{family}.function(\"{symbol}@{file}:{line}\")"),
        None => format!("{family}.function(\"{symbol}\")"),
    };
    let is_return = matches!(variant, Variant::Return { .. });
    if is_return {
        name.push_str(".return");
    }
    let kind = match variant {
        Variant::Call => ProbeKind::Function { symbol: symbol.clone() },
        Variant::Return { maxactive } => ProbeKind::Return { symbol: symbol.clone(), maxactive: *maxactive },
    };
    // SystemTap's kprobe family has no target variables.
    let prototype = if family == "kprobe" { None } else { info.prototype };
    let context = PointContext::Function { symbol, prototype, is_return };
    Point { name, kind: Some(kind), context }
}
