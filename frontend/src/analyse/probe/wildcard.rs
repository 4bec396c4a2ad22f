// SPDX-License-Identifier: MIT OR Apache-2.0
//! Wildcards in the names of components: over the aliases and the forms of the points that are built in.

use super::{Derived, Expanded, Pending};
use crate::analyse::Analyser;
use crate::analyse::points::forms::{self, Part};
use crate::ast::NamedComponent;
use crate::errors::{library, semantic as errors};
use crate::glob;
use crate::library::why_no_alias;
use crate::print;

impl Analyser<'_, '_> {
    /// All that a point with wildcards stands for. What they find and cannot be probed is left out.
    pub(super) fn expand_wildcard(&mut self, pending: &Pending, depth: usize) -> Expanded<Vec<Derived>> {
        let paths = self.loader.alias_paths();
        let aliases = || paths.iter().filter(|path| !path.starts_with('_')).map(|path| forms::parts(path));
        let mut known: Vec<_> = aliases().chain(forms::all()).collect();
        known.sort_unstable();
        let mut all = Vec::new();
        for path in &known {
            if let Some(components) = instance(&pending.components, path) {
                all.extend(self.expand(Pending { components, ..pending.clone() }, depth + 1).unwrap_or_default());
            }
        }
        // Else the end of it may be meant for the points behind an alias.
        for length in (1..pending.components.len()).rev() {
            if !all.is_empty() {
                break;
            }
            let (start, suffix) = pending.components.split_at(length);
            for path in aliases() {
                let Some(mut components) = instance(start, &path) else { continue };
                components.extend_from_slice(suffix);
                let name = path.iter().map(|part| part.name).collect::<Vec<_>>().join(".");
                let found = self.loader.aliases(&name, self.diagnostics).to_vec();
                if !found.iter().any(|item| pending.route.leads_through(item)) {
                    let pending = Pending { components, ..pending.clone() };
                    let found = self.expand_aliases(&pending, (&name, &found), path.len(), depth + 1);
                    all.extend(found.unwrap_or_default());
                }
            }
        }
        if all.is_empty() {
            let point = print::components(&pending.components);
            let names: Vec<_> = pending.components.iter().map(|component| component.name.as_str()).collect();
            return Err(Box::new(match why_no_alias(&names) {
                Some(why) => library::alias_not_offered(pending.span, &point, why),
                None => errors::no_match(pending.span, &point, &[]),
            }));
        }
        Ok(all)
    }
}

/// The components of a path that matches a pattern component by component, with the pattern's arguments; `**` takes any
/// number of components.
fn instance(pattern: &[NamedComponent], path: &[Part<'_>]) -> Option<Vec<NamedComponent>> {
    let ([first, rest @ ..], [_, ..]) = (pattern, path) else {
        return (pattern.is_empty() && path.is_empty()).then(Vec::new);
    };
    let deep = first.name.contains("**");
    let glob = first.name.replace("**", "*");
    (1..=if deep { path.len() } else { 1 }).find_map(|taken| {
        let (here, behind) = path.split_at(taken);
        let (last, before) = here.split_last()?;
        let names: Vec<_> = here.iter().map(|part| part.name).collect();
        let fits = glob::matches(&glob, &names.join(".")) && last.takes(first.arg.as_ref());
        if !fits || before.iter().any(|part| part.arg.is_some()) {
            return None;
        }
        let rest = instance(rest, behind)?;
        let component = |name: &str, arg| NamedComponent { name: name.into(), arg, span: first.span };
        let before = before.iter().map(|part| component(part.name, None));
        Some(before.chain([component(last.name, first.arg.clone())]).chain(rest).collect())
    })
}
