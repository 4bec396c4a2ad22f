// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with the use of the script library. Codes `E045x` and `E057x`.

use crate::diag::Diagnostic;
use crate::span::Span;

/// A call of a function that may harm the traced system, without guru mode.
pub fn function_needs_guru(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("E0450", span, format!("function '{name}' may only be used in guru mode; need stap -g"))
        .label("changes the traced system")
        .hint("guru mode (-g) allows scripts to change the traced system")
}

/// A probe alias of SystemTap's library that ours does not have.
pub fn alias_not_offered(span: Span, point: &str, why: &str) -> Diagnostic {
    Diagnostic::error("E0570", span, format!("probe point '{point}' is not supported yet")).label(why.to_owned())
}

/// A call of a function of SystemTap's library that ours does not have.
pub fn function_not_offered(span: Span, name: &str, why: &str) -> Diagnostic {
    Diagnostic::error("E0451", span, format!("function '{name}' is not supported")).label(why.to_owned())
}
