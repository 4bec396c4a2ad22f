// SPDX-License-Identifier: MIT OR Apache-2.0
//! Run-time limits: `-D`, and the depth of calls.

use super::Analyser;
use crate::errors::semantic as errors;
use crate::hir::{Body, Expr, ExprKind as H, FunctionId, visit_exprs};
use spile_ir::Limits;

/// Levels that recursion may take where no `-D MAXNESTING` says otherwise.
const RECURSION: u32 = 10;

impl Analyser<'_, '_> {
    /// Sets the limits from the options.
    pub(super) fn set_limits(&mut self) {
        let mut limits = Limits { max_nesting: self.nesting(), ..Limits::default() };
        let mut interruptible_set = false;
        for (name, value) in &self.options.limits {
            let Ok(number) = value.parse::<u32>() else {
                self.diagnostics.push(errors::bad_limit(name, value));
                continue;
            };
            match name.as_str() {
                "MAXSTRINGLEN" => limits.max_string = number.clamp(2, 1 << 16),
                "MAXACTION" => {
                    limits.max_action = number;
                    if !interruptible_set {
                        limits.max_action_interruptible = number.saturating_mul(10);
                    }
                }
                "MAXACTION_INTERRUPTIBLE" => {
                    limits.max_action_interruptible = number;
                    interruptible_set = true;
                }
                "MAXMAPENTRIES" => limits.max_map_entries = number.max(1),
                "MAXERRORS" => limits.max_errors = number,
                "MAXSKIPPED" => limits.max_skipped = number,
                "MAXNESTING" => limits.max_nesting = number.max(1),
                "MAXTRYLOCK" => limits.max_trylock = number,
                _ => self.diagnostics.push(errors::bad_limit(name, value)),
            }
        }
        self.script.limits = limits;
    }

    /// The depth of calls that the script needs; with recursion, some more.
    fn nesting(&self) -> u32 {
        let count = self.script.functions.len();
        let mut callees = vec![Vec::new(); count];
        for id in self.script.used_functions() {
            callees[id.index()] = callees_of(&self.script.functions[id.index()].body);
        }
        // Depths by relaxation: they settle within as many rounds as there are functions, unless calls form a circle.
        let mut depth = vec![1u32; count];
        for _ in 0..=count {
            let mut changed = false;
            for caller in 0..count {
                let needed = callees[caller].iter().map(|callee| depth[callee.index()] + 1).max().unwrap_or(1);
                if needed > depth[caller] && needed <= count as u32 {
                    depth[caller] = needed;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        let deepest = depth.iter().copied().max().unwrap_or(0) + 1;
        let mut reached = vec![false; count];
        let recursive = (0..count).any(|from| {
            reached.fill(false);
            reaches(&callees, from, from, &mut reached)
        });
        deepest + if recursive { RECURSION } else { 0 }
    }
}

fn reaches(callees: &[Vec<FunctionId>], from: usize, goal: usize, seen: &mut [bool]) -> bool {
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for callee in &callees[at] {
            if callee.index() == goal {
                return true;
            }
            if !std::mem::replace(&mut seen[callee.index()], true) {
                open.push(callee.index());
            }
        }
    }
    false
}

fn callees_of(body: &Body) -> Vec<FunctionId> {
    let mut found = Vec::new();
    visit_exprs(&body.stmts, &mut |expr: &Expr| {
        if let H::Call(id, _) = &expr.kind {
            found.push(*id);
        }
    });
    found.sort_unstable();
    found.dedup();
    found
}
