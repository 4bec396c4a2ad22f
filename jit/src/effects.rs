// SPDX-License-Identifier: MIT OR Apache-2.0
//! What functions do beside computing a result, their callees included.

use std::collections::{BTreeMap, BTreeSet};

use spile_ir as ir;

/// What a function does, its callees included.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Effects {
    /// Globals that it may write.
    pub writes: BTreeSet<ir::GlobalId>,
    /// Globals that it may empty.
    pub empties: BTreeSet<ir::GlobalId>,
    /// How many arguments of the traced function it may read, the first to the last.
    pub arguments: u32,
    /// Whether it reads the traced function's result.
    pub uses_result: bool,
    /// Whether it reads the saved registers.
    pub uses_registers: bool,
    /// Whether it reads the current task.
    pub uses_task: bool,
    /// Whether it keeps or reads what a regular expression matched.
    pub matches: bool,
    /// Whether it spends actions of the budget.
    pub spends: bool,
    /// Whether it asks which probe was hit, also for a message.
    pub names_probe: bool,
    /// Whether it can fail; that calls nest too deep is not counted.
    pub fails: bool,
    /// Whether it does what cannot be undone, globals apart.
    pub acts: bool,
    /// Whether it calls script functions.
    pub calls: bool,
}

impl Effects {
    /// Whether it reads anything of the traced function's call.
    pub fn uses_call(&self) -> bool {
        self.arguments > 0 || self.uses_result
    }

    /// Adds those of another function.
    fn add(&mut self, other: &Self) {
        self.writes.extend(&other.writes);
        self.empties.extend(&other.empties);
        self.arguments = self.arguments.max(other.arguments);
        self.uses_result |= other.uses_result;
        self.uses_registers |= other.uses_registers;
        self.uses_task |= other.uses_task;
        self.matches |= other.matches;
        self.spends |= other.spends;
        self.names_probe |= other.names_probe;
        self.fails |= other.fails;
        self.acts |= other.acts;
    }
}

/// The effects of all functions, by `FuncId`.
pub fn effects(program: &ir::Program) -> Vec<Effects> {
    let mut all: Vec<Effects> = program.functions.iter().map(own).collect();
    loop {
        let mut changed = false;
        for (index, function) in program.functions.iter().enumerate() {
            let mut sum = all[index].clone();
            for callee in callees(function) {
                sum.add(&all[callee.index()]);
                sum.calls = true;
            }
            changed |= sum != all[index];
            all[index] = sum;
        }
        if !changed {
            return all;
        }
    }
}

fn own(function: &ir::Function) -> Effects {
    let mut effects = Effects::default();
    for op in ops(function) {
        effects.writes.extend(written(op));
        match op {
            ir::Op::GlobalClear(global) => drop(effects.empties.insert(*global)),
            ir::Op::MapDelete(map, keys) if keys.iter().all(Option::is_none) => drop(effects.empties.insert(*map)),
            ir::Op::Arg(n) => effects.arguments = effects.arguments.max(n.saturating_add(1)),
            ir::Op::ReturnValue => effects.uses_result = true,
            ir::Op::Intrinsic(ir::Intrinsic::Registers, _) => effects.uses_registers = true,
            ir::Op::Intrinsic(ir::Intrinsic::CurrentTask, _) => effects.uses_task = true,
            ir::Op::Intrinsic(ir::Intrinsic::MatchedGroups | ir::Intrinsic::MatchedText, _)
            | ir::Op::Match { keep: true, .. } => effects.matches = true,
            ir::Op::Budget(_) => effects.spends = true,
            ir::Op::ProbeIndex => effects.names_probe = true,
            ir::Op::Intrinsic(intrinsic, _) if names_probe(*intrinsic) => effects.names_probe = true,
            _ => {}
        }
        effects.acts |= acts(op);
        effects.fails |= op.can_fail() && !matches!(op, ir::Op::Call(..));
    }
    effects
}

/// Whether some function empties a global.
pub fn empties(effects: &[Effects], global: usize) -> bool {
    effects.iter().any(|effects| effects.empties.contains(&ir::GlobalId::new(global)))
}

/// Whether a function's result, or a message of it, tells which probe was hit.
fn names_probe(intrinsic: ir::Intrinsic) -> bool {
    use ir::Intrinsic::{ProbeName, ProbePoint, System, Timed, Warn};
    matches!(intrinsic, ProbePoint | ProbeName | Timed | Warn | System)
}

