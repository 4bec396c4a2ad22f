// SPDX-License-Identifier: MIT OR Apache-2.0
//! Assignments that nobody needs: a probe alias sets all of its variables, and a script uses one.
//!
//! As everywhere in the language, what is not used is not computed, faults included.

use std::collections::HashSet;

use super::Analyser;
use crate::hir::{Body, Expr, ExprKind as H, LocalId, Place, Stmt, StmtKind, visit_expr, visit_exprs, visit_stmts};

impl Analyser<'_, '_> {
    /// Drops assignments to locals that are never read, as long as there are some.
    pub(super) fn elide(&self, body: &mut Body) {
        loop {
            let read = read_locals(&body.stmts);
            if !self.drop_unread(&mut body.stmts, &read) {
                return;
            }
        }
    }

    fn drop_unread(&self, stmts: &mut Vec<Stmt>, read: &HashSet<LocalId>) -> bool {
        let before = stmts.len();
        stmts.retain(|stmt| match &stmt.kind {
            StmtKind::Expr(expr) => match assigned(expr) {
                Some((local, value)) => read.contains(&local) || value.is_some_and(|value| !self.is_pure(value)),
                None => true,
            },
            _ => true,
        });
        let mut dropped = stmts.len() < before;
        for stmt in stmts {
            dropped |= match &mut stmt.kind {
                StmtKind::Block(body) | StmtKind::Loop { body, .. } => self.drop_unread(body, read),
                StmtKind::ForeachBucket(foreach) => self.drop_unread(&mut foreach.body, read),
                StmtKind::Foreach(foreach) => self.drop_unread(&mut foreach.body, read),
                StmtKind::If { then, otherwise, .. } => {
                    self.drop_unread(then, read) | self.drop_unread(otherwise, read)
                }
                StmtKind::Try { body, handler, .. } => self.drop_unread(body, read) | self.drop_unread(handler, read),
                _ => false,
            };
        }
        dropped
    }
}

/// The local that a statement's expression only sets, and what to.
fn assigned(expr: &Expr) -> Option<(LocalId, Option<&Expr>)> {
    match &expr.kind {
        H::Assign(Place::Local(id), value) | H::Update(Place::Local(id), _, value) => Some((*id, Some(value))),
        H::PostStep(Place::Local(id), _) => Some((*id, None)),
        _ => None,
    }
}

/// Locals whose value something other than their own assignment needs.
fn read_locals(stmts: &[Stmt]) -> HashSet<LocalId> {
    // Assignments that are statements themselves, by their place in memory: only what they assign is read there.
    let mut plain = HashSet::new();
    visit_stmts(stmts, &mut |stmt| {
        if let StmtKind::Expr(expr) = &stmt.kind
            && assigned(expr).is_some()
        {
            plain.insert(std::ptr::from_ref(expr));
        }
    });
    let mut read = HashSet::new();
    visit_exprs(stmts, &mut |expr| match &expr.kind {
        H::Local(id) => {
            read.insert(*id);
        }
        // The value of a nested one is needed, or its order among others is.
        H::Assign(Place::Local(id), _) | H::Update(Place::Local(id), ..) | H::PostStep(Place::Local(id), _)
            if !plain.contains(&std::ptr::from_ref(expr)) =>
        {
            read.insert(*id);
        }
        _ => {}
    });
    read
}

/// The entry values that a handler uses; the others need not be kept, and words after the last need no place.
pub(super) fn used_entry<'b>(bodies: impl Iterator<Item = &'b Body>, entry: Vec<Expr>) -> Vec<Option<Expr>> {
    let mut used = HashSet::new();
    let mut note = |expr: &Expr| {
        if let H::EntryWord(word) = expr.kind {
            used.insert(word as usize);
        }
    };
    for body in bodies {
        visit_exprs(&body.stmts, &mut |expr| note(expr));
    }
    for value in &entry {
        visit_expr(value, &mut |expr| note(expr));
    }
    let kept = used.iter().max().map_or(0, |last| last + 1);
    let values = entry.into_iter().enumerate().take(kept);
    values.map(|(index, value)| used.contains(&index).then_some(value)).collect()
}
