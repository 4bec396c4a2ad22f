// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statements.

use super::Printer;
use crate::ast::{Block, Delete, Expr, Foreach, ForeachSource, Key, Precedence, Sort, SortKey, Stmt, StmtKind, VarRef};

impl Printer {
    pub(super) fn block(&mut self, block: &Block) {
        self.push("{");
        self.level += 1;
        for stmt in &block.stmts {
            self.newline();
            self.stmt(stmt);
        }
        self.level -= 1;
        self.newline();
        self.push("}");
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Empty => self.push(";"),
            StmtKind::Block(block) => self.block(block),
            StmtKind::Expr(expr) => self.simple("", Some(expr)),
            StmtKind::If { cond, then, otherwise } => {
                self.head("if", cond);
                self.body(then);
                if let Some(otherwise) = otherwise {
                    self.newline();
                    self.push("else");
                    self.else_body(otherwise);
                }
            }
            StmtKind::While { cond, body } => {
                self.head("while", cond);
                self.body(body);
            }
            StmtKind::For { init, cond, step, body } => {
                self.push("for (");
                self.optional(init);
                self.push("; ");
                self.optional(cond);
                self.push("; ");
                self.optional(step);
                self.push(")");
                self.body(body);
            }
            StmtKind::Foreach(foreach) => self.foreach(foreach),
            StmtKind::Break => self.push("break;"),
            StmtKind::Continue => self.push("continue;"),
            StmtKind::Next => self.push("next;"),
            StmtKind::Return(None) => self.push("return;"),
            StmtKind::Return(value) => self.simple("return ", value.as_ref()),
            StmtKind::Delete(delete) => self.delete(delete),
            StmtKind::Try { body, catch_var, handler } => {
                self.push("try ");
                self.block(body);
                self.push(" catch ");
                if let Some(var) = catch_var {
                    self.push(&format!("({}) ", var.name));
                }
                self.block(handler);
            }
            StmtKind::Embedded(code) => self.embedded(code),
        }
    }

    fn simple(&mut self, word: &str, expr: Option<&Expr>) {
        self.push(word);
        if let Some(expr) = expr {
            self.expr(expr, Precedence::Assign);
        }
        self.push(";");
    }

    fn optional(&mut self, expr: &Option<Expr>) {
        if let Some(expr) = expr {
            self.expr(expr, Precedence::Assign);
        }
    }

    fn head(&mut self, word: &str, cond: &Expr) {
        self.push(word);
        self.push(" (");
        self.expr(cond, Precedence::Assign);
        self.push(")");
    }

    /// The statement that another governs: a block on the same line, anything else on the next.
    fn body(&mut self, stmt: &Stmt) {
        if let StmtKind::Block(block) = &stmt.kind {
            self.push(" ");
            return self.block(block);
        }
        self.level += 1;
        self.newline();
        self.stmt(stmt);
        self.level -= 1;
    }

    fn else_body(&mut self, stmt: &Stmt) {
        if let StmtKind::If { .. } = stmt.kind {
            self.push(" ");
            self.stmt(stmt);
        } else {
            self.body(stmt);
        }
    }

    fn delete(&mut self, delete: &Delete) {
        self.push("delete ");
        self.push(&delete.var.name);
        if let Some(keys) = &delete.keys {
            self.keys(keys);
        }
        self.push(";");
    }

    pub(super) fn keys(&mut self, keys: &[Key]) {
        self.push("[");
        self.separated(", ", keys, |printer, key| match key {
            Key::Expr(expr) => printer.expr(expr, Precedence::Assign),
            Key::Any(_) => printer.push("*"),
        });
        self.push("]");
    }

    fn foreach(&mut self, foreach: &Foreach) {
        self.push("foreach (");
        if let Some(value) = &foreach.value {
            self.push(&format!("{} = ", value.name));
        }
        self.foreach_keys(&foreach.keys, foreach.sort.as_ref());
        self.push(" in ");
        match &foreach.source {
            ForeachSource::Array { array, slice } => {
                self.push(&array.name);
                if let Some(keys) = slice {
                    self.keys(keys);
                }
            }
            ForeachSource::Histogram(histogram) => self.histogram(histogram),
        }
        match &foreach.sort {
            Some(sort @ Sort { by: SortKey::Value, .. }) => self.push(direction(sort)),
            Some(sort @ Sort { by: SortKey::Stat(op), .. }) => {
                self.push(&format!(" @{}{}", op.name(), direction(sort)));
            }
            Some(Sort { by: SortKey::Key(_), .. }) | None => {}
        }
        if let Some(limit) = &foreach.limit {
            self.push(" limit ");
            self.expr(limit, Precedence::Assign);
        }
        self.push(")");
        self.body(&foreach.body);
    }

    fn foreach_keys(&mut self, keys: &[VarRef], sort: Option<&Sort>) {
        self.push("[");
        for (index, key) in keys.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.push(&key.name);
            if let Some(sort) = sort.filter(|sort| sort.by == SortKey::Key(index)) {
                self.push(direction(sort));
            }
        }
        self.push("]");
    }
}

fn direction(sort: &Sort) -> &'static str {
    if sort.descending { "-" } else { "+" }
}
