// SPDX-License-Identifier: MIT OR Apache-2.0
//! Run-time limits: `-D`, and the depth of calls.

use super::circles::circles;
use super::{Analyser, Options};
use crate::errors::{semantic as errors, similar};
use crate::hir::{Body, Expr, ExprKind as H, FunctionId, visit_exprs};
use spile_ir::Limits;

/// What `-D` can set.
const LIMITS: [&str; 9] = [
    "MAXSTRINGLEN",
    "MAXACTION",
    "MAXACTION_INTERRUPTIBLE",
    "MAXMAPENTRIES",
    "MAXERRORS",
    "MAXSKIPPED",
    "MAXNESTING",
    "MAXTRYLOCK",
    "TRYLOCKDELAY",
];

/// What scripts written for SystemTap set, and what has nothing to act on here: other sizes, checks and traces.
const WITHOUT_EFFECT: [&str; 16] = [
    "INTERRUPTIBLE",
    "KRETACTIVE",
    "MAPHASHBIAS",
    "MAXBACKTRACE",
    "MAXUPROBES",
    "MAXUPROBES_MAX",
    "MINSTACKSPACE",
    "STAP_CALLEE_MATCHALL",
    "STAP_SUPPRESS_HANDLER_ERRORS",
    "STAP_SUPPRESS_TIME_LIMITS_ENABLE",
    "STP_BUFFER_SIZE",
    "STP_MAXMEMORY",
    "STP_NO_OVERLOAD",
    "STP_OVERLOAD_INTERVAL",
    "STP_OVERLOAD_THRESHOLD",
    "STP_PROCFS_BUFSIZE",
];

/// Beginnings of further names of that kind.
const WITHOUT_EFFECT_FAMILIES: [&str; 2] = ["DEBUG_", "STP_"];

/// The runtime waits for a lock in steps of so many microseconds; TRYLOCKDELAY says how many SystemTap would wait.
const LOCK_STEP_US: u32 = 10;

/// Levels that recursion may take where no `-D MAXNESTING` says otherwise.
const RECURSION: u32 = 10;

/// The limit on strings that the options set.
pub(super) fn max_string(options: &Options) -> u32 {
    let set = options.limits.iter().rev().filter(|(name, _)| name == "MAXSTRINGLEN");
    let found = set.filter_map(|(_, value)| number(value)).next();
    found.map_or(Limits::default().max_string, clamp_string)
}

/// The limits that strings can have.
fn clamp_string(number: u32) -> u32 {
    number.clamp(2, 1 << 16)
}

impl Analyser<'_, '_> {
    /// Sets the limits from the options.
    pub(super) fn set_limits(&mut self) {
        let mut limits = Limits { max_nesting: self.nesting(), ..Limits::default() };
        let mut interruptible = None;
        let mut delay_us = LOCK_STEP_US;
        for (name, value) in &self.options.limits {
            if is_without_effect(name) {
                continue;
            }
            if !LIMITS.contains(&name.as_str()) {
                self.diagnostics.push(errors::unknown_limit(name, similar(name, LIMITS)));
                continue;
            }
            let Some(number) = number(value) else {
                self.diagnostics.push(errors::bad_limit(name, value));
                continue;
            };
            match name.as_str() {
                "MAXSTRINGLEN" => limits.max_string = clamp_string(number),
                "MAXACTION" => limits.max_action = number,
                "MAXACTION_INTERRUPTIBLE" => interruptible = Some(number),
                "MAXMAPENTRIES" => limits.max_map_entries = number.max(1),
                "MAXERRORS" => limits.max_errors = number,
                "MAXSKIPPED" => limits.max_skipped = number,
                "MAXNESTING" => limits.max_nesting = number.max(1),
                "MAXTRYLOCK" => limits.max_trylock = number,
                _ => delay_us = number,
            }
        }
        limits.max_action_interruptible = interruptible.unwrap_or(limits.max_action.saturating_mul(10));
        limits.max_trylock = limits.max_trylock.saturating_mul(delay_us).div_ceil(LOCK_STEP_US);
        self.script.limits = limits;
    }

    /// The depth of calls that the script needs; with recursion, some more.
    fn nesting(&self) -> u32 {
        let mut callees = vec![Vec::new(); self.script.functions.len()];
        for id in self.script.used_functions() {
            callees[id.index()] = callees_of(&self.script.functions[id.index()].body);
        }
        let (deepest, recursive) = depth(&callees);
        deepest + 1 + if recursive { RECURSION } else { 0 }
    }
}

/// The longest chain of calls, where functions that call each other in a circle count once each; and whether any do.
fn depth(callees: &[Vec<FunctionId>]) -> (u32, bool) {
    let edges: Vec<Vec<usize>> = callees.iter().map(|to| to.iter().map(|id| id.index()).collect()).collect();
    let mut depth = vec![0; edges.len()];
    let mut recursive = false;
    for circle in circles(&edges) {
        // What a circle calls may be called from any place of it; its own members have no depth yet.
        let outside = circle.iter().flat_map(|member| &edges[*member]).map(|callee| depth[*callee]).max();
        let needed = circle.len() as u32 + outside.unwrap_or(0);
        recursive |= circle.len() > 1 || edges[circle[0]].contains(&circle[0]);
        circle.iter().for_each(|member| depth[*member] = needed);
    }
    (depth.into_iter().max().unwrap_or(0), recursive)
}

fn is_without_effect(name: &str) -> bool {
    WITHOUT_EFFECT.contains(&name) || WITHOUT_EFFECT_FAMILIES.iter().any(|family| name.starts_with(family))
}

/// A number as C has them, in parentheses or not; what is too large for a limit is no limit.
fn number(text: &str) -> Option<u32> {
    let text = text.trim().trim_start_matches('(').trim_end_matches(')').trim();
    let digits = text.trim_end_matches(['u', 'U', 'l', 'L']);
    let parsed = if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        u64::from_str_radix(hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        u64::from_str_radix(digits, 8)
    } else {
        digits.parse()
    };
    Some(u32::try_from(parsed.ok()?).unwrap_or(u32::MAX))
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

#[cfg(test)]
mod tests {
    use super::{FunctionId, depth, is_without_effect, number};

    #[test]
    fn numbers_are_as_in_c() {
        let texts = ["100", "(100)", "0x64", "0144", "100UL", " ( 100 ) "];
        assert!(texts.iter().all(|text| number(text) == Some(100)));
        assert_eq!(number("99999999999"), Some(u32::MAX));
        assert_eq!(["", "x", "1+1", "-5", "08"].map(number), [None; 5]);
        assert_eq!(number("0"), Some(0));
    }

    #[test]
    fn circles_of_calls_count_once() {
        let graph = |callees: &[&[usize]]| -> Vec<Vec<FunctionId>> {
            callees.iter().map(|to| to.iter().map(|to| FunctionId::new(*to)).collect()).collect()
        };
        assert_eq!(depth(&[]), (0, false));
        assert_eq!(depth(&graph(&[&[1, 2], &[2], &[]])), (3, false));
        assert_eq!(depth(&graph(&[&[0]])), (1, true));
        assert_eq!(depth(&graph(&[&[1], &[0], &[0], &[], &[]])), (3, true));
        assert_eq!(depth(&graph(&[&[1], &[0, 2], &[3], &[]])), (4, true));
    }

    #[test]
    fn names_of_systemtap_are_accepted() {
        assert!(["STP_NO_OVERLOAD", "DEBUG_MEM", "MINSTACKSPACE"].iter().all(|name| is_without_effect(name)));
        assert!(!is_without_effect("MAXMAPENTRYS"));
    }
}
