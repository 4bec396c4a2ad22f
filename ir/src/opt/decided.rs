// SPDX-License-Identifier: MIT OR Apache-2.0
//! Branches that an earlier branch has decided: a null or bounds check that was passed is not made again.

use std::collections::HashMap;

use super::{
    Context,
    graph::{Graph, catch_of},
};
use crate::{Function, Terminator, Value};

/// Makes jumps of branches on values of which a branch before them, on every path, has found out whether they are 0.
pub(super) fn decide(_: &mut Context<'_>, function: &mut Function) -> bool {
    let graph = Graph::new(function);
    let mut facts: HashMap<Value, Vec<(usize, bool)>> = HashMap::new();
    for &index in &graph.order {
        if let Some((value, truth)) = fact(function, &graph, index) {
            facts.entry(value).or_default().push((index, truth));
        }
    }
    let mut changed = false;
    for &index in &graph.order {
        let Terminator::Branch { cond, yes, no } = &function.blocks[index].end else { continue };
        let mut known = facts.get(cond).into_iter().flatten();
        if let Some((_, truth)) = known.find(|(since, _)| graph.begins(*since, index)) {
            let target = if *truth { yes.clone() } else { no.clone() };
            function.blocks[index].end = Terminator::Jump(target);
            changed = true;
        }
    }
    changed
}

/// The value that is known to be 0, or not to be, from a block's beginning on, since one branch alone leads there.
fn fact(function: &Function, graph: &Graph, index: usize) -> Option<(Value, bool)> {
    let [pred] = graph.preds[index][..] else { return None };
    let Terminator::Branch { cond, yes, no } = &function.blocks[pred].end else { return None };
    let (to_yes, to_no) = (yes.block.index() == index, no.block.index() == index);
    let entered_otherwise = index == 0 || catch_of(&function.blocks[pred]) == Some(index);
    (to_yes != to_no && !entered_otherwise).then_some((*cond, to_yes))
}
