// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statements.

use super::body::{Owner, Walk};
use super::constant::constant;
use crate::ast::{self, Delete, ForeachSource, SortKey, StmtKind as A};
use crate::errors::embedded::embedded_c;
use crate::errors::semantic as errors;
use crate::hir::{self, Foreach, ForeachBucket, Place, Stmt, StmtKind as H, bucket_count};
use crate::span::Span;
use crate::types::Type;
use spile_ir::{Sort, SortBy};

impl Walk<'_, '_, '_> {
    /// Resolves statements in order.
    pub fn stmts(&mut self, stmts: &[ast::Stmt]) -> Vec<Stmt> {
        stmts.iter().flat_map(|stmt| self.stmt(stmt)).collect()
    }

    fn one(&mut self, stmt: &ast::Stmt) -> Vec<Stmt> {
        self.stmts(std::slice::from_ref(stmt))
    }

    fn stmt(&mut self, stmt: &ast::Stmt) -> Vec<Stmt> {
        let span = stmt.span;
        let kind = match &stmt.kind {
            A::Empty => return Vec::new(),
            A::Block(block) => H::Block(self.stmts(&block.stmts)),
            A::Expr(expr) => {
                let expr = self.discarded(expr);
                if self.a.is_pure(&expr) {
                    return Vec::new();
                }
                H::Expr(expr)
            }
            A::If { cond, then, otherwise } => return self.choice(cond, then, otherwise.as_deref(), span),
            A::While { cond, body } => {
                let cond = self.long_expr(cond);
                H::Loop { cond: Some(cond), body: self.round(body), step: None }
            }
            A::For { init, cond, step, body } => return self.for_loop(init, cond, step, body, span),
            A::Foreach(foreach) => match self.foreach(foreach) {
                Some(kind) => kind,
                None => return Vec::new(),
            },
            A::Break => self.in_loop("break", H::Break, span),
            A::Continue => self.in_loop("continue", H::Continue, span),
            A::Return(value) => self.return_stmt(value.as_ref(), span),
            A::Next => match self.owner {
                Owner::Probe => H::Return(None),
                Owner::Function { .. } => return self.next_overload(span),
            },
            A::Delete(delete) => match self.delete(delete) {
                Some(kind) => kind,
                None => return Vec::new(),
            },
            A::Try { body, catch_var, handler } => self.try_catch(body, catch_var.as_ref(), handler),
            A::Embedded(code) => {
                self.report(embedded_c(code.span, &code.code));
                return Vec::new();
            }
        };
        vec![Stmt { span, kind }]
    }

    /// `if`: an arm that a constant condition rules out is not looked at.
    fn choice(&mut self, cond: &ast::Expr, then: &ast::Stmt, otherwise: Option<&ast::Stmt>, span: Span) -> Vec<Stmt> {
        let cond = self.long_expr(cond);
        match constant(&cond) {
            Some(0) => otherwise.map(|stmt| self.one(stmt)).unwrap_or_default(),
            Some(_) => self.one(then),
            None => {
                let then = self.one(then);
                let otherwise = otherwise.map(|stmt| self.one(stmt)).unwrap_or_default();
                vec![Stmt { span, kind: H::If { cond, then, otherwise } }]
            }
        }
    }

    fn for_loop(
        &mut self,
        init: &Option<ast::Expr>,
        cond: &Option<ast::Expr>,
        step: &Option<ast::Expr>,
        body: &ast::Stmt,
        span: Span,
    ) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        if let Some(init) = init {
            let expr = self.discarded(init);
            if !self.a.is_pure(&expr) {
                stmts.push(Stmt { span: init.span, kind: H::Expr(expr) });
            }
        }
        let cond = cond.as_ref().map(|cond| self.long_expr(cond));
        let step = step.as_ref().map(|step| self.discarded(step)).filter(|step| !self.a.is_pure(step));
        let body = self.round(body);
        stmts.push(Stmt { span, kind: H::Loop { cond, body, step } });
        stmts
    }

    /// The body of a loop.
    fn round(&mut self, body: &ast::Stmt) -> Vec<Stmt> {
        self.loops += 1;
        let body = self.one(body);
        self.loops -= 1;
        body
    }

    fn in_loop(&mut self, word: &str, kind: H, span: Span) -> H {
        if self.loops == 0 {
            self.report(errors::misplaced(span, word, "a loop"));
        }
        kind
    }

    fn return_stmt(&mut self, value: Option<&ast::Expr>, span: Span) -> H {
        let Owner::Function { id, returned, .. } = &mut self.owner else {
            self.report(errors::misplaced(span, "return", "a function; leave a probe's handler with 'next'"));
            return H::Return(None);
        };
        let (id, returned_before) = (*id, std::mem::replace(returned, true));
        let Some(value) = value else { return H::Return(None) };
        let value = self.expr(value);
        let function = &mut self.a.script.functions[id.index()];
        // The first return decides; one with another C type, or none, takes it back.
        if !returned_before {
            function.ctype = value.ctype;
        } else if function.ctype != value.ctype {
            function.ctype = None;
        }
        let result = function.result;
        self.a.unify(result, value.ty, value.span);
        H::Return(Some(value))
    }

    /// `delete`, which counts as a use: what a script empties is its own business at the end too.
    fn delete(&mut self, delete: &Delete) -> Option<H> {
        let var = &delete.var;
        if let Some(keys) = &delete.keys {
            let (array, keys) = self.matching(var, keys)?;
            self.write_global(array, var.span);
            self.read_global(array);
            return Some(H::Delete { array, keys });
        }
        if let Some(id) = self.global(&var.name) {
            self.write_global(id, var.span);
            self.read_global(id);
            return Some(H::Clear(id));
        }
        let (place, _) = self.scalar_place(&var.name, var.span);
        match place {
            Place::Local(id) => Some(H::ClearLocal(id)),
            _ => None,
        }
    }

    fn try_catch(&mut self, body: &ast::Block, catch_var: Option<&ast::VarRef>, handler: &ast::Block) -> H {
        let body = self.stmts(&body.stmts);
        let message = catch_var.map(|var| {
            let (place, ty) = self.scalar_place(&var.name, var.span);
            self.a.expect_var(ty, Type::Str, var.span);
            place
        });
        let handler = self.stmts(&handler.stmts);
        H::Try { body, message, handler }
    }

    fn foreach(&mut self, foreach: &ast::Foreach) -> Option<H> {
        let limit = foreach.limit.as_ref().map(|limit| self.long_expr(limit));
        let (array, slice) = match &foreach.source {
            ForeachSource::Array { array, slice } => (array, slice),
            ForeachSource::Histogram(histogram) => return self.foreach_bucket(histogram, foreach, limit),
        };
        let (id, slice) = match slice {
            Some(keys) => self.matching(array, keys)?,
            None => (self.array(array, foreach.keys.len())?, Vec::new()),
        };
        self.read_global(id);
        let types = self.a.use_array(id, foreach.keys.len(), array.span)?;
        let mut keys = Vec::new();
        for (position, (var, ty)) in foreach.keys.iter().zip(types).enumerate() {
            let (place, key) = self.scalar_place(&var.name, var.span);
            self.a.unify(ty, key, var.span);
            self.take_ctype(&place, id, Some(position));
            keys.push(place);
        }
        let value_type = self.a.script.globals[id.index()].value;
        let value = foreach.value.as_ref().map(|var| {
            let (place, ty) = self.scalar_place(&var.name, var.span);
            if self.a.script.types.get(value_type) == Some(Type::Stat) {
                self.report(errors::foreach_value_of_stats(var.span, &array.name));
            } else {
                self.a.unify(value_type, ty, var.span);
            }
            self.take_ctype(&place, id, None);
            place
        });
        let sort = foreach.sort.as_ref().map(|sort| {
            let by = match sort.by {
                SortKey::Key(position) => SortBy::Key(position as u32),
                SortKey::Value => SortBy::Value,
                SortKey::Stat(op) => {
                    self.a.expect_var(value_type, Type::Stat, sort.span);
                    SortBy::Stat(self.stat_field(op, id, sort.span))
                }
            };
            Sort { by, descending: sort.descending }
        });
        self.walked.push(id);
        let body = self.round(&foreach.body);
        self.walked.pop();
        Some(H::Foreach(Box::new(Foreach { array: id, keys, value, slice, sort, limit, body })))
    }

    /// A variable that takes a key or a value of an array takes its C type, too.
    fn take_ctype(&mut self, place: &Place, array: hir::GlobalId, part: Option<usize>) {
        if let Place::Local(id) = place {
            self.local(*id).ctype = self.a.known_ctype(array, part);
        }
    }

    fn foreach_bucket(
        &mut self,
        histogram: &ast::Histogram,
        foreach: &ast::Foreach,
        limit: Option<hir::Expr>,
    ) -> Option<H> {
        let (id, stat_keys, hist) = self.histogram(histogram)?;
        let [var] = &*foreach.keys else {
            let second = foreach.keys.get(1).map_or(histogram.span, |var| var.span);
            self.report(errors::bucket_keys(second));
            return None;
        };
        let mut long_place = |var: &ast::VarRef| {
            let (place, ty) = self.scalar_place(&var.name, var.span);
            self.a.expect_var(ty, Type::Long, var.span);
            place
        };
        let (bucket, value) = (long_place(var), foreach.value.as_ref().map(long_place));
        let body = self.round(&foreach.body);
        let stat = (id, stat_keys);
        Some(H::ForeachBucket(Box::new(ForeachBucket {
            stat,
            buckets: bucket_count(hist),
            bucket,
            value,
            limit,
            body,
        })))
    }
}
