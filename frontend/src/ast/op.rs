// SPDX-License-Identifier: MIT OR Apache-2.0
//! How operators are written, and how tightly they bind.

use super::{AssignOp, BinaryOp, PrintFunction, PrintStyle, StatOp, UnaryOp};
use crate::token::Op;

/// How tightly an operator binds; the greater, the tighter. Not C's order: `in` and `.` are new, and
/// comparisons are one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the levels of the grammar, each named after its operators")]
pub enum Precedence {
    Assign,
    Ternary,
    LogicalOr,
    LogicalAnd,
    BitOr,
    BitXor,
    BitAnd,
    /// `k in A`
    Membership,
    /// `<`, `==`, `=~` and the like, all on one level.
    Comparison,
    Shift,
    Concat,
    Sum,
    Product,
    /// `-x`, `!x`, `&x` and the like.
    Unary,
    /// `++` and `--`.
    Step,
    /// `x->y`
    Postfix,
    /// Whatever needs no operator.
    Primary,
}

impl Precedence {
    /// The next tighter level.
    pub fn tighter(self) -> Precedence {
        use Precedence::*;
        match self {
            Assign => Ternary,
            Ternary => LogicalOr,
            LogicalOr => LogicalAnd,
            LogicalAnd => BitOr,
            BitOr => BitXor,
            BitXor => BitAnd,
            BitAnd => Membership,
            Membership => Comparison,
            Comparison => Shift,
            Shift => Concat,
            Concat => Sum,
            Sum => Product,
            Product => Unary,
            Unary => Step,
            Step => Postfix,
            Postfix | Primary => Primary,
        }
    }
}

impl BinaryOp {
    /// The operator that is written like this.
    pub fn from_token(op: Op) -> Option<BinaryOp> {
        Some(match op {
            Op::OrOr => BinaryOp::LogicalOr,
            Op::AndAnd => BinaryOp::LogicalAnd,
            Op::Pipe => BinaryOp::BitOr,
            Op::Caret => BinaryOp::BitXor,
            Op::Amp => BinaryOp::BitAnd,
            Op::Less => BinaryOp::Lt,
            Op::Greater => BinaryOp::Gt,
            Op::LessEq => BinaryOp::Le,
            Op::GreaterEq => BinaryOp::Ge,
            Op::EqEq => BinaryOp::Eq,
            Op::NotEq => BinaryOp::Ne,
            Op::Shl => BinaryOp::Shl,
            Op::Shr => BinaryOp::Shr,
            Op::LogicalShr => BinaryOp::LogicalShr,
            Op::Dot => BinaryOp::Concat,
            Op::Plus => BinaryOp::Add,
            Op::Minus => BinaryOp::Sub,
            Op::Star => BinaryOp::Mul,
            Op::Slash => BinaryOp::Div,
            Op::Percent => BinaryOp::Rem,
            _ => return None,
        })
    }

    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::LogicalOr => "||",
            BinaryOp::LogicalAnd => "&&",
            BinaryOp::BitOr => "|",
            BinaryOp::BitXor => "^",
            BinaryOp::BitAnd => "&",
            BinaryOp::Lt => "<",
            BinaryOp::Gt => ">",
            BinaryOp::Le => "<=",
            BinaryOp::Ge => ">=",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Shl => "<<",
            BinaryOp::Shr => ">>",
            BinaryOp::LogicalShr => ">>>",
            BinaryOp::Concat => ".",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Rem => "%",
        }
    }

    /// How tightly it binds. All of them are left associative.
    pub fn precedence(self) -> Precedence {
        use BinaryOp::*;
        match self {
            LogicalOr => Precedence::LogicalOr,
            LogicalAnd => Precedence::LogicalAnd,
            BitOr => Precedence::BitOr,
            BitXor => Precedence::BitXor,
            BitAnd => Precedence::BitAnd,
            Lt | Gt | Le | Ge | Eq | Ne => Precedence::Comparison,
            Shl | Shr | LogicalShr => Precedence::Shift,
            Concat => Precedence::Concat,
            Add | Sub => Precedence::Sum,
            Mul | Div | Rem => Precedence::Product,
        }
    }
}

