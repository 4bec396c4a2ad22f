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
    /// CPUs that are online.
    pub n_online: u32,
    /// Of each CPU's ring.
    pub ring_bytes: u32,
    /// By probe index.
    pub probes: Vec<ProbeReport>,
    /// That handlers took too large a share of a CPU, and ended the session.
    pub overload: Option<Overload>,
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
    /// Flight recorder: records whose room newer ones took before anyone had read them.
    pub displaced: u64,
}

/// Counters of one probe.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct ProbeReport {
    /// Handlers run.
    pub hits: u64,
    /// Hits that the kernel did not deliver (`nmissed`).
    pub missed: u64,
    /// How it was attached.
    pub attachment: Attachment,
    /// How often: a probe with a condition comes and goes.
    pub times: u32,
}

/// How a probe is attached.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Attachment {
    /// Why it is not, an errno; 0 where it is.
    pub errno: i32,
    /// `enum spile_attach`.
    pub kind: u32,
    /// Why the kernel does not call the handler directly, an errno, where that could have been.
    pub direct_errno: i32,
    /// Not attached because its condition is false.
    pub disarmed: bool,
}

/// That handlers took too large a share of a CPU.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Overload {
    /// Which CPU.
    pub cpu: u32,
    /// Cycles of handlers.
    pub cycles: u64,
    /// How many would have been too many.
    pub threshold: u64,
    /// In so many.
    pub interval: u64,
}

/// The ways to attach a probe, as users name them.
const ATTACH_NAMES: [(u32, &str); 6] = [
    (raw::SPILE_ATTACH_DIRECT, "direct"),
    (raw::SPILE_ATTACH_FTRACE, "ftrace"),
    (raw::SPILE_ATTACH_FPROBE, "fprobe"),
    (raw::SPILE_ATTACH_KPROBE, "kprobe"),
    (raw::SPILE_ATTACH_TRACEPOINT, "tracepoint"),
    (raw::SPILE_ATTACH_TIMER, "timer"),
];

impl Attachment {
    /// The word for it; `None` where nothing is attached, as of begin and end.
    pub fn name(&self) -> Option<&'static str> {
        ATTACH_NAMES.iter().find(|(kind, _)| *kind == self.kind).map(|(_, name)| *name)
    }

    /// The word, and why nothing cheaper would do.
    pub fn describe(&self) -> String {
        if self.errno == 0 && self.disarmed {
            return "not attached while its condition is false".to_owned();
        }
        let name = self.name().unwrap_or("not attached");
        match (self.errno, self.direct_errno) {
            (0, 0) => name.to_owned(),
            (0, errno) => format!("{name} (not direct: {})", why_not_direct(errno)),
            (errno, _) => format!("not attached: {}", why_not_attached(errno)),
        }
    }
}

/// Why the kernel does not call a handler directly, by kshim's errno.
fn why_not_direct(errno: i32) -> String {
    match errno {
        libc::EOPNOTSUPP => "this kernel has no direct calls for it".into(),
        libc::EBUSY => "another tracer has its direct call".into(),
        libc::EPERM => "not asked for".into(),
        libc::EEXIST => "the function is another probe's, under another name".into(),
        libc::EINVAL | libc::ENOENT => "ftrace does not know the function".into(),
        libc::ENOSPC => "the session has as many direct calls as it can".into(),
        _ => in_words(errno),
    }
}

/// Why a probe is not attached, by the kernel's errno.
pub fn why_not_attached(errno: i32) -> String {
    match errno {
        libc::ENOENT => "it is not in this kernel".into(),
        libc::EINVAL | libc::EILSEQ => "the kernel takes no probe there".into(),
        libc::EBUSY => "another tracer is there".into(),
        libc::EOPNOTSUPP => "this kernel has no way that is allowed".into(),
        _ => in_words(errno),
    }
}

fn in_words(errno: i32) -> String {
    let error = std::io::Error::from_raw_os_error(errno).to_string();
    error.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// A set of ways to attach from its words, as `spile_load.attach` has it: `direct,ftrace`.
pub fn attach_mask(words: &str) -> Option<u32> {
    words.split(',').try_fold(0, |mask, word| {
        let (kind, _) = ATTACH_NAMES.iter().find(|(_, name)| *name == word)?;
        Some(mask | 1 << kind)
    })
}

/// The words that [`attach_mask`] knows.
pub fn attach_words() -> String {
    ATTACH_NAMES.map(|(_, name)| name).join(", ")
}

impl Report {
    /// Handlers run, on all CPUs.
    pub fn hits(&self) -> u64 {
        self.cpus.iter().map(|cpu| cpu.hits).sum()
    }

    /// Hits skipped for a reason (`enum spile_skip`), on all CPUs.
    pub fn skips(&self, reason: u32) -> u64 {
        self.cpus.iter().filter_map(|cpu| cpu.skips.get(reason as usize)).sum()
    }

    /// Hits whose handler was skipped. Those that come before the start or after the end are none.
    pub fn skipped(&self) -> u64 {
        self.skips(raw::SPILE_SKIP_NESTED) + self.skips(raw::SPILE_SKIP_LOCK)
    }

    /// Hits that the kernel did not deliver, of all probes.
    pub fn missed(&self) -> u64 {
        self.probes.iter().map(|probe| probe.missed).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_to_attach_have_names() {
        let attachment = |kind, direct_errno| Attachment { kind, direct_errno, ..Attachment::default() };
        assert_eq!(attachment(raw::SPILE_ATTACH_DIRECT, 0).describe(), "direct");
        assert_eq!(
            attachment(raw::SPILE_ATTACH_KPROBE, 16).describe(),
            "kprobe (not direct: another tracer has its direct call)"
        );
        let disarmed = Attachment { disarmed: true, ..Attachment::default() };
        assert_eq!(disarmed.describe(), "not attached while its condition is false");
        assert!(Attachment { errno: 2, ..Attachment::default() }.describe().starts_with("not attached: it is not in"));
        assert_eq!(attach_mask("direct,kprobe"), Some(1 << raw::SPILE_ATTACH_DIRECT | 1 << raw::SPILE_ATTACH_KPROBE));
        assert_eq!(attach_mask("direct,"), None);
    }
}
