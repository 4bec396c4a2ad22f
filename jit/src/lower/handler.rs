// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a handler does before and after its statements, only as far as they need it: the budget, locks, errors.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, AtomicRmwOp, InstBuilder as _, types};
use spile_abi as abi;
use spile_rt::raw::{RT_LOCK_READ, RT_LOCK_UPDATE, RT_LOCK_WRITE, RT_LOCK_WRITER, rt_lock};
use zerocopy::IntoBytes as _;

use super::Lowering;
use super::emit::{Callee, Emitter, TRUSTED};
use crate::Arch;
use crate::runtime::{Rt, ctx};

/// How a handler is left.
pub struct Handler {
    locks: Locks,
    /// The descriptor of its locks, where it has any.
    descriptor: Option<clif::Value>,
}

/// The locks of a handler.
enum Locks {
    None,
    /// One, at this address, which the code takes and gives back itself.
    One(rt_lock, clif::Value),
    /// One that others may have too, and this CPU's count of those who have.
    Update(clif::Value, i32),
    /// So many that the runtime does it.
    Many,
}

impl Emitter<'_, '_> {
    /// Sets what the handler uses of the context, and takes its locks; a hit that cannot have them ends here.
    pub fn enter(&mut self, budget: u32) -> Handler {
        let effects = &self.lowering.effects[self.instance.function.index()];
        let (spends, matches) = (effects.spends, effects.matches);
        if spends {
            let budget = self.int(i64::from(budget));
            self.ctx_store(budget, ctx::BUDGET);
        }
        if matches {
            let none = self.builder.ins().iconst(types::I32, 0);
            self.ctx_store(none, ctx::MATCHED);
        }
        let locks = self.lowering.locks.of(self.instance.function).to_vec();
        if locks.is_empty() {
            return Handler { locks: Locks::None, descriptor: None };
        }
        let mut bytes = [locks.len() as u32, 0].as_bytes().to_vec();
        bytes.extend_from_slice(locks.as_bytes());
        let descriptor = self.lowering.constants.add(&mut self.lowering.linker, "handler", bytes);
        let descriptor = self.address(descriptor, 0);
        let locks = match *locks {
            [lock] if matches!(lock.mode, RT_LOCK_READ | RT_LOCK_WRITE) && lock.what == 0 => {
                Locks::One(lock, self.take_lock(lock, descriptor))
            }
            [lock] if lock.mode == RT_LOCK_UPDATE => self.come_in(lock, descriptor),
            _ => {
                self.enter_slowly(descriptor);
                Locks::Many
            }
        };
        Handler { locks, descriptor: Some(descriptor) }
    }

    /// Takes a lock that is free, or else waits for it in the runtime; its address.
    fn take_lock(&mut self, lock: rt_lock, descriptor: clif::Value) -> clif::Value {
        let data = self.ctx_constant(types::I64, ctx::DATA);
        let word = self.builder.ins().iadd_imm_s(data, i64::from(lock.lock_off));
        let (expected, desired, free) = if lock.mode == RT_LOCK_READ {
            let seen = self.builder.ins().load(types::I32, TRUSTED, word, 0);
            let writer = self.builder.ins().band_imm_u(seen, i64::from(RT_LOCK_WRITER));
            (seen, self.builder.ins().iadd_imm_s(seen, 1), Some(writer))
        } else {
            let cpu = self.ctx_constant(types::I32, ctx::CPU);
            let own = self.builder.ins().bor_imm_u(cpu, i64::from(RT_LOCK_WRITER));
            (self.builder.ins().iconst(types::I32, 0), own, None)
        };
        let (wait, taken) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(wait);
        if let Some(writer) = free {
            let attempt = self.builder.create_block();
            self.builder.ins().brif(writer, wait, &[], attempt, &[]);
            self.builder.switch_to_block(attempt);
        }
        let found = self.builder.ins().atomic_cas(TRUSTED, word, expected, desired);
        let same = self.builder.ins().icmp(IntCC::Equal, found, expected);
        self.builder.ins().brif(same, taken, &[], wait, &[]);
        self.builder.switch_to_block(wait);
        self.enter_slowly(descriptor);
        self.builder.ins().jump(taken, &[]);
        self.builder.switch_to_block(taken);
        word
    }

