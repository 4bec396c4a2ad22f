// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resolved script: what [`analyse`](crate::analyse) makes of the syntax trees and [`lower`](crate::lower) turns into IR.
//!
//! Every name is looked up, aliases and wildcards of probe points are expanded, `$` variables have become loads, and each
//! expression has a type variable that [`Types`] knows the type of. Functions of the library are here only where they are used.

mod dump;
mod typed;
mod visit;

use std::rc::Rc;

use crate::ast::{HistogramShape, Name};
use crate::format::Bytes;
use crate::span::Span;
use crate::target::{TypeId, TypeShape};
use crate::types::{TypeVar, Types};
use spile_ir as ir;

pub use typed::typed;
pub use visit::{visit_expr, visit_exprs};

ir::index! {
    /// An index into [`Script::globals`].
    GlobalId,
    /// An index into [`Script::functions`].
    FunctionId,
    /// An index into [`Script::handlers`].
    HandlerId,
    /// An index into [`Body::locals`].
    LocalId,
}

/// A whole script.
#[derive(Debug, Default)]
pub struct Script {
    /// The globals that are used.
    pub globals: Vec<Global>,
    /// The functions that are used.
    pub functions: Vec<Function>,
    /// What probes do.
    pub handlers: Vec<Handler>,
    /// Where they do it, in order of registration.
    pub probes: Vec<Probe>,
    /// The types of all type variables.
    pub types: Types,
    /// Types that only the script spells, in the order of their numbers.
    pub made_types: Vec<TypeShape>,
    /// Whether anything asks what regular expressions matched.
    pub keeps_matches: bool,
    /// Run-time limits.
    pub limits: ir::Limits,
}

impl Script {
    /// The functions that probes reach, in order. Others are only there because they were checked.
    pub fn used_functions(&self) -> Vec<FunctionId> {
        let mut used = vec![false; self.functions.len()];
        let handlers: std::collections::BTreeSet<_> = self.probes.iter().map(|probe| probe.handler).collect();
        let mut open = Vec::new();
        let mut calls = Vec::new();
        for handler in handlers {
            let handler = &self.handlers[handler.index()];
            open.push(&handler.body);
            handler.entry.iter().flatten().for_each(|value| visit_expr(value, &mut |expr| calls.push(expr)));
        }
        loop {
            for expr in calls.drain(..) {
                if let ExprKind::Call(id, _) = &expr.kind
                    && !std::mem::replace(&mut used[id.index()], true)
                {
                    open.push(&self.functions[id.index()].body);
                }
            }
            let Some(body) = open.pop() else { break };
            visit_exprs(&body.stmts, &mut |expr| calls.push(expr));
        }
        (0..used.len()).filter(|index| used[*index]).map(FunctionId::new).collect()
    }
}

/// A script global.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its name.
    pub name: Name,
    /// Where it is declared.
    pub span: Span,
    /// Types of the keys; `None` for a scalar, or while nothing shows that it is an array.
    pub keys: Option<Vec<TypeVar>>,
    /// Where it was first used as a scalar or as an array.
    pub shape_span: Option<Span>,
    /// Type of the scalar or of an element.
    pub value: TypeVar,
    /// Whether a full array drops its oldest element.
    pub wrap: bool,
    /// Most elements; 0 for the default.
    pub capacity: u32,
    /// Initial value.
    pub init: Option<Constant>,
    /// What readers of the statistics want kept.
    pub stat: ir::StatSpec,
    /// Whether anything reads it.
    pub read: bool,
    /// Whether anything writes it.
    pub written: bool,
    /// Whether the user's script declares it (and not the library).
    pub user: bool,
}

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constant {
    /// A number.
    Int(i64),
    /// A string.
    Str(Rc<[u8]>),
}

/// A script function: one overload.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Where its name is declared.
    pub span: Span,
    /// How many of the first locals are parameters.
    pub params: usize,
    /// Type of the result, meaningless without one.
    pub result: TypeVar,
    /// Whether it returns a value.
    pub has_value: bool,
    /// The C type of the result, where it is one and the same everywhere.
    pub ctype: Option<CType>,
    /// What it does. Empty while it is being resolved.
    pub body: Body,
    /// What calling it may do.
    pub effects: Effects,
}

