// SPDX-License-Identifier: MIT OR Apache-2.0
#![expect(unsafe_code, reason = "instructions that read counters")]
//! Clocks.

use std::arch::asm;

use nix::time::{ClockId, clock_gettime};
use spile_abi::raw;

/// A record's time is taken a moment before it can be seen: longer than this only if an interrupt comes between.
const RESERVING_NS: u64 = 200_000;

/// CLOCK_MONOTONIC.
pub fn monotonic_ns() -> u64 {
    read_ns(ClockId::CLOCK_MONOTONIC)
}

/// Any clock, in nanoseconds; 0 where the system lacks it.
pub fn read_ns(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.map_or(0, |time| time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
}

/// The clock of kshim's records.
#[derive(Clone, Copy, Debug)]
pub struct RecordClock {
    cycles: bool,
}

impl RecordClock {
    /// The one that kshim names.
    pub fn new(clock: u32) -> Self {
        Self { cycles: clock == raw::SPILE_CLOCK_CYCLES }
    }

    /// A time: every record from before can be seen by whoever looks after this call.
    pub fn horizon(self) -> u64 {
        match self.cycles {
            true => cycles().saturating_sub(reserving_cycles()),
            false => monotonic_ns().saturating_sub(RESERVING_NS),
        }
    }
}

/// The counter that all CPUs share; what follows in the program is done after it was read.
#[cfg(target_arch = "x86_64")]
fn cycles() -> u64 {
    let (low, high): (u64, u64);
    // SAFETY: reads a counter.
    unsafe { asm!("lfence", "rdtsc", "lfence", out("rax") low, out("rdx") high, options(nostack)) };
    high << 32 | low
}

/// `RESERVING_NS`, at a rate that no TSC exceeds: to hold records back for longer does no harm.
#[cfg(target_arch = "x86_64")]
fn reserving_cycles() -> u64 {
    RESERVING_NS * 8
}

/// The counter that all CPUs share; what follows in the program is done after it was read.
#[cfg(target_arch = "aarch64")]
fn cycles() -> u64 {
    let count: u64;
    // SAFETY: reads a counter.
    unsafe { asm!("isb", "mrs {}, cntvct_el0", "isb", out(reg) count, options(nostack)) };
    count
}

/// `RESERVING_NS`, rounded up.
#[cfg(target_arch = "aarch64")]
fn reserving_cycles() -> u64 {
    let hertz: u64;
    // SAFETY: reads a constant.
    unsafe { asm!("mrs {}, cntfrq_el0", out(reg) hertz, options(nostack, nomem, pure)) };
    hertz.saturating_mul(RESERVING_NS) / 1_000_000_000 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn horizons_move_with_the_clock() {
        for clock in [raw::SPILE_CLOCK_MONOTONIC, raw::SPILE_CLOCK_CYCLES] {
            let clock = RecordClock::new(clock);
            let before = clock.horizon();
            std::thread::sleep(std::time::Duration::from_millis(2));
            assert!(clock.horizon() > before, "{clock:?}");
        }
    }
}
