// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kernel.function("name")`, `module("m").function("name")`, `kprobe.function("name")`, and statements.

use super::pattern::{Fit, Lines, SourcePattern};
use super::{Matched, Point, is_pattern, number_arg, string_arg};
use crate::analyse::{Analyser, PointContext};
use crate::ast::{Literal, NamedComponent};
use crate::diag::Diagnostic;
use crate::errors::semantic as errors;
use crate::span::Span;
use crate::target::FunctionInfo;
use spile_ir::ProbeKind;

/// How many similar names a message shows.
const MAX_SIMILAR: usize = 5;

/// Functions that do not return, or not to where they were called from.
const NEVER_RETURN: &[&str] = &["do_exit", "sys_exit", "sys_exit_group", "__switch_to"];

/// Whose functions.
struct Where {
    /// The components before `function`, as a script writes them.
    prefix: String,
    /// Modules, perhaps with wildcards; `None` for the kernel proper.
    modules: Option<String>,
    /// Whether there are target variables: SystemTap's kprobe family has none.
    typed: bool,
}

impl Where {
    /// From the components before `function` or `statement`.
    fn new(before: &[NamedComponent]) -> Result<Self, Box<Diagnostic>> {
        let module = before.iter().find(|component| &*component.name == "module");
        let modules = module.map(|module| string_arg(module, "a module's name")).transpose()?;
        let typed = before.iter().all(|component| &*component.name != "kprobe");
        Ok(Self { prefix: crate::print::components(before), modules, typed })
    }

    /// The components before `function` of a function of this module.
    fn prefix_of(&self, module: Option<&str>) -> String {
        match (module, self.typed) {
            (None, _) => self.prefix.clone(),
            (Some(module), true) => format!("module(\"{module}\")"),
            (Some(module), false) => format!("kprobe.module(\"{module}\")"),
        }
    }
}

/// What follows `function("…")`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Variant {
    Call,
    Exported,
    Return { maxactive: u32 },
    Statement,
}

impl Variant {
    /// From `function` or `statement` on; `None` if there is no such thing.
    fn new(components: &[NamedComponent], span: Span) -> Result<Option<Self>, Box<Diagnostic>> {
        let names: Vec<&str> = components.iter().map(|component| component.name.as_str()).collect();
        Ok(Some(match *names {
            ["function"] | ["function", "call"] => Self::Call,
            ["function", "exported"] => Self::Exported,
            ["function", "return"] => Self::Return { maxactive: 0 },
            ["function", "return", "maxactive"] => {
                let maxactive = number_arg(&components[2], "the number of calls to follow at once")?;
                Self::Return { maxactive: maxactive.min(u32::MAX.into()) as u32 }
            }
            ["function", what @ ("inline" | "label" | "callee" | "callees"), ..] => {
                return Err(errors::needs_debug_info(span, &format!("function(…).{what}")).into());
            }
            ["statement"] | ["statement", "nearest"] => Self::Statement,
            _ => return Ok(None),
        }))
    }

    fn word(self) -> &'static str {
        if self == Self::Statement { "statement" } else { "function" }
    }
}

impl Analyser<'_, '_> {
    /// The functions that components mean, of which `function` or `statement` is at `at`.
    pub(super) fn function_points(&mut self, components: &[NamedComponent], at: usize, span: Span) -> Matched {
        let (before, rest) = components.split_at(at);
        let place = &Where::new(before)?;
        let Some(variant) = Variant::new(rest, span)? else {
            return Err(self.unknown_point(components, span).into());
        };
        let component = &rest[0];
        if let Some(Literal::Number(address)) = &component.arg {
            return self.code_points(place, component, address.value as u64, variant);
        }
        let written = string_arg(component, "a function's name")?;
        let pattern = SourcePattern::parse(&written)
            .map_err(|problem| Box::new(errors::bad_source_pattern(component.span, &written, problem)))?;
        if variant == Variant::Statement && pattern.lines == Some(Lines::All) {
            return Err(errors::needs_debug_info(component.span, &format!("statement(\"{written}\")")).into());
        }
        if variant == Variant::Exported && self.target.is_exported("printk", None).is_none() {
            let hint = "the target's facts do not say what is exported; without .exported all functions are found";
            return Err(errors::not_supported(span, "function(…).exported").hint(hint).into());
        }
        let mut points = Vec::new();
        let mut unknown = false;
        for module in self.modules(place) {
            for symbol in self.target.functions(pattern.function, module.as_deref()) {
                if let Some(reason) = self.refused(&symbol, variant) {
                    if is_pattern(pattern.function) {
                        continue;
                    }
                    return Err(errors::blocklisted(component.span, &symbol, reason).into());
                }
                // Padding in front of a function, which no one means.
                if symbol.starts_with("__pfx_") && !pattern.function.starts_with("__pfx_") {
                    continue;
                }
                let Some(info) = self.target.function(&symbol, module.as_deref()) else { continue };
                match self.meant(&pattern, &info, variant) {
                    Fit::Yes => points.push(point(place, info, variant)),
                    Fit::No => {}
                    Fit::Unknown => unknown = true,
                }
            }
        }
        match points.is_empty() {
            false => Ok(points),
            true if unknown => {
                let what = format!("{}.{}(\"{written}\")", place.prefix, variant.word());
                Err(errors::needs_debug_info(component.span, &what).into())
            }
            true => Err(self.no_function(place, component, pattern.function, &written).into()),
        }
    }