/// What running a function may do.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// Globals that are written, by callees too.
    pub writes: std::collections::BTreeSet<GlobalId>,
    /// Whether it does anything else that can be seen: prints, exits, fails on purpose.
    pub acts: bool,
}

/// Locals and statements of a function or handler.
#[derive(Debug, Default)]
pub struct Body {
    /// Parameters first.
    pub locals: Vec<Local>,
    /// The statements.
    pub stmts: Vec<Stmt>,
}

/// A local variable.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name, or a made-up one in angle brackets.
    pub name: Name,
    /// Where it is first named.
    pub span: Span,
    /// Its type.
    pub ty: TypeVar,
    /// Whether anything writes it; parameters count as written.
    pub written: bool,
    /// The C type that was assigned to it, where all assignments agree.
    pub ctype: Option<CType>,
}

/// What a probe does.
#[derive(Debug)]
pub struct Handler {
    /// The probe point, as written.
    pub name: String,
    /// Where the probe is declared.
    pub span: Span,
    /// The statements, prologues and epilogues of aliases included.
    pub body: Body,
    /// So many of them, the first, leave where a condition of the probe is zero.
    pub conditions: usize,
    /// Values to keep at the entry of the function, for the return; `None` where nothing reads the word.
    pub entry: Vec<Option<Expr>>,
    /// The code that keeps them has locals, and no statements.
    pub entry_frame: Body,
}

/// A resolved probe point.
#[derive(Debug)]
pub struct Probe {
    /// As `pp()` gives it.
    pub name: String,
    /// As `pn()` gives it, where that is an alias.
    pub alias: Option<String>,
    /// As the script wrote it.
    pub written: String,
    /// Where and when it fires.
    pub kind: ir::ProbeKind,
    /// What it does.
    pub handler: HandlerId,
    /// Whether a failure to attach goes unmentioned.
    pub optional: bool,
}

/// A statement.
#[derive(Debug)]
pub struct Stmt {
    /// Where it is.
    pub span: Span,
    /// Which statement.
    pub kind: StmtKind,
}

impl Stmt {
    /// Leaves the handler where a condition is zero.
    pub(crate) fn leave_unless(cond: Expr) -> Self {
        let span = cond.span;
        let leave = Self { span, kind: StmtKind::Return(None) };
        let cond = Expr { ty: cond.ty, span, ctype: None, kind: ExprKind::Not(Box::new(cond)) };
        Self { span, kind: StmtKind::If { cond, then: vec![leave], otherwise: Vec::new() } }
    }

    /// The condition of what [`Self::leave_unless`] made.
    pub(crate) fn left_unless(&self) -> Option<&Expr> {
        match &self.kind {
            StmtKind::If { cond: Expr { kind: ExprKind::Not(cond), .. }, .. } => Some(cond),
            _ => None,
        }
    }
}

/// The forms of a statement.
#[derive(Debug)]
pub enum StmtKind {
    /// Several.
    Block(Vec<Stmt>),
    /// An expression for its effects.
    Expr(Expr),
    /// A choice.
    If {
        /// Not zero for `then`.
        cond: Expr,
        /// Runs where it is not zero.
        then: Vec<Stmt>,
        /// Runs where it is zero.
        otherwise: Vec<Stmt>,
    },
    /// `while` and `for`.
    Loop {
        /// Runs before each round; none means forever.
        cond: Option<Expr>,
        /// The round.
        body: Vec<Stmt>,
        /// Runs after each round, also after `continue`.
        step: Option<Expr>,
    },
    /// A walk through an array.
    Foreach(Box<Foreach>),
    /// A walk through the buckets of a histogram, by number.
    ForeachBucket(Box<ForeachBucket>),
    /// Leaves the innermost loop.
    Break,
    /// Goes on with its next round.
    Continue,
    /// Leaves the function, or the handler.
    Return(Option<Expr>),
    /// Empties a variable.
    Clear(GlobalId),
    /// Sets a local to 0 or "".
    ClearLocal(LocalId),
    /// Removes elements.
    Delete {
        /// The array.
        array: GlobalId,
        /// `None` matches anything.
        keys: Vec<Option<Expr>>,
    },
    /// `try … catch`
    Try {
        /// What may fail.
        body: Vec<Stmt>,
        /// Takes the message.
        message: Option<Place>,
        /// Runs if it fails.
        handler: Vec<Stmt>,
    },
}

