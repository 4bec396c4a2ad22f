// SPDX-License-Identifier: MIT OR Apache-2.0
//! Errors: where they go, and what they leave in the context.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, InstBuilder as _, types};
use spile_abi::{SPILE_ERROR_ACTION, SPILE_NO_LOCATION};
use spile_ir as ir;

use super::emit::Emitter;
use crate::runtime::ctx;

impl Emitter<'_, '_> {
    /// After an operation that sets `rt_ctx.error` itself: leaves the block where it did.
    pub fn check(&mut self) {
        let error = self.ctx_load(types::I32, ctx::ERROR);
        self.check_if(error);
    }

    /// Leaves the block where the condition says that the operation has set an error.
    pub fn check_if(&mut self, failed: clif::Value) {
        self.cold(failed, |this| {
            this.store_location();
            this.leave();
        });
    }

    /// After a call: an error under way has its location already, unless the call itself failed.
    pub fn check_call(&mut self) {
        let error = self.ctx_load(types::I32, ctx::ERROR);
        self.cold(error, |this| {
            let known = this.ctx_load(types::I32, ctx::ERROR_LOCATION);
            let own = this.builder.ins().iconst(types::I32, i64::from(this.loc.0));
            let unknown = this.builder.ins().icmp_imm_u(IntCC::Equal, known, i64::from(SPILE_NO_LOCATION));
            let location = this.builder.ins().select(unknown, own, known);
            this.ctx_store(location, ctx::ERROR_LOCATION);
            this.leave();
        });
    }

    /// Raises an error (`SPILE_ERROR_*`) where the condition is not zero.
    pub fn fail_if(&mut self, condition: clif::Value, code: u32, arg: Option<clif::Value>) {
        self.cold(condition, |this| {
            let error = this.builder.ins().iconst(types::I32, i64::from(code));
            this.ctx_store(error, ctx::ERROR);
            let arg = arg.unwrap_or_else(|| this.int(0));
            this.ctx_store(arg, ctx::ERROR_ARG);
            this.store_location();
            if code <= SPILE_ERROR_ACTION {
                this.builder.ins().jump(this.unwind, &[]);
            } else {
                this.leave();
            }
        });
    }

    fn store_location(&mut self) {
        let location = self.builder.ins().iconst(types::I32, i64::from(self.loc.0));
        self.ctx_store(location, ctx::ERROR_LOCATION);
    }

    /// Ends the block: on to the catch block, or out of the function.
    fn leave(&mut self) {
        let goal = match self.function.blocks[self.block].catch {
            Some(catch) => self.landing(catch),
            None => self.unwind,
        };
        self.builder.ins().jump(goal, &[]);
    }

    fn landing(&mut self, catch: ir::BlockId) -> clif::Block {
        if let Some(known) = self.landings.get(&catch.0) {
            return *known;
        }
        let landing = self.builder.create_block();
        self.builder.set_cold_block(landing);
        self.landings.insert(catch.0, landing);
        landing
    }

    /// Fills the blocks that lead to catch blocks: what cannot be caught goes on unwinding.
    pub fn emit_landings(&mut self) {
        let mut landings: Vec<_> = self.landings.drain().collect();
        landings.sort_unstable_by_key(|(catch, _)| *catch);
        for (catch, landing) in landings {
            self.builder.switch_to_block(landing);
            let error = self.ctx_load(types::I32, ctx::ERROR);
            // RT_ABORT, the greatest code of all, becomes 0.
            let one = self.builder.ins().iconst(types::I32, 1);
            let after = self.builder.ins().iadd(error, one);
            let last = i64::from(SPILE_ERROR_ACTION) + 1;
            let fatal = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, after, last);
            let catch = self.blocks[catch as usize];
            self.builder.ins().brif(fatal, self.unwind, &[], catch, &[]);
        }
    }
}
