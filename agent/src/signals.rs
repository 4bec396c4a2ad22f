// SPDX-License-Identifier: MIT OR Apache-2.0
//! What signals ask of a run.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR2};

/// Flags that signals set.
pub struct Asked {
    /// To run the end probes and finish.
    pub interrupted: Arc<AtomicBool>,
    /// To print what the flight recorder holds.
    pub dump: Arc<AtomicBool>,
}

impl Asked {
    /// From now on an interrupt means to finish, and SIGUSR2 to dump.
    pub fn by_signals() -> Result<Self> {
        let asked = Self { interrupted: Arc::default(), dump: Arc::default() };
        let (interrupted, dump) = (&asked.interrupted, &asked.dump);
        for (signal, flag) in [(SIGINT, interrupted), (SIGTERM, interrupted), (SIGHUP, interrupted), (SIGUSR2, dump)] {
            signal_hook::flag::register(signal, Arc::clone(flag)).context("cannot handle signals")?;
        }
        Ok(asked)
    }
}
