// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with IR text.

use crate::diag::Diagnostic;
use crate::span::Span;

/// Text that is not IR.
pub fn not_ir(span: Span, problem: &str) -> Diagnostic {
    Diagnostic::error("E0480", span, format!("this IR cannot be read: {problem}"))
}

/// IR that breaks a rule of the verifier.
pub fn broken_ir(span: Span, place: &str, problem: &str) -> Diagnostic {
    Diagnostic::error("E0481", span, format!("this IR breaks a rule: {problem}"))
        .label(place)
        .hint("`spile dump --emit ir` prints IR that keeps the rules; ir/src/verify.rs lists them")
}
