// SPDX-License-Identifier: MIT OR Apache-2.0
//! Assignments that nobody needs: a probe alias sets all of its variables, and a script uses one.
//!
//! As everywhere in the language, what is not used is not computed, faults included.

use std::collections::{HashMap, HashSet};

use super::Analyser;
use crate::errors::unused as errors;
use crate::hir::{Body, Expr, ExprKind as H, LocalId, Place, Stmt, StmtKind, visit_expr, visit_exprs, visit_stmts};
use crate::span::Span;

impl Analyser<'_, '_> {
    /// Drops assignments to locals that are never read, and then those to locals that only they read. Warns of those locals
    /// that are written in `own`, which is a user's text.
    pub(super) fn elide(&mut self, body: &mut Body, own: Option<Span>) {
        let read = self.read_locals(&body.stmts);
        if let Some(own) = own {
            self.warn_of_unread(body, &read, own);
        }
        self.drop_unread(&mut body.stmts, &read);
    }

    fn warn_of_unread(&mut self, body: &Body, read: &HashSet<LocalId>, own: Span) {
        let mut told = HashSet::new();
        visit_stmts(&body.stmts, &mut |stmt| {
            let StmtKind::Expr(expr) = &stmt.kind else { return };
            let Some((id, _)) = assigned(expr) else { return };
            let local = &body.locals[id.index()];
            let wanted = own.contains(local.span) && !local.name.starts_with('<') && !read.contains(&id);
            if wanted && told.insert(id) {
                self.idle.push(errors::unread_local(local.span, &local.name));
            }
        });
    }

    /// The locals that are read by what stays. One that reads itself, as in `x = 1 / x`, is one of them.
    fn read_locals(&self, stmts: &[Stmt]) -> HashSet<LocalId> {
        let mut reads: HashMap<LocalId, usize> = HashMap::new();
        // What the assignments read that may go, by the local that they assign.
        let mut sources: HashMap<LocalId, Vec<LocalId>> = HashMap::new();
        let mut plain = HashSet::new();
        visit_stmts(stmts, &mut |stmt| {
            let StmtKind::Expr(expr) = &stmt.kind else { return };
            let Some((local, value)) = assigned(expr) else { return };
            plain.insert(std::ptr::from_ref(expr));
            let read = sources.entry(local).or_default();
            if let Some(value) = value.filter(|value| self.is_pure(value)) {
                visit_expr(value, &mut |inner| read.extend(read_local(inner)));
            }
        });
        visit_exprs(stmts, &mut |expr| {
            // The value of a nested assignment is needed, or its order among others is.
            if let Some(id) = read_local(expr).filter(|_| !plain.contains(&std::ptr::from_ref(expr))) {
                *reads.entry(id).or_default() += 1;
            }
        });
        let mut unread: Vec<_> = sources.keys().copied().filter(|local| !reads.contains_key(local)).collect();
        while let Some(local) = unread.pop() {
            for id in sources.remove(&local).unwrap_or_default() {
                if let Some(count) = reads.get_mut(&id) {
                    *count -= 1;
                    if *count == 0 {
                        reads.remove(&id);
                        unread.push(id);
                    }
                }
            }
        }
        reads.into_keys().collect()
    }

    fn drop_unread(&self, stmts: &mut Vec<Stmt>, read: &HashSet<LocalId>) {
        stmts.retain(|stmt| match &stmt.kind {
            StmtKind::Expr(expr) => match assigned(expr) {
                Some((local, value)) => read.contains(&local) || value.is_some_and(|value| !self.is_pure(value)),
                None => true,
            },
            _ => true,
        });
        for stmt in stmts {
            match &mut stmt.kind {
                StmtKind::Block(body) | StmtKind::Loop { body, .. } => self.drop_unread(body, read),
                StmtKind::ForeachBucket(foreach) => self.drop_unread(&mut foreach.body, read),
                StmtKind::Foreach(foreach) => self.drop_unread(&mut foreach.body, read),
                StmtKind::If { then, otherwise, .. } => {
                    self.drop_unread(then, read);
                    self.drop_unread(otherwise, read);
                }
                StmtKind::Try { body, handler, .. } => {
                    self.drop_unread(body, read);
                    self.drop_unread(handler, read);
                }
                _ => {}
            }
        }
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

/// The local that an expression reads, or whose new value it is.
fn read_local(expr: &Expr) -> Option<LocalId> {
    match &expr.kind {
        H::Local(id)
        | H::Assign(Place::Local(id), _)
        | H::Update(Place::Local(id), ..)
        | H::PostStep(Place::Local(id), _) => Some(*id),
        _ => None,
    }
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
