// SPDX-License-Identifier: MIT OR Apache-2.0
//! A load to measure probes with: many small reads, timed.
//!
//! Under QEMU's `-icount shift=0` a nanosecond is an instruction, so the difference between a run with a
//! probe on `vfs_read` and one without is what a hit costs, and repeats exactly.

use std::fs::File;
use std::io::Read;

use anyhow::{Context, Result};

use crate::clock::monotonic_ns;

/// Rounds; the fastest counts, since interrupts only ever add.
const ROUNDS: u32 = 7;

/// Reads one byte at a time, `calls` times a round, and gives the nanoseconds of the fastest round.
pub fn reads(calls: u32) -> Result<u64> {
    let mut zero = File::open("/dev/zero").context("cannot open /dev/zero")?;
    let mut fastest = u64::MAX;
    for _ in 0..ROUNDS {
        let begun = monotonic_ns();
        for _ in 0..calls {
            zero.read_exact(&mut [0; 1])?;
        }
        fastest = fastest.min(monotonic_ns() - begun);
    }
    Ok(fastest)
}
