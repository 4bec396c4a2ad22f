// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with macros, conditionals and script arguments.

use crate::diag::Diagnostic;
use crate::span::Span;
use crate::token::{Op, TokenKind};

/// `@name` that means nothing.
pub fn unknown_macro(span: Span, name: &str, similar: Option<&str>) -> Diagnostic {
    let message = format!("unknown macro or operator `@{name}`");
    let error = Diagnostic::error("E0101", span, message);
    match similar {
        Some(similar) => error.hint(format!("did you mean `@{similar}`?")),
        None => error.hint("macros are defined before their use, by `@define` or in a tapset's .stpm file"),
    }
}

/// A macro that has parameters, without parentheses.
pub fn macro_without_arguments(span: Span, name: &str, defined: Span) -> Diagnostic {
    let message = format!("macro `@{name}` needs arguments in parentheses");
    Diagnostic::error("E0102", span, message).also(defined, "defined here with parameters")
}

/// A list of macro arguments without its end.
pub fn unclosed_macro_use(span: Span, name: &str) -> Diagnostic {
    let message = format!("unclosed argument list of macro `@{name}`");
    Diagnostic::error("E0103", span, message).hint("close it with `)`")
}

/// The wrong number of macro arguments. `counts` are those of the definition and of the use.
pub fn macro_arity(span: Span, name: &str, counts: (usize, usize), defined: Span) -> Diagnostic {
    let plural = if counts.0 == 1 { "" } else { "s" };
    let message = format!("macro `@{name}` takes {} argument{plural}, not {}", counts.0, counts.1);
    Diagnostic::error("E0104", span, message).also(defined, "defined here")
}

/// A macro that leads to itself.
pub fn recursive_macro(span: Span, name: &str, defined: Span) -> Diagnostic {
    Diagnostic::error("E0105", span, format!("macro `@{name}` uses itself")).also(defined, "defined here")
}

/// A second macro of one name.
pub fn macro_redefined(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::error("E0106", span, format!("attempt to redefine macro `@{name}`")).also(first, "first defined here")
}

/// A second file of the library that defines a macro.
pub fn library_macro_redefined(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::error("E0180", span, format!("duplicate definition of library macro `@{name}`"))
        .also(first, "first defined here")
}

/// A macro named as an operator.
pub fn builtin_redefined(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("E0107", span, format!("attempt to redefine builtin `@{name}`"))
}

/// `@define` without a name.
pub fn definition_without_name(span: Span) -> Diagnostic {
    Diagnostic::error("E0108", span, "expected the name of the macro after `@define`")
        .hint("the name is written without `@` here")
}

/// `@define NAME` without `%(`.
pub fn definition_without_body(span: Span, name: &str, braces: bool) -> Diagnostic {
    let hint = if braces { "braces belong to the body: @define NAME %( … %)" } else { "@define NAME %( … %)" };
    Diagnostic::error("E0109", span, format!("expected `%(` and the body of macro `@{name}`")).hint(hint)
}

/// `@define NAME %(` without its end.
pub fn unclosed_definition(span: Span, name: &str) -> Diagnostic {
    let message = format!("unclosed body of macro `@{name}`");
    Diagnostic::error("E0110", span, message).hint("close it with `%)`")
}

/// `@define` in a macro's body.
pub fn definition_in_macro(span: Span) -> Diagnostic {
    Diagnostic::error("E0111", span, "a macro cannot define a macro")
}

/// A parameter that is not a name.
pub fn bad_macro_parameter(span: Span, found: &TokenKind) -> Diagnostic {
    let message = format!("expected a list of names for the macro's parameters, found {found}");
    Diagnostic::error("E0112", span, message)
}

/// Two parameters of one name.
pub fn duplicate_macro_parameter(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("E0113", span, format!("duplicate macro parameter `{name}`"))
}

/// Something other than `@define` in a macro library.
pub fn not_a_definition(span: Span, found: &TokenKind) -> Diagnostic {
    let message = format!("a macro library holds only `@define`, found {found}");
    Diagnostic::error("E0114", span, message).hint("move this to a .stp file")
}

/// Macros or conditionals inside of each other without end.
pub fn nested_too_deep(span: Span) -> Diagnostic {
    Diagnostic::error("E0115", span, "macros and conditionals are nested too deeply")
}

