// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values.

use std::rc::Rc;

use crate::Type;

/// A value at run time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Val {
    Int(i64),
    Str(Rc<[u8]>),
}

impl Val {
    pub fn default(ty: Type) -> Self {
        match ty {
            Type::Int => Self::Int(0),
            Type::Str => Self::Str(Rc::default()),
        }
    }

    /// The integer; the verifier saw to it that it is one.
    pub fn int(&self) -> i64 {
        match self {
            Self::Int(int) => *int,
            Self::Str(_) => 0,
        }
    }

    /// The string; the verifier saw to it that it is one.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Int(_) => b"",
            Self::Str(bytes) => bytes,
        }
    }
}

impl From<i64> for Val {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<bool> for Val {
    fn from(truth: bool) -> Self {
        Self::Int(truth.into())
    }
}
