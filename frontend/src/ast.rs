// SPDX-License-Identifier: MIT OR Apache-2.0
//! The syntax tree: what a script says, before any name is looked up or any type is known.
//!
//! Every node has a [`Span`]. Every expression, and every variable named outside of an expression (a
//! `foreach` key, say), has an [`ExprId`] that is unique over the whole program, so that later stages keep
//! what they learn in side tables. Macros, conditionals and script arguments are gone: the
//! [preprocessor](crate::preprocess) has replaced them. Parentheses leave no node; the
//! [printer](crate::print) puts back those that are needed.

mod expr;
mod op;
mod point;
mod walk;

use std::fmt;
use std::sync::Arc;

pub use expr::*;
pub use op::Precedence;
pub use point::*;

use crate::span::{FileId, Span};

/// A shared, immutable name, without a leading `$` or `@`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

impl Name {
    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl std::ops::Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// A name and where it is written.
#[derive(Clone, Debug)]
pub struct Ident {
    /// The name.
    pub name: Name,
    /// Where it is written.
    pub span: Span,
}

/// The bytes of a string literal, escapes decoded and adjacent literals joined. Usually, but not always, UTF-8.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ByteString(Arc<[u8]>);

impl ByteString {
    /// The bytes, without a terminating NUL.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, each byte that is not UTF-8 replaced.
    pub fn to_str_lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl<T: AsRef<[u8]>> From<T> for ByteString {
    fn from(bytes: T) -> Self {
        Self(bytes.as_ref().into())
    }
}

impl fmt::Debug for ByteString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// A string literal.
#[derive(Clone, Debug)]
pub struct StringLit {
    /// Its bytes.
    pub value: ByteString,
    /// All of the literals that were joined.
    pub span: Span,
}

/// A number literal, with its sign where the grammar allows one.
#[derive(Clone, Debug)]
pub struct NumberLit {
    /// Its value; literals from 2^63 on wrap around.
    pub value: i64,
    /// Including the sign.
    pub span: Span,
}

/// A literal.
#[derive(Clone, Debug)]
pub enum Literal {
    /// A number.
    Number(NumberLit),
    /// A string.
    String(StringLit),
}

impl Literal {
    /// Where the literal is written.
    pub fn span(&self) -> Span {
        match self {
            Literal::Number(number) => number.span,
            Literal::String(string) => string.span,
        }
    }
}

/// One parsed source file.
#[derive(Clone, Debug)]
pub struct File {
    /// Which file.
    pub id: FileId,
    /// What the file may do, and how its functions rank.
    pub kind: FileKind,
    /// Its items, in order.
    pub items: Vec<Item>,
}

/// Where a file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// The user's script.
    User,
    /// A `.stp` file of the script library.
    Tapset,
    /// A `.stpm` file: macros that every other file may use. Has no items.
    MacroLibrary,
}

/// A top-level construct.
#[derive(Clone, Debug)]
pub enum Item {
    /// `probe POINT, … { … }`
    Probe(Probe),
    /// `probe NAME = POINT, … { … }`
    Alias(Alias),
    /// `function NAME(…) { … }`
    Function(Function),
    /// `global NAME, …`
    Globals(Globals),
    /// `%{ … %}` between items.
    Embedded(EmbeddedC),
}

impl Item {
    /// All of the item.
    pub fn span(&self) -> Span {
        match self {
            Item::Probe(probe) => probe.span,
            Item::Alias(alias) => alias.span,
            Item::Function(function) => function.span,
            Item::Globals(globals) => globals.span,
            Item::Embedded(code) => code.span,
        }
    }
}

/// `global a, b = 3, c%[10]`
#[derive(Clone, Debug)]
pub struct Globals {
    /// All of the declaration.
    pub span: Span,
    /// `private`: visible in this file only.
    pub private: bool,
    /// The declared variables, at least one.
    pub vars: Vec<Global>,
}

/// One variable of a `global` declaration.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its name.
    pub name: Ident,
    /// `%`: a full array drops its oldest element instead of failing.
    pub wrap: bool,
    /// `[N]`: the most elements it holds, 1 to 2^31 - 1.
    pub max_entries: Option<u32>,
    /// `= LITERAL`; never together with `wrap` or `max_entries`.
    pub init: Option<Literal>,
    /// From the name to the end of its decorations.
    pub span: Span,
}

