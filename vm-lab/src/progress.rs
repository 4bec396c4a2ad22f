// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tells a person what the lab is doing while it downloads, builds and boots.

use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Receives what is going on.
pub trait Progress: Sync {
    /// A step has begun. It ends when the next one begins.
    fn step(&self, what: &str);
    /// The step has come this far, in bytes.
    fn bytes(&self, _done: u64, _total: u64) {}
    /// The last step is over, and other output may follow.
    fn idle(&self) {}
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _what: &str) {}
}

/// One line a step on standard error, for logs.
pub struct Lines;

impl Progress for Lines {
    fn step(&self, what: &str) {
        eprintln!("==> {what}");
    }
}

/// A spinner, and while bytes are counted a bar, on standard error. It vanishes when dropped.
pub struct Terminal {
    bar: ProgressBar,
}

impl Terminal {
    /// A bar that shows nothing yet.
    pub fn new() -> Terminal {
        Terminal { bar: ProgressBar::new_spinner() }
    }

    /// A bar where standard error is a terminal, else plain lines.
    pub fn or_lines() -> Box<dyn Progress> {
        if stderr().is_terminal() { Box::new(Terminal::new()) } else { Box::new(Lines) }
    }
}

impl Default for Terminal {
    fn default() -> Terminal {
        Terminal::new()
    }
}

impl Progress for Terminal {
    fn step(&self, what: &str) {
        self.bar.reset();
        self.bar.set_style(ProgressStyle::default_spinner());
        self.bar.set_message(what.to_owned());
        self.bar.enable_steady_tick(Duration::from_millis(100));
    }

    fn bytes(&self, done: u64, total: u64) {
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} [{wide_bar}] {bytes}/{total_bytes}") {
            self.bar.set_style(style);
        }
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    fn idle(&self) {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.idle();
    }
}
