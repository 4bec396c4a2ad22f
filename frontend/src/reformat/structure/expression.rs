// SPDX-License-Identifier: MIT OR Apache-2.0
//! Expressions: what is an operand, and where the expression ends.

use super::{Glue, Walk};
use crate::token::{Op, TokenKind, is_keyword};

/// What the last token of an expression was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing yet, or an operator.
    Operator,
    /// A name, which parentheses after it call.
    Name,
    /// Any other operand.
    Operand,
}

impl Walk<'_> {
    /// Takes an expression, as much of it as there is; false where none begins.
    pub(super) fn expression(&mut self) -> bool {
        let start = self.at;
        let mut ternaries = 0;
        let mut last = Last::Operator;
        loop {
            let next = match last {
                Last::Operator => self.operand(),
                _ => self.operator(last, &mut ternaries),
            };
            match next {
                Some(next) => last = next,
                None => return self.at > start,
            }
        }
    }

    fn operand(&mut self) -> Option<Last> {
        match self.kind() {
            TokenKind::Op(op) => match op {
                Op::Plus | Op::Minus | Op::Bang | Op::Tilde | Op::Amp | Op::PlusPlus | Op::MinusMinus => {
                    self.take_opening(Glue::Spaced);
                    return Some(Last::Operator);
                }
                Op::Star => self.take(Glue::Spaced),
                Op::ParenOpen => self.group(Glue::Spaced, Op::ParenClose),
                Op::BracketOpen => self.group(Glue::Spaced, Op::BracketClose),
                Op::CondOpen => self.conditional(Self::unit),
                _ => return None,
            },
            TokenKind::Ident(word) if is_keyword(word) => return None,
            TokenKind::At(word) if &**word == "define" => return None,
            TokenKind::Ident(_) | TokenKind::At(_) => {
                self.take(Glue::Spaced);
                return Some(Last::Name);
            }
            TokenKind::End => return None,
            _ => self.take(Glue::Spaced),
        }
        Some(Last::Operand)
    }

    fn operator(&mut self, last: Last, ternaries: &mut usize) -> Option<Last> {
        match self.kind() {
            TokenKind::String(_) if matches!(self.last_kind(), Some(TokenKind::String(_))) => {
                self.take(Glue::Spaced);
                return Some(Last::Operand);
            }
            // `@cast(x, "t")$`, `$x[0]$$`: after a word it would become part of that.
            TokenKind::Ident(word)
                if matches!(&**word, "$" | "$$")
                    && matches!(self.last_kind(), Some(TokenKind::Op(Op::ParenClose | Op::BracketClose))) =>
            {
                self.take(Glue::Tight);
                return Some(Last::Operand);
            }
            TokenKind::Ident(word) if &**word == "in" => self.take(Glue::Spaced),
            // `foreach (k in a @count-)`
            TokenKind::At(_) if self.header => {
                self.take(Glue::Spaced);
                return Some(Last::Operand);
            }
            TokenKind::Ident(word) if self.header && &**word == "limit" => self.take(Glue::Spaced),
            TokenKind::Op(op) => return self.after_operand(*op, last, ternaries),
            _ => return None,
        }
        Some(Last::Operator)
    }

    fn after_operand(&mut self, op: Op, last: Last, ternaries: &mut usize) -> Option<Last> {
        match op {
            Op::ParenOpen if last == Last::Name => self.group(Glue::Tight, Op::ParenClose),
            Op::BracketOpen => self.group(Glue::Tight, Op::BracketClose),
            Op::PlusPlus | Op::MinusMinus => self.take(Glue::Tight),
            Op::Plus | Op::Minus if self.header && self.ends_sort() => self.take(Glue::Tight),
            Op::Arrow => {
                self.take_opening(Glue::Tight);
                // A member may have the name of a keyword.
                if matches!(self.kind(), TokenKind::Ident(_)) {
                    self.take(Glue::Tight);
                    return Some(Last::Operand);
                }
                return Some(Last::Operator);
            }
            Op::Question => {
                *ternaries += 1;
                self.take(Glue::Spaced);
                return Some(Last::Operator);
            }
            Op::Colon if *ternaries > 0 => {
                *ternaries -= 1;
                self.take(Glue::Spaced);
                return Some(Last::Operator);
            }
            op if is_binary(op) => {
                self.take(Glue::Spaced);
                return Some(Last::Operator);
            }
            _ => return None,
        }
        Some(Last::Operand)
    }

    /// Whether the sign here is one of `foreach (k- in a+ limit 5)`.
    fn ends_sort(&self) -> bool {
        match self.next_kind() {
            TokenKind::Ident(word) => matches!(&**word, "in" | "limit"),
            TokenKind::Op(op) => matches!(op, Op::ParenClose | Op::BracketClose | Op::Comma | Op::Assign),
            _ => false,
        }
    }
}

fn is_binary(op: Op) -> bool {
    !matches!(
        op,
        Op::PlusPlus
            | Op::MinusMinus
            | Op::Arrow
            | Op::CondOpen
            | Op::CondThen
            | Op::CondElse
            | Op::CondClose
            | Op::ParenOpen
            | Op::ParenClose
            | Op::BracketOpen
            | Op::BracketClose
            | Op::BraceOpen
            | Op::BraceClose
            | Op::Comma
            | Op::Semicolon
            | Op::Colon
            | Op::Question
            | Op::Bang
            | Op::Tilde
    )
}
