// SPDX-License-Identifier: MIT OR Apache-2.0
//! Algebra: operations that give an operand back, a constant whatever the operands are, or what a cheaper one gives.
//!
//! Every rule holds in wrapping 64-bit arithmetic, and none drops an operation that can fail: `x / 1` cannot, `0 / x`
//! can. Operands that are no longer used go away as dead values.

use super::{Context, Replacements, evaluate::Constant, replace};
use crate::{BinaryOp, CompareOp, Function, Inst, Op, PrintArg, StrId, Terminator, Type, Value};

/// What an operation may be replaced by.
enum Better {
    /// A value that there is already.
    Value(Value),
    /// Another operation.
    Op(Op),
    /// The sum, or the concatenation, of a value and a new constant.
    Joined(Value, Constant),
}

/// Applies the rules everywhere.
pub(super) fn simplify(context: &mut Context<'_>, function: &mut Function) -> bool {
    let mut defined: Vec<Option<Op>> = vec![None; function.values.len()];
    for inst in function.blocks.iter().flat_map(|block| &block.insts) {
        if let (Some(result), true) = (inst.result, is_looked_at(&inst.op)) {
            defined[result.index()] = Some(inst.op.clone());
        }
    }
    let mut replacements = Replacements::new(function);
    let rules = Rules { context, defined: &defined };
    let mut changed = false;
    let Function { blocks, values, .. } = function;
    for block in blocks {
        let mut index = 0;
        while let Some(inst) = block.insts.get_mut(index) {
            index += 1;
            let Some(result) = inst.result else { continue };
            match rules.better(&inst.op) {
                Some(Better::Value(value)) if replacements.find(value) != result => replacements.insert(result, value),
                Some(Better::Op(op)) => {
                    inst.op = op;
                    changed = true;
                }
                Some(Better::Joined(value, constant)) => {
                    let new = Value::new(values.len());
                    values.push(if constant.int().is_some() { Type::Int } else { Type::Str });
                    inst.op = match constant {
                        Constant::Int(_) => Op::Binary(BinaryOp::Add, value, new),
                        Constant::Str(_) => Op::Concat(value, new),
                    };
                    let loc = inst.loc;
                    let op = rules.context.constant(&constant);
                    block.insts.insert(index - 1, Inst { result: Some(new), op, loc });
                    index += 1;
                    changed = true;
                }
                _ => {}
            }
        }
        changed |= simplify_branch(&defined, &mut block.end);
    }
    changed | replace(function, &replacements)
}

/// Operations that rules look at as operands of others.
fn is_looked_at(op: &Op) -> bool {
    matches!(
        op,
        Op::Int(_) | Op::Str(_) | Op::Binary(BinaryOp::Add, ..) | Op::Compare(..) | Op::CompareStr(..) | Op::Concat(..)
    )
}

struct Rules<'r, 'a> {
    context: &'r mut Context<'a>,
    /// By value: what defines it, if rules look at that.
    defined: &'r [Option<Op>],
}

impl Rules<'_, '_> {
    fn better(&self, op: &Op) -> Option<Better> {
        match op {
            Op::Binary(op, a, b) => self.binary(*op, *a, *b),
            Op::Compare(op, a, b) => self.compare(*op, *a, *b),
            Op::CompareStr(op, a, b) if a == b => Some(int(op.holds(&0, &0).into())),
            Op::Concat(a, b) => self.concat(*a, *b),
            Op::Sprint(format, args) => match (&*self.context.formats[format.index()].text, &args[..]) {
                (b"%s", [PrintArg::Value(text)]) => Some(Better::Value(*text)),
                _ => None,
            },
            _ => None,
        }
    }

    fn int(&self, value: Value) -> Option<i64> {
        match self.defined[value.index()] {
            Some(Op::Int(int)) => Some(int),
            _ => None,
        }
    }

