// SPDX-License-Identifier: MIT OR Apache-2.0
//! What operations give for known operands.
//!
//! Nothing is given for an operation that fails on them (a division by zero): it must fail when it runs.

use std::rc::Rc;

use spile_regex::Search;

use crate::{Intrinsic, Op, Value, interp::string};

/// A value that is known when the script is compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Constant {
    Int(i64),
    /// Already cut to the limit.
    Str(Rc<[u8]>),
}

impl Constant {
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            Self::Str(_) => None,
        }
    }

    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Int(_) => None,
            Self::Str(bytes) => Some(bytes),
        }
    }

    /// A string cut to the limit.
    pub fn string(mut bytes: Vec<u8>, limit: usize) -> Self {
        bytes.truncate(limit);
        Self::Str(bytes.into())
    }
}

/// The result of an operation, as far as `known` knows its operands. Strings have at most `limit` bytes.
pub(super) fn evaluate<'k>(
    op: &Op,
    strings: &[Vec<u8>],
    limit: usize,
    known: impl Fn(Value) -> Option<&'k Constant>,
) -> Option<Constant> {
    let int = |value: &Value| known(*value).and_then(Constant::int);
    let text = |value: &Value| known(*value).and_then(Constant::bytes);
    let truth = |truth: bool| Constant::Int(truth.into());
    Some(match op {
        Op::Int(int) => Constant::Int(*int),
        Op::Str(string) => Constant::string(strings[string.index()].clone(), limit),
        Op::Binary(op, a, b) => Constant::Int(op.apply(int(a)?, int(b)?)?),
        Op::Compare(op, a, b) => truth(op.holds(&int(a)?, &int(b)?)),
        Op::CompareStr(op, a, b) => truth(op.holds(text(a)?, text(b)?)),
        Op::Concat(a, b) => Constant::string([text(a)?, text(b)?].concat(), limit),
        Op::Match { regex, subject, keep: false } => {
            let subject = text(subject)?;
            let regex = spile_regex::parse(&strings[regex.index()]).ok()?;
            truth(Search::new(&regex).ok()?.matches(subject))
        }
        Op::Intrinsic(intrinsic, args) => {
            let int = |n: usize| int(args.get(n)?);
            let text = |n: usize| text(args.get(n)?);
            let cut = |bytes: Vec<u8>| Constant::string(bytes, limit);
            match intrinsic {
                Intrinsic::Strlen => Constant::Int(text(0)?.len() as i64),
                Intrinsic::Substr => cut(string::substr(text(0)?, int(1)?, int(2)?).to_vec()),
                Intrinsic::Stringat => Constant::Int(string::stringat(text(0)?, int(1)?)),
                Intrinsic::Isinstr => truth(string::strpos(text(0)?, text(1)?) >= 0),
                Intrinsic::Strpos => Constant::Int(string::strpos(text(0)?, text(1)?)),
                Intrinsic::Strtol => Constant::Int(string::strtol(text(0)?, int(1)?)),
                Intrinsic::StrReplace => cut(string::replace(text(0)?, text(1)?, text(2)?)),
                _ => return None,
            }
        }
        _ => return None,
    })
}
