// SPDX-License-Identifier: MIT OR Apache-2.0
//! What operations depend on and change: the one place that passes ask before they move, share or drop anything.

use std::collections::BTreeSet;

use crate::{Effect, Function, GlobalId, Intrinsic, Op, PrintArg, Program};

/// What the result of an operation depends on, besides its operands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Depends {
    /// Nothing that changes while a handler runs.
    Nothing,
    /// These globals.
    Globals(Vec<GlobalId>),
    /// The memory of the traced system.
    Memory,
    /// What only this very execution sees: time, a variable, the error being handled.
    Moment,
}

/// What an operation depends on. Operations without a result depend on the moment, since there is nothing to share.
pub(super) fn depends(op: &Op) -> Depends {
    match op {
        Op::Int(_) | Op::Str(_) | Op::Binary(..) | Op::Compare(..) | Op::CompareStr(..) | Op::Concat(..) => {
            Depends::Nothing
        }
        Op::Match { keep: false, .. } | Op::EntryGet(_) | Op::ProbeIndex => Depends::Nothing,
        // Guru mode writes the registers where they are saved.
        Op::Arg(_) | Op::ReturnValue => Depends::Memory,
        Op::GlobalGet(global)
        | Op::MapGet(global, _)
        | Op::MapHas(global, _)
        | Op::StatRead(global, ..)
        | Op::HistBucket(global, ..)
        | Op::IterKey(global, ..)
        | Op::IterValue(global, _)
        | Op::IterStat(global, ..) => Depends::Globals(vec![*global]),
        Op::Sprint(_, args) => {
            let hists = args.iter().filter_map(|arg| match arg {
                PrintArg::Hist { global, .. } => Some(*global),
                PrintArg::Value(_) => None,
            });
            Depends::Globals(hists.collect())
        }
        Op::Load { .. } => Depends::Memory,
        Op::Intrinsic(intrinsic, _) => of_intrinsic(*intrinsic),
        // Cursors are not shared: the state of an iteration is the runtime's affair.
        Op::IterFirst(..) | Op::IterNext(..) => Depends::Moment,
        Op::Match { keep: true, .. }
        | Op::LocalGet(_)
        | Op::LocalSet(..)
        | Op::GlobalSet(..)
        | Op::GlobalAdd(..)
        | Op::MapSet(..)
        | Op::MapAdd(..)
        | Op::MapDelete(..)
        | Op::GlobalClear(_)
        | Op::StatAdd(..)
        | Op::Store { .. }
        | Op::EntrySet(..)
        | Op::Call(..)
        | Op::Print(..)
        | Op::Budget(_)
        | Op::Release
        | Op::Caught => Depends::Moment,
    }
}

fn of_intrinsic(intrinsic: Intrinsic) -> Depends {
    match intrinsic {
        // A handler stays on its CPU, in its task.
        Intrinsic::CurrentTask
        | Intrinsic::Cpu
        | Intrinsic::TargetPid
        | Intrinsic::Registers
        | Intrinsic::ProbePoint
        | Intrinsic::ProbeName => Depends::Nothing,
        Intrinsic::KernelString | Intrinsic::UserString | Intrinsic::KernelBytes | Intrinsic::UserBytes => {
            Depends::Memory
        }
        other if other.effect() == Effect::Pure && other.signature().1.is_some() => Depends::Nothing,
        _ => Depends::Moment,
    }
}

/// What some code may change that [`Depends`] tells apart.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Changes {
    /// These globals.
    pub globals: BTreeSet<GlobalId>,
    /// The memory of the traced system.
    pub memory: bool,
}

