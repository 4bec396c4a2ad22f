// SPDX-License-Identifier: MIT OR Apache-2.0
//! The lines that tell what each pass did, and how long it took.

use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// Whose words are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Style {
    /// Our own.
    #[default]
    Spile,
    /// Those that users of SystemTap, and programs that call it, expect; also on failures.
    Stap,
}

impl Style {
    /// The name of the command that speaks.
    pub fn command(self) -> &'static str {
        match self {
            Self::Spile => "spile",
            Self::Stap => "stap",
        }
    }
}

/// Which passes are told of, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Passes {
    /// Whose words.
    pub style: Style,
    /// How much is wanted of each pass.
    pub verbose: [u8; 5],
}

/// What a pass did.
#[derive(Clone, Copy, Debug)]
pub enum Done<'a> {
    /// Pass 1.
    Parsed {
        /// Files of the library.
        library: usize,
    },
    /// Pass 2.
    Analysed {
        /// How many there are.
        probes: usize,
        /// How many there are.
        functions: usize,
        /// How many there are.
        globals: usize,
    },
    /// Pass 3.
    Lowered,
    /// Pass 4.
    Compiled {
        /// Of the image.
        bytes: usize,
        /// The instruction set.
        arch: &'a str,
    },
    /// Pass 5.
    Ran,
}

/// When a pass began: by the clock, and in milliseconds of this process in user and kernel mode.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    begun: Instant,
    used: (i64, i64),
}

impl Clock {
    /// Now.
    pub fn start() -> Self {
        Self { begun: Instant::now(), used: used() }
    }
}

impl Passes {
    /// Says what a pass did, where that is wanted.
    pub fn done(&self, clock: Clock, done: Done<'_>) {
        let pass = done.pass();
        if self.verbose[pass - 1] == 0 {
            return;
        }
        let real = clock.begun.elapsed();
        let (what, took) = match self.style {
            Style::Spile => (done.spile(), format!("{:.1}ms", real.as_secs_f64() * 1e3)),
            Style::Stap => {
                let (user, system) = used();
                let (user, system) = (user - clock.used.0, system - clock.used.1);
                (done.stap(), format!("{user}usr/{system}sys/{}real ms", real.as_millis()))
            }
        };
        complain!("Pass {pass}: {what} in {took}.");
    }

    /// Says that a run begins.
    pub fn starting(&self) {
        if self.style == Style::Stap && self.verbose[4] > 0 {
            complain!("Pass 5: starting run.");
        }
    }

    /// Says which pass failed, to users of SystemTap; `code` is that of the first error.
    pub fn failed(&self, pass: usize, code: Option<&str>) {
        if self.style != Style::Stap {
            return;
        }
        let what = ["parse", "analysis", "translation", "compilation", "run"][pass - 1];
        let explain = code.map(|code| format!("  [spile explain {code}]")).unwrap_or_default();
        complain!("Pass {pass}: {what} failed.{explain}");
    }
}

impl Done<'_> {
    fn pass(self) -> usize {
        match self {
            Self::Parsed { .. } => 1,
            Self::Analysed { .. } => 2,
            Self::Lowered => 3,
            Self::Compiled { .. } => 4,
            Self::Ran => 5,
        }
    }

    fn spile(self) -> String {
        match self {
            Self::Parsed { library } => format!("parsed the script (library: {library} files)"),
            Self::Analysed { probes, functions, globals } => {
                format!("resolved {probes} probes, {functions} functions, {globals} globals")
            }
            Self::Lowered => "lowered to IR".into(),
            Self::Compiled { bytes, arch } => format!("compiled to {bytes} bytes for {arch}"),
            Self::Ran => "ran".into(),
        }
    }

    fn stap(self) -> String {
        match self {
            Self::Parsed { library } => format!("parsed user script and {library} library scripts"),
            Self::Analysed { probes, functions, globals } => format!(
                "analyzed script: {}, {}, 0 embeds, {}",
                count(probes, "probe"),
                count(functions, "function"),
                count(globals, "global")
            ),
            Self::Lowered => "translated to IR".into(),
            Self::Compiled { bytes, arch } => format!("compiled to an image of {bytes} bytes for {arch}"),
            Self::Ran => "run completed".into(),
        }
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Milliseconds of this process in user and in kernel mode.
fn used() -> (i64, i64) {
    getrusage(UsageWho::RUSAGE_SELF)
        .map_or((0, 0), |usage| (usage.user_time().num_milliseconds(), usage.system_time().num_milliseconds()))
}
