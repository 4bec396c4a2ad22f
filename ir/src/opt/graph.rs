// SPDX-License-Identifier: MIT OR Apache-2.0
//! Control flow: predecessors, order, dominators, loops.
//!
//! A failure leaves a block somewhere in its middle, so a block is two nodes here: its *head*, and its *tail*, which
//! is reached only after all its instructions succeeded. Edges go from head to tail, from head to the head of the catch
//! block, and from tail to the heads of the targets. What is computed in a block is thus known in blocks that the
//! tail dominates, and not in its catch block.

use crate::{Block, Function};

/// The shape of a function.
pub(super) struct Graph {
    /// By block: where it may go, its catch block included.
    pub succs: Vec<Vec<usize>>,
    /// By block: where it is reached from, by failures too.
    pub preds: Vec<Vec<usize>>,
    /// Blocks that can be reached, each after its dominators.
    pub order: Vec<usize>,
    /// By node: its immediate dominator.
    idom: Vec<Option<usize>>,
    /// By node: its position in an order where dominators come first.
    position: Vec<usize>,
}

fn head(block: usize) -> usize {
    2 * block
}

fn tail(block: usize) -> usize {
    2 * block + 1
}

/// Where a failure of a block goes, if it can fail.
pub(super) fn catch_of(block: &Block) -> Option<usize> {
    let catch = block.catch?;
    block.insts.iter().any(|inst| inst.op.can_fail()).then_some(catch.index())
}

impl Graph {
    pub fn new(function: &Function) -> Self {
        let n_blocks = function.blocks.len();
        let mut succs = Vec::with_capacity(n_blocks);
        let mut nodes: Vec<Vec<usize>> = Vec::with_capacity(2 * n_blocks);
        for (index, block) in function.blocks.iter().enumerate() {
            let catch = catch_of(block);
            let mut next: Vec<usize> = block.end.targets().iter().map(|target| target.block.index()).collect();
            nodes.push([tail(index)].into_iter().chain(catch.map(head)).collect());
            nodes.push(next.iter().map(|block| head(*block)).collect());
            next.extend(catch);
            next.sort_unstable();
            next.dedup();
            succs.push(next);
        }
        let node_order = reverse_postorder(&nodes);
        let order: Vec<usize> = node_order.iter().filter(|node| *node % 2 == 0).map(|node| node / 2).collect();
        let mut preds = vec![Vec::new(); n_blocks];
        for &index in &order {
            succs[index].iter().for_each(|block: &usize| preds[*block].push(index));
        }
        let mut position = vec![usize::MAX; nodes.len()];
        node_order.iter().enumerate().for_each(|(at, node)| position[*node] = at);
        let idom = dominators(&nodes, &node_order, &position);
        Self { succs, preds, order, idom, position }
    }

    /// Whether every path to a block's beginning has passed the end of another.
    pub fn passes(&self, first: usize, then: usize) -> bool {
        self.dominates(tail(first), head(then))
    }

    /// Whether every path to a block's beginning has passed the beginning of another, or it is the same.
    pub fn begins(&self, first: usize, then: usize) -> bool {
        self.dominates(head(first), head(then))
    }

    fn dominates(&self, first: usize, mut then: usize) -> bool {
        while self.position[then] > self.position[first] {
            match self.idom[then] {
                Some(next) => then = next,
                None => return false,
            }
        }
        then == first
    }

    /// Blocks on paths from the end of one block to the beginning of another, neither counted unless a path comes
    /// through it again. Every path to `to` must come through `from`.
    pub fn between(&self, from: usize, to: usize) -> Vec<usize> {
        let mut seen = vec![false; self.succs.len()];
        let mut found = Vec::new();
        let mut work = vec![to];
        while let Some(block) = work.pop() {
            for &pred in &self.preds[block] {
                if pred != from && !std::mem::replace(&mut seen[pred], true) {
                    found.push(pred);
                    work.push(pred);
                }
            }
        }
        found
    }

    /// The loops, inner ones before those around them.
    pub fn loops(&self) -> Vec<Loop> {
        let mut loops: Vec<Loop> = Vec::new();
        for &header in &self.order {
            let latches: Vec<usize> =
                self.preds[header].iter().copied().filter(|pred| self.begins(header, *pred)).collect();
            if latches.is_empty() {
                continue;
            }
            let mut inside = vec![false; self.succs.len()];
            inside[header] = true;
            let mut work = latches.clone();
            while let Some(block) = work.pop() {
                if !std::mem::replace(&mut inside[block], true) {
                    work.extend(&self.preds[block]);
                }
            }
            let blocks = self.order.iter().copied().filter(|block| inside[*block]).collect();
            loops.push(Loop { header, latches, blocks, inside });
        }
        loops.sort_by_key(|inner| inner.blocks.len());
        loops
    }
}

/// Blocks that come back to their first.
pub(super) struct Loop {
    /// The only way in.
    pub header: usize,
    /// Where it jumps back from.
    pub latches: Vec<usize>,
    /// Its blocks, the header first.
    pub blocks: Vec<usize>,
    /// By block: whether it is one of them.
    pub inside: Vec<bool>,
}

impl Loop {
    /// The block before the loop, if there is just one, which goes nowhere else.
    pub fn preheader(&self, graph: &Graph) -> Option<usize> {
        let mut outside = graph.preds[self.header].iter().copied().filter(|pred| !self.inside[*pred]);
        let only = outside.next()?;
        let jumps = graph.succs[only].len() == 1;
        (outside.next().is_none() && jumps).then_some(only)
    }

    /// Whether each round that is followed by another comes through a block.
    pub fn always_runs(&self, graph: &Graph, block: usize) -> bool {
        self.latches.iter().all(|latch| *latch == block || graph.passes(block, *latch))
    }
}

fn reverse_postorder(succs: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(succs.len());
    let mut seen = vec![false; succs.len()];
    let mut stack = Vec::new();
    if !succs.is_empty() {
        seen[0] = true;
        stack.push((0, 0));
    }
    while let Some((node, next)) = stack.last_mut() {
        match succs[*node].get(*next) {
            Some(&succ) => {
                *next += 1;
                if !std::mem::replace(&mut seen[succ], true) {
                    stack.push((succ, 0));
                }
            }
            None => {
                order.push(*node);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}

/// Immediate dominators by the method of Cooper, Harvey and Kennedy.
fn dominators(succs: &[Vec<usize>], order: &[usize], position: &[usize]) -> Vec<Option<usize>> {
    let mut preds = vec![Vec::new(); succs.len()];
    for &node in order {
        succs[node].iter().for_each(|succ| preds[*succ].push(node));
    }
    let mut idom: Vec<Option<usize>> = vec![None; succs.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for &node in order.iter().skip(1) {
            let mut best: Option<usize> = None;
            for &pred in &preds[node] {
                if pred != order[0] && idom[pred].is_none() {
                    continue; // Not yet known.
                }
                best = Some(best.map_or(pred, |best| common(&idom, position, best, pred)));
            }
            if idom[node] != best {
                idom[node] = best;
                changed = true;
            }
        }
    }
    idom
}

fn common(idom: &[Option<usize>], position: &[usize], mut a: usize, mut b: usize) -> usize {
    while a != b {
        let later = if position[a] > position[b] { &mut a } else { &mut b };
        match idom[*later] {
            Some(next) => *later = next,
            None => return *later,
        }
    }
    a
}
