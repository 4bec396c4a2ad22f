// SPDX-License-Identifier: MIT OR Apache-2.0
//! Syntax trees to the resolved script: names, probe points, types.
//!
//! One walk from the user's probes reaches everything the script uses; what it does not reach, in particular the rest of the
//! library, is never looked at. Types are unified on the way, so that there is no second pass.

mod assign;
mod auto_print;
mod body;
mod call;
mod check;
mod circles;
mod constant;
mod context;
pub(crate) mod derived;
mod elide;
mod expr;
mod facts;
mod function;
mod globals;
mod learned;
mod limits;
pub mod list;
mod loader;
mod needs;
mod points;
mod pretty;
mod print;
mod probe;
mod probe_write;
mod regex;
mod stat;
mod stmt;
mod target;
mod unresolved;
mod unused;

pub use context::PointContext;
pub use facts::TimeZone;
pub use loader::{Loader, Source};
pub use points::forms::FORMS as POINT_TYPES;
pub use probe::{ListedPoint, Variable};

use context::Context;
use derived::DerivedTypes;
use function::{FunctionKey, Waiting};
use learned::Learned;
use needs::Needs;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::ast::Name;
use crate::diag::{Diagnostic, Diagnostics};
use crate::hir::{Expr, FunctionId, GlobalId, Script};
use crate::span::{FileId, Span};
use crate::target::Target;
use crate::types::{Mismatch, Type, TypeVar};

/// What a user may ask of a compilation beside the script.
#[derive(Clone, Debug)]
pub struct Options {
    /// Script arguments, `$1` first.
    pub args: Vec<String>,
    /// `-D NAME=VALUE`.
    pub limits: Vec<(String, String)>,
    /// `-G NAME=VALUE`.
    pub globals: Vec<(String, String)>,
    /// `-g`: writing to the traced system is allowed.
    pub guru: bool,
    /// Whether globals that are written and never read are printed at the end.
    pub auto_print: bool,
    /// `--skip-badvars`: target variables that cannot be resolved, or not be read, are 0.
    pub skip_badvars: bool,
    /// Finds out that of the user, where `tz_ctime()` asks for it.
    pub time_zone: fn() -> TimeZone,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            args: Vec::new(),
            limits: Vec::new(),
            globals: Vec::new(),
            guru: false,
            auto_print: true,
            skip_badvars: false,
            time_zone: TimeZone::default,
        }
    }
}

/// Resolves a whole script. The result is complete only if no error was reported.
pub fn analyse(
    loader: &mut Loader<'_>,
    options: &Options,
    target: &dyn Target,
    diagnostics: &mut Diagnostics,
) -> Script {
    let target = DerivedTypes::new(target);
    let mut learned = Learned::default();
    loop {
        let mut told = Diagnostics::new();
        let mut analyser = Analyser::new(loader, options, &target, &mut told);
        analyser.learned = learned.clone();
        analyser.all_probes();
        analyser.check_globals();
        if !analyser.diagnostics.has_errors() {
            analyser.check_bodies();
            analyser.check_resolved();
        }
        if options.auto_print && !analyser.diagnostics.has_errors() {
            analyser.print_unread_globals();
        }
        analyser.check_captures();
        analyser.check_unused();
        analyser.set_limits();
        let Analyser { script, learned: now, .. } = analyser;
        // A global may be used before the text that gives it its C type: with what is known now, once more.
        if now.is_worth_a_try(&learned) {
            learned = now.for_next_pass();
            continue;
        }
        diagnostics.extend(told.into_vec());
        return Script { made_types: target.all_made(), ..script };
    }
}

/// Codes that say that the C type of a value is not known.
const UNKNOWN_CTYPE: &[&str] = &["E0304", "E0327", "E0328", "E0329", "E0429"];

