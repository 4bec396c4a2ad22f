// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a handler does before and after its statements, only as far as they need it: the budget, locks, errors.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, AtomicRmwOp, InstBuilder as _, types};
use spile_abi as abi;
use spile_ir as ir;
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
    /// One that others may have too, and this context's mark that it has.
    Update(clif::Value, i32),
    /// So many that the runtime does it.
    Many,
}

impl Emitter<'_, '_> {
    /// Sets what the handler uses of the context, and takes its locks; a hit that cannot have them ends here.
    pub fn enter(&mut self, budget: u32) -> Handler {
        if self.lowering.conditions.handler == Some(self.instance.function) {
            return self.enter_to_ask();
        }
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
        let descriptor = self.locks_descriptor(&locks);
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

    /// The handler of conditions ends where it would have to wait, and somebody asks again.
    fn enter_to_ask(&mut self) -> Handler {
        let locks = self.lowering.locks.of_conditions().to_vec();
        if locks.is_empty() {
            return Handler { locks: Locks::None, descriptor: None };
        }
        let descriptor = self.locks_descriptor(&locks);
        let entered = self.word(Callee::Runtime(Rt::Ask), &[self.ctx, descriptor]);
        self.end_unless(entered);
        Handler { locks: Locks::Many, descriptor: Some(descriptor) }
    }

    fn locks_descriptor(&mut self, locks: &[rt_lock]) -> clif::Value {
        let mut bytes = [locks.len() as u32, 0].as_bytes().to_vec();
        bytes.extend_from_slice(locks.as_bytes());
        let descriptor = self.lowering.constants.add(&mut self.lowering.linker, "handler", bytes);
        self.address(descriptor, 0)
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
            let own = self.ctx_constant(types::I32, ctx::OWNER);
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
        let (part, offset) = self.own_part(ir::GlobalId(lock.global));
        let data = self.ctx_constant(types::I64, ctx::DATA);
        let mark = self.builder.ins().iadd_imm_s(part, i64::from(offset));
        let one = self.builder.ins().iconst(types::I32, 1);
        match self.lowering.arch {
            // Cheaper than a store with a fence behind it.
            Arch::X86_64 => {
                self.builder.ins().atomic_rmw(types::I32, TRUSTED, AtomicRmwOp::Xchg, mark, one);
            }
            Arch::Aarch64 => {
                self.builder.ins().atomic_store(TRUSTED, one, mark);
            }
        }
        let word = self.builder.ins().iadd_imm_s(data, i64::from(lock.lock_off));
        let alone = self.builder.ins().atomic_load(types::I32, TRUSTED, word);
        let taken = self.builder.create_block();
        self.cold(alone, |this| {
            this.go_out(part, offset);
            this.enter_slowly(descriptor);
            this.builder.ins().jump(taken, &[]);
        });
        self.builder.ins().jump(taken, &[]);
        self.builder.switch_to_block(taken);
        Locks::Update(part, offset)
    }

    fn go_out(&mut self, part: clif::Value, offset: i32) {
        let place = self.builder.ins().iadd_imm_s(part, i64::from(offset));
        self.release(place);
    }

    /// Makes a word 0 when all that was done before can be seen.
    fn release(&mut self, word: clif::Value) {
        let zero = self.builder.ins().iconst(types::I32, 0);
        match self.lowering.arch {
            // Any store releases; Cranelift's atomic one has a fence beside.
            Arch::X86_64 => self.builder.ins().store(TRUSTED, zero, word, 0),
            Arch::Aarch64 => self.builder.ins().atomic_store(TRUSTED, zero, word),
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
        self.end_unless(entered);
    }

    fn end_unless(&mut self, entered: clif::Value) {
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
            Locks::Update(part, offset) => self.go_out(part, offset),
            Locks::One(_, word) => self.release(word),
            Locks::Many => {
                let descriptor = handler.descriptor.unwrap_or(self.ctx);
                self.runtime(Rt::Leave, &[self.ctx, descriptor]);
            }
        }
    }
}
