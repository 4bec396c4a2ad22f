// SPDX-License-Identifier: MIT OR Apache-2.0
//! Words and the name of the current task are loaded where they are used: over what comes before, a call perhaps, they
//! need no register. Those that stay as they are while a handler runs may be loaded several times, and anywhere; the
//! others are if they are used once, and for a record.

use std::collections::HashSet;

use cranelift_codegen::ir::{self as clif, InstBuilder as _, types};
use spile_ir as ir;

use super::emit::Emitter;
use super::name::{UNALIGNED, Words};
use crate::task::print_values;

/// What is for later, with its address.
#[derive(Clone, Copy)]
pub enum Later {
    Word {
        address: ir::Value,
        bytes: u8,
        signed: bool,
    },
    Name {
        address: ir::Value,
    },
    /// An address in what a pointer leads to.
    Sum(ir::Value, ir::Value),
}

/// What was loaded so far in this block, and in those that always come before it.
pub type Loaded = Vec<(ir::Value, Now)>;

#[derive(Clone, Copy)]
pub enum Now {
    Word(clif::Value),
    Name([clif::Value; 2]),
}

impl Emitter<'_, '_> {
    /// Keeps an instruction for later, if it may be.
    pub fn postpone(&mut self, inst: &ir::Inst) -> bool {
        let Some(result) = inst.result else { return false };
        let Some(later) = self.later_of(result, &inst.op) else { return false };
        let is_constant = matches!(later, Later::Word { address, bytes: 4, .. } if self.is_constant(address));
        if is_constant || self.for_records.contains(&result) {
            self.later.insert(result, later);
            return true;
        }
        false
    }

    fn later_of(&self, result: ir::Value, op: &ir::Op) -> Option<Later> {
        match op {
            ir::Op::Load { space: ir::Space::Kernel, addr, bytes, signed } if self.in_task(*addr, (*bytes).into()) => {
                Some(Later::Word { address: *addr, bytes: *bytes, signed: *signed })
            }
            ir::Op::Binary(ir::BinaryOp::Add, a, b) if self.in_task(result, 1) => Some(Later::Sum(*a, *b)),
            ir::Op::Intrinsic(_, args) => {
                let name = self.task().names[result.index()]?;
                (!name.in_words && !name.in_memory).then(|| Later::Name { address: args[0] })
            }
            _ => None,
        }
    }

    fn is_constant(&self, address: ir::Value) -> bool {
        self.task().fields[address.index()].is_some_and(|field| field.is_constant)
    }

    /// Loads what is used now, in code that all uses behind this one go through.
    pub fn load_now(&mut self, operands: impl IntoIterator<Item = ir::Value>) {
        for operand in operands {
            let is_loaded = self.values[operand.index()].is_some() || self.names.contains_key(&operand);
            let Some(later) = self.later.get(&operand).copied().filter(|_| !is_loaded) else { continue };
            let now = match later {
                Later::Word { address, bytes, signed } => {
                    self.load_now([address]);
                    // Cranelift would extend a word that it may move itself by an instruction of its own.
                    Now::Word(self.task_load(address, bytes, signed && !self.is_constant(address)))
                }
                Later::Sum(a, b) => {
                    self.load_now([a, b]);
                    let (a, b) = (self.value(a), self.value(b));
                    Now::Word(self.builder.ins().iadd(a, b))
                }
                Later::Name { address } => {
                    self.load_now([address]);
                    let address = self.value(address);
                    Now::Name([0, 8].map(|at| self.builder.ins().load(types::I64, UNALIGNED, address, at)))
                }
            };
            self.loaded.push((operand, now));
            self.set_loaded(operand, Some(now));
        }
    }

    fn set_loaded(&mut self, value: ir::Value, now: Option<Now>) {
        match now {
            Some(Now::Word(word)) => self.values[value.index()] = Some(word),
            Some(Now::Name(words)) => drop(self.names.insert(value, Words { words, length: None })),
            None => {
                self.values[value.index()] = None;
                self.names.remove(&value);
            }
        }
    }

    /// At the beginning of a block, with what is known at the end of the only block that leads to it.
    pub fn begin_loads(&mut self, before: Option<usize>) {
        self.forget_loads(0);
        self.loaded = before.map_or_else(Vec::new, |block| self.loaded_at_end[block].clone());
        for (value, now) in self.loaded.clone() {
            self.set_loaded(value, Some(now));
        }
    }

    /// What was loaded since there were so many is not so in the code that follows.
    pub fn forget_loads(&mut self, count: usize) {
        for (value, _) in self.loaded.split_off(count) {
            self.set_loaded(value, None);
        }
    }

    /// What only a record of the same block wants, and nothing may change before that.
    pub fn find_loads_for_records(&self) -> HashSet<ir::Value> {
        let mut found = HashSet::new();
        for block in &self.function.blocks {
            for (index, inst) in block.insts.iter().enumerate().rev() {
                if is_record(inst) || inst.result.is_some_and(|result| found.contains(&result)) {
                    let operands = inst.op.operands().into_iter();
                    found.extend(operands.filter(|operand| self.is_loaded_near(block, index, *operand)));
                }
            }
        }
        found
    }

    /// Whether the operand of an instruction is used by nothing else, and loaded in its block, where nothing writes memory
    /// of the kernel behind it.
    fn is_loaded_near(&self, block: &ir::Block, user: usize, operand: ir::Value) -> bool {
        let Some(at) = block.insts[..user].iter().position(|inst| inst.result == Some(operand)) else { return false };
        let writes = |op: &ir::Op| matches!(op, ir::Op::Call(..) | ir::Op::Store { .. });
        self.uses[operand.index()] == 1
            && self.later_of(operand, &block.insts[at].op).is_some()
            && !block.insts[at..].iter().any(|inst| writes(&inst.op))
    }
}

/// Whether an instruction is a record that is filled inline.
pub fn is_record(inst: &ir::Inst) -> bool {
    matches!(&inst.op, ir::Op::Print(_, args) if print_values(args).is_some())
}
