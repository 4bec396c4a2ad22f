// SPDX-License-Identifier: MIT OR Apache-2.0
//! Conditions of probes that kshim asks, so that it need not attach where one is false.
//!
//! It asks beside running handlers, without a lock and without anybody to tell of an error. So only those conditions
//! are asked that read integers, each of them at once, and cannot fail; the others are looked at by handlers alone.

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
            builder.emit(ir::Op::EntrySet(number, value));
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

    /// Whether some condition reads a global.
    pub fn read(&self, global: ir::GlobalId) -> bool {
        self.globals.contains(&global)
    }
}

/// The integers that a function reads, with what it calls; none where it does anything else.
fn globals(program: &ir::Program, function: ir::FuncId) -> Option<BTreeSet<ir::GlobalId>> {
    let mut globals = BTreeSet::new();
    let mut reached = vec![function];
    let mut next = 0;
    while let Some(id) = reached.get(next).copied() {
        next += 1;
        for op in ops(program.functions.get(id.index())?) {
            match op {
                ir::Op::Int(_) | ir::Op::Compare(..) | ir::Op::LocalGet(_) | ir::Op::LocalSet(..) => {}
                ir::Op::Binary(..) if !op.can_fail() => {}
                ir::Op::GlobalGet(global)
                    if matches!(program.globals.get(global.index())?.kind, ir::GlobalKind::Int(_)) =>
                {
                    globals.insert(*global);
                }
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
