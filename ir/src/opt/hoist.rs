// SPDX-License-Identifier: MIT OR Apache-2.0
//! Loop-invariant operations move before their loop.
//!
//! Only what cannot fail moves: it may then run although the loop's body does not, or after the budget would have run out.
//! (Loads can fail; `peel` makes them run once before the loop, and then they are shared.) Nothing in the loop may change
//! what the operation depends on. What costs more than a few instructions moves only if each round does it anyway.

use super::{
    Context,
    effects::{Changes, Depends, depends},
    graph::{Graph, Loop},
};
use crate::{Function, Inst, Op, Value};

/// Moves what can move, out of inner loops first.
pub(super) fn hoist(context: &mut Context<'_>, function: &mut Function) -> bool {
    let graph = Graph::new(function);
    let mut changed = false;
    for inner in graph.loops() {
        if let Some(preheader) = inner.preheader(&graph) {
            changed |= hoist_from(context, function, &graph, &inner, preheader);
        }
    }
    changed
}

fn hoist_from(context: &Context<'_>, function: &mut Function, graph: &Graph, inner: &Loop, preheader: usize) -> bool {
    let mut inside = defined_in(function, inner);
    let changes = changes_of(context, function, inner);
    let mut hoisted: Vec<Inst> = Vec::new();
    for &index in &inner.blocks {
        let always = inner.always_runs(graph, index);
        function.blocks[index].insts.retain(|inst| {
            let Some(result) = inst.result else { return true };
            let depends = depends(&inst.op);
            let mut moves = !inst.op.can_fail() && changes.spare(&depends) && (always || is_cheap(&inst.op));
            inst.op.visit_operands(|value| moves &= !inside[value.index()]);
            if moves {
                inside[result.index()] = false;
                hoisted.push(inst.clone());
            }
            !moves
        });
    }
    let changed = !hoisted.is_empty();
    function.blocks[preheader].insts.extend(hoisted);
    changed
}

/// By value: whether a loop defines it.
pub(super) fn defined_in(function: &Function, inner: &Loop) -> Vec<bool> {
    let mut inside = vec![false; function.values.len()];
    let mut define = |value: Value| inside[value.index()] = true;
    for block in inner.blocks.iter().map(|index| &function.blocks[*index]) {
        block.params.iter().copied().for_each(&mut define);
        block.insts.iter().filter_map(|inst| inst.result).for_each(&mut define);
    }
    inside
}

/// What a loop changes.
pub(super) fn changes_of(context: &Context<'_>, function: &Function, inner: &Loop) -> Changes {
    let insts = inner.blocks.iter().flat_map(|index| &function.blocks[*index].insts);
    context.summaries.changes_of(insts.map(|inst| &inst.op))
}

/// Whether an operation is a few instructions.
fn is_cheap(op: &Op) -> bool {
    match op {
        Op::Int(_) | Op::Str(_) | Op::Binary(..) | Op::Compare(..) | Op::GlobalGet(_) => true,
        Op::Arg(_) | Op::ReturnValue | Op::EntryGet(_) | Op::ProbeIndex => true,
        Op::Intrinsic(_, args) => args.is_empty() && depends(op) == Depends::Nothing,
        _ => false,
    }
}
