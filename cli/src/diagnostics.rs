// SPDX-License-Identifier: MIT OR Apache-2.0
//! Diagnostics on standard error: for people or for programs, with the warnings that are wanted.

use anyhow::{Result, bail};
use serde::Serialize;
use spile_frontend::diag::{Diagnostic, Diagnostics, Severity};
use spile_frontend::explain::Explanation;
use spile_frontend::span::{SourceMap, Span};

use crate::args::{MessageFormat, Script};
use crate::show;

/// What is done with warnings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Warnings {
    /// They are told.
    #[default]
    Tell,
    /// They are not (`-w`).
    Drop,
    /// They are errors (`-W`).
    Deny,
    /// Neither they nor errors are told.
    Mute,
}

/// How diagnostics are shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Show {
    /// What is done with warnings.
    pub warnings: Warnings,
    /// For whom.
    pub format: MessageFormat,
}

impl Show {
    /// As the command line says.
    pub fn new(script: &Script) -> Self {
        let warnings = match script {
            Script { deny_warnings: true, .. } => Warnings::Deny,
            Script { no_warnings: true, .. } => Warnings::Drop,
            _ => Warnings::Tell,
        };
        Self { warnings, format: script.message_format }
    }

    /// Writes them to standard error. Whether one is an error.
    pub fn show(self, mut diagnostics: Diagnostics, sources: &SourceMap) -> bool {
        match self.warnings {
            Warnings::Tell => {}
            Warnings::Drop => diagnostics.drop_warnings(),
            Warnings::Deny => diagnostics.deny_warnings(),
            Warnings::Mute => return diagnostics.has_errors(),
        }
        for diagnostic in diagnostics.iter() {
            match self.format {
                MessageFormat::Text => complain!("{}", diagnostic.render(sources, true)),
                MessageFormat::Json => complain!("{}", json(diagnostic, sources)),
            }
        }
        diagnostics.has_errors()
    }
}

/// Prints the explanation of a code, or the list of all codes.
pub fn explain(code: Option<&str>) -> Result<()> {
    let Some(code) = code else {
        return show::lines(Explanation::all().map(|one| format!("{}  {}", one.code, one.title())));
    };
    match (Explanation::of(code), Explanation::similar(code)) {
        (Some(found), _) => show::text(found.text),
        (None, Some(near)) => bail!("no diagnostic has the code {code}; did you mean {near}?"),
        (None, None) => bail!("no diagnostic has the code {code}; `spile explain` lists them"),
    }
}

/// A diagnostic as one line of JSON. docs/command.md describes it.
pub fn json(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let labels: Vec<_> = diagnostic.labels.iter().map(|(span, text)| Label::new(*span, text, sources)).collect();
    let chain = diagnostic.chain(sources).into_iter();
    let message = Message {
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        code: diagnostic.code,
        message: &diagnostic.message,
        place: diagnostic.span().map(|span| Place::new(span, sources)),
        labels,
        hint: diagnostic.hint.as_deref(),
        notes: &diagnostic.notes,
        chain: chain.map(|step| Step { place: Place::new(step.used_at, sources), name: step.name }).collect(),
        rendered: diagnostic.render(sources, false),
    };
    serde_json::to_string(&message).expect("strings and numbers can be written as JSON")
}

#[derive(Serialize)]
struct Message<'a> {
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Option<Place>,
    labels: Vec<Label<'a>>,
    hint: Option<&'a str>,
    notes: &'a [String],
    chain: Vec<Step>,
    rendered: String,
}

#[derive(Serialize)]
struct Place {
    file: String,
    line: u32,
    column: u32,
    end: End,
}

#[derive(Serialize)]
struct End {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Label<'a> {
    #[serde(flatten)]
    place: Place,
    text: &'a str,
}

#[derive(Serialize)]
struct Step {
    name: String,
    #[serde(flatten)]
    place: Place,
}

impl Place {
    fn new(span: Span, sources: &SourceMap) -> Self {
        let (start, end) = (sources.location(span), sources.end_location(span));
        let file = start.file.to_string();
        Self { file, line: start.line, column: start.column, end: End { line: end.line, column: end.column } }
    }
}

impl<'a> Label<'a> {
    fn new(span: Span, text: &'a str, sources: &SourceMap) -> Self {
        Self { place: Place::new(span, sources), text }
    }
}
