// SPDX-License-Identifier: MIT OR Apache-2.0
//! The conditions of `%( … %? … %)`.

use std::cmp::Ordering;

use crate::ast::ByteString;
use crate::diag::Diagnostic;
use crate::errors::preprocess as errors;
use crate::glob;
use crate::span::Span;
use crate::token::{Op, Token, TokenKind};

/// What conditions may ask for.
pub struct Conditions<'a> {
    /// `kernel_vr`: the release, as `uname -r` shows it. `kernel_v` is what comes before its first `-`.
    pub kernel_release: String,
    /// `arch`: `x86_64`, `arm64`, …
    pub arch: String,
    /// `CONFIG_NAME`: the value of an option of the kernel's configuration, by its full name; `None` if it is
    /// not set.
    pub config: &'a dyn Fn(&str) -> Option<String>,
    /// `systemtap_v`: the version of the language.
    pub systemtap_version: String,
    /// `systemtap_privilege`: `stapusr`, `stapsys` or `stapdev`.
    pub privilege: String,
    /// `guru_mode`: 1 or 0.
    pub guru_mode: bool,
    /// `runtime`: `kernel`, `dyninst` or `bpf`.
    pub runtime: String,
}

/// The version of the language that this compiler speaks.
pub const LANGUAGE_VERSION: &str = "5.6";

impl Conditions<'static> {
    /// A kernel of this release and architecture, of whose configuration nothing is known; every privilege,
    /// no guru mode.
    pub fn new(kernel_release: impl Into<String>, arch: impl Into<String>) -> Self {
        Self {
            kernel_release: kernel_release.into(),
            arch: arch.into(),
            config: &|_| None,
            systemtap_version: LANGUAGE_VERSION.into(),
            privilege: "stapdev".into(),
            guru_mode: false,
            runtime: "kernel".into(),
        }
    }
}

/// The value of one side of a comparison.
enum Operand {
    /// Compared as a version; `==` and `!=` take patterns.
    Version(String),
    /// Only `==` and `!=`, with patterns.
    Text(String),
    /// `"literal"`
    Literal(String),
    Number(i64),
}

type Evaluated<T> = Result<T, Box<Diagnostic>>;

/// Whether a condition holds. `&&` binds tighter than `||`; there are no parentheses. `span` is the `%(`.
pub(super) fn evaluate(tokens: &[Token], conditions: &Conditions<'_>, span: Span) -> Evaluated<bool> {
    let mut any = false;
    let mut rest = tokens;
    let mut at = span;
    loop {
        let mut all = true;
        loop {
            let [lhs, op, rhs, tail @ ..] = rest else {
                return Err(Box::new(errors::incomplete_condition(at)));
            };
            all &= compare(lhs, op, rhs, conditions)?;
            rest = tail;
            match rest {
                [Token { kind: TokenKind::Op(Op::AndAnd), span }, tail @ ..] => {
                    (at, rest) = (*span, tail);
                }
                _ => break,
            }
        }
        any |= all;
        match rest {
            [] => return Ok(any),
            [Token { kind: TokenKind::Op(Op::OrOr), span }, tail @ ..] => (at, rest) = (*span, tail),
            [other, ..] => return Err(Box::new(errors::bad_condition(other.span, &other.kind))),
        }
    }
}

fn compare(lhs: &Token, op: &Token, rhs: &Token, conditions: &Conditions<'_>) -> Evaluated<bool> {
    let holds: fn(Ordering) -> bool = match op.kind {
        TokenKind::Op(Op::EqEq) => Ordering::is_eq,
        TokenKind::Op(Op::NotEq) => Ordering::is_ne,
        TokenKind::Op(Op::Less) => Ordering::is_lt,
        TokenKind::Op(Op::LessEq) => Ordering::is_le,
        TokenKind::Op(Op::Greater) => Ordering::is_gt,
        TokenKind::Op(Op::GreaterEq) => Ordering::is_ge,
        _ => return Err(Box::new(errors::bad_comparison(op.span, &op.kind))),
    };
    let equality = matches!(op.kind, TokenKind::Op(Op::EqEq | Op::NotEq));
    let left = operand(lhs, conditions)?;
    let pattern = match (&left, &rhs.kind) {
        (Operand::Number(_), _) => None,
        (_, TokenKind::String(text)) => Some(text.to_str_lossy()),
        _ => {
            return Err(Box::new(errors::condition_types(rhs.span, "a string literal")));
        }
    };
    let by_pattern = |text: &str, pattern: &str| match glob::matches(pattern, text) {
        true => Ordering::Equal,
        false => Ordering::Less,
    };
    let pattern = pattern.as_deref().unwrap_or_default();
    let ordering = match left {
        Operand::Number(left) => match rhs.kind {
            TokenKind::Number(right) => left.cmp(&(right as i64)),
            _ => return Err(Box::new(errors::condition_types(rhs.span, "a number"))),
        },
        Operand::Literal(left) => (*left).cmp(pattern),
        Operand::Version(left) if equality && glob::is_pattern(pattern) => by_pattern(&left, pattern),
        Operand::Version(left) => glob::compare_versions(&left, pattern),
        Operand::Text(left) if equality => by_pattern(&left, pattern),
        Operand::Text(_) => return Err(Box::new(errors::only_equality(op.span, &lhs.kind))),
    };
    Ok(holds(ordering))
}

fn operand(token: &Token, conditions: &Conditions<'_>) -> Evaluated<Operand> {
    let text = |bytes: &ByteString| bytes.to_str_lossy().into_owned();
    Ok(match &token.kind {
        TokenKind::Number(value) => Operand::Number(*value as i64),
        TokenKind::String(value) => Operand::Literal(text(value)),
        TokenKind::Ident(name) => match name.as_str() {
            "kernel_vr" => Operand::Version(conditions.kernel_release.clone()),
            "kernel_v" => {
                let version = conditions.kernel_release.split('-').next();
                Operand::Version(version.unwrap_or_default().into())
            }
            "systemtap_v" => Operand::Version(conditions.systemtap_version.clone()),
            "arch" => Operand::Text(conditions.arch.clone()),
            "systemtap_privilege" => Operand::Text(conditions.privilege.clone()),
            "runtime" => Operand::Text(conditions.runtime.clone()),
            "guru_mode" => Operand::Number(conditions.guru_mode.into()),
            config if config.starts_with("CONFIG_") => Operand::Text((conditions.config)(config).unwrap_or_default()),
            _ => return Err(Box::new(errors::unknown_condition(token.span, &token.kind))),
        },
        _ => return Err(Box::new(errors::unknown_condition(token.span, &token.kind))),
    })
}
