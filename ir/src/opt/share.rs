// SPDX-License-Identifier: MIT OR Apache-2.0
//! Common subexpressions: an operation that is certain to give what an earlier one gave is not done again.
//!
//! The earlier one must be on every path to the later (its block *passed*, see `graph`), and nothing on any path between
//! them may change what both depend on. Then what the earlier one has proved holds for the later one too: a load that did
//! not fault does not fault, an aggregate that was not empty is not empty. What was written to a global or an element
//! need not be read back.

use std::collections::HashMap;

use super::{
    Context, Replacements,
    effects::{Changes, Depends, depends},
    graph::Graph,
    replace,
};
use crate::{BinaryOp, CompareOp, Function, Inst, Op, Value};

/// Earlier operations that are compared with a later one, so that time stays linear.
const MAX_CANDIDATES: usize = 8;

/// A value that is known to be what an operation would give.
#[derive(Clone, Copy)]
struct Known {
    value: Value,
    block: usize,
    inst: usize,
}

/// Replaces what was computed, loaded or written before.
pub(super) fn share(context: &mut Context<'_>, function: &mut Function) -> bool {
    let graph = Graph::new(function);
    let changes: Vec<Changes> = function
        .blocks
        .iter()
        .map(|block| context.summaries.changes_of(block.insts.iter().map(|inst| &inst.op)))
        .collect();
    let mut sharer = Sharer {
        context,
        graph: &graph,
        changes,
        known: HashMap::new(),
        replacements: Replacements::new(function),
        removed: vec![Vec::new(); function.blocks.len()],
    };
    for &index in &graph.order {
        sharer.block(function, index);
    }
    let Sharer { replacements, removed, .. } = sharer;
    for (block, removed) in function.blocks.iter_mut().zip(&removed) {
        let mut number = 0..;
        block.insts.retain(|_| number.next().is_some_and(|number| removed.binary_search(&number).is_err()));
    }
    replace(function, &replacements);
    removed.iter().any(|removed| !removed.is_empty())
}

struct Sharer<'s, 'a> {
    context: &'s Context<'a>,
    graph: &'s Graph,
    /// By block: what it changes.
    changes: Vec<Changes>,
    known: HashMap<Op, Vec<Known>>,
    replacements: Replacements,
    /// By block: instructions that are not needed. What can fail would stay if it were only unused.
    removed: Vec<Vec<usize>>,
}

impl Sharer<'_, '_> {
    fn block(&mut self, function: &mut Function, index: usize) {
        for number in 0..function.blocks[index].insts.len() {
            let inst = &function.blocks[index].insts[number];
            if let Some(written) = self.written(inst) {
                self.note(written.0, Known { value: written.1, block: index, inst: number });
            }
            let (Some(result), depends) = (inst.result, depends(&inst.op)) else { continue };
            if depends == Depends::Moment {
                continue;
            }
            let key = self.key(&inst.op);
            let found = self.known.get(&key).and_then(|all| {
                let mut latest = all.iter().rev().take(MAX_CANDIDATES);
                latest.find(|known| self.holds(function, known, (index, number), &depends)).copied()
            });
            match found {
                Some(known) => {
                    self.replacements.insert(result, known.value);
                    self.removed[index].push(number);
                }
                None => self.note(key, Known { value: result, block: index, inst: number }),
            }
        }
    }

    fn note(&mut self, key: Op, known: Known) {
        self.known.entry(key).or_default().push(known);
    }

    /// Whether a value still is what an operation at a place would give.
    fn holds(&self, function: &Function, known: &Known, (block, inst): (usize, usize), depends: &Depends) -> bool {
        if known.block != block && !self.graph.passes(known.block, block) {
            return false;
        }
        if *depends == Depends::Nothing {
            return true;
        }
        let spared = |insts: &[Inst]| insts.iter().all(|inst| self.context.summaries.changes(&inst.op).spare(depends));
        if known.block == block {
            return spared(&function.blocks[block].insts[known.inst + 1..inst]);
        }
        spared(&function.blocks[known.block].insts[known.inst + 1..])
            && spared(&function.blocks[block].insts[..inst])
            && self.graph.between(known.block, block).iter().all(|between| self.changes[*between].spare(depends))
    }

    /// An operation with its operands replaced and in an order that does not depend on how it was written.
    fn key(&self, op: &Op) -> Op {
        let mut op = op.clone();
        op.map_operands(|value| self.replacements.find(value));
        match op {
            Op::Binary(op @ (BinaryOp::Add | BinaryOp::Mul | BinaryOp::And | BinaryOp::Or | BinaryOp::Xor), a, b)
                if a > b =>
            {
                Op::Binary(op, b, a)
            }
            Op::Compare(op, a, b) if a > b => Op::Compare(swapped(op), b, a),
            Op::CompareStr(op, a, b) if a > b => Op::CompareStr(swapped(op), b, a),
            op => op,
        }
    }

    /// The read that a write makes unnecessary, and the value it would give.
    fn written(&self, inst: &Inst) -> Option<(Op, Value)> {
        let (read, value) = match (&inst.op, inst.result) {
            (Op::GlobalSet(global, value), _) => (Op::GlobalGet(*global), *value),
            (Op::GlobalAdd(global, _), Some(result)) => (Op::GlobalGet(*global), result),
            (Op::MapSet(map, keys, value), _) => (Op::MapGet(*map, keys.clone()), *value),
            (Op::MapAdd(map, keys, _), Some(result)) => (Op::MapGet(*map, keys.clone()), result),
            _ => return None,
        };
        Some((self.key(&read), self.replacements.find(value)))
    }
}

/// The comparison with its operands exchanged.
fn swapped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Eq,
        CompareOp::Ne => CompareOp::Ne,
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Ge => CompareOp::Le,
    }
}
