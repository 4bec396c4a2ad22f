// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a session counted, beside its records.

use serde::{Deserialize, Serialize};
use spile_abi::raw;

/// What happened in a session.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Whether a fatal error ended the session.
    pub failed: bool,
    /// By CPU.
    pub cpus: Vec<CpuReport>,
    /// By probe index: hits that the kernel did not deliver (`nmissed`).
    pub missed: Vec<(u32, u64)>,
    /// Wait status of the target command, if there was one and it ended.
    pub command_status: Option<i32>,
}

/// Counters of one CPU.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct CpuReport {
    /// Handlers run.
    pub hits: u64,
    /// Hits skipped, by `enum spile_skip`.
    pub skips: Vec<u64>,
    /// Records that found no room in the ring.
    pub dropped: u64,
    /// Their bytes.
    pub dropped_bytes: u64,
}

/// Reasons for skips that are worth a word, in the field's words. Hits that come before the start or
/// after the end are not losses.
const SKIP_REASONS: [(u32, &str); 2] =
    [(raw::SPILE_SKIP_NESTED, "reentrancy"), (raw::SPILE_SKIP_LOCK, "lock timeout of a global")];

impl Report {
    /// Handlers run, on all CPUs.
    pub fn hits(&self) -> u64 {
        self.cpus.iter().map(|cpu| cpu.hits).sum()
    }

    /// Hits whose handler was skipped, on all CPUs, by reason.
    pub fn skips(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        SKIP_REASONS.iter().map(|(skip, reason)| {
            let by_cpu = self.cpus.iter().filter_map(|cpu| cpu.skips.get(*skip as usize));
            (*reason, by_cpu.sum())
        })
    }
}
