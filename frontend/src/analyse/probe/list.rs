// SPDX-License-Identifier: MIT OR Apache-2.0
//! The points that a probe stands for, and what its handler would find there.

use std::collections::BTreeMap;

use super::{Derived, Route, flat_points};
use crate::analyse::Analyser;
use crate::analyse::loader::ItemRef;
use crate::ast::{Item, Need};

/// A probe point for people to choose from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedPoint {
    /// The alias, or what `pp()` gives.
    pub name: String,
    /// What a handler can use there.
    pub variables: Vec<Variable>,
}

/// A variable that a probe point offers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its name, with the `$` of a target variable.
    pub name: String,
    /// Its type: `long`, `string`, or as C spells it.
    pub ty: String,
}

impl Analyser<'_, '_> {
    /// The points of a probe that can be resolved, by name, those of aliases under the alias's name.
    pub(in crate::analyse) fn list_probe(&mut self, item: &ItemRef, with_variables: bool) -> Vec<ListedPoint> {
        let Item::Probe(probe) = item.item() else { return Vec::new() };
        let pending = flat_points(&probe.points, &item.file, &[], &Route::default(), None, Need::Required);
        let found = self.expand_list(pending, 0);
        let mut listed = BTreeMap::new();
        for derived in found.into_iter().flatten().flatten() {
            let name = derived.route.alias.clone().unwrap_or_else(|| derived.point.name.clone());
            if listed.contains_key(&name) {
                continue;
            }
            let variables = if with_variables { self.variables(item, &derived) } else { Vec::new() };
            listed.insert(name, variables);
        }
        listed.into_iter().map(|(name, variables)| ListedPoint { name, variables }).collect()
    }

    fn variables(&mut self, item: &ItemRef, derived: &Derived) -> Vec<Variable> {
        let mut all = Vec::new();
        let Item::Probe(probe) = item.item() else { return all };
        if !derived.route.aliases.is_empty() {
            let id = self.handler(item, probe, derived).id;
            let locals = &self.script.handlers[id.index()].body.locals;
            let named = locals.iter().filter(|local| !local.name.starts_with('<'));
            let variable =
                |(name, ty): (&str, _)| Variable { name: name.to_owned(), ty: self.script.type_name(ty).to_owned() };
            all.extend(named.map(|local| variable((&local.name, local.ty))));
        }
        let mut target = |name: &str, ty| {
            all.push(Variable { name: format!("${name}"), ty: self.target.spelling(ty) });
        };
        if let Some(ty) = derived.point.context.result() {
            target("return", ty);
        }
        for param in derived.point.context.params().iter().filter(|param| !param.name.is_empty()) {
            target(&param.name, param.ty);
        }
        all
    }
}