impl AssignOp {
    /// The operator that is written like this.
    pub fn from_token(op: Op) -> Option<AssignOp> {
        let update = match op {
            Op::Assign => return Some(AssignOp::Set),
            Op::Accumulate => return Some(AssignOp::Accumulate),
            Op::AddAssign => BinaryOp::Add,
            Op::SubAssign => BinaryOp::Sub,
            Op::MulAssign => BinaryOp::Mul,
            Op::DivAssign => BinaryOp::Div,
            Op::RemAssign => BinaryOp::Rem,
            Op::ShlAssign => BinaryOp::Shl,
            Op::ShrAssign => BinaryOp::Shr,
            Op::AndAssign => BinaryOp::BitAnd,
            Op::XorAssign => BinaryOp::BitXor,
            Op::OrAssign => BinaryOp::BitOr,
            Op::ConcatAssign => BinaryOp::Concat,
            _ => return None,
        };
        Some(AssignOp::Update(update))
    }
}

/// As it is written.
impl std::fmt::Display for AssignOp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AssignOp::Set => f.write_str("="),
            AssignOp::Accumulate => f.write_str("<<<"),
            AssignOp::Update(op) => write!(f, "{}=", op.text()),
        }
    }
}

impl UnaryOp {
    /// The operator that is written like this.
    pub fn from_token(op: Op) -> Option<UnaryOp> {
        Some(match op {
            Op::Plus => UnaryOp::Plus,
            Op::Minus => UnaryOp::Neg,
            Op::Bang => UnaryOp::Not,
            Op::Tilde => UnaryOp::BitNot,
            _ => return None,
        })
    }

    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            UnaryOp::Plus => "+",
            UnaryOp::Neg => "-",
            UnaryOp::Not => "!",
            UnaryOp::BitNot => "~",
        }
    }
}

impl StatOp {
    /// The operator of this name, without the `@`; `@variance` without a shift.
    pub fn from_name(name: &str) -> Option<StatOp> {
        Some(match name {
            "count" => StatOp::Count,
            "sum" => StatOp::Sum,
            "min" => StatOp::Min,
            "max" => StatOp::Max,
            "avg" => StatOp::Avg,
            "variance" => StatOp::Variance { bit_shift: 0 },
            _ => return None,
        })
    }

    /// Its name, without the `@`.
    pub fn name(self) -> &'static str {
        match self {
            StatOp::Count => "count",
            StatOp::Sum => "sum",
            StatOp::Min => "min",
            StatOp::Max => "max",
            StatOp::Avg => "avg",
            StatOp::Variance { .. } => "variance",
        }
    }
}

impl PrintFunction {
    /// Names of all of them.
    pub const NAMES: [&str; 10] =
        ["print", "println", "printd", "printdln", "printf", "sprint", "sprintln", "sprintd", "sprintdln", "sprintf"];

    /// The function of this name.
    pub fn from_name(name: &str) -> Option<PrintFunction> {
        let (to_string, base) = match name.strip_prefix('s') {
            Some(base) => (true, base),
            None => (false, name),
        };
        let style = match base {
            "print" => PrintStyle::Plain,
            "println" => PrintStyle::Line,
            "printd" => PrintStyle::Delimited,
            "printdln" => PrintStyle::DelimitedLine,
            "printf" => PrintStyle::Format,
            _ => return None,
        };
        Some(PrintFunction { style, to_string })
    }

    /// Whether its first argument is a format or delimiter.
    pub fn takes_literal(self) -> bool {
        !matches!(self.style, PrintStyle::Plain | PrintStyle::Line)
    }
}

/// As it is written.
impl std::fmt::Display for PrintFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.to_string { "s" } else { "" })?;
        f.write_str(match self.style {
            PrintStyle::Plain => "print",
            PrintStyle::Line => "println",
            PrintStyle::Delimited => "printd",
            PrintStyle::DelimitedLine => "printdln",
            PrintStyle::Format => "printf",
        })
    }
}