/// `[private] function NAME[:TYPE](PARAM, …)[:PRIORITY] BODY`
#[derive(Clone, Debug)]
pub struct Function {
    /// All of the definition.
    pub span: Span,
    /// `private`: visible in this file only.
    pub private: bool,
    /// Its name; several functions may share one.
    pub name: Ident,
    /// The annotated result type.
    pub result: Option<TypeName>,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Overloads are tried from the lowest priority to the highest; where there is none, a user's is 0 and a
    /// tapset's 1.
    pub priority: Option<u64>,
    /// What it does.
    pub body: FunctionBody,
}

/// A parameter of a function.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// Its annotated type.
    pub ty: Option<TypeName>,
}

/// The body of a function.
#[derive(Clone, Debug)]
pub enum FunctionBody {
    /// `{ … }`
    Script(Block),
    /// `%{ … %}`
    Embedded(EmbeddedC),
}

/// A written type annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeName {
    /// `long`
    Long,
    /// `string`
    String,
}

/// `%{ … %}`: C code, which this compiler recognises and never compiles.
#[derive(Clone, Debug)]
pub struct EmbeddedC {
    /// Including the delimiters.
    pub span: Span,
    /// Between the delimiters.
    pub code: Arc<str>,
}

/// `{ … }`
#[derive(Clone, Debug)]
pub struct Block {
    /// Including the braces.
    pub span: Span,
    /// Its statements, in order.
    pub stmts: Vec<Stmt>,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// All of the statement.
    pub span: Span,
    /// Which statement.
    pub kind: StmtKind,
}

/// The forms of a statement.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// `;`
    Empty,
    /// `{ … }`
    Block(Block),
    /// An expression for its effects.
    Expr(Expr),
    /// `if (COND) THEN [else OTHERWISE]`
    If {
        /// The condition.
        cond: Expr,
        /// Runs if it is not zero.
        then: Box<Stmt>,
        /// Runs if it is zero.
        otherwise: Option<Box<Stmt>>,
    },
    /// `while (COND) BODY`
    While {
        /// The condition.
        cond: Expr,
        /// Runs while it is not zero.
        body: Box<Stmt>,
    },
    /// `for (INIT; COND; STEP) BODY`, each optional.
    For {
        /// Runs once, first.
        init: Option<Expr>,
        /// Without it, forever.
        cond: Option<Expr>,
        /// Runs after each round.
        step: Option<Expr>,
        /// Runs while the condition is not zero.
        body: Box<Stmt>,
    },
    /// `foreach (…) BODY`
    Foreach(Box<Foreach>),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return [EXPR]`
    Return(Option<Expr>),
    /// `next`
    Next,
    /// `delete …`
    Delete(Delete),
    /// `try { … } catch [(VAR)] { … }`
    Try {
        /// What may fail.
        body: Block,
        /// The variable that takes the message.
        catch_var: Option<VarRef>,
        /// Runs if it fails.
        handler: Block,
    },
    /// `%{ … %}`
    Embedded(EmbeddedC),
}

/// What `delete` deletes.
#[derive(Clone, Debug)]
pub struct Delete {
    /// The array or scalar.
    pub var: VarRef,
    /// `[k, *]`: the elements that match; without it, everything.
    pub keys: Option<Vec<Key>>,
}

/// `foreach ([VALUE =] KEYS in SOURCE [limit N]) BODY`
#[derive(Clone, Debug)]
pub struct Foreach {
    /// `value = …`: takes the element's value.
    pub value: Option<VarRef>,
    /// Take the element's keys; at least one.
    pub keys: Vec<VarRef>,
    /// What is walked through.
    pub source: ForeachSource,
    /// In which order.
    pub sort: Option<Sort>,
    /// The most rounds.
    pub limit: Option<Expr>,
    /// Runs once for each element.
    pub body: Stmt,
}

/// What a `foreach` walks through.
#[derive(Clone, Debug)]
pub enum ForeachSource {
    /// An array.
    Array {
        /// The array.
        array: VarRef,
        /// `[*, "x"]`: only the elements that match.
        slice: Option<Vec<Key>>,
    },
    /// The buckets of a histogram.
    Histogram(Histogram),
}

/// The order of a `foreach`.
#[derive(Clone, Debug)]
pub struct Sort {
    /// What is compared.
    pub by: SortKey,
    /// `-`: the greatest first.
    pub descending: bool,
    /// The `+` or `-`.
    pub span: Span,
}

/// What a sorted `foreach` compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// The key of this index in [`Foreach::keys`].
    Key(usize),
    /// The values (statistics: their count).
    Value,
    /// `@sum` and the like of the values, which are statistics.
    Stat(StatOp),
}
