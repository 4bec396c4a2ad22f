// SPDX-License-Identifier: MIT OR Apache-2.0
//! Expressions.

use super::{EmbeddedC, Ident, Name, NumberLit, StringLit};
use crate::span::Span;

/// Identity of an expression or named variable, unique over the whole program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprId(pub u32);

/// Hands out [`ExprId`]s; one for a whole program.
#[derive(Debug, Default)]
pub struct ExprIds(u32);

impl ExprIds {
    /// A new id.
    pub fn fresh(&mut self) -> ExprId {
        self.0 += 1;
        ExprId(self.0 - 1)
    }

    /// How many were handed out: a table of this length has a place for each.
    pub fn len(&self) -> usize {
        self.0 as usize
    }

    /// Whether none was handed out.
    pub fn is_empty(&self) -> bool {
        self.0 == 0
    }
}

/// A variable named outside of an ordinary expression.
#[derive(Clone, Debug)]
pub struct VarRef {
    /// Its identity.
    pub id: ExprId,
    /// The variable.
    pub name: Name,
    /// Where it is written.
    pub span: Span,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Its identity.
    pub id: ExprId,
    /// All of it, without enclosing parentheses.
    pub span: Span,
    /// Which expression.
    pub kind: ExprKind,
}

/// The forms of an expression.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `42`; literals from 2^63 on wrap around.
    Number(i64),
    /// `"text"`
    String(StringLit),
    /// A script variable: local, parameter or global.
    Var(Name),
    /// `var[k, …]`: an element of an array, or (autocast) of what a script variable points at.
    Index {
        /// The array.
        var: VarRef,
        /// At least one.
        keys: Vec<Expr>,
    },
    /// `f(arg, …)`
    Call {
        /// The function.
        function: Ident,
        /// Its arguments.
        args: Vec<Expr>,
    },
    /// `printf(…)` and its relatives.
    Print(Print),
    /// `-x`, `!x`, …
    Unary {
        /// The operator.
        op: UnaryOp,
        /// What it applies to.
        operand: Box<Expr>,
    },
    /// `a + b`, `a && b`, `a < b`, `a . b`, …
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator is written.
        op_span: Span,
        /// Left operand.
        lhs: Box<Expr>,
        /// Right operand.
        rhs: Box<Expr>,
    },
    /// `subject =~ "regex"`
    RegexMatch {
        /// `!~`
        negated: bool,
        /// The string that is searched.
        subject: Box<Expr>,
        /// The regular expression.
        regex: StringLit,
    },
    /// `k in A`, `[k, *] in A`
    In {
        /// At least one.
        keys: Vec<Key>,
        /// The array.
        array: VarRef,
    },
    /// `place = x`, `place += x`, `stat <<< x`, …
    Assign {
        /// The operator.
        op: AssignOp,
        /// Where the operator is written.
        op_span: Span,
        /// What is written: [`Var`](ExprKind::Var), [`Index`](ExprKind::Index) or [`Target`](ExprKind::Target).
        place: Box<Expr>,
        /// The right side.
        value: Box<Expr>,
    },
    /// `x++`, `--x`, …
    Step {
        /// The operator.
        op: StepOp,
        /// As in [`Assign`](ExprKind::Assign).
        place: Box<Expr>,
    },
    /// `cond ? then : otherwise`
    Ternary {
        /// The condition.
        cond: Box<Expr>,
        /// The value if it is not zero.
        then: Box<Expr>,
        /// The value if it is zero.
        otherwise: Box<Expr>,
    },
    /// `$x->y[1]`, `@cast(…)->z`, `@var("v")`, `f(x)->y`, `&$x->y`, `$x$$`, …
    Target(Box<Target>),
    /// `@count(s)`, `@variance(s, 3)`, …
    Stat {
        /// Which property.
        op: StatOp,
        /// The statistics.
        stat: Box<Expr>,
    },
    /// `@hist_log(s)`, `@hist_linear(s, 0, 100, 10)`: for printing.
    Histogram(Histogram),
    /// `@hist_log(s)[n]`
    Bucket {
        /// The histogram.
        histogram: Histogram,
        /// Which bucket.
        index: Box<Expr>,
    },
    /// `@defined(x)`: 1 if `x` can be resolved. Decided at compile time.
    Defined(Box<Expr>),
    /// `@probewrite(x)`: 1 if the handler writes `x`. Decided at compile time.
    ProbeWrite(Box<Expr>),
    /// `@entry(x)`: the value at the function's entry.
    Entry(Box<Expr>),
    /// `@const("C_TOKEN")`
    Const(StringLit),
    /// `@enum("NAME")`
    Enum(StringLit),
    /// `@enumname(x[, "enum t"[, "module"]])`
    EnumName {
        /// The value whose name is asked for.
        value: Box<Expr>,
        /// The enumeration.
        type_name: Option<StringLit>,
        /// Where to look for it.
        module: Option<StringLit>,
    },
    /// `@perf("counter")`
    Perf(StringLit),
    /// `@kregister(n)`, `@uregister(n)`
    Register {
        /// The register's DWARF number.
        number: Box<Expr>,
        /// `@uregister`
        user: bool,
    },
    /// `@kderef(size, address)`, `@uderef(size, address)`
    Deref {
        /// Size of the access in bytes: 1, 2, 4 or 8.
        size_bytes: NumberLit,
        /// Where to read or write.
        address: Box<Expr>,
        /// `@uderef`
        user: bool,
    },
    /// `%{ … %}`
    Embedded(EmbeddedC),
}

