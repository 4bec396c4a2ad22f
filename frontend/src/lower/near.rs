// SPDX-License-Identifier: MIT OR Apache-2.0
//! The token that a message names.

/// Words of the language.
const KEYWORDS: &[&str] = &[
    "break", "catch", "continue", "delete", "else", "for", "foreach", "function", "global", "if", "in", "limit",
    "next", "private", "probe", "return", "string", "long", "try", "while",
];

/// Operators, longer ones before those that they begin with.
const OPERATORS: &[&str] = &[
    "<<<", ">>>", "<<=", ">>=", "==", "!=", "<=", ">=", "=~", "!~", "+=", "-=", "*=", "/=", "%=", "&=", "^=", "|=",
    ".=", "&&", "||", "++", "--", "->", "<<", ">>",
];

/// Kind and text of the first token of a piece of source: `operator '/'`, `identifier 'x'`.
pub(super) fn near(text: &str) -> String {
    let Some(first) = text.chars().next() else { return String::new() };
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '@');
    let run = &text[..text.find(|c| !word(c)).unwrap_or(text.len())];
    if first.is_ascii_digit() {
        return format!("number '{run}'");
    }
    if first == '@' {
        return format!("operator '{run}'");
    }
    if word(first) {
        let kind = if KEYWORDS.contains(&run) { "keyword" } else { "identifier" };
        return format!("{kind} '{run}'");
    }
    if let Some(string) = text.strip_prefix('"') {
        let end = string.find('"').unwrap_or(string.len());
        return format!("string '{}'", &string[..end]);
    }
    let operator = OPERATORS.iter().find(|operator| text.starts_with(**operator));
    format!("operator '{}'", operator.copied().unwrap_or(&text[..first.len_utf8()]))
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn tokens_are_named_by_kind() {
        assert_eq!(near("/ b"), "operator '/'");
        assert_eq!(near("<<= b"), "operator '<<='");
        assert_eq!(near("@avg(s)"), "operator '@avg'");
        assert_eq!(near("$file->f_pos"), "identifier '$file'");
        assert_eq!(near("foreach (a in b)"), "keyword 'foreach'");
        assert_eq!(near("0x10 + 1"), "number '0x10'");
        assert_eq!(near("\"text\" . x"), "string 'text'");
        assert_eq!(near(""), "");
    }
}
