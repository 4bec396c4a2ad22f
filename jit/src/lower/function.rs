// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions, handlers and the image's init function: prologue, blocks, epilogue.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, BlockArg, InstBuilder as _, SourceLoc, UserFuncName, types};
use cranelift_frontend::FunctionBuilder;
use spile_abi::{SPILE_ERROR_NESTING, SPILE_NO_LOCATION};
use spile_ir as ir;
use spile_rt::raw::rt_init_info;
use zerocopy::IntoBytes as _;

use super::emit::{Emitter, Local, TRUSTED, signature};
use super::handler::Handler;
use super::later::is_record;
use super::{ArgSource, Instance, Lowering};
use crate::runtime::{Rt, ctx};

/// Lowers a function.
pub fn lower(lowering: &mut Lowering<'_>, function: &ir::Function, instance: Instance) -> clif::Function {
    let string_result = function.result == Some(ir::Type::Str);
    let words = 1 + usize::from(string_result) + function.params.len();
    let results = usize::from(function.result == Some(ir::Type::Int));
    build(lowering, (words, results), function, instance, |emitter| emitter.lower())
}

/// The function that runs once at load: the session block, then the globals' initial values.
pub fn init(lowering: &mut Lowering<'_>, scratch_size: u32) -> clif::Function {
    let nothing = ir::Function::new("init", &[], None);
    let instance = Instance { function: ir::FuncId(0), source: ArgSource::Nowhere, budget: None };
    build(lowering, (1, 0), &nothing, instance, |emitter| emitter.init(scratch_size))
}

fn build(
    lowering: &mut Lowering<'_>,
    (words, results): (usize, usize),
    function: &ir::Function,
    instance: Instance,
    fill: impl FnOnce(&mut Emitter<'_, '_>),
) -> clif::Function {
    let mut code = clif::Function::with_name_signature(UserFuncName::default(), signature(words, results));
    let mut context = std::mem::take(&mut lowering.builder_context);
    let config = lowering.isa.frontend_config();
    {
        let builder = FunctionBuilder::new(&mut code, &mut context);
        let mut emitter = Emitter::new(lowering, builder, function, instance);
        fill(&mut emitter);
        emitter.builder.seal_all_blocks();
        emitter.builder.finalize(config);
    }
    lowering.builder_context = context;
    code
}

impl Emitter<'_, '_> {
    fn lower(&mut self) {
        let handler = self.instance.budget.map(|budget| self.enter(budget));
        let leave = self.builder.create_block();
        self.push_frame(leave);
        self.locals();
        self.for_records = self.find_loads_for_records();
        if let Some(&entry) = self.blocks.first() {
            self.builder.ins().jump(entry, &[]);
        } else {
            let end = if handler.is_some() { self.exit } else { self.unwind };
            self.builder.ins().jump(end, &[]);
        }
        for block in reachable(self.function) {
            self.block(block);
        }
        self.emit_landings();
        self.epilogue(handler, leave);
    }

