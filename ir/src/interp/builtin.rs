// SPDX-License-Identifier: MIT OR Apache-2.0
//! Operations that reach outside: memory, intrinsics, printing.

use super::{
    Event,
    error::Fault,
    float,
    machine::{Frame, Machine, Run},
    services::{Clock, FormatValue},
    string,
    value::Val,
};
use crate::{FormatId, Intrinsic, Op, PrintArg, Space};

impl Machine<'_> {
    pub(super) fn exec_builtin(&mut self, op: &Op, frame: &Frame<'_>, run: &Run<'_>) -> Result<Option<Val>, Fault> {
        match op {
            Op::Load { space, addr, bytes, signed } => {
                self.load(*space, frame.int(*addr) as u64, *bytes, *signed).map(|int| Some(int.into()))
            }
            Op::Store { addr, bytes, value } => {
                let addr = frame.int(*addr) as u64;
                let data = frame.int(*value).to_le_bytes();
                let stored = self.services.store(addr, &data[..usize::from(*bytes)]);
                if stored { Ok(None) } else { Err(Fault::Write(addr)) }
            }
            Op::Intrinsic(intrinsic, args) => {
                let args = frame.all(args);
                if intrinsic.signature().1.is_some() {
                    self.compute(*intrinsic, &args, run).map(Some)
                } else {
                    self.act(*intrinsic, &args).map(|()| None)
                }
            }
            Op::Sprint(format, args) => {
                let mut text = self.format(*format, args, frame);
                // A string ends at a NUL.
                text.truncate(text.iter().position(|byte| *byte == 0).unwrap_or(text.len()));
                Ok(Some(self.string(text)))
            }
            Op::Print(format, args) => {
                let text = self.format(*format, args, frame);
                self.events.push(Event::Print(text));
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    fn load(&mut self, space: Space, addr: u64, bytes: u8, signed: bool) -> Result<i64, Fault> {
        let mut data = [0; 8];
        if !self.services.load(space, addr, &mut data[..usize::from(bytes)]) {
            return Err(Fault::Read(addr));
        }
        let unused = 64 - 8 * u32::from(bytes);
        let value = u64::from_le_bytes(data) << unused;
        Ok(if signed { value as i64 >> unused } else { (value >> unused) as i64 })
    }

    /// Bytes in memory; of a string, those up to its NUL.
    fn load_text(&mut self, space: Space, addr: u64, length: i64, is_string: bool) -> Result<Val, Fault> {
        let limit = (self.program.limits.max_string as usize - 1).min(usize::try_from(length).unwrap_or(0));
        let mut text = Vec::new();
        while text.len() < limit {
            let mut byte = [0];
            if !self.services.load(space, addr.wrapping_add(text.len() as u64), &mut byte) {
                return Err(Fault::String(space, addr));
            }
            if is_string && byte[0] == 0 {
                break;
            }
            text.push(byte[0]);
        }
        Ok(self.string(text))
    }

    fn format(&mut self, format: FormatId, args: &[PrintArg], frame: &Frame<'_>) -> Vec<u8> {
        let program = self.program;
        let values: Vec<FormatValue<'_>> = args
            .iter()
            .map(|arg| match arg {
                PrintArg::Value(value) => match frame.get(*value) {
                    Val::Int(int) => FormatValue::Int(*int),
                    Val::Str(bytes) => FormatValue::Str(bytes),
                },
                PrintArg::Hist { global, keys } => {
                    FormatValue::Hist(self.with_stat(*global, keys, frame, |stat| stat.format()))
                }
            })
            .collect();
        self.services.format(&program.formats[format.index()], &values)
    }

    /// Intrinsics that give a value.
    fn compute(&mut self, intrinsic: Intrinsic, args: &[Val], run: &Run<'_>) -> Result<Val, Fault> {
        let int = |n: usize| args.get(n).map_or(0, Val::int);
        let text = |n: usize| args.get(n).map_or(&b""[..], Val::bytes);
        Ok(match intrinsic {
            Intrinsic::Strlen => (text(0).len() as i64).into(),
            Intrinsic::Substr => self.string(string::substr(text(0), int(1), int(2)).to_vec()),
            Intrinsic::Stringat => string::stringat(text(0), int(1)).into(),
            Intrinsic::Isinstr => (string::strpos(text(0), text(1)) >= 0).into(),
            Intrinsic::Strpos => string::strpos(text(0), text(1)).into(),
            Intrinsic::Strspn => string::span(text(0), text(1), true).into(),
            Intrinsic::Strcspn => string::span(text(0), text(1), false).into(),
            Intrinsic::Strtol => string::strtol(text(0), int(1)).into(),
            Intrinsic::StrReplace => self.string(string::replace(text(0), text(1), text(2))),
            Intrinsic::TextStr => {
                let most = self.program.limits.max_string as usize - 1;
                let limit =
                    usize::try_from(int(1)).ok().filter(|limit| *limit > 0).map_or(most, |limit| limit.min(most));
                self.string(string::text_str(text(0), limit, int(2) != 0))
            }
            Intrinsic::Ctime => self.string(string::ctime(int(0)).into_bytes()),
            Intrinsic::KernelString => self.load_text(Space::Kernel, int(0) as u64, int(1), true)?,
            Intrinsic::UserString => self.load_text(Space::User, int(0) as u64, int(1), true)?,
            Intrinsic::KernelBytes => self.load_text(Space::Kernel, int(0) as u64, int(1), false)?,
            Intrinsic::UserBytes => self.load_text(Space::User, int(0) as u64, int(1), false)?,
            Intrinsic::CurrentTask => (self.services.current_task() as i64).into(),
            Intrinsic::Cpu => self.services.cpu().into(),
            Intrinsic::TargetPid => self.services.target_pid().into(),
            Intrinsic::Registers => (self.services.registers() as i64).into(),
            Intrinsic::TimeMonoNs => self.services.clock(Clock::Mono, self.now_ns).into(),
            Intrinsic::TimeRealNs => self.services.clock(Clock::Real, self.now_ns).into(),
            Intrinsic::TimeBootNs => self.services.clock(Clock::Boot, self.now_ns).into(),
            Intrinsic::Cycles => self.services.clock(Clock::Cycles, self.now_ns).into(),
            Intrinsic::Jiffies => self.services.clock(Clock::Jiffies, self.now_ns).into(),
            Intrinsic::ProbePoint => self.string(self.program.probes[run.probe].name.clone().into_bytes()),
            Intrinsic::ProbeName => self.string(self.program.probes[run.probe].script_name().as_bytes().to_vec()),
            Intrinsic::MatchedGroups => match &run.matched {
                Some(texts) => (texts.len() as i64 - 1).into(),
                None => (-1).into(),
            },
            Intrinsic::MatchedText => {
                let texts = run.matched.as_deref().unwrap_or_default();
                let text = usize::try_from(int(0)).ok().and_then(|n| texts.get(n));
                self.string(text.cloned().unwrap_or_default())
            }
            Intrinsic::Random => match u64::try_from(int(0)) {
                Ok(bound @ 1..) => ((self.services.random(bound) % bound) as i64).into(),
                _ => 0.into(),
            },
            Intrinsic::FpAdd => float::add(int(0), int(1)).into(),
            Intrinsic::FpMul => float::mul(int(0), int(1)).into(),
            Intrinsic::FpDiv => float::div(int(0), int(1)).into(),
            Intrinsic::FpRem => float::rem(int(0), int(1)).into(),
            Intrinsic::FpSqrt => float::sqrt(int(0)).into(),
            Intrinsic::FpToString => self.string(float::to_string(int(0), int(1)).into_bytes()),
            Intrinsic::StringToFp => float::parse(text(0)).into(),
            // Those that give no value: `act`.
            _ => 0.into(),
        })
    }

    /// Intrinsics that give no value.
    fn act(&mut self, intrinsic: Intrinsic, args: &[Val]) -> Result<(), Fault> {
        let text = || args.first().map_or(&b""[..], Val::bytes).to_vec();
        match intrinsic {
            Intrinsic::Error => return Err(Fault::Script(text())),
            Intrinsic::Exhausted => return Err(Fault::Exhausted),
            Intrinsic::Abort => {
                self.exit = true;
                return Err(Fault::Abort);
            }
            Intrinsic::Warn => self.events.push(Event::Warning(text())),
            Intrinsic::System => self.events.push(Event::System(text())),
            Intrinsic::Delay => {
                let ns = args.first().map_or(0, Val::int);
                self.now_ns = self.now_ns.saturating_add(u64::try_from(ns).unwrap_or(0));
            }
            Intrinsic::Exit => self.exit = true,
            _ => {}
        }
        Ok(())
    }
}