/// The state of the walk.
struct Analyser<'a, 'l> {
    /// Hands out declarations.
    loader: &'a mut Loader<'l>,
    target: &'a dyn Target,
    /// The same, to make types that it does not have.
    derived: &'a DerivedTypes<'a>,
    options: &'a Options,
    /// What was resolved so far.
    script: Script,
    /// Which declared functions are in the script already.
    functions: HashMap<FunctionKey, FunctionId>,
    /// Which declared globals are, by their place.
    globals: HashMap<(FileId, Name), GlobalId>,
    /// The aliases that lead to what is being resolved, the innermost first, and where each is used.
    aliases: Vec<(String, Span)>,
    /// What functions need of their callers, by file and item.
    needs: HashMap<(FileId, usize), Needs>,
    /// The context of the handler that is being resolved.
    context: Option<Context>,
    /// C types of globals.
    learned: Learned,
    /// Whether functions are being checked that nothing calls: what C types their parameters have is not known then.
    without_callers: bool,
    /// What was reported: code, file, and the text of each label.
    said: HashSet<(&'static str, FileId, Vec<Range<usize>>)>,
    /// Names of which something was said that holds for each of their uses.
    complained: HashSet<Name>,
    /// Warnings of what does nothing, to be given where nothing else is wrong.
    idle: Vec<Diagnostic>,
    /// Where the first histogram of an aggregate stands, and its first @variance.
    histograms: HashMap<(GlobalId, bool), Span>,
    /// How deep calls are being followed.
    following: usize,
    /// How deep the statements and expressions being resolved are nested, over all functions being followed.
    nesting: usize,
    /// Functions whose bodies are yet to be resolved.
    waiting: Vec<Waiting>,
    diagnostics: &'a mut Diagnostics,
}

impl<'a, 'l> Analyser<'a, 'l> {
    fn new(
        loader: &'a mut Loader<'l>,
        options: &'a Options,
        target: &'a DerivedTypes<'a>,
        diagnostics: &'a mut Diagnostics,
    ) -> Self {
        Self {
            loader,
            target,
            derived: target,
            options,
            script: Script::default(),
            functions: HashMap::new(),
            globals: HashMap::new(),
            needs: HashMap::new(),
            context: None,
            learned: Learned::default(),
            aliases: Vec::new(),
            without_callers: false,
            said: HashSet::new(),
            complained: HashSet::new(),
            idle: Vec::new(),
            histograms: HashMap::new(),
            following: 0,
            nesting: 0,
            waiting: Vec::new(),
            diagnostics,
        }
    }
}

impl Analyser<'_, '_> {
    fn report(&mut self, mut diagnostic: Diagnostic) {
        if self.without_callers && UNKNOWN_CTYPE.contains(&diagnostic.code) {
            return;
        }
        // An alias or macro that is wrong would say so each time it is used.
        let texts = diagnostic.labels.iter().map(|(span, _)| span.range()).collect();
        let is_new = diagnostic.span().is_none_or(|at| self.said.insert((diagnostic.code, at.file, texts)));
        if is_new {
            if diagnostic.aliases.is_empty() {
                diagnostic.aliases.clone_from(&self.aliases);
            }
            self.diagnostics.push(diagnostic);
        }
    }

    /// Says that an expression is of a type.
    fn expect(&mut self, expr: &Expr, ty: Type) {
        self.expect_var(expr.ty, ty, expr.span);
    }

    /// Says that a type variable is of a type, because of `span`.
    fn expect_var(&mut self, var: TypeVar, ty: Type, span: Span) {
        if let Err(Mismatch { left, .. }) = self.script.types.require(var, ty, span) {
            self.report(match left.ty {
                Type::Stat => crate::errors::semantic::statistics_as_value(span),
                _ => crate::errors::semantic::type_mismatch(span, ty, left),
            });
        }
    }

    /// Says that two variables are of one type; `span` is where the second is used as the first.
    fn unify(&mut self, expected: TypeVar, found: TypeVar, span: Span) {
        if self.script.types.get(found) == Some(Type::Stat) {
            self.report(crate::errors::semantic::statistics_as_value(span));
        } else if let Err(Mismatch { left, right }) = self.script.types.unify(expected, found) {
            self.report(crate::errors::semantic::types_differ(span, left, right));
        }
    }
}
