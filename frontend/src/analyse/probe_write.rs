// SPDX-License-Identifier: MIT OR Apache-2.0
//! `@probewrite(x)`: whether the handler that an alias wraps writes a variable.

use super::body::{Owner, Walk};
use super::loader::ItemRef;
use crate::ast::{self, ExprKind as A, Name, StmtKind, TargetBase};
use crate::errors::target as errors;
use crate::hir::Expr;
use crate::span::Span;

/// A variable, as a script writes it.
#[derive(PartialEq, Eq)]
enum Written {
    /// `name`, `name[…]`
    Script(Name),
    /// `$name`, `$name->…`
    Target(Name),
}

impl Walk<'_, '_, '_> {
    /// 1 if what is between an alias's prologue and epilogue writes the variable; in the handler itself, if that does.
    pub fn probe_write(&mut self, inner: &ast::Expr, span: Span) -> Expr {
        if !matches!(self.owner, Owner::Probe) {
            return self.fail(span, errors::probewrite_in_function(span));
        }
        let Some(wanted) = variable(inner) else {
            return self.fail(inner.span, errors::probewrite_of_value(inner.span));
        };
        let writes = self.wrapped.iter().flat_map(blocks).any(|block| writes(block, &wanted));
        self.int(span, writes.into())
    }
}

/// The statements of a probe or an alias.
fn blocks(item: &ItemRef) -> Vec<&ast::Block> {
    match item.item() {
        ast::Item::Probe(probe) => vec![&probe.body],
        ast::Item::Alias(alias) => alias.prologue.iter().chain(&alias.epilogue).collect(),
        _ => Vec::new(),
    }
}

fn variable(expr: &ast::Expr) -> Option<Written> {
    match &expr.kind {
        A::Var(name) => Some(Written::Script(name.clone())),
        A::Index { var, .. } => Some(Written::Script(var.name.clone())),
        A::Target(target) => match &target.base {
            TargetBase::Context(name) => Some(Written::Target(name.clone())),
            _ => None,
        },
        _ => None,
    }
}

fn writes(block: &ast::Block, wanted: &Written) -> bool {
    let is_wanted = |var: &ast::VarRef| *wanted == Written::Script(var.name.clone());
    let mut found = false;
    for stmt in &block.stmts {
        stmt.walk(&mut |stmt| {
            found |= match &stmt.kind {
                StmtKind::Foreach(foreach) => foreach.keys.iter().chain(&foreach.value).any(is_wanted),
                StmtKind::Delete(delete) => is_wanted(&delete.var),
                StmtKind::Try { catch_var: Some(var), .. } => is_wanted(var),
                _ => false,
            };
            stmt.walk_own_exprs(&mut |expr| {
                if let A::Assign { place, .. } | A::Step { place, .. } = &expr.kind {
                    found |= variable(place).is_some_and(|place| place == *wanted);
                }
            });
        });
    }
    found
}
