// SPDX-License-Identifier: MIT OR Apache-2.0
//! Syntax trees to the resolved script: names, probe points, types.
//!
//! One walk from the user's probes reaches everything the script uses; what it does not reach, in particular the rest of the
//! library, is never looked at. Types are unified on the way, so that there is no second pass.

mod assign;
mod auto_print;
mod body;
mod call;
mod constant;
mod context;
mod elide;
mod expr;
mod function;
mod globals;
mod limits;
pub mod list;
mod loader;
mod points;
mod pretty;
mod print;
mod probe;
mod stat;
mod stmt;
mod target;

pub use context::PointContext;
pub use loader::{Loader, Source};
pub use points::TYPES as POINT_TYPES;
pub use probe::{ListedPoint, Variable};

use loader::ItemRef;

use std::collections::HashMap;

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
    let mut analyser = Analyser::new(loader, options, target, diagnostics);
    analyser.all_probes();
    analyser.check_globals();
    if options.auto_print && !analyser.diagnostics.has_errors() {
        analyser.print_unread_globals();
    }
    analyser.set_limits();
    analyser.script
}

/// The state of the walk.
struct Analyser<'a, 'l> {
    /// Hands out declarations.
    loader: &'a mut Loader<'l>,
    target: &'a dyn Target,
    options: &'a Options,
    /// What was resolved so far.
    script: Script,
    /// Which declared functions are in the script already, by file and item.
    functions: HashMap<(FileId, usize), FunctionId>,
    /// Which declared globals are, by their place.
    globals: HashMap<(FileId, Name), GlobalId>,
    /// The aliases that lead to what is being resolved, the innermost first, and where each is used.
    aliases: Vec<(String, Span)>,
    /// How deep calls are being followed.
    following: usize,
    /// How deep the statements and expressions being resolved are nested, over all functions being followed.
    nesting: usize,
    /// Functions whose bodies are yet to be resolved, with their further overloads.
    waiting: Vec<(FunctionId, ItemRef, Vec<ItemRef>)>,
    diagnostics: &'a mut Diagnostics,
}

impl<'a, 'l> Analyser<'a, 'l> {
    fn new(
        loader: &'a mut Loader<'l>,
        options: &'a Options,
        target: &'a dyn Target,
        diagnostics: &'a mut Diagnostics,
    ) -> Self {
        Self {
            loader,
            target,
            options,
            script: Script::default(),
            functions: HashMap::new(),
            globals: HashMap::new(),
            aliases: Vec::new(),
            following: 0,
            nesting: 0,
            waiting: Vec::new(),
            diagnostics,
        }
    }
}

impl Analyser<'_, '_> {
    fn report(&mut self, mut diagnostic: Diagnostic) {
        // An alias or macro that is wrong would say so each time it is used.
        let texts = |one: &Diagnostic| one.labels.iter().map(|(span, _)| span.range()).collect::<Vec<_>>();
        let same = |known: &Diagnostic| {
            let (a, b) = (known.span(), diagnostic.span());
            known.code == diagnostic.code
                && a.zip(b).is_some_and(|(a, b)| a.is_same_text(b))
                && texts(known) == texts(&diagnostic)
        };
        if !self.diagnostics.iter().any(same) || diagnostic.labels.is_empty() {
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
            self.report(crate::errors::semantic::type_mismatch(span, ty, left));
        }
    }

    /// Says that two variables are of one type; `span` is where the second is used as the first.
    fn unify(&mut self, expected: TypeVar, found: TypeVar, span: Span) {
        if let Err(Mismatch { left, right }) = self.script.types.unify(expected, found) {
            self.report(crate::errors::semantic::types_differ(span, left, right));
        }
    }
}
