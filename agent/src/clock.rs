// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clocks, in nanoseconds, as the kernel's records have them.

use nix::time::{ClockId, clock_gettime};

/// CLOCK_MONOTONIC, which records carry.
pub fn monotonic_ns() -> u64 {
    read_ns(ClockId::CLOCK_MONOTONIC)
}

/// Any clock; 0 where the system lacks it.
pub fn read_ns(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.map_or(0, |time| time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
}
