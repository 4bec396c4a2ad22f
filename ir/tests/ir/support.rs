// SPDX-License-Identifier: MIT OR Apache-2.0
//! Programs from text, and a small world to run them in.

use spile_ir::{Clock, Event, Format, FormatValue, Interp, Memory, Outcome, Program, Services, Space, parse, verify};

/// `%d`, `%s` and `%H` (as `bucket:count` of those not empty) in order; memory; a fixed task.
#[derive(Default)]
pub struct World {
    pub kernel: Memory,
    pub user: Memory,
}

impl Services for World {
    fn format(&mut self, format: &Format, args: &[FormatValue<'_>]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut args = args.iter();
        let mut text = format.text.iter();
        while let Some(byte) = text.next() {
            if *byte != b'%' {
                out.push(*byte);
                continue;
            }
            text.next();
            match args.next() {
                Some(FormatValue::Int(int)) => out.extend(int.to_string().into_bytes()),
                Some(FormatValue::Str(bytes)) => out.extend_from_slice(bytes),
                Some(FormatValue::Hist(hist)) => {
                    let full = hist.buckets.iter().enumerate().filter(|(_, count)| **count > 0);
                    let text: Vec<String> = full.map(|(bucket, count)| format!("{bucket}:{count}")).collect();
                    out.extend(text.join(" ").into_bytes());
                }
                None => out.push(b'?'),
            }
        }
        out
    }

    fn load(&mut self, space: Space, addr: u64, bytes: &mut [u8]) -> bool {
        match space {
            Space::Kernel => self.kernel.load(addr, bytes),
            Space::User => self.user.load(addr, bytes),
        }
    }

    fn store(&mut self, addr: u64, bytes: &[u8]) -> bool {
        self.kernel.store(addr, bytes)
    }

    fn current_task(&mut self) -> u64 {
        0x1000
    }

    fn cpu(&mut self) -> i64 {
        3
    }

    fn target_pid(&mut self) -> i64 {
        42
    }

    fn clock(&mut self, clock: Clock, now_ns: u64) -> i64 {
        now_ns as i64
            + match clock {
                Clock::Mono => 1,
                Clock::Real => 2,
                Clock::Boot => 3,
                Clock::Cycles => 4,
                Clock::Jiffies => 5,
            }
    }

    fn random(&mut self, bound: u64) -> u64 {
        bound - 1
    }
}

/// What every test program begins with: places, `fmt0` for an integer's line, `fmt1` for a string's.
const PRELUDE: &str = r#"
file0 "a.stp"
loc0 file0 1 1 ""
loc1 file0 2 3 "operator '/'"
loc2 file0 4 5 "identifier 'x'"
fmt0 "%d\n" (int)
fmt1 "%s\n" (str)
"#;

/// A program of the prelude and these items.
#[track_caller]
pub fn program(items: &str) -> Program {
    match parse(&format!("{PRELUDE}{items}")) {
        Ok(program) => program,
        Err(error) => panic!("{error}"),
    }
}

/// A program of one begin probe; its body begins after the declarations of locals.
#[track_caller]
pub fn begin(items: &str, body: &str) -> Program {
    program(&format!("{items}\nprobe \"begin\" begin 0 handler func0\nfunc0 \"begin\" () {{\n{body}\n}}\n"))
}

#[track_caller]
pub fn run_in(program: &Program, world: &mut World) -> Outcome {
    match Interp::new(program, world) {
        Ok(interp) => interp.run(),
        Err(errors) => panic!("{errors:#?}"),
    }
}

/// All that a program shows, as text.
#[track_caller]
pub fn transcript(program: &Program) -> String {
    show(program, &run_in(program, &mut World::default()))
}

pub fn show(program: &Program, outcome: &Outcome) -> String {
    let lines = outcome.events.iter().map(|event| match event {
        Event::Print(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Event::Warning(bytes) => format!("WARNING: {}\n", String::from_utf8_lossy(bytes)),
        Event::System(bytes) => format!("SYSTEM: {}\n", String::from_utf8_lossy(bytes)),
        Event::Error(report) => format!("ERROR: {}\n", report.describe(program)),
    });
    lines.collect()
}

/// What a begin probe shows.
#[track_caller]
pub fn run(items: &str, body: &str) -> String {
    transcript(&begin(items, body))
}

/// The verifier's messages.
pub fn problems(program: &Program) -> Vec<String> {
    verify(program).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}
