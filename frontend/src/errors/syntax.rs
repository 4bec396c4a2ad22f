// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with the grammar.

use crate::ast::MAX_FLAT_POINTS;
use crate::diag::Diagnostic;
use crate::errors::similar;
use crate::parser::{MAX_HEIGHT, MAX_NESTING};
use crate::span::Span;
use crate::token::{Op, Token, TokenKind};

/// An operator or bracket is missing after `what`.
pub fn expected_op(span: Span, op: Op, what: &str, found: &TokenKind) -> Diagnostic {
    let message = format!("expected `{op}` after {what}, found {found}");
    Diagnostic::error("E0201", span, message).label(format!("`{op}` belongs here"))
}

/// Something other than a name.
pub fn expected_name(span: Span, what: &str, found: &TokenKind) -> Diagnostic {
    let error = Diagnostic::error("E0202", span, format!("expected {what}, found {found}"));
    match found {
        TokenKind::Ident(name) if crate::token::is_keyword(name) => {
            error.hint(format!("`{name}` is a keyword of the language: choose another name"))
        }
        TokenKind::Ident(name) if name.starts_with('$') => {
            error.hint("a name with `$` is a variable of the traced program; drop the `$`")
        }
        _ => error,
    }
}

/// Something other than a string literal.
pub fn expected_string(span: Span, what: &str, found: &TokenKind) -> Diagnostic {
    let message = format!("expected a string literal {what}, found {found}");
    Diagnostic::error("E0203", span, message)
}

/// Something other than a number.
pub fn expected_number(span: Span, what: &str, found: &TokenKind) -> Diagnostic {
    let message = format!("expected a number {what}, found {found}");
    Diagnostic::error("E0204", span, message)
}

/// Something other than a literal.
pub fn expected_literal(span: Span, what: &str, found: &TokenKind) -> Diagnostic {
    let message = format!("expected a number or a string literal {what}, found {found}");
    Diagnostic::error("E0205", span, message)
}

/// Nothing that begins an expression.
/// `before` is the token before it.
pub fn expected_expression(span: Span, found: &TokenKind, before: &Token) -> Diagnostic {
    let error = Diagnostic::error("E0206", span, format!("expected an expression, found {found}"));
    match found {
        TokenKind::Op(second) if before.span.after() == (Span { end: span.start, ..span }) => match before.kind {
            TokenKind::Op(first) if *second == Op::Assign => error.hint(format!("there is no operator `{first}=`")),
            _ => error,
        },
        TokenKind::Ident(name) => error.hint(format!("`{name}` is a keyword of the language, and no variable")),
        _ => error,
    }
}

/// Nothing that begins an item.
pub fn expected_item(span: Span, found: &TokenKind) -> Diagnostic {
    let message = format!("expected `probe`, `function`, `global` or `private`, found {found}");
    let error = Diagnostic::error("E0207", span, message);
    let words = ["probe", "function", "global", "private"];
    match found {
        TokenKind::Ident(word) => match similar(word, words) {
            Some(similar) => error.hint(format!("did you mean `{similar}`?")),
            _ => error.hint("statements stand in a probe: probe begin { … }"),
        },
        TokenKind::Op(Op::BraceClose) => error.hint("there is one `}` too many before this"),
        _ => error,
    }
}

/// Something other than `long` or `string` after a colon.
pub fn expected_type(span: Span, found: &TokenKind) -> Diagnostic {
    let message = format!("expected `long` or `string` as the type, found {found}");
    Diagnostic::error("E0208", span, message)
}

/// Nothing that begins a component of a probe point.
pub fn expected_component(span: Span, found: &TokenKind) -> Diagnostic {
    let message = format!("expected a probe point component, found {found}");
    Diagnostic::error("E0209", span, message)
        .hint("a probe point is words with dots between, such as kernel.function(\"vfs_read\")")
}

