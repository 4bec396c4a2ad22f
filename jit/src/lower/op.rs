// SPDX-License-Identifier: MIT OR Apache-2.0
//! One instruction of the IR.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, InstBuilder as _, types};
use spile_abi as abi;
use spile_ir as ir;

use super::ArgSource;
use super::emit::{Callee, Emitter, Local, TRUSTED};
use crate::isa::Argument;
use crate::runtime::{Rt, ctx};

impl Emitter<'_, '_> {
    /// Emits an instruction; its result.
    pub fn op(&mut self, inst: &ir::Inst) -> Option<clif::Value> {
        match &inst.op {
            ir::Op::Int(int) => {
                if let Some(result) = inst.result {
                    self.known.insert(result, *int);
                }
                Some(self.int(*int))
            }
            ir::Op::Str(id) => {
                let program = self.lowering.program;
                if let Some(result) = inst.result {
                    self.texts.insert(result, *id);
                }
                Some(self.string(&program.strings[id.index()], self.string_limit()))
            }
            ir::Op::Binary(op, a, b) => Some(self.binary(*op, *a, *b)),
            ir::Op::Compare(op, a, b) => {
                let (a, b) = (self.value(*a), self.value(*b));
                Some(self.compare(*op, a, b))
            }
            ir::Op::CompareStr(op, a, b) => Some(self.compare_strings(*op, *a, *b)),
            ir::Op::Concat(a, b) => self.concat(inst, *a, *b),
            ir::Op::Match { regex, subject, keep } => Some(self.regex_match(*regex, *subject, *keep)),
            ir::Op::LocalGet(_)
            | ir::Op::LocalSet(..)
            | ir::Op::GlobalGet(_)
            | ir::Op::GlobalSet(..)
            | ir::Op::GlobalAdd(..) => self.variable(inst),
            ir::Op::MapGet(..)
            | ir::Op::MapHas(..)
            | ir::Op::MapSet(..)
            | ir::Op::MapAdd(..)
            | ir::Op::MapDelete(..)
            | ir::Op::GlobalClear(_) => self.map(inst),
            ir::Op::StatAdd(..) | ir::Op::StatRead(..) | ir::Op::HistBucket(..) => self.stat(inst),
            ir::Op::IterFirst(..)
            | ir::Op::IterNext(..)
            | ir::Op::IterKey(..)
            | ir::Op::IterValue(..)
            | ir::Op::IterStat(..) => self.iteration(inst),
            ir::Op::Load { space, addr, bytes, signed } => Some(self.load(*space, *addr, *bytes, *signed)),
            ir::Op::Store { addr, bytes, value } => {
                self.store(*addr, *bytes, *value);
                None
            }
            ir::Op::Arg(_) | ir::Op::ReturnValue | ir::Op::EntryGet(_) | ir::Op::EntrySet(..) | ir::Op::ProbeIndex => {
                self.probe_context(inst)
            }
            ir::Op::Intrinsic(intrinsic, args) => self.intrinsic(inst, *intrinsic, args),
            ir::Op::Call(function, args) => self.script_call(inst, *function, args),
            ir::Op::Sprint(format, args) => self.sprint(inst, *format, args),
            ir::Op::Print(format, args) => {
                self.print(*format, args);
                None
            }
            ir::Op::Budget(actions) => {
                self.budget(*actions);
                None
            }
            ir::Op::Release => None,
            ir::Op::Caught => {
                let slot = self.result_slot(inst)?;
                self.runtime(Rt::Caught, &[self.ctx, slot]);
                Some(slot)
            }
        }
    }

    fn compare_strings(&mut self, op: ir::CompareOp, a: ir::Value, b: ir::Value) -> clif::Value {
        if let Some(result) = self.compare_name(op, a, b) {
            return result;
        }
        let args = [self.value(a), self.value(b)];
        let order = self.word(Callee::Runtime(Rt::StrCompare), &args);
        let zero = self.int(0);
        self.compare(op, order, zero)
    }

    fn concat(&mut self, inst: &ir::Inst, a: ir::Value, b: ir::Value) -> Option<clif::Value> {
        let (a, b) = (self.value(a), self.value(b));
        let slot = self.result_slot(inst)?;
        self.runtime(Rt::StrConcat, &[self.ctx, slot, a, b]);
        Some(slot)
    }

    /// The slot of the string that an instruction makes; None where nothing is made.
    pub fn result_slot(&mut self, inst: &ir::Inst) -> Option<clif::Value> {
        let slot = self.planned_slot(inst)?;
        Some(self.slot(slot))
    }

    /// A borrowed string, or its copy where it would not stay as it is.
    pub fn borrowed(&mut self, inst: &ir::Inst, place: clif::Value) -> clif::Value {
        match self.result_slot(inst) {
            Some(slot) => {
                self.runtime(Rt::StrCopy, &[self.ctx, slot, place]);
                slot
            }
            None => place,
        }
    }

    fn planned_slot(&self, inst: &ir::Inst) -> Option<u32> {
        self.lowering.plans[self.instance.function.index()].values[inst.result?.index()]
    }

