// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions that nothing calls, globals that nothing reads, numbers of aggregates that nothing asks for, and functions
//! that there are twice.

use std::collections::HashMap;

use super::{
    calls::{Calls, handlers, roots},
    effects::ops,
};
use crate::{
    FuncId, Function, GlobalId, GlobalKind, Hist, LocId, MapSpec, MapValue, Op, PrintArg, Program, Sort, SortBy,
    StatField, StatSpec, locks::used_values,
};

/// Removes functions that no handler and no condition reaches.
pub(super) fn remove_functions(program: &mut Program) -> bool {
    let mut reached = vec![false; program.functions.len()];
    Calls::new(program).order.iter().for_each(|index| reached[*index] = true);
    if !reached.contains(&false) {
        return false;
    }
    let numbers = numbers(&reached);
    let mut keep = reached.iter();
    program.functions.retain(|_| keep.next() == Some(&true));
    map_functions(program, |id| FuncId(numbers[id.index()]));
    true
}

/// New numbers for what is kept.
fn numbers(kept: &[bool]) -> Vec<u32> {
    let mut next = 0;
    let number = |kept: &bool| {
        next += u32::from(*kept);
        next.saturating_sub(1)
    };
    kept.iter().map(number).collect()
}

fn map_functions(program: &mut Program, map: impl Fn(FuncId) -> FuncId) {
    for probe in &mut program.probes {
        probe.handler = map(probe.handler);
        probe.entry = probe.entry.map(&map);
        probe.condition = probe.condition.map(&map);
    }
    for inst in
        program.functions.iter_mut().flat_map(|function| &mut function.blocks).flat_map(|block| &mut block.insts)
    {
        if let Op::Call(callee, _) = &mut inst.op {
            *callee = map(*callee);
        }
    }
}

/// Makes one of functions that do the same. Handlers are merged with handlers only, since nobody may call them.
pub(super) fn merge_functions(program: &mut Program) -> bool {
    let mut is_handler = vec![false; program.functions.len()];
    handlers(program).for_each(|id| is_handler[id.index()] = true);
    let mut changed = false;
    loop {
        let mut known: HashMap<(bool, usize, usize), Vec<(usize, Function)>> = HashMap::new();
        let mut same: Vec<usize> = (0..program.functions.len()).collect();
        for (index, function) in program.functions.iter().enumerate() {
            let size = ops(function).count();
            let alike = known.entry((is_handler[index], function.blocks.len(), size)).or_default();
            let essence = essence(function);
            match alike.iter().find(|(_, other)| *other == essence) {
                Some((first, _)) => same[index] = *first,
                None => alike.push((index, essence)),
            }
        }
        let before = program.clone_calls();
        map_functions(program, |id| FuncId::new(same[id.index()]));
        // Callers of what was two functions may now be the same.
        if before == program.clone_calls() {
            return changed;
        }
        changed = true;
    }
}

impl Program {
    /// All uses of functions, to see whether they change.
    fn clone_calls(&self) -> Vec<FuncId> {
        let called = self.functions.iter().flat_map(ops).filter_map(|op| match op {
            Op::Call(callee, _) => Some(*callee),
            _ => None,
        });
        roots(self).chain(called).collect()
    }
}

/// A function without what makes no difference: names, and places of what cannot fail.
fn essence(function: &Function) -> Function {
    let mut essence = function.clone();
    essence.name.clear();
    essence.locals.iter_mut().for_each(|local| local.name.clear());
    for inst in essence.blocks.iter_mut().flat_map(|block| &mut block.insts) {
        if !inst.op.can_fail() {
            inst.loc = LocId(0);
        }
    }
    essence
}

