// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which globals a handler uses, and how: what the code generators take locks for.
//!
//! A handler sees the globals it uses as if it ran alone. How much that costs depends on what it does with them, over
//! all functions that it calls: see [`Access`]. `begin`, `end` and `error` handlers run when no other can: before probes
//! are attached, and after all of them are detached. They need no locks, and what only they change needs none. A
//! global that no handler changes is left out.

use std::collections::BTreeMap;

use crate::{FuncId, Function, GlobalId, Op, PrintArg, Program};

/// What a handler does with a global.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Access {
    /// It only reads: it may run beside other readers.
    Read,
    /// It only adds, without looking at the result: to a number ([`Op::GlobalAdd`], [`Op::MapAdd`]) or an aggregate
    /// ([`Op::StatAdd`]). Additions commute, so those to a number may be atomic instructions, and those to an
    /// aggregate may go to a part that only this CPU has. (Adding to an *element* may also insert it, which changes
    /// the array for all.)
    Update,
    /// Anything else, sorting included: it must be alone.
    Write,
}

impl Access {
    /// What covers both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        if self == other { self } else { Self::Write }
    }
}

/// The globals that a handler uses, in their order, which is also an order for taking locks.
pub type LockSet = BTreeMap<GlobalId, Access>;

/// The lock sets of all functions, each with what it calls, by [`FuncId`]. Functions that no probe reaches beside others
/// have empty sets.
pub fn lock_sets(program: &Program) -> Vec<LockSet> {
    let mut sets = closed_sets(program);
    let shared = program.probes.iter().filter(|probe| !probe.kind.is_interruptible());
    let handlers = shared.flat_map(|probe| [Some(probe.handler), probe.entry]).flatten();
    let mut changed = vec![false; program.globals.len()];
    let mut reached = vec![false; program.functions.len()];
    let mut work: Vec<FuncId> = handlers.collect();
    while let Some(id) = work.pop() {
        let Some(function) = program.functions.get(id.index()) else { continue };
        if std::mem::replace(&mut reached[id.index()], true) {
            continue;
        }
        for (global, access) in &sets[id.index()] {
            changed[global.index()] |= *access != Access::Read;
        }
        work.extend(callees(function));
    }
    for (set, reached) in sets.iter_mut().zip(reached) {
        set.retain(|global, _| reached && changed[global.index()]);
    }
    sets
}

/// What functions do themselves and through calls.
fn closed_sets(program: &Program) -> Vec<LockSet> {
    let mut sets: Vec<LockSet> = program.functions.iter().map(|function| own_set(program, function)).collect();
    let mut again = true;
    while again {
        again = false;
        for (index, function) in program.functions.iter().enumerate() {
            for callee in callees(function) {
                let theirs = sets.get(callee.index()).cloned().unwrap_or_default();
                for (global, access) in theirs {
                    again |= add(&mut sets[index], global, access);
                }
            }
        }
    }
    sets
}

fn callees(function: &Function) -> impl Iterator<Item = FuncId> + '_ {
    function.blocks.iter().flat_map(|block| &block.insts).filter_map(|inst| match inst.op {
        Op::Call(callee, _) => Some(callee),
        _ => None,
    })
}

/// Adds an access to a set; whether that changed it.
fn add(set: &mut LockSet, global: GlobalId, access: Access) -> bool {
    let known = set.get(&global).copied();
    let joined = known.map_or(access, |known| known.join(access));
    set.insert(global, joined);
    known != Some(joined)
}

fn own_set(program: &Program, function: &Function) -> LockSet {
    let used = used_values(function);
    let mut set = LockSet::new();
    for inst in function.blocks.iter().flat_map(|block| &block.insts) {
        let result_used = inst.result.is_some_and(|value| used[value.index()]);
        let access = match &inst.op {
            Op::Print(_, args) | Op::Sprint(_, args) => {
                for arg in args {
                    if let PrintArg::Hist { global, .. } = arg {
                        add(&mut set, *global, Access::Read);
                    }
                }
                continue;
            }
            op => access(op, result_used),
        };
        if let Some(global) = inst.op.global().filter(|global| global.index() < program.globals.len()) {
            add(&mut set, global, access);
        }
    }
    set
}

/// What an operation does with its global.
fn access(op: &Op, result_used: bool) -> Access {
    match op {
        Op::GlobalAdd(..) | Op::MapAdd(..) if !result_used => Access::Update,
        Op::StatAdd(..) => Access::Update,
        Op::GlobalAdd(..)
        | Op::GlobalSet(..)
        | Op::GlobalClear(_)
        | Op::MapSet(..)
        | Op::MapAdd(..)
        | Op::MapDelete(..)
        | Op::IterFirst(_, Some(_), ..) => Access::Write,
        _ => Access::Read,
    }
}

/// Which values anything uses.
pub(crate) fn used_values(function: &Function) -> Vec<bool> {
    let mut used = vec![false; function.values.len()];
    for block in &function.blocks {
        let operands = block.insts.iter().flat_map(|inst| inst.op.operands()).chain(block.end.operands());
        operands.for_each(|value| used[value.index()] = true);
    }
    used
}
