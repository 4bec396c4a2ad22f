// SPDX-License-Identifier: MIT OR Apache-2.0
//! A handler that cannot spend its budget need not count: without loops, MAXACTION is almost never in reach.
//!
//! The bound is exact enough to prove that `MAXACTION exceeded` cannot happen, and whatever cannot be bounded keeps all its
//! counting, so that a script that exceeds its budget does so at the same place with and without optimisation.

use super::calls::{Calls, costs};
use crate::{Op, Program};

/// Removes the counting of actions where no handler can exceed its budget.
pub(super) fn remove_budgets(program: &mut Program) -> bool {
    let calls = Calls::new(program);
    let costs = costs(program, &calls);
    let mut counts = vec![false; program.functions.len()];
    for probe in &program.probes {
        let limits = &program.limits;
        let budget = if probe.kind.is_interruptible() { limits.max_action_interruptible } else { limits.max_action };
        for handler in [Some(probe.handler), probe.entry].into_iter().flatten() {
            if costs[handler.index()].is_none_or(|cost| cost > budget.into()) {
                counts[handler.index()] = true;
            }
        }
    }
    // What such a handler calls counts as well.
    for &index in calls.order.iter().rev() {
        if counts[index] {
            mark(&calls, &mut counts, index);
        }
    }
    let mut changed = false;
    for (function, _) in program.functions.iter_mut().zip(counts).filter(|(_, counts)| !counts) {
        for block in &mut function.blocks {
            let before = block.insts.len();
            block.insts.retain(|inst| !matches!(inst.op, Op::Budget(_)));
            changed |= block.insts.len() < before;
        }
    }
    changed
}

fn mark(calls: &Calls, counts: &mut [bool], from: usize) {
    let mut work = calls.callees[from].clone();
    while let Some(function) = work.pop() {
        if !std::mem::replace(&mut counts[function], true) {
            work.extend(&calls.callees[function]);
        }
    }
}
