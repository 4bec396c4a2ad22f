// SPDX-License-Identifier: MIT OR Apache-2.0
//! Probes: their points expanded through aliases, and one handler for all points that it serves.

mod list;
mod wildcard;

pub use list::{ListedPoint, Variable};

use std::rc::Rc;

use super::body::{Owner, Walk};
use super::context::{Answer, Context, Question, serves};
use super::elide::used_entry;
use super::function::Caller;
use super::loader::ItemRef;
use super::{Analyser, points};
use crate::ast::{self, FileKind, Item, NamedComponent, Need};
use crate::diag::Diagnostic;
use crate::errors::embedded::embedded_c;
use crate::errors::{semantic as errors, target as target_errors, unused};
use crate::hir::{Body, Handler, HandlerId, Probe, Stmt};
use crate::print;
use crate::span::Span;

/// Values that can be kept with a call from its entry to its return.
const MAX_ENTRY_WORDS: usize = 32;

/// How deep aliases may lead to aliases.
const MAX_ALIAS_DEPTH: usize = 32;

/// A probe point on its way through aliases.
#[derive(Clone)]
struct Pending {
    components: Vec<NamedComponent>,
    need: Need,
    /// Where the user's script names it.
    span: Span,
    /// Where it is written itself: there, or in an alias.
    written: Span,
    route: Route,
}

/// What aliases add to a probe.
#[derive(Clone, Default)]
struct Route {
    /// The aliases, the outermost first.
    aliases: Vec<Turn>,
    /// What the outermost alias is called, and what follows its name.
    alias: Option<String>,
    /// Conditions, with the file that they stand in.
    conditions: Vec<(Rc<ast::File>, ast::Expr)>,
}

/// An alias on the way.
#[derive(Clone)]
struct Turn {
    item: ItemRef,
    /// Its name.
    path: String,
    /// Where it is used.
    used_at: Span,
}

impl Route {
    /// For messages about what the first `count` aliases lead to.
    fn steps(&self, count: usize) -> Vec<(String, Span)> {
        self.aliases[..count].iter().rev().map(|turn| (turn.path.clone(), turn.used_at)).collect()
    }

    fn leads_through(&self, item: &ItemRef) -> bool {
        self.aliases.iter().any(|open| (open.item.file.id, open.item.index) == (item.file.id, item.index))
    }

    fn same(&self, other: &Self) -> bool {
        let place = |turn: &Turn| (turn.item.file.id, turn.item.index);
        let aliases = |route: &Self| route.aliases.iter().map(place).collect::<Vec<_>>();
        let conditions = |route: &Self| route.conditions.iter().map(|(_, expr)| expr.id).collect::<Vec<_>>();
        aliases(self) == aliases(other) && conditions(self) == conditions(other)
    }
}

/// A resolved point, and the way to it.
struct Derived {
    point: points::Point,
    optional: bool,
    /// Where the user's script names it.
    span: Span,
    route: Route,
}

/// A handler, and which points it serves.
struct Made {
    id: HandlerId,
    kind: &'static str,
    asked: Vec<(Question, Answer)>,
    route: Route,
}

type Expanded<T> = Result<T, Box<Diagnostic>>;

impl Analyser<'_, '_> {
    /// Resolves all probes, and by that everything they use.
    pub(super) fn all_probes(&mut self) {
        let is_probe = |item: &Item| matches!(item, Item::Probe(_));
        if !self.loader.user_files().iter().any(|file| file.items.iter().any(is_probe))
            && !self.diagnostics.has_errors()
        {
            self.report(errors::no_probes());
        }
        self.check_embedded();
        let mut next = 0;
        // Resolving a probe may load files of the library that have probes of their own.
        while let Some(item) = self.loader.probes.get(next).cloned() {
            next += 1;
            self.probe(&item);
            self.resolve_waiting();
        }
        self.check_functions();
    }

    fn check_embedded(&mut self) {
        for file in self.loader.user_files().to_vec() {
            for item in &file.items {
                if let Item::Embedded(code) = item {
                    self.report(embedded_c(code.span, &code.code));
                }
            }
        }
    }

