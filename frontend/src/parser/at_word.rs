// SPDX-License-Identifier: MIT OR Apache-2.0
//! The operators that begin with `@`.

use super::{Parse, Parser};
use crate::ast::{Expr, ExprKind, Histogram, HistogramShape, StatOp, StringLit, Target, TargetBase};
use crate::errors::syntax as errors;
use crate::span::Span;
use crate::token::{Op, TokenKind};

impl Parser<'_> {
    /// `@word(…)`, from the word on.
    pub(super) fn at_word(&mut self, word: &str) -> Parse<Expr> {
        let start = self.span();
        if matches!(word, "hist_log" | "hist_linear") {
            return self.histogram_or_bucket();
        }
        self.bump();
        self.expect(Op::ParenOpen, &format!("`@{word}`"))?;
        let kind = match word {
            "cast" | "var" => self.target_base(word)?,
            "defined" => ExprKind::Defined(self.operand()?),
            "probewrite" => ExprKind::ProbeWrite(self.operand()?),
            "entry" => ExprKind::Entry(self.operand()?),
            "const" => ExprKind::Const(self.string("as the name of the constant")?),
            "enum" => ExprKind::Enum(self.string("as the name of the enumerator")?),
            "perf" => ExprKind::Perf(self.string("as the name of the counter")?),
            "enumname" => ExprKind::EnumName {
                value: self.operand()?,
                type_name: self.optional_string("as the enumeration")?,
                module: self.optional_string("as the module")?,
            },
            "kregister" | "uregister" => ExprKind::Register { number: self.operand()?, user: word == "uregister" },
            "kderef" | "uderef" => self.deref(word == "uderef")?,
            _ => match StatOp::from_name(word) {
                Some(op) => self.stat(op)?,
                None => return self.fail(errors::unknown_operator(start, word)),
            },
        };
        self.expect(Op::ParenClose, &format!("the arguments of `@{word}`"))?;
        self.node(start, kind)
    }

    fn operand(&mut self) -> Parse<Box<Expr>> {
        self.expression().map(Box::new)
    }

    fn optional_string(&mut self, what: &str) -> Parse<Option<StringLit>> {
        if self.eat(Op::Comma) { self.string(what).map(Some) } else { Ok(None) }
    }

    fn target_base(&mut self, word: &str) -> Parse<ExprKind> {
        let base = if word == "var" {
            let name = self.string("as the name of the variable")?;
            TargetBase::Var { name, module: self.optional_string("as the module")? }
        } else {
            let value = self.operand()?;
            self.expect(Op::Comma, "the address that `@cast` takes")?;
            let type_name = self.string("as the type that `@cast` casts to")?;
            TargetBase::Cast { value, type_name, module: self.optional_string("as the module")? }
        };
        let target = Target { base, path: Vec::new(), address_of: false, pretty: None };
        Ok(ExprKind::Target(Box::new(target)))
    }

    fn deref(&mut self, user: bool) -> Parse<ExprKind> {
        let size_bytes = self.number("as the size of the access")?;
        if !matches!(size_bytes.value, 1 | 2 | 4 | 8) {
            self.report(errors::deref_size(size_bytes.span));
        }
        self.expect(Op::Comma, "the size of the access")?;
        Ok(ExprKind::Deref { size_bytes, address: self.operand()?, user })
    }

    fn stat(&mut self, op: StatOp) -> Parse<ExprKind> {
        let stat = self.operand()?;
        let op = match op {
            StatOp::Variance { .. } if self.eat(Op::Comma) => StatOp::Variance { bit_shift: self.bit_shift()? },
            op => op,
        };
        Ok(ExprKind::Stat { op, stat })
    }

    fn bit_shift(&mut self) -> Parse<u8> {
        let shift = self.number("as the bit shift of `@variance`")?;
        match u8::try_from(shift.value) {
            Ok(value @ 0..=62) => Ok(value),
            _ => self.fail(errors::variance_shift(shift.span)),
        }
    }

    fn histogram_or_bucket(&mut self) -> Parse<Expr> {
        let start = self.span();
        let may_be_whole = self.histogram_at == Some(self.at);
        let histogram = self.histogram()?;
        if self.eat(Op::BracketOpen) {
            let index = self.operand()?;
            self.expect(Op::BracketClose, "the number of the bucket")?;
            return self.node(start, ExprKind::Bucket { histogram, index });
        }
        let ends = matches!(self.peek(), TokenKind::Op(Op::Comma | Op::ParenClose));
        if !(may_be_whole && ends) {
            self.report(errors::histogram_as_value(histogram.span));
        }
        self.node(start, ExprKind::Histogram(histogram))
    }

    /// `@hist_log(s)` or `@hist_linear(s, low, high, step)`, from the word on.
    pub(super) fn histogram(&mut self) -> Parse<Histogram> {
        let word = self.bump();
        let start = word.span;
        self.expect(Op::ParenOpen, &format!("{}", word.kind))?;
        let stat = self.operand()?;
        let shape = match &word.kind {
            TokenKind::At(name) if name.as_str() == "hist_linear" => self.linear_shape(start)?,
            _ => HistogramShape::Log,
        };
        self.expect(Op::ParenClose, "the arguments of the histogram")?;
        Ok(Histogram { span: start.to(self.last_span()), shape, stat })
    }

    /// `, low, high, step`
    fn linear_shape(&mut self, start: Span) -> Parse<HistogramShape> {
        let mut part = |what: &str| {
            self.expect(Op::Comma, "the statistics")?;
            self.number(what).map(|number| number.value)
        };
        let low = part("as the low end of the histogram")?;
        let high = part("as the high end of the histogram")?;
        let step = part("as the width of a bucket")?;
        if step <= 0 {
            self.report(errors::histogram_step(self.last_span()));
        } else if low > high {
            self.report(errors::histogram_range(start.to(self.last_span())));
        }
        Ok(HistogramShape::Linear { low, high, step })
    }
}