/// Constructs inside of each other without end.
pub fn nested_too_deep(span: Span) -> Diagnostic {
    Diagnostic::error("E0210", span, "this is nested too deeply").note(format!(
        "at most {MAX_NESTING} levels of brackets and statements, {MAX_HEIGHT} operators or `else if` in a row"
    ))
}

/// `{` without `}`. `open` is where it is.
pub fn unclosed_block(span: Span, open: Span, found: &TokenKind) -> Diagnostic {
    Diagnostic::error("E0211", span, format!("expected `}}`, found {found}")).also(open, "this block is not closed")
}

/// A value for an array.
pub fn array_initialised(span: Span) -> Diagnostic {
    Diagnostic::error("E0212", span, "only scalar globals can be initialised")
        .hint("assign the elements in a `begin` probe")
}

/// A size that is no size.
pub fn array_size(span: Span) -> Diagnostic {
    Diagnostic::error("E0213", span, "array size out of range").hint("the size is at least 1 and at most 2147483647")
}

/// Two parameters of one name.
pub fn duplicate_parameter(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::error("E0214", span, format!("duplicate parameter `{name}`")).also(first, "first here")
}

/// A priority that is no number, or below 0.
pub fn bad_priority(span: Span, found: &TokenKind) -> Diagnostic {
    let message = format!("expected the function's priority, 0 or more, found {found}");
    Diagnostic::error("E0215", span, message).hint("0 is that of a script's functions, 1 that of the library's")
}

/// An alias with a name that cannot be one. `what` says what it must not.
pub fn alias_name(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("E0216", span, format!("the name of a probe alias cannot {what}"))
        .hint("left of `=` stands the new name, right of it what it stands for")
}

/// Braces that multiply.
pub fn too_many_points(span: Span) -> Diagnostic {
    let message = format!("the braces stand for more than {MAX_FLAT_POINTS} probe points");
    Diagnostic::error("E0217", span, message).hint("use a wildcard, or several probes")
}

/// `else` out of place.
pub fn else_without_if(span: Span) -> Diagnostic {
    Diagnostic::error("E0218", span, "`else` without `if`").hint("an `if` governs one statement; put several in braces")
}

/// `catch` out of place.
pub fn catch_without_try(span: Span) -> Diagnostic {
    Diagnostic::error("E0219", span, "`catch` without `try`")
}

/// `try { … }` alone.
pub fn try_without_catch(span: Span, found: &TokenKind) -> Diagnostic {
    Diagnostic::error("E0220", span, format!("expected `catch` after `try {{ … }}`, found {found}"))
        .hint("to ignore the error: try { … } catch { }")
}

/// `foreach (k …` without `in`.
pub fn foreach_without_in(span: Span, found: &TokenKind) -> Diagnostic {
    let message = format!("expected `in` and an array, found {found}");
    Diagnostic::error("E0221", span, message)
        .hint("foreach (key in array), foreach ([a, b] in array) or foreach (value = key in array)")
}

/// `@op` that does not sort.
pub fn sort_operator(span: Span, found: &TokenKind) -> Diagnostic {
    Diagnostic::error("E0222", span, format!("{found} cannot sort an array"))
        .hint("@count, @sum, @min, @max and @avg can")
}

/// `@op` after the array without its sign.
pub fn sort_without_direction(span: Span, found: &TokenKind) -> Diagnostic {
    let message = format!("expected `+` (ascending) or `-` (descending), found {found}");
    Diagnostic::error("E0223", span, message)
}

/// A second `+` or `-` in one `foreach`.
pub fn second_sort(span: Span, first: Span) -> Diagnostic {
    Diagnostic::error("E0224", span, "`foreach` can sort by one thing only").also(first, "already sorted by this")
}

/// An assignment to something else than a variable, or a step of it.
pub fn not_assignable(span: Span, is_step: bool) -> Diagnostic {
    let error = Diagnostic::error("E0225", span, "this cannot be assigned to")
        .label("not a variable, array element or target variable");
    if is_step {
        return error;
    }
    error.hint("to compare, write `==`; `?:` and other operators bind tighter than `=`")
}