    fn binary(&mut self, op: ir::BinaryOp, a: ir::Value, b: ir::Value) -> clif::Value {
        let divisor = self.known.get(&b).copied();
        let (a, b) = (self.value(a), self.value(b));
        match op {
            ir::BinaryOp::Add => self.builder.ins().iadd(a, b),
            ir::BinaryOp::Sub => self.builder.ins().isub(a, b),
            ir::BinaryOp::Mul => self.builder.ins().imul(a, b),
            ir::BinaryOp::Div => self.divide(a, b, divisor, false),
            ir::BinaryOp::Rem => self.divide(a, b, divisor, true),
            ir::BinaryOp::And => self.builder.ins().band(a, b),
            ir::BinaryOp::Or => self.builder.ins().bor(a, b),
            ir::BinaryOp::Xor => self.builder.ins().bxor(a, b),
            // Cranelift's shifts take the count modulo 64.
            ir::BinaryOp::Shl => self.builder.ins().ishl(a, b),
            ir::BinaryOp::Shr => self.builder.ins().sshr(a, b),
            ir::BinaryOp::UShr => self.builder.ins().ushr(a, b),
        }
    }

    fn divide(&mut self, a: clif::Value, b: clif::Value, divisor: Option<i64>, remainder: bool) -> clif::Value {
        if divisor.is_some_and(|divisor| !matches!(divisor, 0 | -1)) {
            // No trap is possible, and Cranelift multiplies instead.
            let ins = self.builder.ins();
            return if remainder { ins.srem(a, b) } else { ins.sdiv(a, b) };
        }
        let zero = self.builder.ins().icmp_imm_u(IntCC::Equal, b, 0);
        self.fail_if(zero, abi::SPILE_ERROR_DIVISION, None);
        let section = self.lowering.division(remainder);
        self.word(Callee::Section(section, 2, 1), &[a, b])
    }

    fn compare(&mut self, op: ir::CompareOp, a: clif::Value, b: clif::Value) -> clif::Value {
        let condition = match op {
            ir::CompareOp::Eq => IntCC::Equal,
            ir::CompareOp::Ne => IntCC::NotEqual,
            ir::CompareOp::Lt => IntCC::SignedLessThan,
            ir::CompareOp::Le => IntCC::SignedLessThanOrEqual,
            ir::CompareOp::Gt => IntCC::SignedGreaterThan,
            ir::CompareOp::Ge => IntCC::SignedGreaterThanOrEqual,
        };
        let bit = self.builder.ins().icmp(condition, a, b);
        self.builder.ins().uextend(types::I64, bit)
    }

    /// Locals and scalar globals.
    fn variable(&mut self, inst: &ir::Inst) -> Option<clif::Value> {
        match &inst.op {
            ir::Op::LocalGet(id) => Some(match self.locals[id.index()] {
                Local::Int(variable) => self.builder.use_var(variable),
                Local::Str(place) => self.borrowed(inst, place),
            }),
            ir::Op::LocalSet(id, value) => {
                let value = self.value(*value);
                match self.locals[id.index()] {
                    Local::Int(variable) => self.builder.def_var(variable, value),
                    Local::Str(place) => self.runtime(Rt::StrCopy, &[self.ctx, place, value]),
                }
                None
            }
            ir::Op::GlobalGet(id) if self.is_string(*id) => {
                let place = self.global_address(*id);
                Some(self.borrowed(inst, place))
            }
            ir::Op::GlobalGet(id) => Some(self.integer(*id)),
            ir::Op::GlobalSet(id, value) => {
                let value = self.value(*value);
                if self.is_string(*id) {
                    let place = self.global_address(*id);
                    self.runtime(Rt::StrCopy, &[self.ctx, place, value]);
                } else {
                    self.set_integer(*id, value);
                }
                None
            }
            ir::Op::GlobalAdd(id, value) => Some(self.add_integer(inst, *id, *value)),
            _ => None,
        }
    }

    fn integer(&mut self, id: ir::GlobalId) -> clif::Value {
        if self.lowering.locks.is_sharded(id) {
            let global = self.global(id);
            return self.word(Callee::Runtime(Rt::CounterGet), &[self.ctx, global]);
        }
        let (data, offset) = self.global_data(id);
        self.builder.ins().load(types::I64, TRUSTED, data, offset)
    }

    /// Makes an integer another.
    pub fn set_integer(&mut self, id: ir::GlobalId, value: clif::Value) {
        if self.lowering.locks.is_sharded(id) {
            let global = self.global(id);
            self.runtime(Rt::CounterSet, &[self.ctx, global, value]);
            return;
        }
        let (data, offset) = self.global_data(id);
        self.builder.ins().store(TRUSTED, value, data, offset);
    }

    fn add_integer(&mut self, inst: &ir::Inst, id: ir::GlobalId, value: ir::Value) -> clif::Value {
        let value = self.value(value);
        let is_used = self.is_used(inst);
        if self.lowering.locks.is_sharded(id) {
            let (part, offset) = self.own_part(id);
            self.add_to(part, offset, value);
            return if is_used { self.integer(id) } else { value };
        }
        let (data, offset) = self.global_data(id);
        if self.lowering.locks.is_atomic(id) && !is_used {
            self.add_atomically(data, offset, value);
            return value;
        }
        self.add_to(data, offset, value)
    }