    /// A function or statement by its address.
    fn code_points(&self, place: &Where, component: &NamedComponent, address: u64, variant: Variant) -> Matched {
        let found = self.target.code_at(address).filter(|found| found.module.is_none() && place.modules.is_none());
        let Some(found) = found else {
            let full = format!("{}.{}({address:#x})", place.prefix, variant.word());
            return Err(errors::no_match(component.span, &full, &[]).into());
        };
        if let Some(reason) = self.refused(&found.symbol, variant) {
            return Err(errors::blocklisted(component.span, &found.symbol, reason).into());
        }
        if variant == Variant::Statement && found.offset > 0 {
            let name = format!("{}.statement({address:#x})", place.prefix);
            let kind = ProbeKind::Address { symbol: found.symbol, offset: found.offset };
            return Ok(vec![Point { name, kind: Some(kind), context: PointContext::None("kernel.statement") }]);
        }
        let info = self.target.function(&found.symbol, None);
        Ok(info.into_iter().map(|info| point(place, info, variant)).collect())
    }

    /// The modules whose functions are meant; `None` is the kernel proper.
    fn modules(&self, place: &Where) -> Vec<Option<String>> {
        match &place.modules {
            None => vec![None],
            Some(pattern) if is_pattern(pattern) => self.target.modules(pattern).into_iter().map(Some).collect(),
            Some(name) => vec![Some(name.clone())],
        }
    }

    /// Why a function cannot be probed like this.
    fn refused(&self, symbol: &str, variant: Variant) -> Option<&str> {
        let returns = matches!(variant, Variant::Return { .. });
        self.target
            .blocklisted(symbol)
            .or_else(|| (returns && NEVER_RETURN.contains(&symbol)).then_some("return probe is blocklisted"))
    }

    fn meant(&self, pattern: &SourcePattern<'_>, info: &FunctionInfo, variant: Variant) -> Fit {
        let exported = match variant {
            Variant::Exported => self.target.is_exported(&info.symbol, info.module.as_deref()),
            _ => Some(true),
        };
        match exported {
            Some(true) => pattern.fits(info),
            Some(false) => Fit::No,
            None => Fit::Unknown,
        }
    }

    fn no_function(&self, place: &Where, component: &NamedComponent, pattern: &str, written: &str) -> Diagnostic {
        let full = format!("{}.{}(\"{written}\")", place.prefix, component.name);
        let module = place.modules.as_deref().filter(|module| !is_pattern(module));
        if let Some(module) = module
            && self.target.modules(module).is_empty()
        {
            return errors::no_match(component.span, &full, &[]).hint(format!(
                "the target's facts know of no module '{module}': it must be loaded when they are read"
            ));
        }
        let initial: String = pattern.chars().take(1).collect();
        let candidates = match is_pattern(pattern) || place.modules.is_some() && module.is_none() {
            true => Vec::new(),
            false => self.target.functions(&format!("{initial}*"), module),
        };
        let mut scored: Vec<(usize, String)> = candidates
            .into_iter()
            .filter(|name| name.len().abs_diff(pattern.len()) <= 3)
            .map(|name| (strsim::damerau_levenshtein(&name, pattern), name))
            .filter(|(distance, _)| *distance <= 1 + pattern.len() / 4)
            .collect();
        scored.sort();
        let near: Vec<String> = scored.into_iter().take(MAX_SIMILAR).map(|(_, name)| name).collect();
        errors::no_match(component.span, &full, &near)
    }
}

fn point(place: &Where, info: FunctionInfo, variant: Variant) -> Point {
    let source = info.source.as_ref().map(|(file, line)| format!("@{file}:{line}")).unwrap_or_default();
    let is_return = matches!(variant, Variant::Return { .. });
    let end = if is_return { ".return" } else { "" };
    let prefix = place.prefix_of(info.module.as_deref());
    let name = format!("{prefix}.{}(\"{}{source}\"){end}", variant.word(), info.symbol);
    // Names in modules are qualified: the kernel proper may have the same.
    let symbol = match &info.module {
        Some(module) => format!("{module}:{}", info.symbol),
        None => info.symbol.clone(),
    };
    let words = info.prototype.as_ref().map(|prototype| prototype.words);
    let kind = match variant {
        Variant::Return { maxactive } => ProbeKind::Return { symbol, maxactive, words },
        _ => ProbeKind::Function { symbol, words },
    };
    let prototype = if place.typed { info.prototype } else { None };
    let context = PointContext::Function { symbol: info.symbol, prototype, is_return };
    Point { name, kind: Some(kind), context }
}
