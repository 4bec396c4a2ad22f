// SPDX-License-Identifier: MIT OR Apache-2.0
//! The share of the CPU that handlers of timers take: too large a one ends the session, as in the kernel.

use spile_abi::host;
use spile_output::Overload;

/// SystemTap's numbers.
const INTERVAL: u64 = 1_000_000_000;
const THRESHOLD: u64 = 500_000_000;

/// Counts cycles of handlers, and looks at them once in an interval.
pub struct Watch {
    unlimited: bool,
    interval: u64,
    threshold: u64,
    /// When the interval began.
    begun: Option<u64>,
    cycles: u64,
    over: Option<Overload>,
}

impl Watch {
    /// With the script's limits, or the usual ones.
    pub fn new(limits: &host::Overload) -> Self {
        Self {
            unlimited: limits.unlimited,
            interval: limits.interval.unwrap_or(INTERVAL),
            threshold: limits.threshold.unwrap_or(THRESHOLD),
            begun: None,
            cycles: 0,
            over: None,
        }
    }

    /// Takes note of a handler's cycles; whether that was too much.
    pub fn is_over(&mut self, begun: u64, ended: u64) -> bool {
        self.cycles += ended.saturating_sub(begun);
        let passed = ended.saturating_sub(*self.begun.get_or_insert(begun));
        if self.unlimited || passed <= self.interval {
            return false;
        }
        let (cycles, threshold) = (self.cycles, self.threshold);
        (self.begun, self.cycles) = (Some(ended), 0);
        if cycles <= threshold {
            return false;
        }
        self.over = Some(Overload { cpu: 0, cycles, threshold, interval: passed });
        true
    }

    /// That it was too much.
    pub fn overload(&self) -> Option<Overload> {
        self.over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_looked_at_once_in_an_interval() {
        let limits = host::Overload { interval: Some(100), threshold: Some(50), unlimited: false };
        let mut watch = Watch::new(&limits);
        assert!(!watch.is_over(0, 60), "the interval is not over");
        assert!(watch.is_over(90, 101));
        assert_eq!(watch.overload(), Some(Overload { cpu: 0, cycles: 71, threshold: 50, interval: 101 }));
        let mut watch = Watch::new(&limits);
        assert!(!watch.is_over(0, 50));
        assert!(!watch.is_over(200, 200), "half of it is allowed");
        let mut watch = Watch::new(&host::Overload { unlimited: true, ..limits });
        assert!(!watch.is_over(0, 1000));
    }
}