    /// Is counted, and looks whether another wants to be alone: see jit/rt/src/lock.c.
    fn come_in(&mut self, lock: rt_lock, descriptor: clif::Value) -> Locks {
        let offset = self.lowering.layout.globals[lock.global as usize].percpu_off as i32;
        let (data, percpu) = (self.ctx_load(types::I64, ctx::DATA), self.ctx_load(types::I64, ctx::PERCPU));
        let count = self.builder.ins().iadd_imm_s(percpu, i64::from(offset));
        let one = self.builder.ins().iconst(types::I32, 1);
        self.builder.ins().atomic_rmw(types::I32, TRUSTED, AtomicRmwOp::Add, count, one);
        let word = self.builder.ins().iadd_imm_s(data, i64::from(lock.lock_off));
        let alone = self.builder.ins().atomic_load(types::I32, TRUSTED, word);
        let taken = self.builder.create_block();
        self.cold(alone, |this| {
            this.go_out(percpu, offset);
            this.enter_slowly(descriptor);
            this.builder.ins().jump(taken, &[]);
        });
        self.builder.ins().jump(taken, &[]);
        self.builder.switch_to_block(taken);
        Locks::Update(percpu, offset)
    }

    /// Only this CPU changes its count, and what interrupts it leaves it as it was.
    fn go_out(&mut self, percpu: clif::Value, offset: i32) {
        let count = self.builder.ins().load(types::I32, TRUSTED, percpu, offset);
        let count = self.builder.ins().iadd_imm_s(count, -1);
        match self.lowering.arch {
            // Any store releases; Cranelift's atomic one has a fence beside.
            Arch::X86_64 => self.builder.ins().store(TRUSTED, count, percpu, offset),
            Arch::Aarch64 => {
                let place = self.builder.ins().iadd_imm_s(percpu, i64::from(offset));
                self.builder.ins().atomic_store(TRUSTED, count, place)
            }
        };
    }

    /// Says which probe was hit, where trampolines do not.
    pub fn name_own_probe(&mut self) {
        if let Some(probe) = self.lowering.own_probe(self.instance.function) {
            let probe = self.builder.ins().iconst(types::I32, i64::from(probe));
            self.ctx_store(probe, ctx::PROBE);
        }
    }

    fn enter_slowly(&mut self, descriptor: clif::Value) {
        self.name_own_probe();
        let entered = self.word_aside(Callee::Runtime(Rt::Enter), &[descriptor]);
        let skip = self.builder.ins().icmp_imm_u(IntCC::Equal, entered, 0);
        // Handlers have no result.
        self.cold(skip, |this| {
            this.builder.ins().return_(&[]);
        });
    }

    /// Gives the locks back, and says so if conditions of probes may have changed.
    pub fn leave_handler(&mut self, handler: &Handler) {
        self.give_locks(handler);
        let Lowering { effects, conditions, .. } = &*self.lowering;
        if effects[self.instance.function.index()].writes.iter().any(|global| conditions.read(*global)) {
            self.call(Callee::Import(abi::SPILE_IMPORT_conditions_changed), &[self.ctx]);
        }
    }

    fn give_locks(&mut self, handler: &Handler) {
        match handler.locks {
            Locks::None => {}
            Locks::One(lock, word) if lock.mode == RT_LOCK_READ => {
                let one = self.builder.ins().iconst(types::I32, 1);
                self.builder.ins().atomic_rmw(types::I32, TRUSTED, AtomicRmwOp::Sub, word, one);
            }
            Locks::Update(percpu, offset) => self.go_out(percpu, offset),
            Locks::One(_, word) => {
                let zero = self.builder.ins().iconst(types::I32, 0);
                match self.lowering.arch {
                    // Any store releases; Cranelift's atomic one has a fence beside.
                    Arch::X86_64 => self.builder.ins().store(TRUSTED, zero, word, 0),
                    Arch::Aarch64 => self.builder.ins().atomic_store(TRUSTED, zero, word),
                };
            }
            Locks::Many => {
                let descriptor = handler.descriptor.unwrap_or(self.ctx);
                self.runtime(Rt::Leave, &[self.ctx, descriptor]);
            }
        }
    }
}
