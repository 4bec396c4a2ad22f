// SPDX-License-Identifier: MIT OR Apache-2.0
//! Checks of one function: its structure, then its operations and the flow of values.

use super::{VerifyError, begins_caught, flow, operation};
use crate::{BlockId, FuncId, Function, Op, Program, Target, Terminator, Type, Value};

/// One function under verification.
pub(super) struct Checker<'a> {
    pub program: &'a Program,
    pub id: FuncId,
    pub function: &'a Function,
    /// Block and instruction under verification.
    pub place: Option<(usize, Option<usize>)>,
    errors: &'a mut Vec<VerifyError>,
}

pub(super) fn verify(program: &Program, id: FuncId, function: &Function, errors: &mut Vec<VerifyError>) {
    let before = errors.len();
    let mut checker = Checker { program, id, function, place: None, errors };
    checker.check_frame();
    checker.check_numbers();
    if checker.errors.len() > before {
        return; // The rest relies on numbers in range.
    }
    checker.check_blocks();
    operation::check(&mut checker);
    flow::check(&mut checker);
}

impl Checker<'_> {
    pub(super) fn error(&mut self, message: impl Into<String>) {
        let function = Some(self.function.name.clone());
        self.errors.push(VerifyError { function, place: self.place, message: message.into() });
    }

    /// Reports a value that has another type than is asked for.
    pub(super) fn expect(&mut self, value: Value, ty: Type, what: &str) {
        if self.function.ty(value) != ty {
            self.error(format!("{what}: v{} is not {}", value.0, name(ty)));
        }
    }

    fn check_frame(&mut self) {
        let Function { params, locals, blocks, .. } = self.function;
        if blocks.is_empty() {
            self.error("a function needs a block");
        }
        if locals.len() < params.len() || locals.iter().zip(params).any(|(local, ty)| local.ty != *ty) {
            self.error("the first locals are not the parameters");
        }
    }

    /// Blocks and values exist; values are defined once.
    fn check_numbers(&mut self) {
        let mut defined = vec![false; self.function.values.len()];
        for (index, block) in self.function.blocks.iter().enumerate() {
            self.place = Some((index, None));
            block.params.iter().for_each(|value| self.check_definition(&mut defined, *value));
            if let Some(catch) = block.catch {
                self.check_block(catch);
            }
            for (number, inst) in block.insts.iter().enumerate() {
                self.place = Some((index, Some(number)));
                inst.op.operands().iter().for_each(|value| self.check_value(*value));
                inst.result.iter().for_each(|value| self.check_definition(&mut defined, *value));
            }
            self.place = Some((index, Some(block.insts.len())));
            block.end.operands().iter().for_each(|value| self.check_value(*value));
            block.end.targets().iter().for_each(|target| self.check_block(target.block));
        }
    }

    fn check_definition(&mut self, defined: &mut [bool], value: Value) {
        self.check_value(value);
        if defined.get(value.index()) == Some(&true) {
            self.error(format!("v{} is defined twice", value.0));
        }
        if let Some(defined) = defined.get_mut(value.index()) {
            *defined = true;
        }
    }

    fn check_value(&mut self, value: Value) {
        if value.index() >= self.function.values.len() {
            self.error(format!("no such value v{}", value.0));
        }
    }

    fn check_block(&mut self, block: BlockId) {
        if block.index() >= self.function.blocks.len() {
            self.error(format!("no such block{}", block.0));
        }
    }

    /// Terminators, catch blocks, and where `Caught` is.
    fn check_blocks(&mut self) {
        let function = self.function;
        for (index, block) in function.blocks.iter().enumerate() {
            self.place = Some((index, None));
            if index == 0 && !block.params.is_empty() {
                self.error("the entry block has parameters");
            }
            if let Some(catch) = block.catch {
                let goal = &function.blocks[catch.index()];
                if !begins_caught(goal) {
                    self.error(format!("catch block{} does not begin with caught", catch.0));
                }
                if !goal.params.is_empty() {
                    self.error(format!("catch block{} has parameters", catch.0));
                }
            }
            if index == 0 && begins_caught(block) {
                self.error("caught in the entry block");
            }
            for (number, inst) in block.insts.iter().enumerate().skip(1) {
                self.place = Some((index, Some(number)));
                if inst.op == Op::Caught {
                    self.error("caught is not the first of its block");
                }
            }
            self.place = Some((index, Some(block.insts.len())));
            self.check_end(&block.end);
        }
    }

    fn check_end(&mut self, end: &Terminator) {
        match end {
            Terminator::Jump(target) => self.check_target(target),
            Terminator::Branch { cond, yes, no } => {
                self.expect(*cond, Type::Int, "condition");
                self.check_target(yes);
                self.check_target(no);
            }
            Terminator::Return(value) => match (*value, self.function.result) {
                (None, None) => {}
                (Some(value), Some(ty)) => self.expect(value, ty, "returned value"),
                (Some(_), None) => self.error("returns a value, but the function has no result"),
                (None, Some(_)) => self.error("returns no value, but the function has a result"),
            },
        }
    }

    fn check_target(&mut self, target: &Target) {
        let function = self.function;
        let block = &function.blocks[target.block.index()];
        if target.block.0 == 0 {
            self.error("jumps to the entry block");
        }
        if begins_caught(block) {
            self.error(format!("jumps to the catch block{}", target.block.0));
        }
        if block.params.len() != target.args.len() {
            let (want, have) = (block.params.len(), target.args.len());
            self.error(format!("block{} takes {want} values, not {have}", target.block.0));
            return;
        }
        for (param, arg) in block.params.iter().zip(&target.args) {
            self.expect(*arg, function.ty(*param), "block argument");
        }
    }
}

/// A type's name in messages.
pub(super) fn name(ty: Type) -> &'static str {
    match ty {
        Type::Int => "an integer",
        Type::Str => "a string",
    }
}
