// SPDX-License-Identifier: MIT OR Apache-2.0
//! Script functions and intrinsics.

use cranelift_codegen::ir::{self as clif, InstBuilder as _, types};
use spile_abi as abi;
use spile_ir as ir;

use super::Instance;
use super::clock::Clock;
use super::emit::{Callee, Emitter, TRUSTED};
use crate::runtime::{Rt, ctx};

impl Emitter<'_, '_> {
    /// Calls a script function.
    pub fn script_call(&mut self, inst: &ir::Inst, callee: ir::FuncId, args: &[ir::Value]) -> Option<clif::Value> {
        let function = &self.lowering.program.functions[callee.index()];
        let instance = Instance { function: callee, source: self.instance.source, budget: None };
        let section = self.lowering.instance(instance);
        let mut words = vec![self.ctx];
        let slot = match function.result {
            Some(ir::Type::Str) => self.result_slot(inst),
            _ => None,
        };
        words.extend(slot);
        for arg in args {
            words.push(self.value(*arg));
        }
        let results = usize::from(function.result == Some(ir::Type::Int));
        let results = self.call(Callee::Section(section, words.len(), results), &words);
        if self.lowering.effects[callee.index()].fails || self.lowering.can_nest_too_deep() {
            self.check_call();
        }
        slot.or(results.first().copied())
    }

    /// A built-in function.
    pub fn intrinsic(&mut self, inst: &ir::Inst, intrinsic: ir::Intrinsic, args: &[ir::Value]) -> Option<clif::Value> {
        if let Some(name) = inst.result.and_then(|result| self.task().names[result.index()]) {
            return self.name(inst, name, args[0]);
        }
        let args: Vec<clif::Value> = args.iter().map(|arg| self.value(*arg)).collect();
        match action(intrinsic) {
            Action::Compute(rt) => Some(self.word(Callee::Runtime(rt), &args)),
            Action::ComputeIn(rt) => {
                let words = [&[self.ctx], &*args].concat();
                let result = self.word_or_nothing(rt, &words);
                if intrinsic.can_fail() {
                    self.check();
                }
                result
            }
            Action::Make(rt) => {
                let slot = self.result_slot(inst)?;
                let words = [&[self.ctx, slot], &*args].concat();
                self.runtime(rt, &words);
                if intrinsic.can_fail() {
                    self.check();
                }
                Some(slot)
            }
            Action::Clock(clock) => Some(self.clock(clock)),
            Action::Ask(import) => Some(self.word(Callee::Import(import), &[])),
            Action::Tell(import) => {
                self.call(Callee::Import(import), &[self.ctx]);
                None
            }
            Action::TimingReport => {
                let n_probes = self.int(self.lowering.program.probes.len() as i64);
                self.runtime(Rt::TimingReport, &[self.ctx, n_probes]);
                None
            }
            Action::Cpu => {
                let cpu = self.ctx_constant(types::I32, ctx::CPU);
                Some(self.builder.ins().uextend(types::I64, cpu))
            }
            Action::Field(offset) => Some(self.ctx_constant(types::I64, offset)),
            Action::ProbeText(text) => Some(self.probe_text(text)),
        }
    }

    fn word_or_nothing(&mut self, rt: Rt, words: &[clif::Value]) -> Option<clif::Value> {
        self.call(Callee::Runtime(rt), words).first().copied()
    }

    /// A text on the probe that fired: constant, so never copied.
    fn probe_text(&mut self, text: fn(&ir::Probe) -> &str) -> clif::Value {
        let lowering = &mut *self.lowering;
        let limit = lowering.program.limits.max_string.saturating_sub(1) as usize;
        let names = lowering.program.probes.iter().map(|probe| {
            let text = text(probe).as_bytes();
            &text[..text.len().min(limit)]
        });
        let table = lowering.constants.string_table(&mut lowering.linker, names);
        let table = self.address(table, 0);
        let probe = self.ctx_load(types::I32, ctx::PROBE);
        let probe = self.builder.ins().uextend(types::I64, probe);
        let at = self.builder.ins().ishl_imm_u(probe, 2);
        let at = self.builder.ins().iadd(table, at);
        let offset = self.builder.ins().load(types::I32, TRUSTED, at, 0);
        let offset = self.builder.ins().uextend(types::I64, offset);
        self.builder.ins().iadd(table, offset)
    }
}

