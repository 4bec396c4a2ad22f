// SPDX-License-Identifier: MIT OR Apache-2.0
//! Handlers that tell what they take (`-t`). Programs without it pay nothing for it.

use std::collections::BTreeSet;

use crate::{
    BinaryOp, Block, BlockId, FuncId, Function, FunctionBuilder, Inst, Intrinsic, LocId, Local, LocalId, Op, Probe,
    ProbeKind, Program, Terminator, Type,
};

impl Program {
    /// Has each handler counted the cycles from its first statement to its end, waits for locks left out, and all of it
    /// reported by hidden end and error probes, behind all others. An error that ends a handler hides its cycles. To be called
    /// on optimised programs: two looks at the counter are not to be moved.
    pub fn time_handlers(&mut self) {
        let mut done = BTreeSet::new();
        for index in 0..self.probes.len() {
            let handler = self.own_handler(index);
            if done.insert(handler) {
                time(&mut self.functions[handler.index()]);
            }
        }
        let report = self.declare("timing report", &[], None);
        let mut builder = FunctionBuilder::new(self, report);
        builder.emit(Op::Intrinsic(Intrinsic::TimingReport, Vec::new()));
        builder.finish();
        for (name, kind) in [("end", ProbeKind::End(i64::MAX)), ("error", ProbeKind::Error(i64::MAX))] {
            self.probes.push(Probe {
                name: name.to_owned(),
                alias: None,
                kind,
                handler: report,
                loc: LocId(0),
                entry: None,
                entry_words: 0,
                optional: false,
                condition: None,
            });
        }
    }

    /// Whether handlers are timed.
    pub fn is_timed(&self) -> bool {
        self.insts().any(|op| matches!(op, Op::Intrinsic(Intrinsic::Timed | Intrinsic::TimingReport, _)))
    }

    fn insts(&self) -> impl Iterator<Item = &Op> {
        self.functions.iter().flat_map(|function| &function.blocks).flat_map(|block| &block.insts).map(|inst| &inst.op)
    }

    /// A probe's handler, which after this nobody calls.
    fn own_handler(&mut self, probe: usize) -> FuncId {
        let handler = self.probes[probe].handler;
        if !self.insts().any(|op| matches!(op, Op::Call(callee, _) if *callee == handler)) {
            return handler;
        }
        let copy = FuncId::new(self.functions.len());
        self.functions.push(self.functions[handler.index()].clone());
        self.probes.iter_mut().filter(|probe| probe.handler == handler).for_each(|probe| probe.handler = copy);
        copy
    }
}

/// Looks at the counter at the beginning and at each end.
fn time(function: &mut Function) {
    let begun = LocalId::new(function.locals.len());
    function.locals.push(Local { name: "begun".into(), ty: Type::Int });
    for index in 0..function.blocks.len() {
        if matches!(function.blocks[index].end, Terminator::Return(_)) {
            let added = at_end(function, begun, index);
            function.blocks[index].insts.extend(added);
        }
    }
    // Nothing leads back to the new first block.
    let moved = BlockId::new(function.blocks.len());
    let Some(first) = function.blocks.first_mut() else { return };
    let loc = first.insts.first().map(|inst| inst.loc);
    let empty = Block { params: Vec::new(), insts: Vec::new(), end: Terminator::Jump(moved.into()), catch: None };
    let body = std::mem::replace(first, empty);
    function.blocks.push(body);
    for block in &mut function.blocks[1..] {
        block.end.visit_targets_mut(|target| {
            if target.block == BlockId(0) {
                target.block = moved;
            }
        });
    }
    let now = function.new_value(Type::Int);
    let loc = loc.unwrap_or(crate::LocId(0));
    function.blocks[0].insts = vec![
        Inst { result: Some(now), op: Op::Intrinsic(Intrinsic::Cycles, Vec::new()), loc },
        Inst { result: None, op: Op::LocalSet(begun, now), loc },
    ];
}

/// What is added to a block that leaves the handler.
fn at_end(function: &mut Function, begun: LocalId, block: usize) -> [Inst; 4] {
    let loc = function.blocks[block].insts.last().map_or(crate::LocId(0), |inst| inst.loc);
    let [now, then, taken] = [(); 3].map(|()| function.new_value(Type::Int));
    [
        Inst { result: Some(now), op: Op::Intrinsic(Intrinsic::Cycles, Vec::new()), loc },
        Inst { result: Some(then), op: Op::LocalGet(begun), loc },
        Inst { result: Some(taken), op: Op::Binary(BinaryOp::Sub, now, then), loc },
        Inst { result: None, op: Op::Intrinsic(Intrinsic::Timed, vec![taken]), loc },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Location, verify};

    /// One probe, whose handler begins with a loop.
    fn looping() -> Program {
        let mut program = Program::default();
        let file = program.intern_file("a.stp");
        program.intern_location(&Location { file, line: 1, column: 1, near: String::new() });
        let handler = program.declare("begin", &[], None);
        let mut builder = FunctionBuilder::new(&mut program, handler);
        let (first, out) = (builder.current(), builder.create_block());
        let jiffies = builder.value(Op::Intrinsic(Intrinsic::Jiffies, Vec::new()));
        builder.branch(jiffies, first, out);
        builder.switch_to(out);
        builder.ret(None);
        builder.finish();
        let (name, kind) = ("begin".to_owned(), ProbeKind::Begin(0));
        program.probes.push(Probe {
            name,
            alias: None,
            kind,
            handler,
            loc: LocId(0),
            entry: None,
            entry_words: 0,
            optional: false,
            condition: None,
        });
        program
    }

    fn count(function: &Function, wanted: Intrinsic) -> usize {
        let insts = function.blocks.iter().flat_map(|block| &block.insts);
        insts.filter(|inst| matches!(inst.op, Op::Intrinsic(found, _) if found == wanted)).count()
    }

    #[test]
    fn a_loop_does_not_begin_anew() {
        let mut program = looping();
        assert!(!program.is_timed());
        program.time_handlers();
        assert_eq!(verify(&program), Ok(()));
        assert!(program.is_timed());
        let handler = &program.functions[0];
        assert_eq!((count(handler, Intrinsic::Cycles), count(handler, Intrinsic::Timed)), (2, 1));
        let first = &handler.blocks[0];
        assert!(first.insts.iter().any(|inst| inst.op == Op::Intrinsic(Intrinsic::Cycles, Vec::new())));
        let back = handler.blocks.iter().flat_map(|block| block.end.targets()).filter(|to| to.block == BlockId(0));
        assert_eq!(back.count(), 0);
        assert_eq!(program.probes.len(), 3, "and two that report");
    }

    #[test]
    fn a_handler_that_is_called_too_gets_a_copy() {
        let mut program = looping();
        let caller = program.declare("caller", &[], None);
        let mut builder = FunctionBuilder::new(&mut program, caller);
        builder.emit(Op::Call(FuncId(0), Vec::new()));
        builder.finish();
        program.time_handlers();
        assert_eq!(count(&program.functions[0], Intrinsic::Timed), 0);
        assert_eq!(count(&program.functions[program.probes[0].handler.index()], Intrinsic::Timed), 1);
    }
}