    fn binary(&self, op: BinaryOp, a: Value, b: Value) -> Option<Better> {
        use BinaryOp::{Add, And, Div, Mul, Or, Rem, Shl, Shr, Sub, UShr, Xor};
        let value = |value| Some(Better::Value(value));
        match (op, self.int(a), self.int(b)) {
            (Add | Sub | Or | Xor | Shl | Shr | UShr, _, Some(0)) | (Mul | Div, _, Some(1)) | (And, _, Some(-1)) => {
                value(a)
            }
            (Add | Or | Xor, Some(0), _) | (Mul, Some(1), _) | (And, Some(-1), _) => value(b),
            (Mul | And, _, Some(0)) | (Mul | And, Some(0), _) | (Rem, _, Some(1)) => Some(int(0)),
            (Shl | Shr | UShr, Some(0), _) => Some(int(0)),
            (Sub | Xor, ..) if a == b => Some(int(0)),
            (And | Or, ..) if a == b => value(a),
            // Constants go to the right, where the other rules and the code generators want them.
            (Add | Mul | And | Or | Xor, Some(_), None) => Some(Better::Op(Op::Binary(op, b, a))),
            (Add, None, Some(_)) => self.sum(a, b),
            _ => None,
        }
    }

    fn compare(&self, op: CompareOp, a: Value, b: Value) -> Option<Better> {
        if a == b {
            return Some(int(op.holds(&0, &0).into()));
        }
        let (inner, zero) = (self.defined[a.index()].as_ref()?, self.int(b)?);
        if zero != 0 || !matches!(inner, Op::Compare(..) | Op::CompareStr(..)) {
            return None;
        }
        match (op, inner) {
            (CompareOp::Ne | CompareOp::Gt, _) => Some(Better::Value(a)),
            (CompareOp::Eq | CompareOp::Le, Op::Compare(inner, a, b)) => {
                Some(Better::Op(Op::Compare(opposite(*inner), *a, *b)))
            }
            (CompareOp::Eq | CompareOp::Le, Op::CompareStr(inner, a, b)) => {
                Some(Better::Op(Op::CompareStr(opposite(*inner), *a, *b)))
            }
            _ => None,
        }
    }

    /// `x . ""` is `x`, and `(x . "a") . "b"` is `x . "ab"`: what is cut off is the same.
    fn concat(&self, a: Value, b: Value) -> Option<Better> {
        let (first, second) = (self.text(a), self.text(b));
        if second.is_some_and(<[u8]>::is_empty) {
            return Some(Better::Value(a));
        }
        if first.is_some_and(<[u8]>::is_empty) {
            return Some(Better::Value(b));
        }
        let Some(Op::Concat(start, middle)) = self.defined[a.index()] else { return None };
        let joined = [self.text(middle)?, second?].concat();
        Some(Better::Joined(start, Constant::string(joined, self.context.limit)))
    }

    /// `(x + 1) + 2` is `x + 3`, as addresses of fields in fields are.
    fn sum(&self, a: Value, b: Value) -> Option<Better> {
        let Some(Op::Binary(BinaryOp::Add, start, middle)) = self.defined[a.index()] else { return None };
        let sum = self.int(middle)?.wrapping_add(self.int(b)?);
        Some(Better::Joined(start, Constant::Int(sum)))
    }

    fn text(&self, value: Value) -> Option<&[u8]> {
        match self.defined[value.index()] {
            Some(Op::Str(StrId(id))) => Some(&self.context.strings[id as usize]),
            _ => None,
        }
    }
}

fn int(value: i64) -> Better {
    Better::Op(Op::Int(value))
}

fn opposite(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Ne,
        CompareOp::Ne => CompareOp::Eq,
        CompareOp::Lt => CompareOp::Ge,
        CompareOp::Ge => CompareOp::Lt,
        CompareOp::Gt => CompareOp::Le,
        CompareOp::Le => CompareOp::Gt,
    }
}

/// A branch on `x != 0` is one on `x`, on `x == 0` the other way round; one whose ways are the same is a jump.
fn simplify_branch(defined: &[Option<Op>], end: &mut Terminator) -> bool {
    let Terminator::Branch { cond, yes, no } = end else { return false };
    if yes == no {
        *end = Terminator::Jump(yes.clone());
        return true;
    }
    let Some(Op::Compare(op, value, zero)) = defined[cond.index()] else { return false };
    if defined[zero.index()] != Some(Op::Int(0)) {
        return false;
    }
    match op {
        CompareOp::Ne => *cond = value,
        CompareOp::Eq => {
            *cond = value;
            std::mem::swap(yes, no);
        }
        _ => return false,
    }
    true
}