/// A `foreach` over an array.
#[derive(Debug)]
pub struct Foreach {
    /// The array.
    pub array: GlobalId,
    /// Take the keys.
    pub keys: Vec<Place>,
    /// Takes the value.
    pub value: Option<Place>,
    /// `None` matches anything; empty without a slice.
    pub slice: Vec<Option<Expr>>,
    /// The order.
    pub sort: Option<ir::Sort>,
    /// Most rounds.
    pub limit: Option<Expr>,
    /// The round.
    pub body: Vec<Stmt>,
}

/// A `foreach` over a histogram.
#[derive(Debug)]
pub struct ForeachBucket {
    /// The aggregate, and its keys where it is an element.
    pub stat: (GlobalId, Vec<Expr>),
    /// How many buckets there are.
    pub buckets: i64,
    /// Takes the bucket's number.
    pub bucket: Place,
    /// Takes its count.
    pub value: Option<Place>,
    /// Most rounds.
    pub limit: Option<Expr>,
    /// The round.
    pub body: Vec<Stmt>,
}

/// A variable that can be written.
#[derive(Debug)]
pub enum Place {
    /// A local.
    Local(LocalId),
    /// A scalar global.
    Global(GlobalId),
    /// An element of an array, and where it is written.
    Element(GlobalId, Vec<Expr>, Span),
    /// Memory of the traced system: address and size of an access (guru mode).
    Memory {
        /// The address.
        addr: Box<Expr>,
        /// 1, 2, 4 or 8.
        bytes: u8,
        /// Sign of what is read back.
        signed: bool,
        /// First bit and number of bits, where only those are meant.
        bits: Option<(u32, u32)>,
    },
}

/// The C type of a value that came from the traced system.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CType {
    /// A value of this type.
    Value(TypeId),
    /// The address of a value of this type.
    PointerTo(TypeId),
}

/// An expression.
#[derive(Debug)]
pub struct Expr {
    /// Its type.
    pub ty: TypeVar,
    /// Where it is: the token that messages name begins here.
    pub span: Span,
    /// The C type, where it is known.
    pub ctype: Option<CType>,
    /// Which expression.
    pub kind: ExprKind,
}