/// Removes writes of globals that no handler reads, and then globals that no handler uses. (The automatic print at the
/// end is a handler that reads.) What can fail stays: a full array is an error, whether or not it is looked at.
pub(super) fn remove_globals(program: &mut Program) -> bool {
    let mut read = vec![false; program.globals.len()];
    for function in &program.functions {
        let used = used_values(function);
        for inst in function.blocks.iter().flat_map(|block| &block.insts) {
            let result_used = inst.result.is_some_and(|result| used[result.index()]);
            if let Some(global) = inst.op.global()
                && !is_plain_write(&program.globals[global.index()].kind, &inst.op, result_used)
            {
                read[global.index()] = true;
            }
            hists(&inst.op, |global| read[global.index()] = true);
        }
    }
    let mut changed = false;
    for block in program.functions.iter_mut().flat_map(|function| &mut function.blocks) {
        let before = block.insts.len();
        block.insts.retain(|inst| inst.op.global().is_none_or(|global| read[global.index()]));
        changed |= block.insts.len() < before;
    }
    let numbers = numbers(&read);
    if read.contains(&false) {
        let mut keep = read.iter();
        program.globals.retain(|_| keep.next() == Some(&true));
        let insts =
            program.functions.iter_mut().flat_map(|function| &mut function.blocks).flat_map(|block| &mut block.insts);
        insts.for_each(|inst| inst.op.map_globals(|id| GlobalId(numbers[id.index()])));
        changed = true;
    }
    changed
}

/// Whether an operation only changes a global, and cannot fail.
fn is_plain_write(kind: &GlobalKind, op: &Op, result_used: bool) -> bool {
    match op {
        Op::GlobalSet(..) | Op::GlobalClear(_) | Op::MapDelete(..) => true,
        Op::GlobalAdd(..) => !result_used,
        Op::StatAdd(..) => matches!(kind, GlobalKind::Stat(_)),
        _ => false,
    }
}

fn hists(op: &Op, mut visit: impl FnMut(GlobalId)) {
    if let Op::Print(_, args) | Op::Sprint(_, args) = op {
        for arg in args {
            if let PrintArg::Hist { global, .. } = arg {
                visit(*global);
            }
        }
    }
}

/// Lets aggregates keep only what some handler asks for.
pub(super) fn reduce_aggregates(program: &mut Program) -> bool {
    let mut wanted = vec![Wanted::default(); program.globals.len()];
    for op in program.functions.iter().flat_map(ops) {
        hists(op, |global| wanted[global.index()].hist = true);
        match op {
            Op::HistBucket(global, ..) => wanted[global.index()].hist = true,
            Op::StatRead(global, _, field) | Op::IterStat(global, _, field) => wanted[global.index()].field(*field),
            Op::IterFirst(global, Some(Sort { by: SortBy::Stat(field), .. }), ..) => {
                wanted[global.index()].field(*field)
            }
            _ => {}
        }
    }
    let mut changed = false;
    for (global, wanted) in program.globals.iter_mut().zip(wanted) {
        let (GlobalKind::Stat(spec) | GlobalKind::Map(MapSpec { value: MapValue::Stat(spec), .. })) = &mut global.kind
        else {
            continue;
        };
        let less = wanted.of(spec);
        changed |= less != *spec;
        *spec = less;
    }
    changed
}

/// What is asked of an aggregate.
#[derive(Clone, Default)]
struct Wanted {
    sum: bool,
    extremes: bool,
    hist: bool,
    variance: bool,
}

impl Wanted {
    fn field(&mut self, field: StatField) {
        match field {
            StatField::Count => {}
            StatField::Sum | StatField::Avg => self.sum = true,
            StatField::Min | StatField::Max => self.extremes = true,
            StatField::Variance => self.variance = true,
        }
    }

    /// The part of what an aggregate keeps that is wanted.
    fn of(&self, spec: &StatSpec) -> StatSpec {
        StatSpec {
            sum: spec.sum && self.sum,
            extremes: spec.extremes && self.extremes,
            hist: if self.hist { spec.hist } else { Hist::None },
            variance: spec.variance.filter(|_| self.variance),
        }
    }
}