    /// Takes room for the slots, and counts the call where calls could nest too deep.
    fn push_frame(&mut self, too_deep: clif::Block) {
        let slots = self.lowering.plans[self.instance.function.index()].slots;
        let bytes = i64::from(slots) * i64::from(self.lowering.slot_bytes);
        let counted = self.lowering.can_nest_too_deep();
        if self.instance.budget.is_some() {
            self.first_frame(bytes, counted);
            return;
        }
        let mut room = None;
        if bytes > 0 {
            let frame = self.ctx_load(types::I64, ctx::FRAME_TOP);
            let top = self.builder.ins().iadd_imm_s(frame, bytes);
            if counted {
                let scratch = self.ctx_load(types::I64, ctx::SCRATCH);
                let frames = i64::from(self.lowering.frames_size());
                let end = self.builder.ins().iadd_imm_s(scratch, frames);
                let full = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, top, end);
                self.nesting_error(full, too_deep);
            }
            self.frame = Some(frame);
            room = Some(top);
        }
        if counted {
            let limit = i64::from(self.lowering.program.limits.max_nesting);
            let depth = self.ctx_load(types::I32, ctx::DEPTH);
            let full = self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, depth, limit);
            self.nesting_error(full, too_deep);
            let depth = self.builder.ins().iadd_imm_s(depth, 1);
            self.ctx_store(depth, ctx::DEPTH);
        }
        if let Some(top) = room {
            self.ctx_store(top, ctx::FRAME_TOP);
        }
    }

    /// A handler's frame is the first, and there is always room for it.
    fn first_frame(&mut self, bytes: i64, counted: bool) {
        let calls = self.lowering.effects[self.instance.function.index()].calls;
        if bytes > 0 || calls {
            let frame = self.ctx_load(types::I64, ctx::SCRATCH);
            self.frame = Some(frame);
            if calls {
                let top = self.builder.ins().iadd_imm_s(frame, bytes);
                self.ctx_store(top, ctx::FRAME_TOP);
            }
        }
        if counted && calls {
            let one = self.builder.ins().iconst(types::I32, 1);
            self.ctx_store(one, ctx::DEPTH);
        }
    }

    fn nesting_error(&mut self, condition: clif::Value, goal: clif::Block) {
        self.cold(condition, |this| {
            let error = this.builder.ins().iconst(types::I32, i64::from(SPILE_ERROR_NESTING));
            this.ctx_store(error, ctx::ERROR);
            // The place to blame is the call, which its caller knows.
            let location = this.builder.ins().iconst(types::I32, i64::from(SPILE_NO_LOCATION));
            this.ctx_store(location, ctx::ERROR_LOCATION);
            this.builder.ins().jump(goal, &[]);
        });
    }

    /// Gives variables their places: parameters' values, else 0 and "".
    fn locals(&mut self) {
        let words = std::mem::take(&mut self.params);
        let string_result = self.function.result == Some(ir::Type::Str);
        self.result = string_result.then(|| words[1]);
        let params = &words[1 + usize::from(string_result)..];
        for (index, local) in self.function.locals.iter().enumerate() {
            let passed = params.get(index).copied();
            let place = match local.ty {
                ir::Type::Int => {
                    let variable = self.builder.declare_var(types::I64);
                    let first = passed.unwrap_or_else(|| self.int(0));
                    self.builder.def_var(variable, first);
                    Local::Int(variable)
                }
                ir::Type::Str => Local::Str(self.string_local(index, passed)),
            };
            self.locals.push(place);
        }
    }

    fn string_local(&mut self, index: usize, passed: Option<clif::Value>) -> clif::Value {
        let slot = self.lowering.plans[self.instance.function.index()].locals[index];
        match (slot, passed) {
            (Some(slot), passed) => {
                let place = self.slot(slot);
                match passed {
                    Some(passed) => self.runtime(Rt::StrCopy, &[self.ctx, place, passed]),
                    None => {
                        let zero = self.builder.ins().iconst(types::I32, 0);
                        self.builder.ins().store(TRUSTED, zero, place, 0);
                    }
                }
                place
            }
            (None, Some(passed)) => passed,
            (None, None) => self.string(b"", 0),
        }
    }

    fn block(&mut self, id: ir::BlockId) {
        let block = &self.function.blocks[id.index()];
        self.block = id.index();
        let before = self.only_way_to(id);
        self.found = self.found_before(id, before);
        self.begin_loads(before);
        self.builder.switch_to_block(self.blocks[id.index()]);
        for param in &block.params {
            self.values[param.index()] = Some(self.builder.append_block_param(self.blocks[id.index()], types::I64));
        }
        for (index, inst) in block.insts.iter().enumerate() {
            self.loc = inst.loc;
            self.builder.set_srcloc(SourceLoc::new(inst.loc.0));
            if self.postpone(inst) {
                continue;
            }
            // Records load theirs when they have room for it.
            if !is_record(inst) {
                self.load_now(inst.op.operands());
            }
            if index + 1 == block.insts.len()
                && let (Some(asked), ir::Terminator::Branch { yes, no, .. }) = (self.asked_at_end(block), &block.end)
            {
                self.load_now(block.end.operands());
                self.branch_on_element(&asked, yes, no);
                self.end_block(id);
                return;
            }
            let result = self.op(inst);
            self.forget_found(&inst.op);
            if let Some(defined) = inst.result {
                self.values[defined.index()] = result;
            }
        }
        self.builder.set_srcloc(SourceLoc::default());
        self.load_now(block.end.operands());
        self.end_block(id);
        self.terminator(&block.end);
    }

    /// Keeps what is known now for the blocks behind this one.
    fn end_block(&mut self, id: ir::BlockId) {
        self.found_at_end[id.index()] = self.found.clone();
        self.loaded_at_end[id.index()] = self.loaded.clone();
    }

    fn terminator(&mut self, end: &ir::Terminator) {
        match end {
            ir::Terminator::Jump(target) => {
                let args = self.target_args(target);
                self.builder.ins().jump(self.blocks[target.block.index()], &args);
            }
            ir::Terminator::Branch { cond, yes, no } => {
                let cond = self.value(*cond);
                let (yes_args, no_args) = (self.target_args(yes), self.target_args(no));
                let (yes, no) = (self.blocks[yes.block.index()], self.blocks[no.block.index()]);
                self.builder.ins().brif(cond, yes, &yes_args, no, &no_args);
            }
            ir::Terminator::Return(value) => {
                let value = value.map(|value| self.value(value));
                let args: Vec<BlockArg> = match (self.function.result, value, self.result) {
                    (Some(ir::Type::Int), Some(value), _) => vec![value.into()],
                    (Some(ir::Type::Int), None, _) => vec![self.int(0).into()],
                    (Some(ir::Type::Str), Some(value), Some(result)) => {
                        self.runtime(Rt::StrCopy, &[self.ctx, result, value]);
                        vec![]
                    }
                    (Some(ir::Type::Str), None, Some(result)) => {
                        let zero = self.builder.ins().iconst(types::I32, 0);
                        self.builder.ins().store(TRUSTED, zero, result, 0);
                        vec![]
                    }
                    _ => vec![],
                };
                self.builder.ins().jump(self.exit, &args);
            }
        }
    }

    pub fn target_args(&mut self, target: &ir::Target) -> Vec<BlockArg> {
        target.args.iter().map(|arg| self.value(*arg).into()).collect()
    }

    /// `unwind` and `exit` give back what was taken. Only a handler that unwinds has an error to report.
    fn epilogue(&mut self, handler: Option<Handler>, leave: clif::Block) {
        let has_result = self.function.result == Some(ir::Type::Int);
        self.builder.set_cold_block(self.unwind);
        self.builder.switch_to_block(self.unwind);
        if let Some(handler) = &handler {
            self.leave_handler(handler);
            self.name_own_probe();
            self.runtime(Rt::Failed, &[self.ctx]);
            self.builder.ins().return_(&[]);
        } else {
            let nothing: Vec<BlockArg> = if has_result { vec![self.int(0).into()] } else { vec![] };
            self.builder.ins().jump(self.exit, &nothing);
        }

        self.builder.switch_to_block(self.exit);
        let result = has_result.then(|| self.builder.append_block_param(self.exit, types::I64));
        if let Some(handler) = handler {
            self.leave_handler(&handler);
            self.builder.ins().return_(&[]);
        } else {
            self.pop_frame();
            self.builder.ins().return_(result.as_slice());
        }
        self.builder.set_cold_block(leave);
        self.builder.switch_to_block(leave);
        let nothing: Vec<clif::Value> = if has_result { vec![self.int(0)] } else { vec![] };
        self.builder.ins().return_(&nothing);
    }

    fn pop_frame(&mut self) {
        if let Some(frame) = self.frame {
            self.ctx_store(frame, ctx::FRAME_TOP);
        }
        if self.lowering.can_nest_too_deep() {
            let depth = self.ctx_load(types::I32, ctx::DEPTH);
            let depth = self.builder.ins().iadd_imm_s(depth, -1);
            self.ctx_store(depth, ctx::DEPTH);
        }
    }

    fn init(&mut self, scratch_size: u32) {
        let program = self.lowering.program;
        let limits = &program.limits;
        let info = rt_init_info {
            max_string: limits.max_string,
            max_errors: limits.max_errors,
            max_skipped: limits.max_skipped,
            max_nesting: limits.max_nesting,
            max_trylock: limits.max_trylock,
            scratch_size,
            n_globals: program.globals.len() as u32,
            reserve: self.lowering.scratch_reserve(),
        };
        let info = self.lowering.constants.add(&mut self.lowering.linker, "init info", info.as_bytes().to_vec());
        let info = self.address(info, 0);
        let globals = self.global(ir::GlobalId(0));
        self.runtime(Rt::Init, &[self.ctx, info, globals]);
        if let Some(offset) = self.lowering.layout.timing_off {
            let offset = self.int(i64::from(offset));
            self.runtime(Rt::TimingInit, &[self.ctx, offset]);
        }
        for (index, global) in program.globals.iter().enumerate() {
            let id = ir::GlobalId::new(index);
            match &global.kind {
                ir::GlobalKind::Int(value) if *value != 0 => {
                    let value = self.int(*value);
                    let (data, offset) = self.global_data(id);
                    self.builder.ins().store(TRUSTED, value, data, offset);
                }
                ir::GlobalKind::Str(text) if !text.is_empty() => {
                    let text = self.string(text, self.string_limit());
                    let place = self.global_address(id);
                    self.runtime(Rt::StrCopy, &[self.ctx, place, text]);
                }
                _ => {}
            }
        }
        self.builder.ins().return_(&[]);
        for block in [self.unwind, self.exit] {
            self.builder.switch_to_block(block);
            self.builder.ins().return_(&[]);
        }
    }
}

/// Blocks that can be reached, each after its dominators.
fn reachable(function: &ir::Function) -> Vec<ir::BlockId> {
    let mut seen = vec![false; function.blocks.len()];
    let mut order = Vec::new();
    // A block is on the stack a second time, to be listed when all behind it are.
    let mut stack = if function.blocks.is_empty() { vec![] } else { vec![(ir::BlockId(0), false)] };
    while let Some((id, done)) = stack.pop() {
        if done {
            order.push(id);
            continue;
        }
        if std::mem::replace(&mut seen[id.index()], true) {
            continue;
        }
        stack.push((id, true));
        let block = &function.blocks[id.index()];
        let next = match &block.end {
            ir::Terminator::Jump(target) => vec![target.block],
            ir::Terminator::Branch { yes, no, .. } => vec![no.block, yes.block],
            ir::Terminator::Return(_) => vec![],
        };
        let catch = block.catch.filter(|_| block.insts.iter().any(|inst| inst.op.can_fail()));
        stack.extend(catch.into_iter().chain(next).map(|id| (id, false)));
    }
    order.reverse();
    order
}