    /// Resolves the user's functions that nothing calls, only to tell what is wrong with them: they are no part of the script,
    /// and their mistakes in types, which SystemTap does not look for, are warnings.
    fn check_functions(&mut self) {
        let script = &self.script;
        let before = (script.functions.len(), script.types.clone(), script.globals.clone());
        let told = self.diagnostics.len();
        for file in self.loader.user_files().to_vec() {
            for index in 0..file.items.len() {
                let item = ItemRef { file: file.clone(), index };
                // What needs a context was resolved for each handler that calls it.
                if item.function().is_none() || self.needs(&item).context || self.is_called(&item) {
                    continue;
                }
                self.without_callers = self.needs(&item).ctypes;
                self.instantiate(&[item], Caller { contextual: false, ctypes: &[] });
                self.resolve_waiting();
                self.without_callers = false;
            }
        }
        self.resolve_waiting();
        self.diagnostics.excuse(told, "E0301");
        self.functions.retain(|_, id| id.index() < before.0);
        self.globals.retain(|_, id| id.index() < before.2.len());
        self.script.functions.truncate(before.0);
        (self.script.types, self.script.globals) = (before.1, before.2);
    }

    fn probe(&mut self, item: &ItemRef) {
        let Item::Probe(probe) = item.item() else { return };
        let pending = flat_points(&probe.points, &item.file, &[], &Route::default(), None, Need::Required);
        let mut derived = Vec::new();
        for result in self.expand_list(pending, 0) {
            match result {
                Ok(points) => derived.extend(points),
                Err(report) => self.report(*report),
            }
        }
        let mut made: Vec<Made> = Vec::new();
        if derived.is_empty() && !self.diagnostics.has_errors() {
            // Nothing matched and nothing had to: the body is still checked where it can be.
            return;
        }
        for one in derived {
            let point = &one.point;
            let same = |made: &&Made| {
                made.kind == point.context.kind() && made.route.same(&one.route) && serves(&made.asked, &point.context)
            };
            let handler = match made.iter().find(same) {
                Some(known) => known.id,
                None => {
                    let new = self.handler(item, probe, &one);
                    made.push(new);
                    made[made.len() - 1].id
                }
            };
            if let Some(kind) = one.point.kind {
                let written = self.loader.sources.text(one.span).to_owned();
                let Derived { point: points::Point { name, .. }, optional, route, .. } = one;
                let alias = route.alias;
                self.script.probes.push(Probe { name, alias, written, kind, handler, optional });
            }
        }
    }

    /// Expands the points of a comma list; one that suffices ends it.
    fn expand_list(&mut self, list: Vec<Pending>, depth: usize) -> Vec<Expanded<Vec<Derived>>> {
        let mut results = Vec::new();
        for pending in list {
            let need = pending.need;
            match self.expand(pending, depth) {
                Err(_) if need != Need::Required => {}
                Ok(points) if need == Need::Sufficient && !points.is_empty() => {
                    results.push(Ok(points));
                    break;
                }
                result => results.push(result),
            }
        }
        results
    }

    fn expand(&mut self, pending: Pending, depth: usize) -> Expanded<Vec<Derived>> {
        let names: Vec<&str> = pending.components.iter().map(|component| component.name.as_str()).collect();
        if depth > MAX_ALIAS_DEPTH {
            return Err(errors::alias_loop(pending.span, &names.join(".")).into());
        }
        if names.iter().any(|name| name.contains('*')) {
            return self.expand_wildcard(&pending, depth);
        }
        // The name of an alias takes no arguments.
        let bare = pending.components.iter().take_while(|component| component.arg.is_none()).count();
        for length in (1..=bare).rev() {
            let path = names[..length].join(".");
            let aliases = self.loader.aliases(&path, self.diagnostics).to_vec();
            if aliases.iter().any(|item| pending.route.leads_through(item)) {
                return Err(errors::alias_loop(pending.span, &path).into());
            }
            if !aliases.is_empty() {
                return self.expand_aliases(&pending, (&path, &aliases), length, depth);
            }
        }
        let Pending { components, need, span, written, route } = pending;
        let points = self.builtin_points(&components, written).map_err(|mut report| {
            report.aliases = route.steps(route.aliases.len());
            report
        })?;
        let optional = need != Need::Required;
        Ok(points.into_iter().map(|point| Derived { point, optional, span, route: route.clone() }).collect())
    }

    fn expand_aliases(
        &mut self,
        pending: &Pending,
        (path, aliases): (&str, &[ItemRef]),
        length: usize,
        depth: usize,
    ) -> Expanded<Vec<Derived>> {
        let suffix = &pending.components[length..];
        let mut all = Vec::new();
        let mut problem = None;
        for item in aliases {
            let Some(alias) = item.alias() else { continue };
            let mut route = pending.route.clone();
            route.aliases.push(Turn { item: item.clone(), path: path.to_owned(), used_at: pending.written });
            route.alias.get_or_insert_with(|| print::components(&pending.components));
            let list = flat_points(&alias.points, &item.file, suffix, &route, Some(pending.span), pending.need);
            for result in self.expand_list(list, depth + 1) {
                match result {
                    Ok(points) => all.extend(points),
                    Err(report) => problem = Some(report),
                }
            }
        }
        match problem {
            Some(report) => Err(report),
            // All of its points were optional, and none is there.
            None if all.is_empty() => {
                let text = self.loader.sources.text(pending.span).to_owned();
                Err(errors::no_match(pending.span, &text, &[]).into())
            }
            None => Ok(all),
        }
    }