/// How an intrinsic is done.
enum Action {
    /// By the runtime, of its arguments only.
    Compute(Rt),
    /// By the runtime, with the context first.
    ComputeIn(Rt),
    /// By the runtime, into a slot: context, slot, arguments.
    Make(Rt),
    /// By kshim, without arguments.
    Ask(u32),
    /// By the cycle counter, or kshim.
    Clock(Clock),
    /// By kshim, of the context.
    Tell(u32),
    /// By the runtime, of all probes.
    TimingReport,
    /// `spile_ctx.cpu`.
    Cpu,
    /// A word of the context.
    Field(i32),
    /// From a table of texts, one for each probe.
    ProbeText(fn(&ir::Probe) -> &str),
}

fn action(intrinsic: ir::Intrinsic) -> Action {
    match intrinsic {
        ir::Intrinsic::Strlen => Action::Compute(Rt::Strlen),
        ir::Intrinsic::Substr => Action::Make(Rt::Substr),
        ir::Intrinsic::Stringat => Action::Compute(Rt::Stringat),
        ir::Intrinsic::Isinstr => Action::Compute(Rt::Isinstr),
        ir::Intrinsic::Strpos => Action::Compute(Rt::Strpos),
        ir::Intrinsic::Strspn => Action::Compute(Rt::Strspn),
        ir::Intrinsic::Strcspn => Action::Compute(Rt::Strcspn),
        ir::Intrinsic::Strtol => Action::Compute(Rt::Strtol),
        ir::Intrinsic::StrReplace => Action::Make(Rt::StrReplace),
        ir::Intrinsic::TextStr => Action::Make(Rt::TextStr),
        ir::Intrinsic::Ctime => Action::Make(Rt::Ctime),
        ir::Intrinsic::KernelString => Action::Make(Rt::KernelString),
        ir::Intrinsic::UserString => Action::Make(Rt::UserString),
        ir::Intrinsic::KernelBytes => Action::Make(Rt::KernelBytes),
        ir::Intrinsic::UserBytes => Action::Make(Rt::UserBytes),
        ir::Intrinsic::Delay => Action::ComputeIn(Rt::Delay),
        ir::Intrinsic::Error => Action::ComputeIn(Rt::Error),
        ir::Intrinsic::Exhausted => Action::ComputeIn(Rt::Exhausted),
        ir::Intrinsic::Warn => Action::ComputeIn(Rt::Warn),
        ir::Intrinsic::System => Action::ComputeIn(Rt::System),
        ir::Intrinsic::MatchedGroups => Action::ComputeIn(Rt::MatchedGroups),
        ir::Intrinsic::MatchedText => Action::Make(Rt::MatchedText),
        ir::Intrinsic::Random => Action::ComputeIn(Rt::Random),
        ir::Intrinsic::Abort => Action::ComputeIn(Rt::Abort),
        ir::Intrinsic::FpAdd => Action::Compute(Rt::FpAdd),
        ir::Intrinsic::FpMul => Action::Compute(Rt::FpMul),
        ir::Intrinsic::FpDiv => Action::Compute(Rt::FpDiv),
        ir::Intrinsic::FpRem => Action::Compute(Rt::FpRem),
        ir::Intrinsic::FpSqrt => Action::Compute(Rt::FpSqrt),
        ir::Intrinsic::FpToString => Action::Make(Rt::FpToString),
        ir::Intrinsic::StringToFp => Action::Compute(Rt::StringToFp),
        ir::Intrinsic::Exit => Action::Tell(abi::SPILE_IMPORT_session_exit),
        ir::Intrinsic::Flush => Action::Tell(abi::SPILE_IMPORT_ring_flush),
        ir::Intrinsic::Timed => Action::ComputeIn(Rt::Timed),
        ir::Intrinsic::TimingReport => Action::TimingReport,
        ir::Intrinsic::CurrentTask => Action::Field(ctx::TASK),
        ir::Intrinsic::TimeMonoNs => Action::Clock(Clock::Mono),
        ir::Intrinsic::TimeRealNs => Action::Clock(Clock::Real),
        ir::Intrinsic::TimeBootNs => Action::Clock(Clock::Boot),
        ir::Intrinsic::Cycles => Action::Ask(abi::SPILE_IMPORT_cycles),
        ir::Intrinsic::Jiffies => Action::Ask(abi::SPILE_IMPORT_jiffies),
        ir::Intrinsic::Cpu => Action::Cpu,
        ir::Intrinsic::TargetPid => Action::Field(ctx::PARAM),
        ir::Intrinsic::Registers => Action::Field(ctx::REGS),
        ir::Intrinsic::ProbePoint => Action::ProbeText(|probe| &probe.name),
        ir::Intrinsic::ProbeName => Action::ProbeText(ir::Probe::script_name),
    }
}
