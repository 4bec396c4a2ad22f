// SPDX-License-Identifier: MIT OR Apache-2.0
//! Operations.

use crate::{FormatId, FuncId, GlobalId, LocalId, StrId, Type, Value};

/// What an instruction does. Operands are integers unless said otherwise.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// An integer constant.
    Int(i64),
    /// A string constant.
    Str(StrId),
    /// Arithmetic.
    Binary(BinaryOp, Value, Value),
    /// Comparison of integers, signed: 1 or 0.
    Compare(CompareOp, Value, Value),
    /// Comparison of strings, bytewise: 1 or 0.
    CompareStr(CompareOp, Value, Value),
    /// Two strings joined, cut to the limit.
    Concat(Value, Value),
    /// Whether a string has a match of a regular expression: 1 or 0.
    Match {
        /// The regular expression, a string constant.
        regex: StrId,
        /// The string.
        subject: Value,
        /// Whether what matched is kept for the intrinsics that ask for it, until the next match that does so.
        keep: bool,
    },

    /// Reads a local.
    LocalGet(LocalId),
    /// Writes a local.
    LocalSet(LocalId, Value),
    /// Reads a scalar global.
    GlobalGet(GlobalId),
    /// Writes a scalar global.
    GlobalSet(GlobalId, Value),
    /// Adds to an integer global; the result is its new value.
    GlobalAdd(GlobalId, Value),

    /// An element of an array; 0 or "" where it has none.
    MapGet(GlobalId, Vec<Value>),
    /// Whether an array has the element; `None` keys match anything.
    MapHas(GlobalId, Vec<Option<Value>>),
    /// Writes an element of an array: array, keys, value.
    MapSet(GlobalId, Vec<Value>, Value),
    /// Adds to an integer element, which begins at 0: array, keys, summand. The result is its new value.
    MapAdd(GlobalId, Vec<Value>, Value),
    /// Removes elements; `None` keys match anything.
    MapDelete(GlobalId, Vec<Option<Value>>),
    /// Empties an array or an aggregate, or makes a scalar 0 or "".
    GlobalClear(GlobalId),

    /// Adds a value to an aggregate (no keys) or an element: global, keys, value.
    StatAdd(GlobalId, Vec<Value>, Value),
    /// Reads one number of an aggregate. Fails where it is empty, but for count and sum.
    StatRead(GlobalId, Vec<Value>, StatField),
    /// The count in a histogram bucket: global, keys, index from 0. Fails where there is no such bucket.
    HistBucket(GlobalId, Vec<Value>, Value),

    /// Sorts (where asked) and finds the first element that matches: a cursor, 0 at the end. The last operand, of one
    /// that sorts, is how many elements will be visited at most: only those need be sorted.
    IterFirst(GlobalId, Option<Sort>, Vec<Option<Value>>, Option<Value>),
    /// The next element that matches, from a cursor that is not 0: global, cursor, keys.
    IterNext(GlobalId, Value, Vec<Option<Value>>),
    /// One key of the element at a cursor: global, cursor, position.
    IterKey(GlobalId, Value, u32),
    /// The value of the element at a cursor: global, cursor.
    IterValue(GlobalId, Value),
    /// One number of the aggregate of the element at a cursor.
    IterStat(GlobalId, Value, StatField),

    /// A load from memory that may not be there.
    Load {
        /// Whose memory.
        space: Space,
        /// The address.
        addr: Value,
        /// 1, 2, 4 or 8 bytes.
        bytes: u8,
        /// Sign-extended where set.
        signed: bool,
    },
    /// A store to kernel memory that may not be there (guru mode).
    Store {
        /// The address.
        addr: Value,
        /// 1, 2, 4 or 8 bytes.
        bytes: u8,
        /// Its low bytes are stored.
        value: Value,
    },
    /// Raw argument `n` of the traced function or tracepoint, from 0, as its register or word holds it.
    Arg(u32),
    /// The raw return value register.
    ReturnValue,
    /// A word that the entry handler stored.
    EntryGet(u32),
    /// Stores a word for the return handler.
    EntrySet(u32, Value),
    /// The index of the probe that fired, in `Program::probes`.
    ProbeIndex,

    /// A built-in function.
    Intrinsic(Intrinsic, Vec<Value>),
    /// A script function.
    Call(FuncId, Vec<Value>),
    /// sprintf: a string, which ends where the text has a NUL.
    Sprint(FormatId, Vec<PrintArg>),
    /// printf: a record for the host.
    Print(FormatId, Vec<PrintArg>),

    /// Spends actions of the budget. Fails when none is left.
    Budget(u32),
    /// The end of a statement: strings made so far in this function are dead.
    Release,
    /// First in a catch block: the message of the error, which is then over.
    Caught,
}