/// Whether an operation does what cannot be undone, globals apart.
pub fn acts(op: &ir::Op) -> bool {
    use ir::Intrinsic::{Delay, Error, Exhausted, Timed};
    match op {
        ir::Op::Print(..) | ir::Op::Store { .. } | ir::Op::EntrySet(..) => true,
        ir::Op::Intrinsic(Delay | Error | Exhausted | Timed, _) => false,
        ir::Op::Intrinsic(intrinsic, _) => intrinsic.effect() == ir::Effect::Acts,
        _ => false,
    }
}

/// The global whose contents an operation may change or reorder.
pub fn written(op: &ir::Op) -> Option<ir::GlobalId> {
    match op {
        ir::Op::GlobalSet(global, _)
        | ir::Op::GlobalAdd(global, _)
        | ir::Op::MapSet(global, ..)
        | ir::Op::MapAdd(global, ..)
        | ir::Op::MapDelete(global, _)
        | ir::Op::GlobalClear(global)
        | ir::Op::StatAdd(global, ..)
        | ir::Op::IterFirst(global, Some(_), ..) => Some(*global),
        _ => None,
    }
}

/// All operations of a function.
pub fn ops(function: &ir::Function) -> impl Iterator<Item = &ir::Op> {
    function.blocks.iter().flat_map(|block| &block.insts).map(|inst| &inst.op)
}

/// By `Value`: how often it is used.
pub fn uses(function: &ir::Function) -> Vec<u32> {
    let mut uses = vec![0; function.values.len()];
    for block in &function.blocks {
        let operands = block.insts.iter().flat_map(|inst| inst.op.operands()).chain(block.end.operands());
        operands.for_each(|value| uses[value.index()] += 1);
    }
    uses
}

/// The functions that a function calls.
pub fn callees(function: &ir::Function) -> BTreeSet<ir::FuncId> {
    ops(function).filter_map(|op| if let ir::Op::Call(callee, _) = op { Some(*callee) } else { None }).collect()
}

/// How deep calls nest below a function and how much scratch memory they need together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Depth {
    /// Calls below it; None where there is recursion.
    pub calls: Option<u32>,
    /// Bytes of frames, its own included; with recursion, as far as `Limits::max_nesting` allows.
    pub scratch: u64,
}

/// The depth of the given handlers together: the deepest and the largest.
pub fn depth(program: &ir::Program, handlers: &[ir::FuncId], frames: &[u64]) -> Depth {
    let mut known = BTreeMap::new();
    let below: Vec<Option<(u32, u64)>> =
        handlers.iter().map(|handler| below(program, *handler, frames, &mut known)).collect();
    if below.contains(&None) {
        let largest = frames.iter().max().copied().unwrap_or(0);
        return Depth { calls: None, scratch: largest * (u64::from(program.limits.max_nesting) + 1) };
    }
    let calls = below.iter().flatten().map(|(calls, _)| *calls).max();
    let scratch = below.iter().flatten().map(|(_, scratch)| *scratch).max();
    Depth { calls: Some(calls.unwrap_or(0)), scratch: scratch.unwrap_or(0) }
}

/// Calls and bytes below a function; None where it reaches itself.
fn below(
    program: &ir::Program,
    root: ir::FuncId,
    frames: &[u64],
    known: &mut BTreeMap<ir::FuncId, Option<(u32, u64)>>,
) -> Option<(u32, u64)> {
    // Depth first without recursion: a function is visited again when its callees are known.
    let mut stack = vec![root];
    let mut open = BTreeSet::new();
    while let Some(&id) = stack.last() {
        if known.contains_key(&id) {
            stack.pop();
            continue;
        }
        let callees = callees(&program.functions[id.index()]);
        if open.insert(id) {
            if callees.iter().any(|callee| open.contains(callee) && !known.contains_key(callee)) {
                known.insert(id, None);
            }
            stack.extend(callees.iter().filter(|callee| !known.contains_key(callee) && !open.contains(callee)));
            continue;
        }
        let mut sum = Some((0, 0));
        for callee in callees {
            let callee = known.get(&callee).copied().flatten();
            sum = sum.zip(callee).map(|((calls, bytes), (more, size))| (calls.max(more + 1), bytes.max(size)));
        }
        known.insert(id, sum.map(|(calls, bytes)| (calls, bytes + frames[id.index()])));
    }
    known.get(&root).copied().flatten()
}
