// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resolved script to IR.
//!
//! Every instruction gets the place of the expression it computes; a statement that makes strings ends with a `Release`; functions
//! and rounds of loops begin with a `Budget` for the statements that they run at most.

mod budget;
mod expr;
mod foreach;
mod near;
mod place;
mod print;
mod stmt;

use std::collections::HashMap;

use crate::hir::{Body, Constant, Function, FunctionId, Global, Handler, HandlerId, LocalId, Script};
use crate::span::{FileId, SourceMap, Span};
use crate::types::{Type, TypeVar};
use spile_ir as ir;
use spile_ir::{FunctionBuilder, Op};

/// Makes the IR program of a script that was resolved without errors.
pub fn lower(script: &Script, sources: &SourceMap) -> ir::Program {
    let mut program = ir::Program { limits: script.limits.clone(), ..ir::Program::default() };
    program.globals = script.globals.iter().map(|global| lower_global(script, global)).collect();
    let used = script.used_functions();
    let functions = used.iter().map(|id| (*id, declare(script, &script.functions[id.index()], &mut program))).collect();
    let mut module = Module { script, sources, functions, places: HashMap::new(), locations: HashMap::new() };
    for id in &used {
        let function = &script.functions[id.index()];
        let made = module.functions[id];
        module.body(&mut program, made, &function.body, function.span, Some(function.span));
    }
    let mut made: HashMap<HandlerId, Made> = HashMap::new();
    for probe in &script.probes {
        let handler = &script.handlers[probe.handler.index()];
        let made = *made.entry(probe.handler).or_insert_with(|| module.handler(&mut program, handler));
        // What a handler begins with, its budget, is where the script has it.
        let first = program.functions[made.handler.index()].blocks.iter().find_map(|block| block.insts.first());
        let loc = first.map_or(ir::LocId(0), |inst| inst.loc);
        program.probes.push(ir::Probe {
            name: probe.name.clone(),
            alias: probe.alias.clone(),
            kind: probe.kind.clone(),
            handler: made.handler,
            loc,
            entry: made.entry,
            entry_words: handler.entry.len() as u32,
            optional: probe.optional,
            // The others run once, when it is their turn.
            condition: made.condition.filter(|_| !probe.kind.is_interruptible()),
        });
    }
    program
}

fn declare(script: &Script, function: &Function, program: &mut ir::Program) -> ir::FuncId {
    let params = function.body.locals.iter().take(function.params);
    let params: Vec<_> = params.map(|local| (local.name.to_string(), ir_type(script, local.ty))).collect();
    let result = function.has_value.then(|| ir_type(script, function.result));
    program.declare(function.name.as_str(), &params, result)
}

/// The functions of a handler.
#[derive(Clone, Copy)]
struct Made {
    handler: ir::FuncId,
    entry: Option<ir::FuncId>,
    condition: Option<ir::FuncId>,
}

/// What all functions of a program share while they are made.
struct Module<'s> {
    script: &'s Script,
    sources: &'s SourceMap,
    functions: HashMap<FunctionId, ir::FuncId>,
    /// Locations of pieces of text, by file, start and end.
    places: HashMap<(FileId, u32, u32), ir::LocId>,
    /// Locations that are in the program already; a large script has too many to search for them there.
    locations: HashMap<ir::Location, ir::LocId>,
}

impl Module<'_> {
    fn body(&mut self, program: &mut ir::Program, id: ir::FuncId, body: &Body, span: Span, name: Option<Span>) {
        let mut lower = Lower::new(self, program, id, &body.locals);
        lower.name = name;
        lower.at(span);
        lower.budget(budget::cost(&body.stmts).max(1));
        lower.stmts(&body.stmts);
        lower.b.finish();
    }

    fn handler(&mut self, program: &mut ir::Program, handler: &Handler) -> Made {
        let id = program.declare(handler.name.as_str(), &[], None);
        self.body(program, id, &handler.body, handler.span, None);
        Made { handler: id, entry: self.entry(program, handler), condition: self.condition(program, handler) }
    }

    /// What a return probe keeps at the entry.
    fn entry(&mut self, program: &mut ir::Program, handler: &Handler) -> Option<ir::FuncId> {
        if handler.entry.is_empty() {
            return None;
        }
        let entry = program.declare(format!("{} entry", handler.name), &[], None);
        let mut lower = Lower::new(self, program, entry, &handler.entry_frame.locals);
        for (index, value) in handler.entry.iter().enumerate() {
            let Some(value) = value else { continue };
            lower.statement(value.span, |lower| {
                let value = lower.expr(value);
                lower.b.emit(Op::EntrySet(index as u32, value));
            });
        }
        lower.b.finish();
        Some(entry)
    }

    /// Whether all conditions of a handler hold, as a function.
    fn condition(&mut self, program: &mut ir::Program, handler: &Handler) -> Option<ir::FuncId> {
        let tests = handler.body.stmts.get(..handler.conditions)?;
        let tests: Option<Vec<_>> = tests.iter().map(|stmt| stmt.left_unless()).collect();
        let tests = tests.filter(|tests| !tests.is_empty())?;
        let function = program.declare(format!("{} condition", handler.name), &[], Some(ir::Type::Int));
        let mut lower = Lower::new(self, program, function, &handler.body.locals);
        let no = lower.b.create_block();
        for test in tests {
            lower.at(test.span);
            let next = lower.b.create_block();
            lower.branch(test, next, no);
            lower.b.switch_to(next);
        }
        let holds = lower.b.int(1);
        lower.b.ret(Some(holds));
        // `no` returns 0, as what runs off its end does.
        lower.b.finish();
        Some(function)
    }
}