/// Macros that multiply.
pub fn too_many_tokens(span: Span) -> Diagnostic {
    Diagnostic::error("E0116", span, "the macros of this file expand to too much text")
}

/// A script argument in a script argument.
pub fn argument_in_argument(span: Span, number: u32) -> Diagnostic {
    let message = match number {
        0 => "a script argument cannot count the arguments".to_owned(),
        number => format!("a script argument cannot refer to argument {number}"),
    };
    Diagnostic::error("E0117", span, message)
}

/// `$9` with fewer arguments.
pub fn argument_out_of_range(span: Span, number: u32, quoted: bool, count: usize) -> Diagnostic {
    let sign = if quoted { '@' } else { '$' };
    let message = match count {
        0 => format!("`{sign}{number}` without any script arguments"),
        count => format!("script argument `{sign}{number}` out of range 1 to {count}"),
    };
    Diagnostic::error("E0118", span, message).hint("arguments follow the name of the script on the command line")
}

/// An argument that the script does not look at.
pub fn unused_argument(number: u32, text: &str) -> Diagnostic {
    let message = format!("unused command line option ${number}/@{number}");
    let warning = Diagnostic::warning_without_place("W0119", message).note(format!("it is {text:?}"));
    match text.starts_with('-') {
        true => warning.hint("options come before the script, what follows it is the script's own"),
        false => warning,
    }
}

/// `%?`, `%:` or `%)` without `%(`.
pub fn stray_conditional(span: Span, op: Op) -> Diagnostic {
    Diagnostic::error("E0120", span, format!("`{op}` without `%(`")).hint("for the operator, put a blank after `%`")
}

/// `%( COND` without `%?`.
pub fn condition_without_then(span: Span) -> Diagnostic {
    Diagnostic::error("E0121", span, "expected `%?` after the condition of `%(`")
        .label("no `%?` follows")
        .hint("for the operator, put a blank after `%`")
}

/// `%( COND %?` without `%)`.
pub fn unclosed_conditional(span: Span) -> Diagnostic {
    Diagnostic::error("E0122", span, "incomplete conditional").label("no `%)` follows")
}

/// A condition that breaks off.
pub fn incomplete_condition(span: Span) -> Diagnostic {
    Diagnostic::error("E0123", span, "incomplete condition")
        .label("a comparison belongs here")
        .hint("for instance: kernel_v >= \"5.10\" && arch == \"x86_64\"")
}

/// Neither `&&` nor `||` between comparisons.
pub fn bad_condition(span: Span, found: &TokenKind) -> Diagnostic {
    let message = format!("expected `&&`, `||` or `%?` after a comparison, found {found}");
    Diagnostic::error("E0124", span, message)
}

/// No comparison operator where one belongs.
pub fn bad_comparison(span: Span, found: &TokenKind) -> Diagnostic {
    let message = format!("expected a comparison operator, found {found}");
    let error = Diagnostic::error("E0125", span, message);
    match found {
        TokenKind::Op(Op::Assign) => error.hint("to compare, write `==`"),
        _ => error.hint("a condition is comparisons, joined by `&&` and `||`, without parentheses"),
    }
}

/// A comparison with the wrong kind of literal.
pub fn condition_types(span: Span, expected: &str) -> Diagnostic {
    Diagnostic::error("E0126", span, format!("expected {expected} on the right side of the comparison"))
        .hint("versions, names and values of CONFIG_… are strings, guru_mode is a number")
}

/// `<` and the like for what has no order.
pub fn only_equality(span: Span, subject: &TokenKind) -> Diagnostic {
    let message = format!("{subject} can only be compared with `==` and `!=`");
    Diagnostic::error("E0127", span, message).label("it has no order")
}

/// A condition on something unknown.
pub fn unknown_condition(span: Span, found: &TokenKind) -> Diagnostic {
    let message = format!("a condition cannot ask for {found}");
    let error = Diagnostic::error("E0128", span, message);
    let known = ["kernel_v", "kernel_vr", "arch", "systemtap_v", "systemtap_privilege", "guru_mode", "runtime"];
    let near = if let TokenKind::Ident(name) = found { crate::errors::similar(name, known) } else { None };
    match near {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("it can ask for {} and CONFIG_…", known.join(", "))),
    }
}
