// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kernel.trace("system:name")` and `kernel.tracepoint("name")`.

use super::{Matched, Point, string_arg};
use crate::analyse::{Analyser, PointContext};
use crate::ast::NamedComponent;
use crate::errors::semantic as errors;
use crate::errors::similar;
use crate::target::TracepointInfo;
use spile_ir::ProbeKind;

impl Analyser<'_, '_> {
    /// The tracepoints of a pattern. Those of `kernel.tracepoint` have numbered arguments only, as in SystemTap.
    pub(super) fn trace_points(&self, component: &NamedComponent, numbered: bool) -> Matched {
        let word = &component.name;
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
            let info = if numbered { with_numbers(info) } else { info };
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

/// The same with its arguments called `arg1` and so on.
fn with_numbers(mut info: TracepointInfo) -> TracepointInfo {
    for (param, number) in info.params.iter_mut().zip(1..) {
        param.name = format!("arg{number}");
    }
    info
}