/// The forms of an expression.
#[derive(Debug)]
pub enum ExprKind {
    /// A constant.
    Constant(Constant),
    /// A local's value.
    Local(LocalId),
    /// A scalar global's value.
    Global(GlobalId),
    /// An element's value.
    Element(GlobalId, Vec<Expr>),
    /// A script function.
    Call(FunctionId, Vec<Expr>),
    /// A built-in function.
    Intrinsic(ir::Intrinsic, Vec<Expr>),
    /// Integer arithmetic.
    Binary(ir::BinaryOp, Box<Expr>, Box<Expr>),
    /// Comparison of integers or strings.
    Compare(ir::CompareOp, Box<Expr>, Box<Expr>),
    /// Whether a string has a match of a regular expression, 1 or 0.
    Match {
        /// The regular expression, which can be compiled.
        regex: Rc<[u8]>,
        /// Where it is.
        regex_span: Span,
        /// The string.
        subject: Box<Expr>,
    },
    /// Two strings joined.
    Concat(Box<Expr>, Box<Expr>),
    /// `!x`
    Not(Box<Expr>),
    /// `a && b`, 1 or 0.
    And(Box<Expr>, Box<Expr>),
    /// `a || b`, 1 or 0.
    Or(Box<Expr>, Box<Expr>),
    /// `cond ? then : otherwise`
    Ternary(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Whether an array has a matching element.
    Has(GlobalId, Vec<Option<Expr>>),
    /// `place = value`; the value is that of the right side.
    Assign(Place, Box<Expr>),
    /// `place OP= value`; the value is the new one.
    Update(Place, UpdateOp, Box<Expr>),
    /// `place++`: the value is the old one. (`++place` is an update.)
    PostStep(Place, i64),
    /// `place <<< value`; the value is that of the right side.
    Accumulate(GlobalId, Vec<Expr>, Box<Expr>),
    /// A number of an aggregate.
    Stat(GlobalId, Vec<Expr>, ir::StatField),
    /// The count in a bucket of an aggregate's histogram.
    Bucket(GlobalId, Vec<Expr>, Box<Expr>),
    /// A load from the traced system's memory.
    Load {
        /// Whose memory.
        space: ir::Space,
        /// The address.
        addr: Box<Expr>,
        /// 1, 2, 4 or 8.
        bytes: u8,
        /// Whether it is sign-extended.
        signed: bool,
    },
    /// A raw argument word.
    Arg(u32),
    /// The raw return value.
    ReturnValue,
    /// A word kept from the entry.
    EntryWord(u32),
    /// A print operation.
    Print(Box<Print>),
    /// Runs the first for its effects; the value is that of the second.
    Then(Box<Expr>, Box<Expr>),
    /// The value, or 0 or "" where computing it fails.
    Guarded(Box<Expr>),
}

/// What `OP=` does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpdateOp {
    /// Arithmetic.
    Int(ir::BinaryOp),
    /// `.=`
    Concat,
}

/// A print operation.
#[derive(Debug)]
pub struct Print {
    /// To a string, which is the value.
    pub to_string: bool,
    /// Text and directives in order.
    pub format: PrintFormat,
    /// What is printed.
    pub args: Vec<PrintArg>,
}

/// How arguments are turned into text.
#[derive(Debug)]
pub enum PrintFormat {
    /// A `printf` format, checked.
    Text(Vec<u8>),
    /// Each argument by its type, with a delimiter between and a text after.
    Plain {
        /// Between two arguments.
        delimiter: Vec<u8>,
        /// After the last.
        end: &'static str,
    },
}

/// Something printed.
#[derive(Debug)]
pub enum PrintArg {
    /// A value.
    Value(Expr),
    /// A histogram.
    Histogram(GlobalId, Vec<Expr>, HistogramShape),
    /// Memory at an address.
    Memory {
        /// The address.
        addr: Expr,
        /// Whose.
        space: ir::Space,
        /// How much.
        bytes: Bytes,
    },
}

impl Constant {
    /// The constant of a string literal, which ends at a NUL as strings do.
    pub fn text(literal: &[u8]) -> Self {
        let end = literal.iter().position(|byte| *byte == 0).unwrap_or(literal.len());
        Self::Str(Rc::from(&literal[..end]))
    }
}

/// How many buckets a histogram has, those of under- and overflow included.
pub fn bucket_count(hist: ir::Hist) -> i64 {
    match hist {
        ir::Hist::None => 0,
        ir::Hist::Log => 128,
        ir::Hist::Linear { low, high, step } => high.saturating_sub(low) / step.max(1) + 3,
    }
}

/// Calls `visit` with each of these statements and every one inside of it, outer ones first.
pub fn visit_stmts<'h>(stmts: &'h [Stmt], visit: &mut dyn FnMut(&'h Stmt)) {
    for stmt in stmts {
        visit(stmt);
        match &stmt.kind {
            StmtKind::Block(body) | StmtKind::Loop { body, .. } => visit_stmts(body, visit),
            StmtKind::Foreach(foreach) => visit_stmts(&foreach.body, visit),
            StmtKind::ForeachBucket(foreach) => visit_stmts(&foreach.body, visit),
            StmtKind::If { then: a, otherwise: b, .. } | StmtKind::Try { body: a, handler: b, .. } => {
                visit_stmts(a, visit);
                visit_stmts(b, visit);
            }
            _ => {}
        }
    }
}
