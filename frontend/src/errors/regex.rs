// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with regular expressions. Codes `E041x`, warnings `W041x`.

use crate::diag::Diagnostic;
use crate::span::Span;
use spile_regex::ErrorKind;

/// A pattern that cannot be read.
pub fn bad_regex(span: Span, kind: ErrorKind) -> Diagnostic {
    let base = Diagnostic::error("E0410", span, format!("invalid regular expression: {kind}"));
    match kind {
        ErrorKind::UnclosedGroup
        | ErrorKind::UnopenedGroup
        | ErrorKind::UnclosedSet
        | ErrorKind::NothingToRepeat
        | ErrorKind::BadCount => base.hint("the character itself is written with \\\\ before it in a string literal"),
        ErrorKind::TrailingBackslash => base.hint("a backslash itself is written \\\\\\\\ in a string literal"),
        ErrorKind::UnknownClass => base.hint(
            "classes are [:alnum:] [:alpha:] [:blank:] [:cntrl:] [:digit:] [:graph:] [:lower:] [:print:] [:punct:] \
             [:space:] [:upper:] and [:xdigit:]",
        ),
        ErrorKind::Collating | ErrorKind::Equivalence => base.hint("list the characters themselves"),
        ErrorKind::RangeEnd => base.hint("a '-' itself comes first or last in the brackets"),
        ErrorKind::BackReference => base.hint("compare matched(N) in the script"),
        ErrorKind::CountOrder
        | ErrorKind::CountTooLarge
        | ErrorKind::RangeOrder
        | ErrorKind::TooDeep
        | ErrorKind::TooManyGroups => base,
    }
}

/// A pattern whose table would be too large. Where what it matches is kept, tables are larger.
pub fn regex_too_large(span: Span, keeps: bool) -> Diagnostic {
    let base = Diagnostic::error("E0411", span, "the regular expression needs too large a table");
    if keeps {
        base.label("its groups are kept, since the script uses matched(), matched_str() or ngroups()")
            .hint("repeat groups less often: counts as in (x){9} are written out, each with tables of its own")
    } else {
        base.hint("counts as in x{99} are written out; a '.*' or a class before them multiplies the table")
    }
}

/// An escape that means something elsewhere, and the mere letter here.
pub fn escaped_letter(span: Span, letter: char) -> Diagnostic {
    let base =
        Diagnostic::warning("W0412", span, format!("'\\{letter}' is the letter '{letter}' in a regular expression"));
    let class = match letter {
        'd' => "[[:digit:]]",
        'D' => "[^[:digit:]]",
        's' => "[[:space:]]",
        'S' => "[^[:space:]]",
        'w' => "[[:alnum:]_]",
        'W' => "[^[:alnum:]_]",
        _ => return base,
    };
    base.hint(format!("the class is written {class}"))
}
