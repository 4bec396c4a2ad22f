// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a program asks of the world around it.

use crate::{Format, Hist, Space};

/// An argument for a formatter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FormatValue<'a> {
    /// An integer.
    Int(i64),
    /// A string.
    Str(&'a [u8]),
    /// A histogram.
    Hist(FormatHist),
}

/// A histogram to be drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FormatHist {
    /// Its kind and range.
    pub hist: Hist,
    /// Counts of all buckets, those below and above a linear range included.
    pub buckets: Vec<i64>,
    /// Values added.
    pub count: i64,
    /// Their sum.
    pub sum: i64,
    /// The least, 0 where there is none.
    pub min: i64,
    /// The greatest, 0 where there is none.
    pub max: i64,
}

/// Clocks that a program can read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    /// CLOCK_MONOTONIC, ns.
    Mono,
    /// CLOCK_REALTIME, ns.
    Real,
    /// CLOCK_BOOTTIME, ns.
    Boot,
    /// Cycles.
    Cycles,
    /// Ticks.
    Jiffies,
}

/// The world around a program. The defaults are an empty machine.
pub trait Services {
    /// The text of a print operation.
    fn format(&mut self, format: &Format, args: &[FormatValue<'_>]) -> Vec<u8>;

    /// Fills `bytes` from memory; false for a fault.
    fn load(&mut self, space: Space, addr: u64, bytes: &mut [u8]) -> bool {
        let _ = (space, addr, bytes);
        false
    }

    /// Writes to kernel memory; false for a fault.
    fn store(&mut self, addr: u64, bytes: &[u8]) -> bool {
        let _ = (addr, bytes);
        false
    }

    /// The address of the current task.
    fn current_task(&mut self) -> u64 {
        0
    }

    /// This CPU's number.
    fn cpu(&mut self) -> i64 {
        0
    }

    /// The target process, or 0.
    fn target_pid(&mut self) -> i64 {
        0
    }

    /// The address of the registers that the probe found, or 0.
    fn registers(&mut self) -> u64 {
        0
    }

    /// What a clock shows at a virtual time since the start of the session.
    fn clock(&mut self, clock: Clock, now_ns: u64) -> i64 {
        match clock {
            Clock::Jiffies => (now_ns / 4_000_000) as i64,
            _ => now_ns as i64,
        }
    }

    /// A number below `bound`, which is not 0.
    fn random(&mut self, bound: u64) -> u64 {
        let _ = bound;
        0
    }
}
