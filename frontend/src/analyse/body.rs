// SPDX-License-Identifier: MIT OR Apache-2.0
//! The walk through one function or handler: its scope, and what a name means there.

use std::collections::HashMap;
use std::rc::Rc;

use super::Analyser;
use super::context::Context;
use super::loader::ItemRef;
use crate::ast::{self, Name};
use crate::diag::{Diagnostic, Severity};
use crate::errors::semantic as errors;
use crate::errors::{similar, unused};
use crate::hir::{Constant, Effects, Expr, ExprKind, FunctionId, GlobalId, Local, LocalId, Place};
use crate::span::Span;
use crate::types::{Type, TypeVar};

/// Of how many names in one body it is told what else was meant: more are no slips of the pen.
const MAX_SUGGESTIONS: usize = 50;

/// The walk through one body.
pub(super) struct Walk<'w, 'a, 'l> {
    pub a: &'w mut Analyser<'a, 'l>,
    /// The file that the statements at hand stand in: it decides which private names they see.
    pub file: Rc<ast::File>,
    pub locals: Vec<Local>,
    pub names: HashMap<Name, LocalId>,
    pub owner: Owner,
    /// How many loops are open.
    pub loops: usize,
    /// Arrays that open `foreach` loops walk through.
    pub walked: Vec<GlobalId>,
    pub effects: Effects,
    /// Errors of what is only being tried (`@defined`), instead of a report; and warnings are dropped then.
    pub captured: Option<Vec<Diagnostic>>,
    /// Whether the expression being resolved is computed at the entry of the traced function, by code of its own.
    pub in_entry: bool,
    /// Whether the condition of a probe is being resolved.
    pub in_condition: bool,
    /// The probe, and the aliases around it that the one at hand wraps: what counts for `@probewrite`.
    pub wrapped: Vec<ItemRef>,
}

/// What a body belongs to.
pub(super) enum Owner {
    /// A function.
    Function {
        /// Which.
        id: FunctionId,
        /// The overloads that `next` goes on to, in order.
        rest: Vec<ItemRef>,
        /// Copies of the parameters, made on entry where `next` needs them.
        saved: Vec<LocalId>,
        /// Whether a `return` was seen.
        returned: bool,
        /// Whether it is resolved for the handler at hand only, and may ask for its context.
        contextual: bool,
    },
    /// A handler.
    Probe,
}

/// What a name means.
pub(super) enum Variable {
    Local(LocalId),
    Global(GlobalId),
}

impl<'w, 'a, 'l> Walk<'w, 'a, 'l> {
    pub fn new(a: &'w mut Analyser<'a, 'l>, file: Rc<ast::File>, owner: Owner) -> Self {
        Self {
            a,
            file,
            locals: Vec::new(),
            names: HashMap::new(),
            owner,
            loops: 0,
            walked: Vec::new(),
            effects: Effects::default(),
            captured: None,
            in_entry: false,
            in_condition: false,
            wrapped: Vec::new(),
        }
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        match &mut self.captured {
            Some(errors) if diagnostic.severity == Severity::Error => errors.push(diagnostic),
            Some(_) => {}
            None => self.a.report(diagnostic),
        }
    }

    /// Does something that may fail, reporting nothing; the errors there would have been.
    pub fn attempt<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> (T, Vec<Diagnostic>) {
        let before = self.captured.replace(Vec::new());
        let result = what(self);
        let errors = std::mem::replace(&mut self.captured, before);
        (result, errors.unwrap_or_default())
    }

    /// The context of the handler that this belongs to; `None` in a function that is there for all of them.
    pub fn context(&mut self) -> Option<&mut Context> {
        match self.owner {
            Owner::Probe | Owner::Function { contextual: true, .. } => self.a.context.as_mut(),
            Owner::Function { .. } => None,
        }
    }

    /// An expression that stands for one that is wrong. Its type agrees with everything.
    pub fn wrong(&mut self, span: Span) -> Expr {
        Expr { ty: self.a.script.types.fresh(), span, ctype: None, kind: ExprKind::Constant(Constant::Int(0)) }
    }

    /// Reports, and gives an expression to go on with.
    pub fn fail(&mut self, span: Span, diagnostic: Diagnostic) -> Expr {
        self.report(diagnostic);
        self.wrong(span)
    }

    pub fn long(&mut self, span: Span, kind: ExprKind) -> Expr {
        Expr { ty: self.a.script.types.known(Type::Long, span), span, ctype: None, kind }
    }

    pub fn string(&mut self, span: Span, kind: ExprKind) -> Expr {
        Expr { ty: self.a.script.types.known(Type::Str, span), span, ctype: None, kind }
    }

    pub fn int(&mut self, span: Span, value: i64) -> Expr {
        self.long(span, ExprKind::Constant(Constant::Int(value)))
    }