/// A key of an element, or any.
#[derive(Clone, Debug)]
pub enum Key {
    /// This one.
    Expr(Expr),
    /// `*`: any.
    Any(Span),
}

/// A unary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `+x`
    Plus,
    /// `-x`
    Neg,
    /// `!x`
    Not,
    /// `~x`
    BitNot,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the operators of the language, in its order of precedence")]
pub enum BinaryOp {
    LogicalOr,
    LogicalAnd,
    BitOr,
    BitXor,
    BitAnd,
    Lt,
    Gt,
    Le,
    Ge,
    Eq,
    Ne,
    Shl,
    /// `>>`, keeps the sign.
    Shr,
    /// `>>>`, shifts in zeros.
    LogicalShr,
    /// `.`
    Concat,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

/// An assignment operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssignOp {
    /// `=`
    Set,
    /// `+=` and the like: combine the old value and the right side.
    Update(BinaryOp),
    /// `<<<`: add a sample to statistics.
    Accumulate,
}

/// `++` or `--`, before or after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepOp {
    /// `++`
    pub increment: bool,
    /// `++x`: the value is the new one.
    pub prefix: bool,
}

/// A property of statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatOp {
    /// `@count`
    Count,
    /// `@sum`
    Sum,
    /// `@min`
    Min,
    /// `@max`
    Max,
    /// `@avg`
    Avg,
    /// `@variance`
    Variance {
        /// Scales samples up by this many bits, 0 to 62, for precision.
        bit_shift: u8,
    },
}

/// `@hist_log(s)` or `@hist_linear(s, low, high, step)`
#[derive(Clone, Debug)]
pub struct Histogram {
    /// All of it.
    pub span: Span,
    /// How samples are put into buckets.
    pub shape: HistogramShape,
    /// The statistics.
    pub stat: Box<Expr>,
}

/// How samples are put into buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HistogramShape {
    /// One bucket for each power of two.
    Log,
    /// Equal buckets from `low` to `high`.
    Linear {
        /// The least sample that is in range.
        low: i64,
        /// The greatest sample that is in range; not less than `low`.
        high: i64,
        /// Width of a bucket, at least 1.
        step: i64,
    },
}

/// A value of the traced program, and the way to it.
#[derive(Clone, Debug)]
pub struct Target {
    /// What the way starts from.
    pub base: TargetBase,
    /// The way.
    pub path: Vec<Access>,
    /// `&`: its address instead of its value.
    pub address_of: bool,
    /// `$` or `$$` at its end.
    pub pretty: Option<Pretty>,
}

/// What a [`Target`] starts from.
#[derive(Clone, Debug)]
pub enum TargetBase {
    /// `$name`
    Context(Name),
    /// `$$name`: `$$vars`, `$$parms`, `$$return`, …
    ContextGroup(Name),
    /// `@var("name[@file.c]"[, "module"])`
    Var {
        /// The variable, and perhaps its compilation unit.
        name: StringLit,
        /// Where to look for it.
        module: Option<StringLit>,
    },
    /// `@cast(x, "type"[, "module"])`
    Cast {
        /// The address.
        value: Box<Expr>,
        /// The type it points to.
        type_name: StringLit,
        /// Where to look for it; several are separated by colons.
        module: Option<StringLit>,
    },
    /// `x->y`: a script expression whose type is known from where its value came.
    Autocast(Box<Expr>),
}

/// One step to a target value.
#[derive(Clone, Debug)]
pub struct Access {
    /// With the `->`, or the brackets.
    pub span: Span,
    /// Which step.
    pub kind: AccessKind,
}

/// The kinds of step to a target value.
#[derive(Clone, Debug)]
pub enum AccessKind {
    /// `->name`; also follows a pointer.
    Member(Name),
    /// `[i]`
    Index(Expr),
}

/// How a target value is turned into text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pretty {
    /// `$`: one level.
    Shallow,
    /// `$$`: all that it contains.
    Deep,
}

/// A call to one of the printing functions.
#[derive(Clone, Debug)]
pub struct Print {
    /// Which one.
    pub function: PrintFunction,
    /// The format of `printf`, the delimiter of `printd` and `printdln`.
    pub literal: Option<StringLit>,
    /// What is printed.
    pub args: Vec<Expr>,
}

/// A printing function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PrintFunction {
    /// What it prints.
    pub style: PrintStyle,
    /// `sprint…`: to a string, which is the value, instead of the output.
    pub to_string: bool,
}

/// What a printing function prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrintStyle {
    /// `print`: its arguments.
    Plain,
    /// `println`: its arguments and a newline.
    Line,
    /// `printd`: its arguments with a delimiter between.
    Delimited,
    /// `printdln`: the same and a newline.
    DelimitedLine,
    /// `printf`: by a format.
    Format,
}
