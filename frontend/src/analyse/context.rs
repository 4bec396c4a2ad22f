// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a probe point offers its handler, and what the handler made use of.
//!
//! One handler serves all points of a wildcard that answer the questions it asked in the same way.

use crate::hir::{CType, Expr, FunctionId, Local};
use crate::span::FileId;
use crate::target::{Param, Prototype, TracepointInfo, TypeId};

/// What a handler finds where a probe fires.
#[derive(Clone, PartialEq, Debug)]
pub enum PointContext {
    /// No target variables: begin, timers and the like, by the name of the kind.
    None(&'static str),
    /// A kernel function's entry or return.
    Function {
        /// Its symbol.
        symbol: String,
        /// Its parameters and result, where they are known.
        prototype: Option<Prototype>,
        /// Whether it is the return.
        is_return: bool,
    },
    /// A tracepoint.
    Tracepoint(TracepointInfo),
}

/// What a handler may ask of a point.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Question {
    /// A parameter by name.
    Param(String),
    /// All of them.
    Params,
    /// The type of the result.
    Result,
    /// What the point is called.
    Name,
}

/// A point's answer.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Answer {
    Param(Option<Param>),
    Params(Vec<Param>),
    Result(Option<TypeId>),
    Name(String),
}

impl PointContext {
    pub(super) fn answer(&self, question: &Question) -> Answer {
        match question {
            Question::Param(name) => Answer::Param(self.param(name)),
            Question::Params => Answer::Params(self.params().to_vec()),
            Question::Result => Answer::Result(self.result()),
            Question::Name => Answer::Name(match self {
                Self::None(kind) => (*kind).to_owned(),
                Self::Function { symbol, .. } => symbol.clone(),
                Self::Tracepoint(info) => format!("{}:{}", info.system, info.name),
            }),
        }
    }

    /// The type of what the function returns, at its return.
    pub(super) fn result(&self) -> Option<TypeId> {
        match self {
            Self::Function { prototype, is_return: true, .. } => prototype.as_ref().and_then(|p| p.result),
            _ => None,
        }
    }

    /// All parameters that are known.
    pub(super) fn params(&self) -> &[Param] {
        match self {
            Self::Function { prototype: Some(prototype), .. } => &prototype.params,
            Self::Tracepoint(info) => &info.params,
            _ => &[],
        }
    }

    /// A parameter by its name; of tracepoints also `argN`.
    pub(super) fn param(&self, name: &str) -> Option<Param> {
        let params = self.params();
        if let Some(param) = params.iter().find(|param| param.name == name) {
            return Some(param.clone());
        }
        let number: usize = name.strip_prefix("arg")?.parse().ok()?;
        let Self::Tracepoint(_) = self else { return None };
        params.get(number.checked_sub(1)?).cloned()
    }

    /// Whether the probe finds the registers as the traced code has them.
    pub(super) fn has_registers(&self) -> bool {
        matches!(self, Self::Function { .. } | Self::None("kernel.statement"))
    }

    pub(super) fn is_return(&self) -> bool {
        matches!(self, Self::Function { is_return: true, .. })
    }

    /// The kind of probe, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None(kind) => kind,
            Self::Function { is_return: false, .. } => "kernel.function",
            Self::Function { is_return: true, .. } => "kernel.function.return",
            Self::Tracepoint(_) => "kernel.trace",
        }
    }

    /// The place, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::None(kind) => (*kind).to_owned(),
            Self::Function { symbol, .. } => format!("function '{symbol}'"),
            Self::Tracepoint(info) => format!("tracepoint '{}:{}'", info.system, info.name),
        }
    }
}

/// A handler's dealings with its point.
pub(super) struct Context {
    pub point: PointContext,
    /// Questions asked so far, with the answers.
    pub asked: Vec<(Question, Answer)>,
    /// Values to keep at the entry.
    pub entry: Vec<Kept>,
    /// Locals of the code that runs at the entry.
    pub entry_locals: Vec<Local>,
    /// Whether what is being resolved is evaluated at the entry.
    pub at_entry: bool,
    /// Functions that were resolved for this handler only, since they ask the point something.
    pub functions: Vec<FunctionId>,
}

/// A value that is kept at a function's entry.
pub(super) struct Kept {
    /// The text that asked for it, and its file: the same text asks for the same value.
    pub text: (FileId, String),
    /// What the entry's code computes: the word that it keeps.
    pub word: Expr,
    /// Whether the word only says where a string is kept.
    pub is_string: bool,
    /// The C type of the value.
    pub ctype: Option<CType>,
}

impl Context {
    pub fn new(point: PointContext) -> Self {
        Self {
            point,
            asked: Vec::new(),
            entry: Vec::new(),
            entry_locals: Vec::new(),
            at_entry: false,
            functions: Vec::new(),
        }
    }

    pub fn ask(&mut self, question: Question) -> Answer {
        let answer = self.point.answer(&question);
        self.asked.push((question, answer.clone()));
        answer
    }
}

/// Whether a handler made for another point, where it got these answers, serves this one as well.
pub(super) fn serves(asked: &[(Question, Answer)], point: &PointContext) -> bool {
    asked.iter().all(|(question, answer)| point.answer(question) == *answer)
}
