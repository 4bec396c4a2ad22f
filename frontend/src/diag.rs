// SPDX-License-Identifier: MIT OR Apache-2.0
//! Diagnostics: what they hold, how they are collected, how they are shown.
//!
//! A diagnostic is made by a factory function ([`crate::errors`] has those of the front half), so that its
//! words, labels and hint stand in one place. Stages report into a [`Diagnostics`] and go on.

use std::borrow::Cow;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::span::{SourceMap, Span};

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The script cannot be run.
    Error,
    /// The script can be run, and may not do what was meant.
    Warning,
}

/// Something to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// Stable identifier, such as `E0012`.
    pub code: &'static str,
    /// What is wrong, in one line.
    pub message: String,
    /// Places in the sources. The first is where it is wrong; its text, and those of the others, say what is
    /// there. A text may be empty. Only what has no place at all, such as an unused script argument, has no
    /// label.
    pub labels: Vec<(Span, String)>,
    /// The probe aliases that lead to it, the innermost first, and where each is used. (The macros and script
    /// arguments on the way are part of its span.)
    pub aliases: Vec<(String, Span)>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Further facts.
    pub notes: Vec<String>,
}

/// A step on the way from a text to where it is used: a macro, a script argument or a probe alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// As the script writes it.
    pub name: String,
    /// Where it is used.
    pub used_at: Span,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, Some(span), message.into())
    }

    /// A warning at `span`.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, Some(span), message.into())
    }

    /// A warning about no place in particular.
    pub fn warning_without_place(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, None, message.into())
    }

    fn new(severity: Severity, code: &'static str, span: Option<Span>, message: String) -> Self {
        let labels = span.into_iter().map(|span| (span, String::new())).collect();
        Self { severity, code, message, labels, aliases: Vec::new(), hint: None, notes: Vec::new() }
    }

    /// Sets the text under the first place.
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.1 = text.into();
        }
        self
    }

    /// Adds a further place.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push((span, text.into()));
        self
    }

    /// Says what to do.
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }

    /// Adds a fact.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Where it is wrong.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.0)
    }

    /// How what is wrong came to be used, from its text outwards.
    pub fn chain(&self, sources: &SourceMap) -> Vec<Step> {
        let expansions = self.span().into_iter().flat_map(|at| sources.expansion_chain(at));
        let expansions = expansions.map(|one| Step { name: one.name.to_string(), used_at: one.call_site });
        let aliases = self.aliases.iter().map(|(name, used_at)| Step { name: name.clone(), used_at: *used_at });
        expansions.chain(aliases).collect()
    }

    /// Message, source lines with carets, hint and notes, as text that ends with a newline; with escape
    /// sequences if `styled`.
    pub fn render(&self, sources: &SourceMap, styled: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(&*self.message).id(self.code);
        let mut group = Group::with_title(title);
        let chain = self.chain(sources);
        let mut labels = self.labels.clone();
        // The outermost use is in the user's own text.
        if let Some(Step { name, used_at }) = chain.last()
            && !labels.iter().any(|(span, _)| span.overlaps(*used_at))
        {
            labels.push((*used_at, format!("in this use of `{name}`")));
        }
        for snippet in snippets(&labels, sources) {
            group = group.element(snippet);
        }
        if chain.len() > 1 {
            for Step { name, used_at } in &chain {
                let place = sources.location(*used_at);
                group = group.element(Level::NOTE.message(format!("from `{name}` at {place}")));
            }
        }
        for note in &self.notes {
            group = group.element(Level::NOTE.message(&**note));
        }
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(&**hint));
        }
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group]) + "\n"
    }
}

/// One snippet for each file that has a label, the first label's file first.
fn snippets<'a>(labels: &'a [(Span, String)], sources: &'a SourceMap) -> Vec<Snippet<'a, Annotation<'a>>> {
    let mut snippets: Vec<(_, Snippet<'a, Annotation<'a>>)> = Vec::new();
    for (index, (span, text)) in labels.iter().enumerate() {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let mut annotation = kind.span(char_range(&sources.file(span.file).text, *span));
        if !text.is_empty() {
            annotation = annotation.label(Cow::Borrowed(&**text));
        }
        match snippets.iter_mut().find(|(file, _)| *file == span.file) {
            Some((_, snippet)) => *snippet = snippet.clone().annotation(annotation),
            None => {
                let file = sources.file(span.file);
                let snippet = Snippet::source(&*file.text).path(&*file.name);
                snippets.push((span.file, snippet.annotation(annotation)));
            }
        }
    }
    snippets.into_iter().map(|(_, snippet)| snippet).collect()
}

/// The span's range, moved outwards to character boundaries and inside the text, as the renderer wants it.
fn char_range(text: &str, span: Span) -> std::ops::Range<usize> {
    let start = text.floor_char_boundary(span.start as usize);
    let end = text.ceil_char_boundary(span.end as usize);
    start..end.max(start)
}

/// Collects diagnostics.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    all: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.all.push(diagnostic);
    }

    /// Adds several.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.all.extend(diagnostics);
    }

    /// Makes warnings of those of a code, from the `start`th on.
    pub fn excuse(&mut self, start: usize, code: &str) {
        for diagnostic in self.all.iter_mut().skip(start).filter(|diagnostic| diagnostic.code == code) {
            diagnostic.severity = Severity::Warning;
        }
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.all.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Puts those from number `first` on into the order of the sources: by where each is used, first file first;
    /// those without a place come last.
    pub fn sort_from(&mut self, first: usize, sources: &SourceMap) {
        let place = |one: &Diagnostic| {
            let outermost = one.chain(sources).last().map(|step| step.used_at).or(one.span());
            outermost.map_or((u32::MAX, 0), |span| (span.file.0, span.start))
        };
        if let Some(new) = self.all.get_mut(first..) {
            new.sort_by_key(place);
        }
    }

    /// Makes errors of the warnings.
    pub fn deny_warnings(&mut self) {
        for warning in self.all.iter_mut().filter(|one| one.severity == Severity::Warning) {
            warning.severity = Severity::Error;
            warning.notes.push("-W makes an error of this warning".into());
        }
    }

    /// Drops the warnings.
    pub fn drop_warnings(&mut self) {
        self.all.retain(|one| one.severity != Severity::Warning);
    }

    /// Drops the warnings at a place.
    pub fn drop_warning_at(&mut self, place: Span) {
        self.all.retain(|one| one.severity != Severity::Warning || one.span() != Some(place));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them, in the order of their coming.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.all.iter()
    }

    /// All of them, in the order of their coming.
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.all
    }

    /// Each of them as [`Diagnostic::render`] shows it, with an empty line between.
    pub fn render(&self, sources: &SourceMap, styled: bool) -> String {
        let texts: Vec<_> = self.all.iter().map(|one| one.render(sources, styled)).collect();
        texts.join("\n")
    }
}
