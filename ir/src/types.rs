// SPDX-License-Identifier: MIT OR Apache-2.0
//! Types of what operations define, and of what tables hold.

use crate::{Function, GlobalId, GlobalKind, MapSpec, MapValue, Op, Program, StatSpec, Type};

impl Op {
    /// The type of the value that the operation defines in a function of a program; `None` where it
    /// defines none, or names something that does not exist (which the verifier reports).
    pub fn result_type(&self, program: &Program, function: &Function) -> Option<Type> {
        match self {
            Self::Int(_)
            | Self::Binary(..)
            | Self::Compare(..)
            | Self::CompareStr(..)
            | Self::Match { .. }
            | Self::GlobalAdd(..)
            | Self::MapHas(..)
            | Self::MapAdd(..)
            | Self::StatRead(..)
            | Self::HistBucket(..)
            | Self::IterFirst(..)
            | Self::IterNext(..)
            | Self::IterStat(..)
            | Self::Load { .. }
            | Self::Arg(_)
            | Self::ReturnValue
            | Self::EntryGet(_)
            | Self::ProbeIndex => Some(Type::Int),
            Self::Str(_) | Self::Concat(..) | Self::Sprint(..) | Self::Caught => Some(Type::Str),
            Self::LocalGet(local) => Some(function.locals.get(local.index())?.ty),
            Self::GlobalGet(global) => program.globals.get(global.index())?.kind.scalar(),
            Self::MapGet(global, _) | Self::IterValue(global, _) => program.map(*global)?.value.scalar(),
            Self::IterKey(global, _, key) => program.map(*global)?.keys.get(*key as usize).copied(),
            Self::Intrinsic(intrinsic, _) => intrinsic.signature().1,
            Self::Call(callee, _) => program.functions.get(callee.index())?.result,
            Self::LocalSet(..)
            | Self::GlobalSet(..)
            | Self::MapSet(..)
            | Self::MapDelete(..)
            | Self::GlobalClear(_)
            | Self::StatAdd(..)
            | Self::Store { .. }
            | Self::EntrySet(..)
            | Self::Print(..)
            | Self::Budget(_)
            | Self::Release => None,
        }
    }
}

impl Op {
    /// The global that it works on; for print operations, which may read several, none.
    pub fn global(&self) -> Option<GlobalId> {
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
            | Self::IterStat(global, ..) => Some(*global),
            _ => None,
        }
    }
}

impl GlobalKind {
    /// The type of a scalar.
    pub fn scalar(&self) -> Option<Type> {
        match self {
            Self::Int(_) => Some(Type::Int),
            Self::Str(_) => Some(Type::Str),
            Self::Stat(_) | Self::Map(_) => None,
        }
    }
}

impl MapValue {
    /// The type of elements that are no aggregates.
    pub fn scalar(&self) -> Option<Type> {
        match self {
            Self::Int => Some(Type::Int),
            Self::Str => Some(Type::Str),
            Self::Stat(_) => None,
        }
    }
}

impl Program {
    /// The array that a global is, where it is one.
    pub fn map(&self, global: GlobalId) -> Option<&MapSpec> {
        match &self.globals.get(global.index())?.kind {
            GlobalKind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The aggregate that a global is, or that each element of an array is.
    pub fn stat(&self, global: GlobalId) -> Option<&StatSpec> {
        match &self.globals.get(global.index())?.kind {
            GlobalKind::Stat(spec) | GlobalKind::Map(MapSpec { value: MapValue::Stat(spec), .. }) => Some(spec),
            _ => None,
        }
    }
}
