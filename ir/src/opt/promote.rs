// SPDX-License-Identifier: MIT OR Apache-2.0
//! Variables become values: what is read of a variable is replaced by what was last written, with parameters of blocks
//! where ways meet (the construction of Braun and others).
//!
//! A catch block can be reached from the middle of its blocks and takes no parameters, so variables are read anew there:
//! their writes stay, as long as something may read them (see `stores`). Strings are handed on where one write reaches a
//! read, but get no parameters: a variable that changes in a loop is its own place, which the code generator
//! would otherwise have to find out again.

use std::collections::HashMap;

use super::{Context, Replacements, evaluate::Constant, graph::Graph, replace};
use crate::{Function, Inst, LocId, LocalId, Op, Terminator, Type, Value};

/// Replaces reads of variables.
pub(super) fn promote(context: &mut Context<'_>, function: &mut Function) -> bool {
    if !super::effects::ops(function).any(|op| matches!(op, Op::LocalGet(_))) {
        return false;
    }
    // A jump from where nothing comes would get no arguments for new parameters.
    super::blocks::remove_unreachable(context, function);
    let graph = Graph::new(function);
    let mut promoter = Promoter::new(context, function, &graph);
    for &block in &graph.order {
        promoter.block(block);
    }
    promoter.finish()
}

struct Promoter<'p, 'a> {
    context: &'p mut Context<'a>,
    function: &'p mut Function,
    graph: &'p Graph,
    /// By block: whether it is one for errors.
    catches: Vec<bool>,
    /// What a block leaves in variables that it writes.
    at_end: HashMap<(usize, LocalId), Value>,
    /// What variables hold at the beginning of a block; None where that is in the variable only.
    at_start: HashMap<(usize, LocalId), Option<Value>>,
    /// By block: instructions to add at its beginning.
    added: Vec<Vec<Inst>>,
    /// By block: parameters to add, and the variables that they stand for.
    params: Vec<Vec<(Value, LocalId)>>,
    /// Parameters whose arguments are not yet looked for.
    pending: Vec<(usize, LocalId)>,
    replacements: Replacements,
}

impl<'p, 'a> Promoter<'p, 'a> {
    fn new(context: &'p mut Context<'a>, function: &'p mut Function, graph: &'p Graph) -> Self {
        let n_blocks = function.blocks.len();
        let mut catches = vec![false; n_blocks];
        function.blocks.iter().filter_map(|block| block.catch).for_each(|catch| catches[catch.index()] = true);
        let mut at_end = HashMap::new();
        let mut at_start = HashMap::new();
        for &index in &graph.order {
            for inst in &function.blocks[index].insts {
                match (&inst.op, inst.result) {
                    (Op::LocalSet(local, value), _) => {
                        at_end.insert((index, *local), *value);
                    }
                    // Where a variable has to be read, a read that is there will do.
                    (Op::LocalGet(local), Some(result)) if index == 0 || catches[index] => {
                        let passed = local.index() < function.params.len();
                        if (catches[index] || passed) && !at_end.contains_key(&(index, *local)) {
                            at_start.entry((index, *local)).or_insert(Some(result));
                        }
                    }
                    _ => {}
                }
            }
        }
        Self {
            replacements: Replacements::new(function),
            context,
            function,
            graph,
            catches,
            at_end,
            at_start,
            added: (0..n_blocks).map(|_| Vec::new()).collect(),
            params: vec![Vec::new(); n_blocks],
            pending: Vec::new(),
        }
    }

    /// Replaces the reads of a block.
    fn block(&mut self, index: usize) {
        let mut here: HashMap<LocalId, Value> = HashMap::new();
        for number in 0..self.function.blocks[index].insts.len() {
            let inst = &self.function.blocks[index].insts[number];
            match (&inst.op, inst.result) {
                (Op::LocalSet(local, value), _) => {
                    here.insert(*local, *value);
                }
                (Op::LocalGet(local), Some(result)) => {
                    let local = *local;
                    let known = here.get(&local).copied().or_else(|| self.start(index, local));
                    // The first read stands for the later ones.
                    let value = *here.entry(local).or_insert(known.unwrap_or(result));
                    if value != result {
                        self.replacements.insert(result, value);
                    }
                }
                _ => {}
            }
        }
    }

    /// What a variable holds at the beginning of a block; None where no value says that.
    fn start(&mut self, block: usize, local: LocalId) -> Option<Value> {
        let ty = self.function.locals[local.index()].ty;
        let mut path = Vec::new();
        let mut at = block;
        let value = loop {
            if let Some(known) = self.at_start.get(&(at, local)) {
                break *known;
            }
            path.push(at);
            if at == 0 {
                break Some(self.initial(local, ty));
            }
            match (ty, &self.graph.preds[at][..]) {
                (Type::Int, _) if self.catches[at] => break Some(self.add(at, Op::LocalGet(local), ty)),
                (Type::Str, _) => break self.only_string(at, local),
                (Type::Int, [only]) => match self.at_end.get(&(*only, local)) {
                    Some(known) => break Some(*known),
                    None => at = *only,
                },
                (Type::Int, _) => {
                    let param = self.function.new_value(ty);
                    self.params[at].push((param, local));
                    self.pending.push((at, local));
                    break Some(param);
                }
            }
        };
        path.into_iter().for_each(|block| {
            self.at_start.insert((block, local), value);
        });
        value
    }

