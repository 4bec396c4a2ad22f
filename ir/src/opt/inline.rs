// SPDX-License-Identifier: MIT OR Apache-2.0
//! Calls of small functions, and the only calls of larger ones, become the function's body.
//!
//! A script must not see a difference:
//! - Places of errors stay: the copied instructions keep theirs, as `near …` names them in the library too.
//! - An error in the copy goes to the callee's catch block where it has one, else to the caller's.
//! - Budgets are instructions, and are copied.
//! - MAXNESTING counts real calls, so that a call is inlined only where no run can come near that limit: neither the
//!   caller is reached through recursion, nor does the callee reach it.
//! - A callee's variables begin at 0 or "" on each call: the copy sets them. Copies for calls that are never active
//!   together share them.

use super::{calls::Calls, constant_op, effects::ops, evaluate::Constant};
use crate::{Block, BlockId, FuncId, Function, Inst, Local, LocalId, Op, Program, Target, Terminator, Type, Value};

/// Instructions of a function that is worth a copy for each call.
const SMALL: usize = 32;

/// Instructions of a function that is copied for its only call.
const ONCE: usize = 400;

/// Instructions of a caller that is large enough.
const MAX_CALLER: usize = 4000;

/// Inlines calls in all functions, callees first. Only bodies count, not what inlining makes of callers.
pub(super) fn inline(program: &mut Program) -> bool {
    let calls = Calls::new(program);
    let mut n_calls = vec![0usize; program.functions.len()];
    calls.order.iter().flat_map(|index| &calls.callees[*index]).for_each(|callee| n_calls[*callee] += 1);
    let mut changed = false;
    for &caller in &calls.order {
        let mut function = std::mem::replace(&mut program.functions[caller], Function::new("", &[], None));
        let mut inliner = Inliner { function: &mut function, pool: Vec::new() };
        let mut size = ops(inliner.function).count();
        // Copies have no calls that were worth inlining: their functions came first.
        let mut block = 0;
        while block < inliner.function.blocks.len() {
            let found = inliner.function.blocks[block].insts.iter().position(|inst| match inst.op {
                Op::Call(callee, _) => {
                    let callee = callee.index();
                    let body = ops(&program.functions[callee]).count();
                    let fits = body <= SMALL || (n_calls[callee] == 1 && body <= ONCE);
                    callee != caller
                        && fits
                        && size + body <= MAX_CALLER
                        && calls.nests(caller, callee, program.limits.max_nesting)
                }
                _ => false,
            });
            if let Some(position) = found {
                let Op::Call(FuncId(callee), _) = inliner.function.blocks[block].insts[position].op else { break };
                size += ops(&program.functions[callee as usize]).count();
                inliner.expand(&mut program.strings, block, position, &program.functions[callee as usize]);
                changed = true;
                // What follows the call is in a new block, and will be come to.
            }
            block += 1;
        }
        program.functions[caller] = function;
    }
    changed
}

struct Inliner<'f> {
    function: &'f mut Function,
    /// Variables for copies.
    pool: Vec<LocalId>,
}

impl Inliner<'_> {
    /// Replaces the call at an instruction of a block by the callee's body.
    fn expand(&mut self, strings: &mut Vec<Vec<u8>>, block: usize, position: usize, callee: &Function) {
        let caller = &mut *self.function;
        let first_block = caller.blocks.len();
        let first_value = caller.values.len();
        caller.values.extend(&callee.values);
        let after = BlockId::new(first_block + callee.blocks.len());
        let rest = caller.blocks[block].insts.split_off(position + 1);
        let Some(Inst { result, op: Op::Call(_, args), loc }) = caller.blocks[block].insts.pop() else { return };
        let outer = caller.blocks[block].catch;
        let begin = Terminator::Jump(Target { block: BlockId::new(first_block), args: Vec::new() });
        let end = std::mem::replace(&mut caller.blocks[block].end, begin);

        let locals = self.locals(callee);
        for (index, local) in callee.locals.iter().enumerate() {
            let value = args.get(index).copied().unwrap_or_else(|| {
                let value = self.function.new_value(local.ty);
                let op = match local.ty {
                    Type::Int => Op::Int(0),
                    Type::Str => constant_op(strings, &Constant::string(Vec::new(), 0)),
                };
                self.function.blocks[block].insts.push(Inst { result: Some(value), op, loc });
                value
            });
            let op = Op::LocalSet(locals[index], value);
            self.function.blocks[block].insts.push(Inst { result: None, op, loc });
        }

        let value = |value: Value| Value::new(first_value + value.index());
        for original in &callee.blocks {
            let mut copy = original.clone();
            copy.params.iter_mut().for_each(|param| *param = value(*param));
            copy.catch = original.catch.map(|catch| BlockId::new(first_block + catch.index())).or(outer);
            for inst in &mut copy.insts {
                inst.result = inst.result.map(value);
                inst.op.map_operands(value);
                match &mut inst.op {
                    Op::LocalGet(local) | Op::LocalSet(local, _) => *local = locals[local.index()],
                    _ => {}
                }
            }
            copy.end.map_operands(value);
            copy.end.visit_targets_mut(|target| target.block = BlockId::new(first_block + target.block.index()));
            if let Terminator::Return(returned) = copy.end {
                let args = result.and(returned).into_iter().collect();
                copy.end = Terminator::Jump(Target { block: after, args });
            }
            self.function.blocks.push(copy);
        }
        self.function.blocks.push(Block { params: result.into_iter().collect(), insts: rest, end, catch: outer });
    }

    /// Variables of the caller for those of a callee.
    fn locals(&mut self, callee: &Function) -> Vec<LocalId> {
        let mut free = self.pool.clone();
        let mut chosen = Vec::new();
        for local in &callee.locals {
            let position = free.iter().position(|id| self.function.locals[id.index()].ty == local.ty);
            chosen.push(match position {
                Some(position) => free.remove(position),
                None => {
                    let id = LocalId::new(self.function.locals.len());
                    self.function.locals.push(Local { name: local.name.clone(), ty: local.ty });
                    self.pool.push(id);
                    id
                }
            });
        }
        chosen
    }
}
