// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tokens.

use std::fmt;
use std::sync::Arc;

use crate::ast::{ByteString, Name};
use crate::span::Span;

/// A token.
#[derive(Clone, Debug)]
pub struct Token {
    /// Which token.
    pub kind: TokenKind,
    /// Where it is written.
    pub span: Span,
}

/// The kinds of token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or keyword; `$` may stand anywhere in it, and first, as in `$var`, `$$vars` and `$`.
    Ident(Name),
    /// `@name`, without the `@`: an operator, a macro or a parameter of a macro.
    At(Name),
    /// `42`, `0x2a`, `052`
    Number(u64),
    /// `"text"`, escapes decoded.
    String(ByteString),
    /// `%{ code %}`
    Embedded(Arc<str>),
    /// Operators and punctuation.
    Op(Op),
    /// `$1` (pasted as it is) or `@1` (pasted as a string).
    Arg {
        /// Which script argument, from 1.
        number: u32,
        /// Pasted as a string.
        quoted: bool,
    },
    /// `$#` (a number) or `@#` (a string): how many script arguments there are.
    ArgCount {
        /// As a string.
        quoted: bool,
    },
    /// End of the file.
    End,
}

impl TokenKind {
    /// Whether this is the keyword or name `word`.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self, TokenKind::Ident(name) if name.as_str() == word)
    }
}

/// How a diagnostic names the token.
impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollar_or_at = |quoted: bool| if quoted { '@' } else { '$' };
        match self {
            TokenKind::Ident(name) if is_keyword(name) => write!(f, "keyword `{name}`"),
            TokenKind::Ident(name) => write!(f, "identifier `{name}`"),
            TokenKind::At(name) => write!(f, "`@{name}`"),
            TokenKind::Number(value) => write!(f, "number `{value}`"),
            TokenKind::String(_) => f.write_str("string literal"),
            TokenKind::Embedded(_) => f.write_str("embedded code"),
            TokenKind::Op(op) => write!(f, "`{op}`"),
            TokenKind::Arg { number, quoted } => write!(f, "`{}{number}`", dollar_or_at(*quoted)),
            TokenKind::ArgCount { quoted } => write!(f, "`{}#`", dollar_or_at(*quoted)),
            TokenKind::End => f.write_str("end of file"),
        }
    }
}

/// The words that are not names of variables or functions. They are ordinary names in probe points and after
/// `->`.
pub const KEYWORDS: [&str; 20] = [
    "probe", "global", "private", "function", "if", "else", "for", "foreach", "in", "limit", "return", "delete",
    "while", "break", "continue", "next", "string", "long", "try", "catch",
];

/// The words that are operators after an `@`, and so no names for macros.
pub const AT_WORDS: [&str; 22] = [
    "define",
    "cast",
    "defined",
    "probewrite",
    "entry",
    "perf",
    "var",
    "avg",
    "count",
    "sum",
    "min",
    "max",
    "hist_linear",
    "hist_log",
    "const",
    "variance",
    "kregister",
    "uregister",
    "kderef",
    "uderef",
    "enum",
    "enumname",
];

/// Whether `word` is in [`KEYWORDS`].
pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// Declares [`Op`] and the table of texts, the longest first, that the lexer matches against.
macro_rules! ops {
    ($($name:ident $text:literal,)*) => {
        /// Operators and punctuation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each is its text in the table")]
        pub enum Op { $($name),* }

        impl Op {
            /// All of them; one that is the beginning of another comes after it.
            pub const ALL: &[Op] = &[$(Op::$name),*];

            /// As it is written.
            pub fn text(self) -> &'static str {
                match self { $(Op::$name => $text),* }
            }
        }
    };
}

ops! {
    Accumulate "<<<", LogicalShr ">>>", ShlAssign "<<=", ShrAssign ">>=",
    EqEq "==", NotEq "!=", LessEq "<=", GreaterEq ">=", Match "=~", NotMatch "!~",
    AddAssign "+=", SubAssign "-=", MulAssign "*=", DivAssign "/=", RemAssign "%=",
    AndAssign "&=", XorAssign "^=", OrAssign "|=", ConcatAssign ".=",
    AndAnd "&&", OrOr "||", PlusPlus "++", MinusMinus "--", Arrow "->", Shl "<<", Shr ">>",
    CondOpen "%(", CondThen "%?", CondElse "%:", CondClose "%)",
    ParenOpen "(", ParenClose ")", BracketOpen "[", BracketClose "]", BraceOpen "{",
    BraceClose "}", Comma ",", Semicolon ";", Colon ":", Dot ".", Question "?", Bang "!",
    Tilde "~", Plus "+", Minus "-", Star "*", Slash "/", Percent "%", Amp "&", Pipe "|",
    Caret "^", Less "<", Greater ">", Assign "=",
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
