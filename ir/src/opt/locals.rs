// SPDX-License-Identifier: MIT OR Apache-2.0
//! Mutable variables within blocks.

use std::collections::{HashMap, HashSet};

use super::{Context, Replacements, replace};
use crate::{Function, LocalId, Op, Terminator, Type, Value};

/// An integer variable that was written or read before in the same block is not read again. (Strings stay: what is
/// read of a variable outlives a `Release` only in the variable.)
pub(super) fn forward(_: &Context<'_>, function: &mut Function) -> bool {
    let mut replacements = Replacements::new();
    for block in &function.blocks {
        let mut known: HashMap<LocalId, Value> = HashMap::new();
        for inst in &block.insts {
            match (&inst.op, inst.result) {
                (Op::LocalSet(local, value), _) if function.ty(*value) == Type::Int => {
                    known.insert(*local, *value);
                }
                (Op::LocalGet(local), Some(result)) if function.ty(result) == Type::Int => {
                    let value = *known.entry(*local).or_insert(result);
                    if value != result {
                        replacements.insert(result, value);
                    }
                }
                _ => {}
            }
        }
    }
    replace(function, &replacements)
}

/// A variable that is written again, or never read, before the function ends need not be written.
pub(super) fn remove_dead_stores(_: &Context<'_>, function: &mut Function) -> bool {
    let all = || (0..function.locals.len()).map(LocalId::new);
    let mut read: HashSet<LocalId> = HashSet::new();
    for inst in function.blocks.iter().flat_map(|block| &block.insts) {
        if let Op::LocalGet(local) = inst.op {
            read.insert(local);
        }
    }
    let unread: HashSet<LocalId> = all().filter(|local| !read.contains(local)).collect();
    let everything: HashSet<LocalId> = all().collect();
    let mut changed = false;
    for block in &mut function.blocks {
        let mut dead = match block.end {
            Terminator::Return(_) => everything.clone(),
            _ => unread.clone(),
        };
        let mut keep = vec![true; block.insts.len()];
        for (inst, keep) in block.insts.iter().zip(&mut keep).rev() {
            match &inst.op {
                Op::LocalSet(local, _) => *keep = dead.insert(*local),
                Op::LocalGet(local) => {
                    dead.remove(local);
                }
                // The catch block may read anything.
                op if op.can_fail() && block.catch.is_some() => dead.clone_from(&unread),
                _ => {}
            }
        }
        changed |= keep.contains(&false);
        let mut keep = keep.into_iter();
        block.insts.retain(|_| keep.next() == Some(true));
    }
    changed
}
