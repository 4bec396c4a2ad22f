// SPDX-License-Identifier: MIT OR Apache-2.0
//! Conditions of probes that kshim asks, so that it need not attach where one is false.
//!
//! It asks beside running handlers, without anybody to tell of an error. So only those conditions are asked that cannot
//! fail, and that read integers, each of them at once, or compare strings, which are locked meanwhile. The others are
//! looked at by handlers alone.

use std::borrow::Cow;
use std::collections::BTreeSet;

use spile_abi::SPILE_MAX_CONDITIONS;
use spile_ir as ir;
use spile_ir::FunctionBuilder;

use crate::effects::ops;

/// The conditions that are asked.
#[derive(Default)]
pub struct Conditions {
    /// The handler that leaves a word for each.
    pub handler: Option<ir::FuncId>,
    /// By their numbers.
    functions: Vec<ir::FuncId>,
    /// What they read.
    globals: BTreeSet<ir::GlobalId>,
}

impl Conditions {
    /// Those of a program, and the program with their handler.
    pub fn add(program: &ir::Program) -> (Cow<'_, ir::Program>, Self) {
        let mut conditions = Self::default();
        for probe in program.probes.iter().filter(|probe| !probe.kind.is_interruptible()) {
            let Some(function) = probe.condition.filter(|function| !conditions.functions.contains(function)) else {
                continue;
            };
            if let Some(globals) = globals(program, function).filter(|_| conditions.has_room()) {
                conditions.functions.push(function);
                conditions.globals.extend(globals);
            }
        }
        if conditions.functions.is_empty() {
            return (Cow::Borrowed(program), conditions);
        }
        let mut program = program.clone();
        let handler = program.declare("conditions", &[], None);
        let mut builder = FunctionBuilder::new(&mut program, handler);
        for (number, function) in (0..).zip(&conditions.functions) {
            let value = builder.value(ir::Op::Call(*function, Vec::new()));
            let zero = builder.value(ir::Op::Int(0));
            let holds = builder.value(ir::Op::Compare(ir::CompareOp::Ne, value, zero));
            builder.emit(ir::Op::EntrySet(number, holds));
        }
        builder.finish();
        conditions.handler = Some(handler);
        (Cow::Owned(program), conditions)
    }

    fn has_room(&self) -> bool {
        self.functions.len() < SPILE_MAX_CONDITIONS as usize
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.functions.len() as u32
    }

    /// The number of a probe's.
    pub fn of(&self, probe: &ir::Probe) -> Option<u32> {
        let function = probe.condition.filter(|_| !probe.kind.is_interruptible())?;
        self.functions.iter().position(|known| *known == function).map(|number| number as u32)
    }

    /// What they read.
    pub fn globals(&self) -> impl Iterator<Item = ir::GlobalId> + '_ {
        self.globals.iter().copied()
    }

    /// Whether some condition reads a global.
    pub fn read(&self, global: ir::GlobalId) -> bool {
        self.globals.contains(&global)
    }
}

/// The integers and strings that a function reads, with what it calls; none where it does anything that cannot be asked.
fn globals(program: &ir::Program, function: ir::FuncId) -> Option<BTreeSet<ir::GlobalId>> {
    let mut globals = BTreeSet::new();
    let mut reached = vec![function];
    let mut next = 0;
    while let Some(id) = reached.get(next).copied() {
        next += 1;
        let function = program.functions.get(id.index())?;
        let divisors = divisors(function);
        for op in ops(function) {
            match op {
                ir::Op::Int(_) | ir::Op::Compare(..) | ir::Op::Str(_) | ir::Op::CompareStr(..) | ir::Op::Release => {}
                ir::Op::LocalGet(_) | ir::Op::LocalSet(..) => {}
                ir::Op::Binary(_, _, divisor) if !op.can_fail() || divisors.contains(divisor) => {}
                ir::Op::GlobalGet(global) => match program.globals.get(global.index())?.kind {
                    ir::GlobalKind::Int(_) | ir::GlobalKind::Str(_) => drop(globals.insert(*global)),
                    _ => return None,
                },
                ir::Op::Call(callee, _) => {
                    if !reached.contains(callee) {
                        reached.push(*callee);
                    }
                }
                // Loops and recursion have a budget.
                _ => return None,
            }
        }
    }
    Some(globals)
}

/// The values of a function by which a division cannot fail.
fn divisors(function: &ir::Function) -> BTreeSet<ir::Value> {
    let insts = function.blocks.iter().flat_map(|block| &block.insts);
    insts.filter(|inst| matches!(inst.op, ir::Op::Int(int) if int != 0)).filter_map(|inst| inst.result).collect()
}
