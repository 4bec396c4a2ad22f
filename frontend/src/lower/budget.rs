// SPDX-License-Identifier: MIT OR Apache-2.0
//! How many actions statements take.

use crate::hir::{Stmt, StmtKind};

/// The most statements that run one after the other, rounds of loops not counted: they pay for themselves.
pub(super) fn cost(stmts: &[Stmt]) -> u32 {
    let sum = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Block(body) => cost(body),
        StmtKind::If { then, otherwise, .. } => 1 + cost(then).max(cost(otherwise)),
        StmtKind::Try { body, handler, .. } => 1 + cost(body).saturating_add(cost(handler)),
        _ => 1,
    };
    stmts.iter().map(sum).fold(0, u32::saturating_add)
}
