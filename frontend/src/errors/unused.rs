// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a script has and does not use.

use crate::diag::Diagnostic;
use crate::span::Span;

/// A global of the library in a user's script.
pub fn library_global(span: Span, name: &str, file: &str) -> Diagnostic {
    Diagnostic::warning("W0460", span, format!("cross-file global variable reference to '{name}'"))
        .label(format!("declared in {file}"))
        .hint(format!("if it is not meant, declare `global {name}` in the script"))
}

/// A function that nothing calls.
pub fn unused_function(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning("W0461", span, format!("unused function '{name}'")).label("nothing calls it; it is left out")
}

/// A global that nothing uses.
pub fn unused_global(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning("W0462", span, format!("unused global variable '{name}'"))
        .label("nothing uses it; it is left out")
}

/// A probe that does nothing.
pub fn empty_probe(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning("W0463", span, format!("side-effect-free probe '{name}'")).label("its handler does nothing")
}

/// Assignments to a local that nothing reads.
pub fn unread_local(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning("W0464", span, format!("unread local variable '{name}'"))
        .label("what is assigned to it is never used, and not computed")
}
