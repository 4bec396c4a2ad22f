// SPDX-License-Identifier: MIT OR Apache-2.0
//! Constants: folded, propagated, decided on.

use std::collections::HashMap;

use super::{Context, Replacements, replace};
use crate::{BinaryOp, Function, Intrinsic, Op, StrId, Target, Terminator, Type, Value};

/// Values that are known.
#[derive(Default)]
struct Known {
    ints: HashMap<Value, i64>,
    strings: HashMap<Value, StrId>,
}

/// Computes what is known, drops operations that change nothing, and decides branches.
pub(super) fn fold(context: &Context<'_>, function: &mut Function) -> bool {
    let mut known = Known::default();
    let mut replacements = Replacements::new();
    let mut changed = false;
    // Blocks are in any order: what is defined in a later one than it is used in is found in the next round.
    for block in &mut function.blocks {
        for inst in &mut block.insts {
            let Some(result) = inst.result else { continue };
            if let Some(int) = known.compute(context, &inst.op) {
                changed |= inst.op != Op::Int(int);
                inst.op = Op::Int(int);
                known.ints.insert(result, int);
            } else if let Op::Str(string) = inst.op {
                known.strings.insert(result, string);
            } else if let Some(same) = known.unchanged(&inst.op) {
                replacements.insert(result, same);
            }
        }
    }
    // The operations themselves go away as dead values.
    changed |= replace(function, &replacements);
    for block in &mut function.blocks {
        if let Some(target) = known.decide(&block.end) {
            block.end = Terminator::Jump(target);
            changed = true;
        }
    }
    changed
}

impl Known {
    /// The integer that an operation gives, if that is known and it cannot fail.
    fn compute(&self, context: &Context<'_>, op: &Op) -> Option<i64> {
        let int = |value: &Value| self.ints.get(value).copied();
        let text = |value: &Value| {
            let bytes = &context.strings[self.strings.get(value)?.index()];
            Some(&bytes[..bytes.len().min(context.limit)])
        };
        match op {
            Op::Int(int) => Some(*int),
            Op::Binary(op, a, b) => op.apply(int(a)?, int(b)?),
            Op::Compare(op, a, b) => Some(op.holds(&int(a)?, &int(b)?).into()),
            Op::CompareStr(op, a, b) => Some(op.holds(text(a)?, text(b)?).into()),
            Op::Intrinsic(Intrinsic::Strlen, args) => Some(text(args.first()?)?.len() as i64),
            _ => None,
        }
    }

    /// The operand that an operation gives back as it is.
    fn unchanged(&self, op: &Op) -> Option<Value> {
        let Op::Binary(op, a, b) = op else { return None };
        match (op, self.ints.get(a), self.ints.get(b)) {
            (
                BinaryOp::Add
                | BinaryOp::Sub
                | BinaryOp::Or
                | BinaryOp::Xor
                | BinaryOp::Shl
                | BinaryOp::Shr
                | BinaryOp::UShr,
                _,
                Some(0),
            )
            | (BinaryOp::Mul | BinaryOp::Div, _, Some(1)) => Some(*a),
            (BinaryOp::Add | BinaryOp::Or | BinaryOp::Xor, Some(0), _) | (BinaryOp::Mul, Some(1), _) => Some(*b),
            _ => None,
        }
    }

    /// Where a branch always goes.
    fn decide(&self, end: &Terminator) -> Option<Target> {
        let Terminator::Branch { cond, yes, no } = end else { return None };
        match self.ints.get(cond) {
            Some(0) => Some(no.clone()),
            Some(_) => Some(yes.clone()),
            None if yes == no => Some(yes.clone()),
            None => None,
        }
    }
}

/// Integer parameters that get the same value from everywhere become that value.
pub(super) fn replace_constant_params(_: &Context<'_>, function: &mut Function) -> bool {
    for block in 1..function.blocks.len() {
        for (position, param) in function.blocks[block].params.clone().into_iter().enumerate() {
            if function.ty(param) != Type::Int {
                continue;
            }
            if let Some(value) = only_argument(function, block, position, param) {
                remove_param(function, block, position);
                replace(function, &Replacements::from([(param, value)]));
                return true;
            }
        }
    }
    false
}

/// The one value that is passed for a parameter, besides itself.
fn only_argument(function: &Function, block: usize, position: usize, param: Value) -> Option<Value> {
    let targets = function.blocks.iter().flat_map(|block| block.end.targets());
    let mut args = targets.filter(|target| target.block.index() == block).map(|target| target.args[position]);
    let first = args.find(|arg| *arg != param)?;
    args.all(|arg| arg == first || arg == param).then_some(first)
}

fn remove_param(function: &mut Function, block: usize, position: usize) {
    function.blocks[block].params.remove(position);
    for other in &mut function.blocks {
        for target in other.end.targets_mut().into_iter().filter(|target| target.block.index() == block) {
            target.args.remove(position);
        }
    }
}
