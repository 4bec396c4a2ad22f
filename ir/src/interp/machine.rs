// SPDX-License-Identifier: MIT OR Apache-2.0
//! The state of a session, and the execution of one handler: frames, jumps, calls, catches.

use super::{Event, Hit, error::Fault, map::Map, regex, services::Services, stat::Stat, value::Val};
use crate::{FuncId, Function, GlobalKind, LocId, Op, Program, Target, Terminator, Value};

/// What a global holds.
pub(super) enum GlobalState {
    Scalar(Val),
    Stat(Box<Stat>),
    Map(Box<Map>),
}

/// All that outlives a handler.
pub(super) struct Machine<'a> {
    pub program: &'a Program,
    pub services: &'a mut dyn Services,
    pub globals: Vec<GlobalState>,
    pub events: Vec<Event>,
    /// Virtual time since the start, ns.
    pub now_ns: u64,
    /// Whether the script asked for the end.
    pub exit: bool,
    /// Instructions and jumps left, where they are limited.
    pub steps: u64,
}

/// One run of a handler.
pub(super) struct Run<'h> {
    /// The probe that fired.
    pub probe: usize,
    /// Its arguments.
    pub hit: &'h Hit,
    /// The words between entry and return.
    pub words: &'h mut [i64],
    /// Actions left.
    pub budget: u32,
    /// What the groups of the last match matched, the whole match first; None where it failed.
    pub matched: Option<Vec<Vec<u8>>>,
}

/// An error that nobody caught, and where it came from.
pub(super) type Raised = (Fault, LocId);

pub(super) struct Frame<'a> {
    pub function: &'a Function,
    block: usize,
    /// The instruction to execute next.
    next: usize,
    pub locals: Vec<Val>,
    values: Vec<Val>,
    /// The caller's value for the result.
    result: Option<Value>,
    /// The error that a catch block is about to take.
    caught: Option<Fault>,
}

impl<'a> Frame<'a> {
    fn new(function: &'a Function, args: Vec<Val>, result: Option<Value>) -> Self {
        let mut locals = args;
        locals.extend(function.locals[locals.len()..].iter().map(|local| Val::default(local.ty)));
        let values = vec![Val::Int(0); function.values.len()];
        Self { function, block: 0, next: 0, locals, values, result, caught: None }
    }

    pub fn get(&self, value: Value) -> &Val {
        &self.values[value.index()]
    }

    pub fn int(&self, value: Value) -> i64 {
        self.get(value).int()
    }

    pub fn all(&self, values: &[Value]) -> Vec<Val> {
        values.iter().map(|value| self.get(*value).clone()).collect()
    }

    pub fn pattern(&self, keys: &[Option<Value>]) -> Vec<Option<Val>> {
        keys.iter().map(|key| key.map(|key| self.get(key).clone())).collect()
    }

    fn set(&mut self, value: Option<Value>, val: Option<Val>) {
        if let (Some(value), Some(val)) = (value, val) {
            self.values[value.index()] = val;
        }
    }

    fn jump(&mut self, target: &Target) {
        let args = self.all(&target.args);
        self.block = target.block.index();
        self.next = 0;
        for (param, arg) in self.function.blocks[self.block].params.iter().zip(args) {
            self.values[param.index()] = arg;
        }
    }
}

impl<'a> Machine<'a> {
    pub fn new(program: &'a Program, services: &'a mut dyn Services) -> Self {
        let globals = program.globals.iter().map(|global| match &global.kind {
            GlobalKind::Int(initial) => GlobalState::Scalar(Val::Int(*initial)),
            GlobalKind::Str(initial) => GlobalState::Scalar(cut(program, initial.clone())),
            GlobalKind::Stat(spec) => GlobalState::Stat(Box::new(Stat::new(spec))),
            GlobalKind::Map(spec) => GlobalState::Map(Box::new(Map::new(spec, &program.limits))),
        });
        Self {
            program,
            services,
            globals: globals.collect(),
            events: Vec::new(),
            now_ns: 0,
            exit: false,
            steps: u64::MAX,
        }
    }