    /// Whether anything uses an instruction's result.
    pub fn is_used(&self, inst: &ir::Inst) -> bool {
        inst.result.is_some_and(|result| self.uses[result.index()] > 0)
    }

    /// The address of a scalar global.
    pub fn global_address(&mut self, global: ir::GlobalId) -> clif::Value {
        let (data, offset) = self.global_data(global);
        self.builder.ins().iadd_imm_s(data, i64::from(offset))
    }

    /// Whether a global is a scalar string.
    pub fn is_string(&self, global: ir::GlobalId) -> bool {
        matches!(self.lowering.program.globals[global.index()].kind, ir::GlobalKind::Str(_))
    }

    fn load(&mut self, space: ir::Space, addr: ir::Value, bytes: u8, signed: bool) -> clif::Value {
        if space == ir::Space::Kernel && self.in_task(addr, bytes.into()) {
            return self.task_load(addr, bytes, signed);
        }
        let addr = self.value(addr);
        let (first, error) = match space {
            ir::Space::Kernel => (abi::SPILE_IMPORT_load_kernel_u8, abi::SPILE_ERROR_KERNEL_READ),
            ir::Space::User => (abi::SPILE_IMPORT_load_user_u8, abi::SPILE_ERROR_USER_READ),
        };
        let loaded = self.call(Callee::Import(first + width(bytes)), &[addr]);
        self.fail_if(loaded[1], error, Some(addr));
        let narrow = match bytes {
            1 => types::I8,
            2 => types::I16,
            4 => types::I32,
            _ => return loaded[0],
        };
        if !signed {
            return loaded[0];
        }
        let low = self.builder.ins().ireduce(narrow, loaded[0]);
        self.builder.ins().sextend(types::I64, low)
    }

    fn store(&mut self, addr: ir::Value, bytes: u8, value: ir::Value) {
        let (addr, value) = (self.value(addr), self.value(value));
        let import = abi::SPILE_IMPORT_store_kernel_u8 + width(bytes);
        let fault = self.word(Callee::Import(import), &[addr, value]);
        self.fail_if(fault, abi::SPILE_ERROR_KERNEL_WRITE, Some(addr));
    }

    /// What the probe passes to its handlers.
    fn probe_context(&mut self, inst: &ir::Inst) -> Option<clif::Value> {
        match &inst.op {
            ir::Op::Arg(n) => Some(self.arg(*n)),
            ir::Op::ReturnValue if self.instance.source == ArgSource::Function => {
                Some(self.ctx_load(types::I64, ctx::RESULT))
            }
            ir::Op::ReturnValue => Some(self.int(0)),
            ir::Op::EntryGet(n) => {
                let words = self.ctx_load(types::I64, ctx::ENTRY);
                Some(self.builder.ins().load(types::I64, TRUSTED, words, (n * 8) as i32))
            }
            ir::Op::EntrySet(n, value) => {
                let value = self.value(*value);
                let words = self.ctx_load(types::I64, ctx::ENTRY);
                self.builder.ins().store(TRUSTED, value, words, (n * 8) as i32);
                None
            }
            _ => {
                let probe = self.ctx_load(types::I32, ctx::PROBE);
                Some(self.builder.ins().uextend(types::I64, probe))
            }
        }
    }

    fn arg(&mut self, n: u32) -> clif::Value {
        match self.instance.source {
            ArgSource::Nowhere => self.int(0),
            ArgSource::Words(words) if n >= words => self.int(0),
            ArgSource::Words(_) => self.word_of_args(n),
            ArgSource::Function => match self.lowering.arch.argument(n) {
                Argument::Register => self.word_of_args(n),
                Argument::Stack { sp, offset } => {
                    let regs = self.ctx_load(types::I64, ctx::REGS);
                    let sp = self.builder.ins().load(types::I64, TRUSTED, regs, sp);
                    let addr = self.builder.ins().iadd_imm_s(sp, offset);
                    // An argument cannot fail; one that is not there is 0.
                    self.word(Callee::Import(abi::SPILE_IMPORT_load_kernel_u64), &[addr])
                }
            },
        }
    }

    fn word_of_args(&mut self, n: u32) -> clif::Value {
        let args = self.ctx_constant(types::I64, ctx::ARGS);
        self.builder.ins().load(types::I64, TRUSTED, args, (n * 8) as i32)
    }

    fn budget(&mut self, actions: u32) {
        let left = self.ctx_load(types::I64, ctx::BUDGET);
        let left = self.builder.ins().iadd_imm_s(left, -i64::from(actions));
        self.ctx_store(left, ctx::BUDGET);
        let spent = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0);
        self.fail_if(spent, abi::SPILE_ERROR_ACTION, None);
    }
}

/// From the import for one byte to that for so many.
fn width(bytes: u8) -> u32 {
    match bytes {
        1 => 0,
        2 => 1,
        4 => 2,
        _ => 3,
    }
}
