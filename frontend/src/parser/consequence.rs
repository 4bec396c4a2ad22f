// SPDX-License-Identifier: MIT OR Apache-2.0
//! Syntax errors that only follow from what an earlier stage found wrong.

use crate::diag::{Diagnostic, Severity};
use crate::span::{SourceMap, Span};

/// Leaves out the syntax errors that stand on the line of an earlier stage's error, right behind it, or at the end of a
/// file with such an error: there the text is not what was meant.
pub(crate) fn without_consequences<'d>(
    earlier: impl Iterator<Item = &'d Diagnostic> + Clone,
    parsing: Vec<Diagnostic>,
    sources: &SourceMap,
) -> Vec<Diagnostic> {
    let place = |one: &Diagnostic| one.span().map(|span| sources.outermost(span));
    let causes = earlier.filter(|one| one.severity == Severity::Error).filter_map(place);
    let follows = |one: &Diagnostic| {
        let Some(at) = place(one) else { return false };
        causes.clone().any(|cause| cause.file == at.file && is_behind(cause, at, sources))
    };
    parsing.into_iter().filter(|one| !follows(one)).collect()
}

fn is_behind(cause: Span, at: Span, sources: &SourceMap) -> bool {
    let text = &sources.file(at.file).text;
    let blank = |from: u32, to: u32| text.get(from as usize..to as usize).is_some_and(|part| part.trim().is_empty());
    let same_line = sources.location(cause).line == sources.location(at).line;
    same_line && cause.start <= at.start || blank(cause.end, at.start) || blank(at.start, text.len() as u32)
}