    /// Runs a handler to its end.
    pub fn run(&mut self, handler: FuncId, run: &mut Run<'_>) -> Result<(), Raised> {
        let program = self.program;
        let mut stack = vec![Frame::new(&program.functions[handler.index()], Vec::new(), None)];
        while let Some(frame) = stack.last_mut() {
            self.steps = self.steps.checked_sub(1).ok_or((Fault::Action, LocId(0)))?;
            let block = &frame.function.blocks[frame.block];
            let Some(inst) = block.insts.get(frame.next) else {
                self.end(&block.end, &mut stack);
                continue;
            };
            frame.next += 1;
            let done = match &inst.op {
                Op::Call(callee, args) => {
                    let args = frame.all(args);
                    // The handler itself is no call.
                    if stack.len() > program.limits.max_nesting as usize {
                        Err(Fault::Nesting)
                    } else {
                        stack.push(Frame::new(&program.functions[callee.index()], args, inst.result));
                        Ok(())
                    }
                }
                op => self.exec(op, frame, run).map(|val| frame.set(inst.result, val)),
            };
            if let Err(fault) = done {
                unwind(&mut stack, fault, inst.loc)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, end: &Terminator, stack: &mut Vec<Frame<'_>>) {
        let Some(frame) = stack.last_mut() else { return };
        match end {
            Terminator::Jump(target) => frame.jump(target),
            Terminator::Branch { cond, yes, no } => {
                let target = if frame.int(*cond) != 0 { yes } else { no };
                frame.jump(target);
            }
            Terminator::Return(value) => {
                let val = value.map(|value| frame.get(value).clone());
                let result = frame.result;
                stack.pop();
                if let Some(caller) = stack.last_mut() {
                    caller.set(result, val);
                }
            }
        }
    }

    fn exec(&mut self, op: &Op, frame: &mut Frame<'_>, run: &mut Run<'_>) -> Result<Option<Val>, Fault> {
        Ok(Some(match op {
            Op::Int(int) => Val::Int(*int),
            Op::Str(string) => self.string(self.program.strings[string.index()].clone()),
            Op::Binary(op, a, b) => Val::Int(op.apply(frame.int(*a), frame.int(*b)).ok_or(Fault::Division)?),
            Op::Compare(op, a, b) | Op::CompareStr(op, a, b) => op.holds(frame.get(*a), frame.get(*b)).into(),
            Op::Match { regex, subject, keep } => {
                let subject = frame.get(*subject).bytes();
                let found = regex::find(&self.program.strings[regex.index()], subject);
                let matches = found.is_some();
                if *keep {
                    run.matched = found.map(|found| found.texts(subject));
                }
                matches.into()
            }
            Op::Concat(a, b) => self.string([frame.get(*a).bytes(), frame.get(*b).bytes()].concat()),
            Op::LocalGet(local) => frame.locals[local.index()].clone(),
            Op::LocalSet(local, value) => {
                frame.locals[local.index()] = frame.get(*value).clone();
                return Ok(None);
            }
            Op::Arg(n) => Val::Int(run.hit.args.get(*n as usize).copied().unwrap_or(0) as i64),
            Op::ReturnValue => Val::Int(run.hit.return_value as i64),
            Op::EntryGet(word) => Val::Int(run.words[*word as usize]),
            Op::EntrySet(word, value) => {
                run.words[*word as usize] = frame.int(*value);
                return Ok(None);
            }
            Op::ProbeIndex => Val::Int(run.probe as i64),
            Op::Budget(actions) => {
                run.budget = run.budget.checked_sub(*actions).ok_or(Fault::Action)?;
                return Ok(None);
            }
            Op::Release => return Ok(None),
            Op::Caught => {
                let message = frame.caught.take().map(|fault| fault.message());
                self.string(message.unwrap_or_default())
            }
            Op::Load { .. } | Op::Store { .. } | Op::Intrinsic(..) | Op::Sprint(..) | Op::Print(..) => {
                return self.exec_builtin(op, frame, run);
            }
            _ => return self.exec_global(op, frame),
        }))
    }

    /// A string cut to the limit.
    pub fn string(&self, bytes: Vec<u8>) -> Val {
        cut(self.program, bytes)
    }
}

fn cut(program: &Program, mut bytes: Vec<u8>) -> Val {
    bytes.truncate(program.limits.max_string as usize - 1);
    Val::Str(bytes.into())
}

/// Goes on in the nearest catch block, if there is one.
fn unwind(stack: &mut Vec<Frame<'_>>, fault: Fault, loc: LocId) -> Result<(), Raised> {
    while let Some(frame) = stack.last_mut() {
        if let Some(catch) = frame.function.blocks[frame.block].catch.filter(|_| fault.is_catchable()) {
            frame.block = catch.index();
            frame.next = 0;
            frame.caught = Some(fault);
            return Ok(());
        }
        stack.pop();
    }
    Err((fault, loc))
}
