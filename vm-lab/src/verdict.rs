// SPDX-License-Identifier: MIT OR Apache-2.0
//! Judges a run by what the kernel said on the console: any splat fails it.

use std::fmt;

/// How many lines of the console an excerpt has at most.
const EXCERPT_LINES: usize = 40;

/// What is said of a machine that has powered off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The program's exit status; None when the machine ended before its program did.
    pub exit_code: Option<u8>,
    /// What the kernel complained of.
    pub splats: Vec<Splat>,
}

/// A complaint of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splat {
    /// The number of its first line on the console, from 1.
    pub line: usize,
    /// The console from that line on.
    pub excerpt: String,
}

impl Verdict {
    /// Judges a console.
    pub fn of(console: &str, exit_code: Option<u8>) -> Verdict {
        Verdict { exit_code, splats: splats(console) }
    }

    /// Did the program succeed, without a complaint from the kernel?
    pub fn is_clean(&self) -> bool {
        self.exit_code == Some(0) && self.splats.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.exit_code {
            Some(0) if self.splats.is_empty() => return f.write_str("clean"),
            Some(0) => {}
            Some(code) => writeln!(f, "the program in the machine exited with {code}")?,
            None => writeln!(f, "the machine ended before its program did")?,
        }
        for splat in &self.splats {
            writeln!(f, "the kernel complained (line {} of the console):\n{}", splat.line, splat.excerpt)?;
        }
        Ok(())
    }
}

/// Messages of the kernel that are complaints when they begin a line.
const BEGINNINGS: &[&str] = &[
    "WARNING: ",
    "BUG: ",
    "BUG ", // slab: "BUG kmalloc-64 (Tainted: G): Redzone overwritten"
    "kernel BUG at ",
    "Oops: ",
    "Internal error: ",
    "Unable to handle kernel ",
    "Unhandled fault at ",
    "Unhandled 64-bit ",
    "Unexpected kernel ",
    "general protection fault",
    "Kernel panic - not syncing",
    "Kernel Offset leak",
    "refcount_t: ",
    "list_add corruption",
    "list_del corruption",
    "UBSAN: ",
    "CFI failure at ",
    "Missing ENDBR",
    "Fixing recursive fault",
    "Insufficient stack space",
    "INFO: trying to register non-static key",
    "INFO: possible ",
    "INFO: task ",
    "INFO: lockdep is turned off",
    "kmemleak: ",
    "PANIC: ",
    "Failed to disarm kprobe",
    "Failed to arm kprobe",
    "Failed to unregister kprobe",
];

/// Messages that are complaints wherever they are in a line: they come after a subsystem's name.
const PARTS: &[&str] = &[
    "BUG: soft lockup",
    "BUG: workqueue lockup",
    "hard LOCKUP",
    "detected stalls on CPUs",
    "detected expedited stalls",
    "self-detected stall",
    "kthread starved for",
    "sleeping function called from invalid context",
    "scheduling while atomic",
    "suspicious RCU usage",
    ": 0000 [#", // x86 traps without a name of their own here: "divide error: 0000 [#1] SMP"
    "nobody cared",
    "Objects remaining in",
    "kshim: leak",
];

/// What only looks like a complaint.
const HARMLESS: &[&str] = &[
    // kmemleak's own start.
    "kmemleak: Kernel memory leak detector",
    "kmemleak: Automatic memory scanning",
];

fn splats(console: &str) -> Vec<Splat> {
    let lines: Vec<_> = console.lines().collect();
    let mut splats = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if complains(lines[at]) {
            let length = excerpt_length(&lines[at..]);
            splats.push(Splat { line: at + 1, excerpt: lines[at..at + length].join("\n") });
            at += length;
        } else {
            at += 1;
        }
    }
    splats
}

/// A complaint ends with its end-of-trace line; what comes on its way is part of it.
fn excerpt_length(lines: &[&str]) -> usize {
    let window = &lines[..lines.len().min(EXCERPT_LINES)];
    window.iter().position(|line| line.contains("---[ end ")).map_or(window.len(), |end| end + 1)
}

fn complains(line: &str) -> bool {
    if line.starts_with("spile-lab: cannot ") || line.starts_with("spile-lab: no ") {
        return true; // from the machine's init
    }
    let Some(message) = kernel_message(line) else { return false };
    if HARMLESS.iter().any(|text| message.starts_with(text)) {
        return false;
    }
    BEGINNINGS.iter().any(|text| message.starts_with(text)) || PARTS.iter().any(|text| message.contains(text))
}

/// What the kernel says in a line: the text after its time stamp. None for what programs print. A program's unfinished
/// line may come first.
fn kernel_message(line: &str) -> Option<&str> {
    line.match_indices('[').find_map(|(at, _)| {
        let (stamp, message) = line[at + 1..].split_once("] ")?;
        let (seconds, micros) = stamp.trim_start().split_once('.')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        (digits(seconds) && micros.len() == 6 && digits(micros)).then_some(message)
    })
}

#[cfg(test)]
mod tests;