/// Makes one function.
struct Lower<'m, 's, 'p> {
    module: &'m mut Module<'s>,
    script: &'s Script,
    b: FunctionBuilder<'p>,
    /// The IR's locals for those of the body.
    locals: Vec<ir::LocalId>,
    /// Where the function's name is declared.
    name: Option<Span>,
    /// Where `break` and `continue` go, innermost loop last.
    loops: Vec<(ir::BlockId, ir::BlockId)>,
}

impl<'m, 's, 'p> Lower<'m, 's, 'p> {
    fn new(
        module: &'m mut Module<'s>,
        program: &'p mut ir::Program,
        id: ir::FuncId,
        locals: &[crate::hir::Local],
    ) -> Self {
        let script = module.script;
        let params = program.functions[id.index()].params.len();
        let mut b = FunctionBuilder::new(program, id);
        let locals = locals.iter().enumerate().map(|(index, local)| {
            if index < params {
                ir::LocalId::new(index)
            } else {
                b.new_local(local.name.as_str(), ir_type(script, local.ty))
            }
        });
        let locals = locals.collect();
        let mut lower = Self { module, script, b, locals, name: None, loops: Vec::new() };
        lower.no_place();
        lower
    }

    /// What is emitted from now on stems from here.
    fn at(&mut self, span: Span) {
        let key = (span.file, span.start, span.end);
        if let Some(loc) = self.module.places.get(&key) {
            self.b.set_loc(*loc);
            return;
        }
        let sources = self.module.sources;
        let place = sources.location(span);
        let near = near::near(sources.text(span));
        let program = self.b.program();
        let file = program.intern_file(&place.file);
        let location = ir::Location { file, line: place.line, column: place.column, near };
        let new = ir::LocId::new(program.locations.len());
        let loc = *self.module.locations.entry(location).or_insert_with_key(|location| {
            program.locations.push(location.clone());
            new
        });
        self.module.places.insert(key, loc);
        self.b.set_loc(loc);
    }

    /// What is emitted from now on is a built-in function. Only the library calls them, and messages name its function
    /// (`near identifier 'kernel_string'`).
    fn at_builtin(&mut self, call: Span) {
        self.at(self.name.unwrap_or(call));
    }

    /// Makes sure that there is a location at all, for functions without statements.
    fn no_place(&mut self) {
        if self.b.program().locations.is_empty() {
            let file = self.b.program().intern_file("");
            let location = ir::Location { file, line: 1, column: 1, near: String::new() };
            self.b.program().intern_location(&location);
        }
    }

    fn ty(&self, var: TypeVar) -> ir::Type {
        ir_type(self.script, var)
    }

    fn local(&self, id: LocalId) -> ir::LocalId {
        self.locals[id.index()]
    }

    fn budget(&mut self, statements: u32) {
        self.b.emit(Op::Budget(statements));
    }

    /// Emits the instructions of one statement, and the release of the strings they make.
    fn statement(&mut self, span: Span, emit: impl FnOnce(&mut Self)) {
        self.at(span);
        let before = self.b.function().values.len();
        emit(self);
        self.release_since(before);
    }

    /// Releases strings, if any was made since there were so many values.
    fn release_since(&mut self, before: usize) {
        if !self.b.is_ended() && self.b.function().values[before..].contains(&ir::Type::Str) {
            self.b.emit(Op::Release);
        }
    }
}

/// The IR's type for a variable's; what nothing decided is a number.
fn ir_type(script: &Script, var: TypeVar) -> ir::Type {
    match script.types.get_or_long(var) {
        Type::Str => ir::Type::Str,
        Type::Long | Type::Stat => ir::Type::Int,
    }
}

fn lower_global(script: &Script, global: &Global) -> ir::Global {
    let ty = script.types.get_or_long(global.value);
    let kind = match (&global.keys, ty) {
        (Some(keys), _) => ir::GlobalKind::Map(ir::MapSpec {
            keys: keys.iter().map(|key| ir_type(script, *key)).collect(),
            value: match ty {
                Type::Long => ir::MapValue::Int,
                Type::Str => ir::MapValue::Str,
                Type::Stat => ir::MapValue::Stat(global.stat.clone()),
            },
            capacity: global.capacity,
            wrap: global.wrap,
        }),
        (None, Type::Stat) => ir::GlobalKind::Stat(global.stat.clone()),
        (None, Type::Str) => ir::GlobalKind::Str(match &global.init {
            Some(Constant::Str(text)) => text.to_vec(),
            _ => Vec::new(),
        }),
        (None, Type::Long) => ir::GlobalKind::Int(match global.init {
            Some(Constant::Int(value)) => value,
            _ => 0,
        }),
    };
    ir::Global { name: global.name.to_string(), kind }
}
