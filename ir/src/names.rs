// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names of enumerations in the IR text, for the printer and the parser.

use crate::{BinaryOp, CompareOp, Intrinsic, Space, StatField, Type};

/// An enumeration whose values have names.
pub(crate) trait Named: Copy + 'static {
    /// All values with their names.
    const NAMES: &'static [(Self, &'static str)];
    /// The name of a value.
    fn word(self) -> &'static str;
    /// The value of a name.
    fn from_word(word: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, name)| *name == word).map(|(value, _)| *value)
    }
}

macro_rules! named {
    ($($ty:ident { $($value:ident $word:literal),* $(,)? })*) => {$(
        impl Named for $ty {
            const NAMES: &'static [(Self, &'static str)] = &[$((Self::$value, $word),)*];
            fn word(self) -> &'static str {
                match self { $(Self::$value => $word,)* }
            }
        }
    )*};
}

named! {
    Type { Int "int", Str "str" }
    BinaryOp {
        Add "add", Sub "sub", Mul "mul", Div "div", Rem "rem", And "and", Or "or", Xor "xor", Shl "shl", Shr "shr",
        UShr "ushr",
    }
    CompareOp { Eq "eq", Ne "ne", Lt "lt", Le "le", Gt "gt", Ge "ge" }
    StatField { Count "count", Sum "sum", Min "min", Max "max", Avg "avg", Variance "variance" }
    Space { Kernel "kernel", User "user" }
}

impl Intrinsic {
    /// The intrinsic that has a name; `None` where none has.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|intrinsic| intrinsic.name() == name)
    }
}
