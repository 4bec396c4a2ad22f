// SPDX-License-Identifier: MIT OR Apache-2.0
//! Programs, globals, functions, blocks.

use crate::{Op, PrintArg, StatField};

/// Defines numbered ids: indices that cannot be mistaken for another table's.
#[macro_export]
macro_rules! index {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);
        impl $name {
            /// As an index into the table it numbers.
            pub fn index(self) -> usize { self.0 as usize }
            /// From an index into the table it numbers.
            pub fn new(index: usize) -> Self { Self(index as u32) }
        }
    )*};
}

index! {
    /// An index into [`Program::globals`].
    GlobalId,
    /// An index into [`Program::functions`].
    FuncId,
    /// An index into [`Program::formats`].
    FormatId,
    /// An index into [`Program::strings`].
    StrId,
    /// An index into [`Program::locations`].
    LocId,
    /// An index into [`Program::files`].
    FileId,
    /// An index into [`Function::locals`].
    LocalId,
    /// An index into [`Function::blocks`].
    BlockId,
    /// An index into [`Function::values`].
    Value,
}

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// Signed 64-bit integer.
    Int,
    /// Immutable bounded byte string without NUL.
    Str,
}

/// A whole compiled script, all that a code generator needs.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Program {
    /// Script globals.
    pub globals: Vec<Global>,
    /// Script functions and handlers.
    pub functions: Vec<Function>,
    /// Resolved probe points, in the order of registration.
    pub probes: Vec<Probe>,
    /// Formats of print and sprint operations.
    pub formats: Vec<Format>,
    /// String constants (bytes without NUL).
    pub strings: Vec<Vec<u8>>,
    /// Source file names.
    pub files: Vec<String>,
    /// Source locations of instructions.
    pub locations: Vec<Location>,
    /// Limits that the generated code obeys.
    pub limits: Limits,
}

/// Run-time limits, settable with `-D`.
#[derive(Clone, PartialEq, Debug)]
pub struct Limits {
    /// MAXSTRINGLEN: bytes of a string, terminating NUL included.
    pub max_string: u32,
    /// MAXACTION: statements of one hit.
    pub max_action: u32,
    /// MAXACTION_INTERRUPTIBLE: statements of begin, end and error handlers.
    pub max_action_interruptible: u32,
    /// MAXMAPENTRIES: elements of an array without a size of its own.
    pub max_map_entries: u32,
    /// MAXERRORS: errors that are survived.
    pub max_errors: u32,
    /// MAXSKIPPED: skipped hits that are survived.
    pub max_skipped: u32,
    /// MAXNESTING: depth of calls.
    pub max_nesting: u32,
    /// MAXTRYLOCK: waits of 10 µs for a lock before the hit is skipped.
    pub max_trylock: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_string: 512,
            max_action: 1000,
            max_action_interruptible: 10_000,
            max_map_entries: 2048,
            max_errors: 0,
            max_skipped: 100,
            max_nesting: 10,
            max_trylock: 100,
        }
    }
}

/// A place in a script, and the token that messages name (`near operator '/'`).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Location {
    /// The script or library file.
    pub file: FileId,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// `operator '/'`, `identifier 'x'`, …; may be empty.
    pub near: String,
}

/// A script global.
#[derive(Clone, PartialEq, Debug)]
pub struct Global {
    /// Its name in the script.
    pub name: String,
    /// What it holds.
    pub kind: GlobalKind,
}

/// What a global holds.
#[derive(Clone, PartialEq, Debug)]
pub enum GlobalKind {
    /// One integer, with its initial value.
    Int(i64),
    /// One string, with its initial value.
    Str(Vec<u8>),
    /// One statistics aggregate.
    Stat(StatSpec),
    /// An associative array.
    Map(MapSpec),
}

/// An associative array. Elements keep the order of insertion, which sorting changes.
#[derive(Clone, PartialEq, Debug)]
pub struct MapSpec {
    /// Types of the key tuple, at least one.
    pub keys: Vec<Type>,
    /// What an element holds.
    pub value: MapValue,
    /// Most elements; 0 means `Limits::max_map_entries`.
    pub capacity: u32,
    /// Whether inserting into a full array evicts the element written longest ago.
    pub wrap: bool,
}

/// What an element of an array holds.
#[derive(Clone, PartialEq, Debug)]
pub enum MapValue {
    /// An integer.
    Int,
    /// A string.
    Str,
    /// A statistics aggregate.
    Stat(StatSpec),
}

/// What an aggregate keeps beside its count.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatSpec {
    /// The sum.
    pub sum: bool,
    /// The least and the greatest value.
    pub extremes: bool,
    /// Its histogram, if any reader wants one.
    pub hist: Hist,
    /// Bits that `@variance` shifts by, where a reader wants the variance.
    pub variance: Option<u8>,
}

impl Default for StatSpec {
    /// What costs little. The optimiser leaves out what nobody asks for.
    fn default() -> Self {
        Self { sum: true, extremes: true, hist: Hist::None, variance: None }
    }
}