/// An argument of a print operation.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PrintArg {
    /// An integer or string.
    Value(Value),
    /// The histogram of an aggregate (no keys) or an element.
    Hist {
        /// The aggregate.
        global: GlobalId,
        /// The element's keys.
        keys: Vec<Value>,
    },
}

/// Integer arithmetic in 64 bits, two's complement, wrapping.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Quotient, toward zero. Fails on division by 0; MIN / -1 is MIN.
    Div,
    /// Remainder. Fails on division by 0; MIN % -1 is 0.
    Rem,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
    /// Left shift by the low 6 bits.
    Shl,
    /// Arithmetic right shift by the low 6 bits.
    Shr,
    /// Logical right shift by the low 6 bits.
    UShr,
}

/// Comparisons.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CompareOp {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
}

/// Numbers of an aggregate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StatField {
    /// Values added.
    Count,
    /// Their sum.
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// sum / count.
    Avg,
    /// The sample variance.
    Variance,
}

/// An order for iteration. Sorting is stable and lasts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Sort {
    /// What is compared.
    pub by: SortBy,
    /// Greatest first.
    pub descending: bool,
}

/// What a sort compares.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SortBy {
    /// A key, by position.
    Key(u32),
    /// The value, an integer or string.
    Value,
    /// A number of the aggregate.
    Stat(StatField),
}

/// Address spaces.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Space {
    /// The kernel's.
    Kernel,
    /// The current process's.
    User,
}

