// SPDX-License-Identifier: MIT OR Apache-2.0
//! Operators.

use super::{Parse, Parser};
use crate::ast::{AssignOp, BinaryOp, Expr, ExprKind, Key, Precedence, StepOp, UnaryOp};
use crate::errors::syntax as errors;
use crate::span::Span;
use crate::token::{Op, TokenKind};

/// What may stand between two operands, below assignment and `?:`.
enum Infix {
    Binary(BinaryOp),
    In,
    Match { negated: bool },
}

impl Infix {
    fn from_token(token: &TokenKind) -> Option<Infix> {
        match token {
            TokenKind::Op(Op::Match) => Some(Infix::Match { negated: false }),
            TokenKind::Op(Op::NotMatch) => Some(Infix::Match { negated: true }),
            TokenKind::Op(op) => BinaryOp::from_token(*op).map(Infix::Binary),
            word => word.is_word("in").then_some(Infix::In),
        }
    }

    fn precedence(&self) -> Precedence {
        match self {
            Infix::Binary(op) => op.precedence(),
            Infix::In => Precedence::Membership,
            Infix::Match { .. } => Precedence::Comparison,
        }
    }
}

impl Parser<'_> {
    /// Any expression.
    pub(super) fn expression(&mut self) -> Parse<Expr> {
        self.nested(Self::assignment)
    }

    fn assignment(&mut self) -> Parse<Expr> {
        let start = self.span();
        let place = self.ternary()?;
        let TokenKind::Op(op) = *self.peek() else {
            return Ok(place);
        };
        let Some(op) = AssignOp::from_token(op) else {
            return Ok(place);
        };
        let op_span = self.bump().span;
        self.check_place(&place, false);
        let value = Box::new(self.operand_of(Self::assignment)?);
        self.node(start, ExprKind::Assign { op, op_span, place: Box::new(place), value })
    }

    /// Reports what cannot be assigned to. Whether the script may is decided later.
    fn check_place(&mut self, place: &Expr, is_step: bool) {
        let assignable = match &place.kind {
            ExprKind::Var(_) | ExprKind::Index { .. } | ExprKind::Deref { .. } => true,
            ExprKind::Target(target) => !target.address_of && target.pretty.is_none(),
            _ => false,
        };
        if !assignable {
            self.report(errors::not_assignable(place.span, is_step));
        }
    }

    fn ternary(&mut self) -> Parse<Expr> {
        let start = self.span();
        let cond = self.binary(Precedence::LogicalOr)?;
        if !self.eat(Op::Question) {
            return Ok(cond);
        }
        let then = Box::new(self.expression()?);
        self.expect(Op::Colon, "the second part of `? :`")?;
        let otherwise = Box::new(self.operand_of(Self::ternary)?);
        self.node(start, ExprKind::Ternary { cond: Box::new(cond), then, otherwise })
    }

    /// Operators that bind at least as tightly as `least`, by precedence climbing.
    fn binary(&mut self, least: Precedence) -> Parse<Expr> {
        let start = self.span();
        // What does not chain lowers the ceiling below itself.
        let mut ceiling = Precedence::Primary;
        let mut lhs = if least <= Precedence::Membership && self.at_op(Op::BracketOpen) {
            ceiling = Precedence::BitAnd;
            let keys = self.keys()?;
            self.membership(start, keys)?
        } else {
            self.unary()?
        };
        let mut compared = false;
        while let Some(infix) = Infix::from_token(self.peek()) {
            let level = infix.precedence();
            if level < least || level > ceiling {
                break;
            }
            lhs = match infix {
                Infix::In => {
                    ceiling = Precedence::BitAnd;
                    self.membership(start, vec![Key::Expr(lhs)])?
                }
                Infix::Match { .. } if compared => break,
                Infix::Match { negated } => {
                    ceiling = Precedence::Membership;
                    self.regex_match(start, lhs, negated)?
                }
                Infix::Binary(op) => {
                    compared |= level == Precedence::Comparison;
                    self.binary_rest(start, lhs, op)?
                }
            };
        }
        Ok(lhs)
    }

    /// From the operator on.
    fn binary_rest(&mut self, start: Span, lhs: Expr, op: BinaryOp) -> Parse<Expr> {
        let op_span = self.bump().span;
        let rhs = self.operand_of(|parser| parser.binary(op.precedence().tighter()))?;
        let (lhs, rhs) = (Box::new(lhs), Box::new(rhs));
        self.node(start, ExprKind::Binary { op, op_span, lhs, rhs })
    }

    /// From the `in` on.
    fn membership(&mut self, start: Span, keys: Vec<Key>) -> Parse<Expr> {
        if !self.eat_word("in") {
            return self.fail(errors::keys_without_in(self.span(), self.peek()));
        }
        let array = self.var_ref("an array after `in`")?;
        self.node(start, ExprKind::In { keys, array })
    }

    /// From the operator on.
    fn regex_match(&mut self, start: Span, subject: Expr, negated: bool) -> Parse<Expr> {
        self.bump();
        let regex = self.string("as the regular expression")?;
        self.node(start, ExprKind::RegexMatch { negated, subject: Box::new(subject), regex })
    }

    fn unary(&mut self) -> Parse<Expr> {
        let start = self.span();
        let TokenKind::Op(op) = *self.peek() else {
            return self.step();
        };
        if let Some(op) = UnaryOp::from_token(op) {
            self.bump();
            let operand = Box::new(self.operand_of(Self::unary)?);
            return self.node(start, ExprKind::Unary { op, operand });
        }
        match op {
            Op::Amp => {
                self.bump();
                let operand = self.operand_of(Self::unary)?;
                self.address_of(start, operand)
            }
            Op::PlusPlus | Op::MinusMinus => {
                self.bump();
                let place = Box::new(self.operand_of(Self::postfix)?);
                self.check_place(&place, true);
                let op = StepOp { increment: op == Op::PlusPlus, prefix: true };
                self.node(start, ExprKind::Step { op, place })
            }
            _ => self.step(),
        }
    }

    fn address_of(&mut self, start: Span, operand: Expr) -> Parse<Expr> {
        match operand.kind {
            ExprKind::Target(mut target) if !target.address_of => {
                target.address_of = true;
                self.node(start, ExprKind::Target(target))
            }
            _ => self.fail(errors::no_address(operand.span)),
        }
    }

    /// `x`, `x++`, `x--`
    fn step(&mut self) -> Parse<Expr> {
        let start = self.span();
        let place = self.postfix()?;
        let increment = self.at_op(Op::PlusPlus);
        if !increment && !self.at_op(Op::MinusMinus) {
            return Ok(place);
        }
        self.bump();
        self.check_place(&place, true);
        let op = StepOp { increment, prefix: false };
        self.node(start, ExprKind::Step { op, place: Box::new(place) })
    }
}