impl Changes {
    /// What an operation changes itself, calls not followed.
    fn own(op: &Op) -> Self {
        let global = match op {
            Op::GlobalSet(global, _)
            | Op::GlobalAdd(global, _)
            | Op::MapSet(global, ..)
            | Op::MapAdd(global, ..)
            | Op::MapDelete(global, _)
            | Op::GlobalClear(global)
            | Op::StatAdd(global, ..)
            | Op::IterFirst(global, Some(_), ..) => Some(*global),
            _ => None,
        };
        let memory = match op {
            Op::Store { .. } => true,
            // Those known to leave memory alone; others may be ways to write.
            Op::Intrinsic(intrinsic, _) => {
                intrinsic.effect() == Effect::Acts
                    && !matches!(
                        intrinsic,
                        Intrinsic::Error
                            | Intrinsic::Exhausted
                            | Intrinsic::Warn
                            | Intrinsic::Exit
                            | Intrinsic::Flush
                            | Intrinsic::System
                    )
            }
            _ => false,
        };
        Self { globals: global.into_iter().collect(), memory }
    }

    /// Adds what other code changes; whether that is more.
    pub fn add(&mut self, other: &Self) -> bool {
        let before = (self.globals.len(), self.memory);
        self.globals.extend(&other.globals);
        self.memory |= other.memory;
        before != (self.globals.len(), self.memory)
    }

    /// Whether what something depends on stays as it is.
    pub fn spare(&self, depends: &Depends) -> bool {
        match depends {
            Depends::Nothing => true,
            Depends::Globals(globals) => globals.iter().all(|global| !self.globals.contains(global)),
            Depends::Memory => !self.memory,
            Depends::Moment => false,
        }
    }
}

/// What the functions of a program change, with all that they call.
#[derive(Default)]
pub(super) struct Summaries(Vec<Changes>);

impl Summaries {
    pub fn new(program: &Program) -> Self {
        let mut all: Vec<Changes> = Vec::new();
        for function in &program.functions {
            let mut changes = Changes::default();
            ops(function).for_each(|op| {
                changes.add(&Changes::own(op));
            });
            all.push(changes);
        }
        let mut again = true;
        while again {
            again = false;
            for (index, function) in program.functions.iter().enumerate() {
                for op in ops(function) {
                    if let Op::Call(callee, _) = op
                        && callee.index() != index
                    {
                        let theirs = all[callee.index()].clone();
                        again |= all[index].add(&theirs);
                    }
                }
            }
        }
        Self(all)
    }

    /// What an operation changes, calls followed.
    pub fn changes(&self, op: &Op) -> Changes {
        match op {
            Op::Call(callee, _) => self.0[callee.index()].clone(),
            op => Changes::own(op),
        }
    }

    /// What a run of operations changes.
    pub fn changes_of<'a>(&self, ops: impl Iterator<Item = &'a Op>) -> Changes {
        let mut all = Changes::default();
        for op in ops {
            match op {
                Op::Call(callee, _) => all.add(&self.0[callee.index()]),
                op if is_plain(op) => false,
                op => all.add(&Changes::own(op)),
            };
        }
        all
    }
}

/// Operations that surely change nothing: a short cut.
fn is_plain(op: &Op) -> bool {
    matches!(op, Op::Int(_) | Op::Str(_) | Op::Binary(..) | Op::Compare(..) | Op::LocalGet(_) | Op::Load { .. })
}

/// All operations of a function.
pub(super) fn ops(function: &Function) -> impl Iterator<Item = &Op> {
    function.blocks.iter().flat_map(|block| &block.insts).map(|inst| &inst.op)
}

/// Whether all that an operation does is its result, so that it need not be done for one that nobody uses. Faults are
/// something that an operation does.
pub(super) fn is_removable(op: &Op) -> bool {
    match op {
        Op::GlobalAdd(..)
        | Op::MapAdd(..)
        | Op::IterFirst(_, Some(_), ..)
        | Op::Match { keep: true, .. }
        | Op::Caught => false,
        Op::Intrinsic(intrinsic, _) => {
            intrinsic.effect() != Effect::Acts && !intrinsic.can_fail() && intrinsic.signature().1.is_some()
        }
        // Those that define nothing are there for what they do.
        Op::LocalSet(..)
        | Op::GlobalSet(..)
        | Op::MapSet(..)
        | Op::MapDelete(..)
        | Op::GlobalClear(_)
        | Op::StatAdd(..)
        | Op::Store { .. }
        | Op::EntrySet(..)
        | Op::Print(..)
        | Op::Budget(_)
        | Op::Release => false,
        op => !op.can_fail(),
    }
}