    fn handler(&mut self, item: &ItemRef, probe: &ast::Probe, derived: &Derived) -> Made {
        let kind = derived.point.context.kind();
        self.context = Some(Context::new(derived.point.context.clone()));
        let mut walk = Walk::new(self, item.file.clone(), Owner::Probe);
        let mut stmts = Vec::new();
        let conditions = derived.route.conditions.len();
        for (file, condition) in &derived.route.conditions {
            walk.file = file.clone();
            let cond = walk.condition(condition);
            stmts.push(Stmt::leave_unless(cond));
        }
        let route = &derived.route;
        let wrapped: Vec<_> = [item].into_iter().chain(route.aliases.iter().map(|turn| &turn.item)).cloned().collect();
        for (before, Turn { item, .. }) in route.aliases.iter().enumerate().rev() {
            walk.file = item.file.clone();
            walk.wrapped = wrapped[..=before].to_vec();
            walk.a.aliases = route.steps(before + 1);
            if let Some(block) = item.alias().and_then(|alias| alias.prologue.as_ref()) {
                stmts.extend(walk.stmts(&block.stmts));
            }
        }
        walk.file = item.file.clone();
        walk.wrapped = vec![item.clone()];
        walk.a.aliases.clear();
        stmts.extend(walk.stmts(&probe.body.stmts));
        for (before, Turn { item, .. }) in route.aliases.iter().enumerate() {
            walk.file = item.file.clone();
            walk.wrapped = wrapped[..=before].to_vec();
            walk.a.aliases = route.steps(before + 1);
            if let Some(block) = item.alias().and_then(|alias| alias.epilogue.as_ref()) {
                stmts.extend(walk.stmts(&block.stmts));
            }
        }
        walk.a.aliases.clear();
        walk.check_locals();
        let mut body = Body { locals: walk.locals, stmts };
        // Some may be there for this handler.
        self.resolve_waiting();
        let user = item.file.kind == FileKind::User;
        self.elide(&mut body, user.then_some(probe.body.span));
        if user && body.stmts.is_empty() {
            let span = probe.points.iter().map(|point| point.span).reduce(Span::to).unwrap_or(derived.span);
            self.idle.push(unused::empty_probe(span, &derived.point.name));
        }
        let context = self.context.take().unwrap_or_else(|| Context::new(derived.point.context.clone()));
        let words = context.entry.into_iter().map(|kept| kept.word).collect();
        let functions = context.functions.iter().map(|id| &self.script.functions[id.index()].body);
        let entry = used_entry(functions.chain([&body]), words);
        if entry.len() > MAX_ENTRY_WORDS {
            self.report(target_errors::too_many_entry_values(probe.span, entry.len(), MAX_ENTRY_WORDS));
        }
        let id = HandlerId::new(self.script.handlers.len());
        let name = derived.point.name.clone();
        let entry_frame = Body { locals: context.entry_locals, stmts: Vec::new() };
        self.script.handlers.push(Handler { name, span: probe.span, body, conditions, entry, entry_frame });
        Made { id, kind, asked: context.asked, route: derived.route.clone() }
    }
}

/// The points of a list without their braces, continued by a suffix. What is not required of a point is not required of
/// those that an alias makes of it; but that it suffices is said of the list that it stands in, not of theirs.
fn flat_points(
    list: &[ast::ProbePoint],
    file: &Rc<ast::File>,
    suffix: &[NamedComponent],
    route: &Route,
    span: Option<Span>,
    need: Need,
) -> Vec<Pending> {
    let inherited = if need == Need::Required { Need::Required } else { Need::Optional };
    let flat = list.iter().flat_map(|point| point.expand());
    let pending = flat.map(|flat| {
        let mut route = route.clone();
        if let Some(condition) = &flat.origin.condition {
            route.conditions.push((file.clone(), condition.clone()));
        }
        let components = flat.components.iter().map(|component| (*component).clone()).chain(suffix.iter().cloned());
        Pending {
            components: components.collect(),
            need: flat.need.max(inherited),
            span: span.unwrap_or(flat.origin.span),
            written: flat.origin.span,
            route,
        }
    });
    pending.collect()
}
