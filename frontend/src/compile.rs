// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole front end, stage by stage.

use crate::analyse::{self, ListedPoint, Loader, Options, Source};
use crate::ast;
use crate::diag::{Diagnostic, Diagnostics};
use crate::hir::Script;
use crate::library::TapsetLibrary;
use crate::lower;
use crate::preprocess::Conditions;
use crate::span::SourceMap;
use crate::target::Target;
use spile_ir as ir;
use std::rc::Rc;

/// A compiled script.
#[derive(Debug)]
pub struct Compiled {
    /// What a code generator takes.
    pub program: ir::Program,
    /// All texts that took part, to render the diagnostics with.
    pub sources: SourceMap,
    /// Warnings.
    pub diagnostics: Diagnostics,
}

/// Why there is no program.
#[derive(Debug)]
pub struct Failed {
    /// All texts that took part, to render the diagnostics with.
    pub sources: SourceMap,
    /// Errors, and warnings.
    pub diagnostics: Diagnostics,
}

/// Parsed scripts of the user (`-p1`).
pub struct ParsedScript<'l> {
    loader: Loader<'l>,
    diagnostics: Diagnostics,
}

impl ParsedScript<'_> {
    /// The user's syntax trees.
    pub fn files(&self) -> &[Rc<ast::File>] {
        self.loader.user_files()
    }

    /// The points that the first script's probes stand for, with what handlers would find there if that is wanted.
    pub fn list_points(mut self, options: &Options, target: &dyn Target, with_variables: bool) -> Vec<ListedPoint> {
        analyse::list::points(&mut self.loader, options, target, with_variables)
    }

    /// All public functions, the library's too, with their types.
    pub fn list_functions(mut self, options: &Options, target: &dyn Target) -> Vec<String> {
        analyse::list::functions(&mut self.loader, options, target)
    }

    /// All public aliases, the library's too, with what they stand for.
    pub fn list_aliases(mut self) -> Vec<String> {
        analyse::list::aliases(&mut self.loader)
    }
}

/// A resolved script (`-p2`).
#[derive(Debug)]
pub struct Analysed {
    /// Probes, functions and globals with their types.
    pub script: Script,
    /// All texts that took part.
    pub sources: SourceMap,
    diagnostics: Diagnostics,
}

/// Compiles scripts for a target.
pub fn compile(
    sources: &[Source],
    library: &TapsetLibrary,
    options: &Options,
    target: &dyn Target,
) -> Result<Compiled, Failed> {
    let config = |name: &str| target.config(name).map(str::to_owned);
    let conditions = conditions(target, options, &config);
    let parsed = parse(sources, library, &conditions, options)?;
    let analysed = analyse(parsed, options, target)?;
    lower(analysed)
}

/// What preprocessor conditions may ask about a target. `config` looks up a kernel configuration option by its full name.
pub fn conditions<'a>(
    target: &dyn Target,
    options: &Options,
    config: &'a dyn Fn(&str) -> Option<String>,
) -> Conditions<'a> {
    Conditions {
        config,
        guru_mode: options.guru,
        runtime: target.runtime().into(),
        ..Conditions::new(target.release(), target.arch().script_name())
    }
}

/// Text to syntax trees.
pub fn parse<'l>(
    sources: &[Source],
    library: &'l TapsetLibrary,
    conditions: &'l Conditions<'l>,
    options: &Options,
) -> Result<ParsedScript<'l>, Failed> {
    let mut diagnostics = Diagnostics::new();
    let loader = Loader::new(sources, library, conditions, &options.args, &mut diagnostics);
    diagnostics.sort_from(0, &loader.sources);
    if diagnostics.has_errors() {
        return Err(Failed { sources: loader.sources, diagnostics });
    }
    Ok(ParsedScript { loader, diagnostics })
}

/// Syntax trees to the resolved script.
pub fn analyse(parsed: ParsedScript<'_>, options: &Options, target: &dyn Target) -> Result<Analysed, Failed> {
    let ParsedScript { mut loader, mut diagnostics } = parsed;
    let parsing = diagnostics.len();
    let script = analyse::analyse(&mut loader, options, target, &mut diagnostics);
    diagnostics.sort_from(parsing, &loader.sources);
    diagnostics.extend(loader.unused_arguments());
    let sources = loader.sources;
    if diagnostics.has_errors() {
        return Err(Failed { sources, diagnostics });
    }
    Ok(Analysed { script, sources, diagnostics })
}

/// The resolved script to IR.
pub fn lower(analysed: Analysed) -> Result<Compiled, Failed> {
    let Analysed { script, sources, mut diagnostics } = analysed;
    let program = lower::lower(&script, &sources);
    if let Err(problems) = ir::verify(&program) {
        for problem in problems {
            diagnostics.push(internal_error(&problem.to_string()));
        }
        return Err(Failed { sources, diagnostics });
    }
    Ok(Compiled { program, sources, diagnostics })
}

/// A mistake of ours: the IR is not what it should be.
fn internal_error(problem: &str) -> Diagnostic {
    let mut diagnostic = Diagnostic::warning_without_place("E0399", format!("internal error: {problem}"));
    diagnostic.severity = crate::diag::Severity::Error;
    diagnostic.hint("this is a bug in spile; please report it with the script")
}