    pub fn text(&mut self, span: Span, text: &str) -> Expr {
        self.string(span, ExprKind::Constant(Constant::Str(Rc::from(text.as_bytes()))))
    }

    /// What a name means here; a new local if nothing else.
    pub fn variable(&mut self, name: &Name, span: Span) -> Variable {
        let known = self.names.get(name).copied();
        let file = self.file.clone();
        if known.is_none()
            && let Some(id) = self.a.find_global(name, &file)
        {
            self.warn_of_library_global(id, span);
            return Variable::Global(id);
        }
        if self.in_condition {
            self.report(errors::condition_not_global(span, name));
        } else if self.in_entry {
            self.report(errors::local_at_entry(span, name));
        }
        Variable::Local(known.unwrap_or_else(|| self.new_local(name.clone(), span, true)))
    }

    /// The condition of a probe: globals only, since it may be asked before the probe is hit.
    pub fn condition(&mut self, condition: &ast::Expr) -> Expr {
        self.in_condition = true;
        let resolved = self.long_expr(condition);
        self.in_condition = false;
        resolved
    }

    /// A script that uses a variable of the library seldom means to.
    fn warn_of_library_global(&mut self, id: GlobalId, span: Span) {
        let global = &self.a.script.globals[id.index()];
        let foreign = self.file.kind == ast::FileKind::User && !global.user;
        if foreign && self.a.complained.insert(global.name.clone()) {
            let file = &self.a.loader.sources.file(global.span.file).name;
            let report = unused::library_global(span, &global.name, file);
            self.report(report);
        }
    }

    /// The global that a name means here, if it means one.
    pub fn global(&mut self, name: &Name) -> Option<GlobalId> {
        if self.names.contains_key(name) {
            return None;
        }
        let file = self.file.clone();
        self.a.find_global(name, &file)
    }

    /// The global of an array or aggregate; reports if there is none.
    pub fn array(&mut self, var: &ast::VarRef, arity: usize) -> Option<GlobalId> {
        let found = self.global(&var.name);
        if found.is_none() && (self.captured.is_some() || self.a.complained.insert(var.name.clone())) {
            if self.names.contains_key(&var.name) {
                // It would be one with the type of an array, or of a pointer.
                self.a.miss_ctype();
            }
            let near = self.a.similar_global(&var.name);
            let local = self.names.get(&var.name).map(|id| self.locals[id.index()].span);
            let private = if local.is_none() { self.a.private_global(&var.name) } else { None };
            self.report(errors::unresolved_array(var.span, &var.name, arity, near, local, private));
        }
        found
    }

    pub fn new_local(&mut self, name: Name, span: Span, visible: bool) -> LocalId {
        let id = LocalId::new(self.locals.len());
        if visible {
            self.names.insert(name.clone(), id);
        }
        let ty = self.a.script.types.fresh();
        // In a loop it may be used before the text that assigns it.
        let ctype = if visible { self.a.known_local_ctype(span) } else { None };
        self.locals.push(Local { name, span, ty, written: false, ctype });
        id
    }

    pub fn local(&mut self, id: LocalId) -> &mut Local {
        &mut self.locals[id.index()]
    }

    /// A scalar to write to.
    pub fn scalar_place(&mut self, name: &Name, span: Span) -> (Place, TypeVar) {
        match self.variable(name, span) {
            Variable::Local(id) => {
                let local = self.local(id);
                local.written = true;
                (Place::Local(id), local.ty)
            }
            Variable::Global(id) => {
                self.a.use_scalar(id, span);
                self.write_global(id, span);
                (Place::Global(id), self.a.script.globals[id.index()].value)
            }
        }
    }

    /// Notes that a global is written.
    pub fn write_global(&mut self, id: GlobalId, span: Span) {
        self.a.script.globals[id.index()].written = true;
        self.effects.writes.insert(id);
        if self.walked.contains(&id) {
            let report = errors::modified_in_foreach(span, &self.a.script.globals[id.index()].name);
            self.report(report);
        }
    }

    /// Notes that a global is read.
    pub fn read_global(&mut self, id: GlobalId) {
        self.a.script.globals[id.index()].read = true;
    }

    /// Warns of locals that are read and never written.
    pub fn check_locals(&mut self) {
        let mut unset = 0;
        for index in 0..self.locals.len() {
            let local = &self.locals[index];
            if local.written || local.name.starts_with('<') {
                continue;
            }
            let others = self.locals.iter().filter(|other| other.written && !other.name.starts_with('<'));
            let globals = self.a.script.globals.iter().filter(|global| global.user);
            let known = others.map(|other| other.name.as_str()).chain(globals.map(|global| global.name.as_str()));
            unset += 1;
            let near = if unset > MAX_SUGGESTIONS { None } else { similar(&local.name, known) };
            let report = errors::never_assigned_local(local.span, &local.name, near);
            self.report(report);
        }
    }
}