/// `[a, b]` without `in`.
pub fn keys_without_in(span: Span, found: &TokenKind) -> Diagnostic {
    Diagnostic::error("E0226", span, format!("expected `in` after a list of keys, found {found}"))
        .hint("to ask whether an array has an element: [a, b] in array")
}

/// `[a, b]` where its operator cannot be.
pub fn unexpected_keys(span: Span) -> Diagnostic {
    Diagnostic::error("E0227", span, "a list of keys cannot stand here").hint("put `[…] in array` in parentheses")
}

/// `&x` where `x` is a script's own value.
pub fn no_address(span: Span) -> Diagnostic {
    Diagnostic::error("E0228", span, "this has no address")
        .hint("`&` applies to $variables, @var, @cast and what `->` and `[ ]` reach from them")
}

/// `$` or `$$` alone.
pub fn lone_dollar(span: Span) -> Diagnostic {
    Diagnostic::error("E0229", span, "expected the name of a target variable after `$`")
        .hint("script arguments are $1 to $999; `$` and `$$` behind a target variable print it")
}

/// `printf` without parentheses.
pub fn print_without_parentheses(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("E0230", span, format!("expected `(` after `{name}`"))
}

/// `*` as a key where one element is meant.
pub fn wildcard_key(span: Span) -> Diagnostic {
    Diagnostic::error("E0231", span, "`*` cannot be the key of one element")
        .hint("`*` stands for any key in `delete`, `foreach` and `[…] in array`")
}

/// `printd("x")`
pub fn nothing_to_delimit(span: Span, name: &str) -> Diagnostic {
    let message = format!("`{name}` takes a delimiter and at least one value");
    Diagnostic::error("E0232", span, message).hint("to print a string alone, use `print`")
}

/// `@word` that is no operator.
pub fn unknown_operator(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error("E0233", span, format!("`@{word}` cannot be used in an expression"))
}

/// The size of `@kderef`.
pub fn deref_size(span: Span) -> Diagnostic {
    Diagnostic::error("E0234", span, "the size of an access is 1, 2, 4 or 8 bytes")
}

/// The bit shift of `@variance`.
pub fn variance_shift(span: Span) -> Diagnostic {
    Diagnostic::error("E0235", span, "the bit shift of `@variance` is 0 to 62")
}

/// A histogram where a value is needed.
pub fn histogram_as_value(span: Span) -> Diagnostic {
    Diagnostic::error("E0236", span, "a histogram is not a value")
        .hint("print it, take one of its buckets with `[ ]`, or walk through it with `foreach`")
}

/// The width of a bucket.
pub fn histogram_step(span: Span) -> Diagnostic {
    Diagnostic::error("E0237", span, "the width of a bucket is at least 1")
}

/// A histogram that ends before it begins.
pub fn histogram_range(span: Span) -> Diagnostic {
    Diagnostic::error("E0238", span, "the low end of the histogram is above its high end")
}

/// `{ … }` where a probe point belongs.
pub fn block_as_point(span: Span) -> Diagnostic {
    Diagnostic::error("E0460", span, "expected a probe point before the block")
        .label("read as alternatives, as in kernel.{function(\"a\"), trace(\"b\")}")
}

/// `global a = 1 + 1`
pub fn initial_expression(span: Span) -> Diagnostic {
    Diagnostic::error("E0461", span, "only a number or a string literal can initialise a global")
        .label("the literal ends here")
        .hint("compute the value in a `begin` probe")
}

/// An item in a block.
pub fn nested_item(span: Span, found: &TokenKind) -> Diagnostic {
    let error = Diagnostic::error("E0462", span, format!("{found} cannot stand in a block"));
    match found.is_word("global") {
        true => error.hint("globals are declared outside of probes and functions; other variables need no declaration"),
        false => error.hint("probes and functions stand beside each other; is a `}` missing before this?"),
    }
}
