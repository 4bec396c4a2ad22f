// SPDX-License-Identifier: MIT OR Apache-2.0
//! Functions: which overloads a name has, and their bodies.

use super::Analyser;
use super::body::{Owner, Walk};
use super::loader::ItemRef;
use crate::ast::{self, FileKind, FunctionBody, Name, Stmt, StmtKind, TypeName};
use crate::errors::embedded::embedded_c;
use crate::hir::{self, Body, CType, Effects, Expr, ExprKind as H, Function, FunctionId, Local, Place};
use crate::span::{FileId, Span};
use crate::types::Type;
use spile_ir::Intrinsic;

/// How deep calls are followed at once, and expressions nested meanwhile; what lies deeper waits for its turn, so that no script
/// exhausts the stack.
const MAX_FOLLOWED: usize = 40;
const MAX_NESTED: usize = 100;

/// What makes two uses of a declared function the same one.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct FunctionKey {
    /// File and item.
    item: (FileId, usize),
    /// The handler whose context it asks for, and whether it runs at the entry of the traced function.
    handler: Option<(usize, bool)>,
    /// C types of its arguments, where they matter.
    ctypes: Vec<Option<CType>>,
}

/// What a caller brings along.
pub(super) struct Caller<'c> {
    /// Whether it belongs to the handler at hand.
    pub contextual: bool,
    /// C types of the arguments.
    pub ctypes: &'c [Option<CType>],
}

/// A function whose body is yet to be resolved.
pub(super) struct Waiting {
    id: FunctionId,
    item: ItemRef,
    /// Its further overloads.
    rest: Vec<ItemRef>,
    /// For a function that is there for one handler: whether it runs at the entry of the traced function.
    at_entry: Option<bool>,
}

impl Analyser<'_, '_> {
    /// The functions of a name and arity that a file sees, in the order in which they are tried; else all arities there are.
    pub(super) fn overloads(
        &mut self,
        name: &Name,
        arity: usize,
        from: &ast::File,
    ) -> Result<Vec<ItemRef>, Vec<(usize, Span)>> {
        let all = self.loader.functions(name, self.diagnostics);
        let mut fitting: Vec<(u64, ItemRef)> = Vec::new();
        let mut others = Vec::new();
        for item in all {
            let Some(function) = item.function() else { continue };
            let private = function.private && item.file.id != from.id;
            // The library means its own functions, whatever the user calls his.
            let hidden = from.kind != FileKind::User && item.file.kind == FileKind::User;
            if private || hidden {
                continue;
            }
            let default = u64::from(item.file.kind != FileKind::User);
            if function.params.len() == arity {
                fitting.push((function.priority.unwrap_or(default), item.clone()));
            } else {
                others.push((function.params.len(), function.name.span));
            }
        }
        fitting.sort_by_key(|(priority, _)| *priority);
        if fitting.is_empty() { Err(others) } else { Ok(fitting.into_iter().map(|(_, item)| item).collect()) }
    }

    /// The script's entry for the first of these overloads, as `caller` needs it; `next` in it goes on with the others.
    pub(super) fn instantiate(&mut self, overloads: &[ItemRef], caller: Caller<'_>) -> FunctionId {
        let (item, rest) = overloads.split_first().expect("a name has an overload");
        let needs = self.needs(item);
        let context = self.context.as_ref().filter(|_| needs.context && caller.contextual);
        let key = FunctionKey {
            item: (item.file.id, item.index),
            handler: context.map(|context| (self.script.handlers.len(), context.at_entry)),
            ctypes: if needs.ctypes { caller.ctypes.to_vec() } else { Vec::new() },
        };
        if let Some(id) = self.functions.get(&key) {
            return *id;
        }
        let function = item.function().expect("an overload is a function");
        let contextual = key.handler;
        let id = self.declare_function(function, &key.ctypes);
        self.functions.insert(key, id);
        if let Some(context) = self.context.as_mut().filter(|_| contextual.is_some()) {
            context.functions.push(id);
        }
        let at_entry = contextual.map(|(_, at_entry)| at_entry);
        let waiting = Waiting { id, item: item.clone(), rest: rest.to_vec(), at_entry };
        if self.following >= MAX_FOLLOWED || self.nesting >= MAX_NESTED {
            self.waiting.push(waiting);
        } else {
            self.following += 1;
            self.resolve_function(waiting);
            self.following -= 1;
        }
        id
    }