impl StatSpec {
    /// Whether it keeps what a number is made of.
    pub fn keeps(&self, field: StatField) -> bool {
        match field {
            StatField::Count => true,
            StatField::Sum | StatField::Avg => self.sum,
            StatField::Min | StatField::Max => self.extremes,
            StatField::Variance => self.variance.is_some(),
        }
    }
}

/// The histogram of an aggregate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Hist {
    /// None.
    #[default]
    None,
    /// 128 buckets: 0 in bucket 64, each power of two above and below in its own.
    Log,
    /// `(high - low) / step + 1` buckets, the last beginning at `high`; one below and one above them.
    Linear {
        /// Lowest value of the first bucket.
        low: i64,
        /// The last bucket of the range begins at or below it.
        high: i64,
        /// Values in a bucket.
        step: i64,
    },
}

/// A resolved probe point and its handler.
#[derive(Clone, PartialEq, Debug)]
pub struct Probe {
    /// The resolved probe point as `pp()` prints it, e.g. `kernel.function("vfs_read@fs/read_write.c:450")`.
    pub name: String,
    /// What the script calls it by an alias, as `pn()` prints it, e.g. `vfs.read`; `None` where that is its name.
    pub alias: Option<String>,
    /// Where and when it fires.
    pub kind: ProbeKind,
    /// A function without parameters and result.
    pub handler: FuncId,
    /// Where the script has the handler, whatever becomes of its instructions.
    pub loc: LocId,
    /// Return probes: a function without parameters and result that runs at entry.
    pub entry: Option<FuncId>,
    /// Return probes: words kept from entry to return (`Op::EntrySet`, `Op::EntryGet`).
    pub entry_words: u32,
    /// Whether a failure to attach goes unmentioned (`?`).
    pub optional: bool,
    /// A function without parameters that returns an integer, of globals only: where it is 0, the handler does nothing (it asks
    /// itself), and the probe need not be attached.
    pub condition: Option<FuncId>,
}

impl Probe {
    /// What the script calls it.
    pub fn script_name(&self) -> &str {
        self.alias.as_ref().unwrap_or(&self.name)
    }
}

/// Where and when a probe fires.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProbeKind {
    /// Once at the start, in the order of the sequence numbers.
    Begin(i64),
    /// Once at the end, in the order of the sequence numbers.
    End(i64),
    /// Once after a failure, in the order of the sequence numbers.
    Error(i64),
    /// Periodically, on one CPU.
    Timer {
        /// The period.
        period_ns: u64,
        /// Uniform random spread of each period, either way.
        randomize_ns: u64,
    },
    /// A kernel function's entry.
    Function {
        /// Its symbol.
        symbol: String,
        /// Words that its arguments take, in registers and then on the stack, where that is known.
        words: Option<u32>,
    },
    /// A kernel function's return.
    Return {
        /// Its symbol.
        symbol: String,
        /// Concurrent calls that are followed; 0 for the default.
        maxactive: u32,
        /// Words that its arguments take, in registers and then on the stack, where that is known.
        words: Option<u32>,
    },
    /// An instruction.
    Address {
        /// The symbol it is counted from; empty for an absolute address.
        symbol: String,
        /// Bytes from the symbol, or the absolute address.
        offset: u64,
    },
    /// A kernel tracepoint.
    Tracepoint {
        /// Its name without the system.
        name: String,
        /// How many arguments it passes.
        n_args: u32,
    },
}

impl ProbeKind {
    /// Whether its handlers run in process context with the larger action budget.
    pub fn is_interruptible(&self) -> bool {
        matches!(self, Self::Begin(_) | Self::End(_) | Self::Error(_))
    }
}

/// A print format: text with `%` directives, checked against the argument types at compile time.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Format {
    /// The format as in the script, escapes resolved.
    pub text: Vec<u8>,
    /// Types of the arguments in order, those of `*` widths and precisions included.
    pub args: Vec<FormatArg>,
}

/// The type of one argument of a format.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FormatArg {
    /// An integer.
    Int,
    /// A string.
    Str,
    /// A histogram, drawn as a table where the text has `%H`.
    Hist,
}

/// A function or handler.
#[derive(Clone, PartialEq, Debug)]
pub struct Function {
    /// Its name in the script, or the probe point for a handler.
    pub name: String,
    /// Types of the parameters, which are the first locals.
    pub params: Vec<Type>,
    /// Type of the result.
    pub result: Option<Type>,
    /// Mutable variables, the parameters first; 0 or "" at entry.
    pub locals: Vec<Local>,
    /// Types of all SSA values.
    pub values: Vec<Type>,
    /// Blocks; the first is the entry, without parameters.
    pub blocks: Vec<Block>,
}

/// A mutable variable of a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Local {
    /// Its name in the script, or a made-up one.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// A straight run of instructions.
#[derive(Clone, PartialEq, Debug)]
pub struct Block {
    /// Values that jumps pass.
    pub params: Vec<Value>,
    /// Instructions in order.
    pub insts: Vec<Inst>,
    /// How it ends.
    pub end: Terminator,
    /// Where an instruction that fails goes: a block without parameters that begins with
    /// [`Op::Caught`]. None unwinds the function.
    pub catch: Option<BlockId>,
}

