// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values that nobody uses.

use super::Context;
use crate::{Effect, Function, Op, Type, Value, locks::used_values};

/// Removes operations that do nothing but compute a value that nobody uses.
pub(super) fn remove_dead_values(_: &Context<'_>, function: &mut Function) -> bool {
    let mut changed = false;
    loop {
        let used = used_values(function);
        let mut removed = false;
        for block in &mut function.blocks {
            let before = block.insts.len();
            block.insts.retain(|inst| {
                let used = inst.result.is_none_or(|result| used[result.index()]);
                used || !is_removable(&inst.op)
            });
            removed |= block.insts.len() < before;
        }
        if !removed {
            return changed;
        }
        changed = true;
    }
}

/// Whether all that an operation does is its result.
fn is_removable(op: &Op) -> bool {
    match op {
        Op::GlobalAdd(..) | Op::MapAdd(..) | Op::IterFirst(_, Some(_), _) | Op::Caught => false,
        Op::Intrinsic(intrinsic, _) => intrinsic.effect() != Effect::Acts && !intrinsic.can_fail(),
        // Those without a result are used by definition.
        op => !op.can_fail(),
    }
}

/// Renumbers values in the order of their definitions, without holes.
pub(super) fn compact_values(_: &Context<'_>, function: &mut Function) -> bool {
    let mut numbers: Vec<Option<Value>> = vec![None; function.values.len()];
    let mut types: Vec<Type> = Vec::new();
    for block in &mut function.blocks {
        let results = block.insts.iter_mut().filter_map(|inst| inst.result.as_mut());
        for value in block.params.iter_mut().chain(results) {
            types.push(function.values[value.index()]);
            let number = Value::new(types.len() - 1);
            numbers[value.index()] = Some(number);
            *value = number;
        }
    }
    let map = |value: Value| numbers[value.index()].unwrap_or(value);
    for block in &mut function.blocks {
        block.insts.iter_mut().for_each(|inst| inst.op.map_operands(map));
        block.end.map_operands(map);
    }
    let changed = types.len() != function.values.len();
    function.values = types;
    changed
}