    /// Whether a function was resolved for a caller.
    pub(super) fn is_called(&self, item: &ItemRef) -> bool {
        self.functions.keys().any(|key| key.item == (item.file.id, item.index))
    }

    /// Resolves the functions that wait for their turn.
    pub(super) fn resolve_waiting(&mut self) {
        while let Some(waiting) = self.waiting.pop() {
            let before = self.context.as_ref().map(|context| context.at_entry);
            self.set_at_entry(waiting.at_entry);
            self.resolve_function(waiting);
            self.set_at_entry(before);
        }
    }

    fn set_at_entry(&mut self, at_entry: Option<bool>) {
        if let (Some(context), Some(at_entry)) = (&mut self.context, at_entry) {
            context.at_entry = at_entry;
        }
    }

    fn declare_function(&mut self, function: &ast::Function, ctypes: &[Option<CType>]) -> FunctionId {
        let types = &mut self.script.types;
        let mut var = |ty: Option<TypeName>, span: Span| match ty {
            Some(TypeName::Long) => types.known(Type::Long, span),
            Some(TypeName::String) => types.known(Type::Str, span),
            None => types.fresh(),
        };
        let ctypes = ctypes.iter().copied().chain(std::iter::repeat(None));
        let local = |(param, ctype): (&ast::Param, Option<CType>)| Local {
            name: param.name.name.clone(),
            span: param.name.span,
            ty: var(param.ty, param.name.span),
            written: true,
            ctype,
        };
        let locals: Vec<_> = function.params.iter().zip(ctypes).map(local).collect();
        let has_value = match &function.body {
            FunctionBody::Script(block) => returns_value(&block.stmts),
            FunctionBody::Embedded(_) => false,
        };
        let result = var(function.result, function.name.span);
        let id = FunctionId::new(self.script.functions.len());
        self.script.functions.push(Function {
            name: function.name.name.clone(),
            span: function.name.span,
            params: locals.len(),
            result,
            has_value: has_value || function.result.is_some(),
            ctype: None,
            body: Body { locals, stmts: Vec::new() },
            // What is known while it is being resolved: nothing.
            effects: Effects { acts: true, ..Effects::default() },
        });
        id
    }

    fn resolve_function(&mut self, waiting: Waiting) {
        let Waiting { id, item, rest, at_entry } = waiting;
        let Some(function) = item.function() else { return };
        let block = match &function.body {
            FunctionBody::Script(block) => block,
            FunctionBody::Embedded(code) => return self.report(embedded_c(code.span, &code.code)),
        };
        // Whoever calls it, it is wrong by itself.
        let aliases = std::mem::take(&mut self.aliases);
        let locals = self.script.functions[id.index()].body.locals.clone();
        let contextual = at_entry.is_some();
        let owner = Owner::Function { id, rest, saved: Vec::new(), returned: false, contextual };
        let mut walk = Walk::new(self, item.file.clone(), owner);
        for (index, local) in locals.iter().enumerate() {
            walk.names.insert(local.name.clone(), hir::LocalId::new(index));
        }
        walk.locals = locals;
        let mut stmts = walk.stmts(&block.stmts);
        walk.check_locals();
        if let Owner::Function { saved, .. } = &walk.owner {
            let copies: Vec<_> = saved.iter().enumerate().map(|(param, copy)| walk.copy_param(param, *copy)).collect();
            stmts.splice(0..0, copies);
        }
        let Walk { locals, effects, .. } = walk;
        let mut body = Body { locals, stmts };
        let own = (item.file.kind == FileKind::User).then_some(function.span);
        self.elide(&mut body, own);
        let function = &mut self.script.functions[id.index()];
        function.body = body;
        function.effects = effects;
        self.aliases = aliases;
    }
}