/// An instruction.
#[derive(Clone, PartialEq, Debug)]
pub struct Inst {
    /// The value it defines.
    pub result: Option<Value>,
    /// What it does.
    pub op: Op,
    /// Where it stems from.
    pub loc: LocId,
}

/// A jump's goal and the values for its block's parameters.
#[derive(Clone, PartialEq, Debug)]
pub struct Target {
    /// The block.
    pub block: BlockId,
    /// One value for each of its parameters.
    pub args: Vec<Value>,
}

/// How a block ends.
#[derive(Clone, PartialEq, Debug)]
pub enum Terminator {
    /// Go on there.
    Jump(Target),
    /// Go on at `yes` where the integer is not zero, else at `no`.
    Branch {
        /// The condition.
        cond: Value,
        /// Where it is not zero.
        yes: Target,
        /// Where it is zero.
        no: Target,
    },
    /// Leave the function, with its result.
    Return(Option<Value>),
}

impl Function {
    /// An empty function with its parameters as first locals and no blocks.
    pub fn new(name: impl Into<String>, params: &[(String, Type)], result: Option<Type>) -> Self {
        Self {
            name: name.into(),
            params: params.iter().map(|(_, ty)| *ty).collect(),
            result,
            locals: params.iter().map(|(name, ty)| Local { name: name.clone(), ty: *ty }).collect(),
            values: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// Adds a value of a type.
    pub fn new_value(&mut self, ty: Type) -> Value {
        self.values.push(ty);
        Value::new(self.values.len() - 1)
    }

    /// The type of a value.
    pub fn ty(&self, value: Value) -> Type {
        self.values[value.index()]
    }
}

impl Terminator {
    /// The values it uses, in order.
    pub fn operands(&self) -> Vec<Value> {
        let mut all: Vec<Value> = match self {
            Self::Branch { cond, .. } => vec![*cond],
            Self::Return(value) => value.iter().copied().collect(),
            Self::Jump(_) => Vec::new(),
        };
        all.extend(self.targets().iter().flat_map(|target| &target.args));
        all
    }

    /// Replaces every value it uses.
    pub fn map_operands(&mut self, mut map: impl FnMut(Value) -> Value) {
        match self {
            Self::Branch { cond, .. } => *cond = map(*cond),
            Self::Return(value) => value.iter_mut().for_each(|value| *value = map(*value)),
            Self::Jump(_) => {}
        }
        self.targets_mut().into_iter().flat_map(|target| &mut target.args).for_each(|arg| *arg = map(*arg));
    }

    /// Where it may go.
    pub fn targets(&self) -> Vec<&Target> {
        match self {
            Self::Jump(target) => vec![target],
            Self::Branch { yes, no, .. } => vec![yes, no],
            Self::Return(_) => Vec::new(),
        }
    }

    /// Calls a function with each goal, to be changed.
    pub(crate) fn visit_targets_mut(&mut self, mut visit: impl FnMut(&mut Target)) {
        match self {
            Self::Jump(target) => visit(target),
            Self::Branch { yes, no, .. } => {
                visit(yes);
                visit(no);
            }
            Self::Return(_) => {}
        }
    }

    /// Where it may go, to be changed.
    pub fn targets_mut(&mut self) -> Vec<&mut Target> {
        match self {
            Self::Jump(target) => vec![target],
            Self::Branch { yes, no, .. } => vec![yes, no],
            Self::Return(_) => Vec::new(),
        }
    }
}

impl Op {
    /// The values it uses, in order.
    pub fn operands(&self) -> Vec<Value> {
        let mut all = Vec::new();
        self.visit_operands(|value| all.push(value));
        all
    }

    /// Calls a function with each value it uses, in order.
    pub(crate) fn visit_operands(&self, mut visit: impl FnMut(Value)) {
        // The common ones need no copy of the operation.
        match self {
            Self::Binary(_, a, b) | Self::Compare(_, a, b) | Self::CompareStr(_, a, b) | Self::Concat(a, b) => {
                visit(*a);
                visit(*b);
            }
            Self::LocalSet(_, a) | Self::GlobalSet(_, a) | Self::GlobalAdd(_, a) => visit(*a),
            Self::Load { addr, .. } => visit(*addr),
            Self::Intrinsic(_, args) | Self::Call(_, args) => args.iter().copied().for_each(visit),
            Self::Int(_) | Self::Str(_) | Self::LocalGet(_) | Self::GlobalGet(_) | Self::Budget(_) | Self::Release => {}
            other => {
                other.clone().map_operands(|value| {
                    visit(value);
                    value
                });
            }
        }
    }
}

impl PrintArg {
    /// Its type in the format.
    pub fn format_arg(&self, function: &Function) -> FormatArg {
        match self {
            Self::Hist { .. } => FormatArg::Hist,
            Self::Value(value) => match function.ty(*value) {
                Type::Int => FormatArg::Int,
                Type::Str => FormatArg::Str,
            },
        }
    }
}
