// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with `printf` and its relatives.

use crate::diag::Diagnostic;
use crate::span::Span;
use crate::types::{Decided, Type};

/// Something in a format that begins like a directive and is none. `text` is all of it.
pub fn bad_directive(span: Span, text: &[u8]) -> Diagnostic {
    let shown = text.escape_ascii();
    Diagnostic::error("E0319", span, format!("invalid or missing conversion specifier: '{shown}'"))
        .label("this is no directive")
        .hint(instead_of(text))
}

/// What to write instead of a wrong directive.
fn instead_of(text: &[u8]) -> String {
    let conversion = text.last().copied().filter(u8::is_ascii_alphabetic);
    let modifiers = text.iter().filter(|byte| matches!(byte, b'h' | b'l' | b'L' | b'q' | b'j' | b'z' | b't')).count();
    match conversion {
        None => "to print a percent sign, write `%%`".into(),
        Some(b'f' | b'F' | b'e' | b'E' | b'g' | b'G' | b'a' | b'A') => {
            "there are no floating-point numbers: print whole ones with %d".into()
        }
        Some(b'n') => "%n is refused: it would write to memory".into(),
        Some(letter @ (b'd' | b'i' | b'u' | b'o' | b'x' | b'X')) if modifiers > 0 => {
            format!("numbers have 64 bits: write `%{}`", char::from(letter))
        }
        Some(b'd' | b'i' | b'u' | b'o' | b'x' | b'X' | b'p' | b'c' | b's' | b'm' | b'M' | b'b') => {
            "one flag of - + # or a blank, then 0, width, precision and conversion: %-8d, %08x, %.3s".into()
        }
        Some(b'D') => "did you mean `%d`?".into(),
        Some(b'S') => "did you mean `%s`?".into(),
        Some(_) => "conversions are %d %i %u %o %x %X %p %c %s %m %M %b and %%".into(),
    }
}

/// A directive without an argument.
pub fn too_few_arguments(span: Span, given: usize, wanted: usize) -> Diagnostic {
    Diagnostic::error("E0320", span, format!("too few arguments for format string ({given}, expected {wanted})"))
        .label("no argument is left for this")
}

/// An argument without a directive.
pub fn too_many_arguments(span: Span, given: usize, wanted: usize) -> Diagnostic {
    Diagnostic::error("E0320", span, format!("too many arguments for format string ({given}, expected {wanted})"))
        .label("no directive prints this")
}

/// An argument of the wrong type for its directive, which ends in the byte `conversion`.
pub fn argument_type(span: Span, wanted: Type, found: Decided, directive: Span, conversion: u8) -> Diagnostic {
    let message = format!("type mismatch: expected {wanted} but found {}", found.ty);
    let error = Diagnostic::error("E0301", span, message)
        .label(format!("this is {}", found.ty.noun()))
        .also(directive, format!("this takes {}", wanted.noun()));
    let error = if found.span == span { error } else { error.also(found.span, format!("{} here", found.ty.noun())) };
    match conversion {
        b'd' | b'i' | b'u' | b'o' | b'x' | b'X' | b'c' => error.hint("strings are printed with %s"),
        b's' => error.hint("numbers are printed with %d, %x and the like"),
        b'm' | b'M' => error.hint("it takes the address of the memory to print"),
        _ => error,
    }
}