impl Walk<'_, '_, '_> {
    /// The function that the first of these overloads is for this caller.
    pub fn instantiate(&mut self, overloads: &[ItemRef], ctypes: &[Option<CType>]) -> FunctionId {
        let contextual = self.context().is_some();
        // Of numbers the type does not matter.
        let matters = |ctype: &Option<CType>| ctype.filter(|ctype| self.a.leads_somewhere(*ctype));
        let ctypes: Vec<_> = ctypes.iter().map(matters).collect();
        self.a.instantiate(overloads, Caller { contextual, ctypes: &ctypes })
    }

    /// `next` in a function: the value is that of the next overload, called with the same arguments.
    pub fn next_overload(&mut self, span: Span) -> Vec<hir::Stmt> {
        let Owner::Function { id, rest, .. } = &self.owner else { return Vec::new() };
        let (id, rest) = (*id, rest.clone());
        if rest.is_empty() {
            self.effects.acts = true;
            let none_left = self.long(span, H::Intrinsic(Intrinsic::Exhausted, Vec::new()));
            let stmt = |kind| hir::Stmt { span, kind };
            return vec![stmt(hir::StmtKind::Expr(none_left)), stmt(hir::StmtKind::Return(None))];
        }
        let saved = self.saved_params(span);
        let args = saved.into_iter().map(|copy| {
            let ty = self.locals[copy.index()].ty;
            Expr { ty, span, ctype: None, kind: H::Local(copy) }
        });
        let args = args.collect();
        let params = self.a.script.functions[id.index()].params;
        let ctypes: Vec<_> = self.locals[..params].iter().map(|param| param.ctype).collect();
        let next = self.instantiate(&rest, &ctypes);
        // The walks that `next` leaves are over when the next overload runs.
        let walked = std::mem::take(&mut self.walked);
        let call = self.call_function(next, args, span);
        self.walked = walked;
        self.a.unify(self.a.script.functions[id.index()].result, call.ty, span);
        vec![hir::Stmt { span, kind: hir::StmtKind::Return(Some(call)) }]
    }

    fn saved_params(&mut self, span: Span) -> Vec<hir::LocalId> {
        let Owner::Function { id, saved, .. } = &self.owner else { return Vec::new() };
        let params = self.a.script.functions[id.index()].params;
        if !saved.is_empty() || params == 0 {
            return saved.clone();
        }
        let copies: Vec<_> = (0..params)
            .map(|param| {
                let copy = self.new_local(Name::from(&*format!("<argument {param}>")), span, false);
                self.local(copy).ty = self.locals[param].ty;
                copy
            })
            .collect();
        if let Owner::Function { saved, .. } = &mut self.owner {
            *saved = copies.clone();
        }
        copies
    }

    fn copy_param(&self, param: usize, copy: hir::LocalId) -> hir::Stmt {
        let Local { span, ty, .. } = self.locals[param];
        let value = Expr { ty, span, ctype: None, kind: H::Local(hir::LocalId::new(param)) };
        let kind = H::Assign(Place::Local(copy), Box::new(value));
        hir::Stmt { span, kind: hir::StmtKind::Expr(Expr { ty, span, ctype: None, kind }) }
    }
}

/// Whether a function of these statements returns a value, itself or through the next overload.
fn returns_value(stmts: &[Stmt]) -> bool {
    stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Return(Some(_)) | StmtKind::Next => true,
        StmtKind::Block(block) => returns_value(&block.stmts),
        StmtKind::If { then, otherwise, .. } => {
            let arms = std::iter::once(then).chain(otherwise);
            arms.into_iter().any(|arm| returns_value(std::slice::from_ref(arm)))
        }
        StmtKind::While { body, .. } | StmtKind::For { body, .. } => returns_value(std::slice::from_ref(body)),
        StmtKind::Foreach(foreach) => returns_value(std::slice::from_ref(&foreach.body)),
        StmtKind::Try { body, handler, .. } => returns_value(&body.stmts) || returns_value(&handler.stmts),
        _ => false,
    })
}