macro_rules! intrinsics {
    ($($(#[$doc:meta])* $name:ident $text:literal ($($arg:ident),*) $(-> $result:ident)? : $effect:ident $($fails:ident)?;)*) => {
        /// Built-in functions, which only the script library may call, as `__builtin_NAME`.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Intrinsic { $($(#[$doc])* $name,)* }

        impl Intrinsic {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in the IR text and, after `__builtin_`, in the script library.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Types of its arguments and of its result.
            pub fn signature(self) -> (&'static [Type], Option<Type>) {
                match self { $(Self::$name => (&[$(Type::$arg),*], intrinsics!(@result $($result)?)),)* }
            }

            /// What it may do besides computing its result.
            pub fn effect(self) -> Effect {
                match self { $(Self::$name => Effect::$effect,)* }
            }

            /// Whether it can raise an error.
            pub fn can_fail(self) -> bool {
                match self { $(Self::$name => intrinsics!(@fails $($fails)?),)* }
            }
        }
    };
    (@result) => { None };
    (@result $result:ident) => { Some(Type::$result) };
    (@fails) => { false };
    (@fails fails) => { true };
}

/// What an intrinsic may do besides computing its result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// Nothing: the same arguments give the same result.
    Pure,
    /// It reads what may change between two calls.
    Reads,
    /// It does something.
    Acts,
}

intrinsics! {
    /// Bytes of a string.
    Strlen "strlen" (Str) -> Int: Pure;
    /// Part of a string: from a position, so many bytes; "" where the position is outside.
    Substr "substr" (Str, Int, Int) -> Str: Pure;
    /// The byte at a position, unsigned; 0 where it is outside.
    Stringat "stringat" (Str, Int) -> Int: Pure;
    /// Whether the first string has the second in it.
    Isinstr "isinstr" (Str, Str) -> Int: Pure;
    /// Where the first string has the second, or -1.
    Strpos "strpos" (Str, Str) -> Int: Pure;
    /// How many bytes the first string begins with that the second one has.
    Strspn "strspn" (Str, Str) -> Int: Pure;
    /// How many bytes the first string begins with that the second one lacks.
    Strcspn "strcspn" (Str, Str) -> Int: Pure;
    /// A number in a base (0: by its prefix), up to the first other byte.
    Strtol "strtol" (Str, Int) -> Int: Pure;
    /// All occurrences of the second string in the first replaced by the third.
    StrReplace "str_replace" (Str, Str, Str) -> Str: Pure;
    /// Unprintable bytes escaped: string, most bytes of the result (0: the limit), whether to quote it.
    TextStr "text_str" (Str, Int, Int) -> Str: Pure;
    /// `Day Mon dd hh:mm:ss yyyy` of seconds since the epoch, in UTC.
    Ctime "ctime" (Int) -> Str: Pure;
    /// The string at a kernel address, at most so many bytes.
    KernelString "kernel_string" (Int, Int) -> Str: Reads fails;
    /// The string at a user address, at most so many bytes.
    UserString "user_string" (Int, Int) -> Str: Reads fails;
    /// So many bytes at a kernel address, whatever they are.
    KernelBytes "kernel_bytes" (Int, Int) -> Str: Reads fails;
    /// So many bytes at a user address, whatever they are.
    UserBytes "user_bytes" (Int, Int) -> Str: Reads fails;
    /// Raises an error with the script's text.
    Error "error" (Str): Acts fails;
    /// Raises "all functions exhausted".
    Exhausted "exhausted" (): Acts fails;
    /// A line for the warning channel.
    Warn "warn" (Str): Acts;
    /// Waits so many nanoseconds, without giving up the CPU.
    Delay "delay" (Int): Acts;
    /// Asks the session to end.
    Exit "exit" (): Acts;
    /// Ends the handler at once, uncaught, and asks the session to end.
    Abort "abort" (): Acts fails;
    /// The reader of the output shall look at it now, though the flight recorder is on.
    Flush "flush" (): Acts;
    /// So many cycles were taken by the handler: what `-t` adds to it.
    Timed "timed" (Int): Acts;
    /// What all handlers have taken goes to the host.
    TimingReport "timing_report" (): Acts;
    /// A shell command for the agent to run.
    System "system" (Str): Acts;
    /// Address of the current `task_struct`.
    CurrentTask "current_task" () -> Int: Reads;
    /// This CPU's number.
    Cpu "cpu" () -> Int: Reads;
    /// The target process of `-x` or `-c`, or 0.
    TargetPid "target_pid" () -> Int: Reads;
    /// Address of the registers (`struct pt_regs`) that the probe found, or 0 where it found none.
    Registers "registers" () -> Int: Reads;
    /// CLOCK_MONOTONIC.
    TimeMonoNs "time_mono_ns" () -> Int: Reads;
    /// CLOCK_REALTIME.
    TimeRealNs "time_real_ns" () -> Int: Reads;
    /// CLOCK_BOOTTIME.
    TimeBootNs "time_boot_ns" () -> Int: Reads;
    /// The processor's cycle counter.
    Cycles "cycles" () -> Int: Reads;
    /// The kernel's tick counter.
    Jiffies "jiffies" () -> Int: Reads;
    /// The name of the probe point that fired, as `pp()` gives it.
    ProbePoint "probe_point" () -> Str: Reads;
    /// What the script calls the probe that fired, as `pn()` gives it.
    ProbeName "probe_name" () -> Str: Reads;
    /// Groups of the last `Op::Match` of this hit that keeps what matched; -1 where it failed, or there was none.
    MatchedGroups "matched_groups" () -> Int: Reads;
    /// What a group of it matched, 0 for the whole; "" where it took no part, or there is no such group.
    MatchedText "matched_text" (Int) -> Str: Reads;
    /// A random number from 0 up to, not including, the argument; 0 where that is not positive.
    Random "random" (Int) -> Int: Reads;
    /// The sum of two doubles, as bit patterns: to nearest, ties to even; 0x7ff8000000000000 for all that is no number.
    FpAdd "fp_add" (Int, Int) -> Int: Pure;
    /// The product of two doubles.
    FpMul "fp_mul" (Int, Int) -> Int: Pure;
    /// The quotient of two doubles.
    FpDiv "fp_div" (Int, Int) -> Int: Pure;
    /// What IEEE 754 calls the remainder: the first minus the nearest multiple of the second, the even one of two.
    FpRem "fp_rem" (Int, Int) -> Int: Pure;
    /// The square root of a double.
    FpSqrt "fp_sqrt" (Int) -> Int: Pure;
    /// A double in decimal, with so many digits after the point, at most 100.
    FpToString "fp_to_string" (Int, Int) -> Str: Pure;
    /// The double nearest to the decimal number that a string begins with.
    StringToFp "string_to_fp" (Str) -> Int: Pure;
}

impl Op {
    /// Whether it can raise an error, and so leave its block.
    pub fn can_fail(&self) -> bool {
        match self {
            Self::Binary(op, ..) => matches!(op, BinaryOp::Div | BinaryOp::Rem),
            Self::MapSet(..) | Self::MapAdd(..) | Self::StatAdd(..) => true,
            Self::StatRead(_, _, field) | Self::IterStat(_, _, field) => {
                !matches!(field, StatField::Count | StatField::Sum)
            }
            Self::HistBucket(..) | Self::Load { .. } | Self::Store { .. } => true,
            Self::Intrinsic(intrinsic, _) => intrinsic.can_fail(),
            Self::Call(..) | Self::Budget(_) => true,
            _ => false,
        }
    }

    /// Replaces every global it works on.
    pub(crate) fn map_globals(&mut self, mut map: impl FnMut(GlobalId) -> GlobalId) {
        match self {
            Self::GlobalGet(global)
            | Self::GlobalSet(global, _)
            | Self::GlobalAdd(global, _)
            | Self::GlobalClear(global)
            | Self::MapGet(global, _)
            | Self::MapHas(global, _)
            | Self::MapSet(global, ..)
            | Self::MapAdd(global, ..)
            | Self::MapDelete(global, _)
            | Self::StatAdd(global, ..)
            | Self::StatRead(global, ..)
            | Self::HistBucket(global, ..)
            | Self::IterFirst(global, ..)
            | Self::IterNext(global, ..)
            | Self::IterKey(global, ..)
            | Self::IterValue(global, _)
            | Self::IterStat(global, ..) => *global = map(*global),
            Self::Sprint(_, args) | Self::Print(_, args) => {
                for arg in args {
                    if let PrintArg::Hist { global, .. } = arg {
                        *global = map(*global);
                    }
                }
            }
            // All are listed, so that a new operation is not forgotten.
            Self::Int(_)
            | Self::Str(_)
            | Self::Binary(..)
            | Self::Compare(..)
            | Self::CompareStr(..)
            | Self::Concat(..)
            | Self::Match { .. }
            | Self::LocalGet(_)
            | Self::LocalSet(..)
            | Self::Load { .. }
            | Self::Store { .. }
            | Self::Arg(_)
            | Self::ReturnValue
            | Self::EntryGet(_)
            | Self::EntrySet(..)
            | Self::ProbeIndex
            | Self::Intrinsic(..)
            | Self::Call(..)
            | Self::Budget(_)
            | Self::Release
            | Self::Caught => {}
        }
    }

    /// Replaces every value it uses, in order.
    pub fn map_operands(&mut self, mut map: impl FnMut(Value) -> Value) {
        match self {
            Self::Int(_)
            | Self::Str(_)
            | Self::LocalGet(_)
            | Self::GlobalGet(_)
            | Self::GlobalClear(_)
            | Self::Arg(_)
            | Self::ReturnValue
            | Self::EntryGet(_)
            | Self::ProbeIndex
            | Self::Budget(_)
            | Self::Release
            | Self::Caught => {}
            Self::Binary(_, a, b) | Self::Compare(_, a, b) | Self::CompareStr(_, a, b) | Self::Concat(a, b) => {
                *a = map(*a);
                *b = map(*b);
            }
            Self::LocalSet(_, a) | Self::GlobalSet(_, a) | Self::GlobalAdd(_, a) | Self::EntrySet(_, a) => *a = map(*a),
            Self::MapGet(_, keys) | Self::StatRead(_, keys, _) => keys.iter_mut().for_each(|key| *key = map(*key)),
            Self::MapHas(_, keys) | Self::MapDelete(_, keys) => {
                keys.iter_mut().flatten().for_each(|key| *key = map(*key));
            }
            Self::IterFirst(_, _, keys, limit) => {
                keys.iter_mut().chain([limit]).flatten().for_each(|value| *value = map(*value));
            }
            Self::MapSet(_, keys, value)
            | Self::MapAdd(_, keys, value)
            | Self::StatAdd(_, keys, value)
            | Self::HistBucket(_, keys, value) => {
                keys.iter_mut().for_each(|key| *key = map(*key));
                *value = map(*value);
            }
            Self::IterNext(_, cursor, keys) => {
                *cursor = map(*cursor);
                keys.iter_mut().flatten().for_each(|key| *key = map(*key));
            }
            Self::IterKey(_, cursor, _) | Self::IterValue(_, cursor) | Self::IterStat(_, cursor, _) => {
                *cursor = map(*cursor);
            }
            Self::Match { subject, .. } => *subject = map(*subject),
            Self::Load { addr, .. } => *addr = map(*addr),
            Self::Store { addr, value, .. } => {
                *addr = map(*addr);
                *value = map(*value);
            }
            Self::Intrinsic(_, args) | Self::Call(_, args) => args.iter_mut().for_each(|arg| *arg = map(*arg)),
            Self::Sprint(_, args) | Self::Print(_, args) => {
                for arg in args {
                    match arg {
                        PrintArg::Value(value) => *value = map(*value),
                        PrintArg::Hist { keys, .. } => keys.iter_mut().for_each(|key| *key = map(*key)),
                    }
                }
            }
        }
    }
}