    fn initial(&mut self, local: LocalId, ty: Type) -> Value {
        let op = match ty {
            _ if local.index() < self.function.params.len() => Op::LocalGet(local),
            Type::Int => Op::Int(0),
            Type::Str => self.context.constant(&Constant::string(Vec::new(), 0)),
        };
        self.add(0, op, ty)
    }

    /// A new instruction at the beginning of a block.
    fn add(&mut self, block: usize, op: Op, ty: Type) -> Value {
        let value = self.function.new_value(ty);
        let loc = self.function.blocks[block].insts.first().map_or(LocId(0), |inst| inst.loc);
        self.added[block].push(Inst { result: Some(value), op, loc });
        value
    }

    fn end(&mut self, block: usize, local: LocalId) -> Option<Value> {
        match self.at_end.get(&(block, local)) {
            Some(known) => Some(*known),
            None => self.start(block, local),
        }
    }

    /// The one string that all ways bring, from the blocks that they come through.
    fn only_string(&mut self, block: usize, local: LocalId) -> Option<Value> {
        let mut seen = vec![false; self.graph.preds.len()];
        let mut found: Option<Value> = None;
        let mut work = vec![block];
        seen[block] = true;
        while let Some(block) = work.pop() {
            for index in 0..self.graph.preds[block].len() {
                let pred = self.graph.preds[block][index];
                let brought = match self.at_end.get(&(pred, local)) {
                    Some(known) => Some(*known),
                    None if pred == 0 => self.start(0, local),
                    None if self.catches[pred] => None,
                    None => {
                        if !std::mem::replace(&mut seen[pred], true) {
                            work.push(pred);
                        }
                        continue;
                    }
                };
                if brought.is_none() || found.is_some_and(|found| Some(found) != brought) {
                    return None;
                }
                found = brought;
            }
        }
        found
    }

    /// Adds the parameters and what is passed for them, and uses the values in place of the reads.
    fn finish(mut self) -> bool {
        while let Some((block, local)) = self.pending.pop() {
            for index in 0..self.graph.preds[block].len() {
                self.end(self.graph.preds[block][index], local);
            }
        }
        for block in self.graph.order.clone() {
            let mut targets = Vec::new();
            self.function.blocks[block].end.visit_targets_mut(|target| targets.push(target.block.index()));
            for (number, goal) in targets.into_iter().enumerate() {
                for (_, local) in self.params[goal].clone() {
                    let Some(value) = self.end(block, local) else { continue };
                    let mut at = 0;
                    self.function.blocks[block].end.visit_targets_mut(|target| {
                        if at == number {
                            target.args.push(value);
                        }
                        at += 1;
                    });
                }
            }
        }
        for (block, params) in self.function.blocks.iter_mut().zip(&self.params) {
            block.params.extend(params.iter().map(|(value, _)| *value));
        }
        for (block, added) in self.function.blocks.iter_mut().zip(&mut self.added) {
            let caught = usize::from(block.insts.first().is_some_and(|inst| inst.op == Op::Caught));
            block.insts.splice(caught..caught, added.drain(..));
        }
        let replacements = self.replacements;
        let replaced = |inst: &Inst| inst.result.is_some_and(|result| replacements.find(result) != result);
        for block in &mut self.function.blocks {
            block.insts.retain(|inst| !(matches!(inst.op, Op::LocalGet(_)) && replaced(inst)));
        }
        replace(self.function, &replacements);
        replacements.any
    }
}

/// Removes writes of variables that nothing can read any more, by following control backwards.
pub(super) fn remove_dead_stores(_: &mut Context<'_>, function: &mut Function) -> bool {
    if !super::effects::ops(function).any(|op| matches!(op, Op::LocalSet(..))) {
        return false;
    }
    let graph = Graph::new(function);
    let words = function.locals.len();
    let mut live: Vec<Vec<bool>> = vec![vec![false; words]; function.blocks.len()];
    let mut again = true;
    while again {
        again = false;
        for &index in graph.order.iter().rev() {
            let before = flow(function, index, &live, |_, _| {});
            if before != live[index] {
                live[index] = before;
                again = true;
            }
        }
    }
    let mut changed = false;
    for &index in &graph.order {
        let mut keep = vec![true; function.blocks[index].insts.len()];
        flow(function, index, &live, |number, needed| keep[number] = needed);
        changed |= keep.contains(&false);
        let mut keep = keep.into_iter();
        function.blocks[index].insts.retain(|_| keep.next() == Some(true));
    }
    changed
}

/// The variables that may be read from the beginning of a block on. Tells of each write whether it may be read.
fn flow(function: &Function, index: usize, live: &[Vec<bool>], mut tell: impl FnMut(usize, bool)) -> Vec<bool> {
    let block = &function.blocks[index];
    let mut now = vec![false; function.locals.len()];
    let join = |now: &mut Vec<bool>, goal: usize| now.iter_mut().zip(&live[goal]).for_each(|(now, more)| *now |= more);
    match &block.end {
        Terminator::Jump(target) => join(&mut now, target.block.index()),
        Terminator::Branch { yes, no, .. } => {
            join(&mut now, yes.block.index());
            join(&mut now, no.block.index());
        }
        Terminator::Return(_) => {}
    }
    for (number, inst) in block.insts.iter().enumerate().rev() {
        match inst.op {
            Op::LocalSet(local, _) => tell(number, std::mem::replace(&mut now[local.index()], false)),
            Op::LocalGet(local) => now[local.index()] = true,
            ref op => {
                if let Some(catch) = block.catch.filter(|_| op.can_fail()) {
                    join(&mut now, catch.index());
                }
            }
        }
    }
    now
}
