// SPDX-License-Identifier: MIT OR Apache-2.0
//! The interface of `ir/tests/ir/support.rs`, with machine code behind it.

use spile_abi::raw;
use spile_agent::engine::{Drain, Engine as _, Setup};
use spile_agent::user::UserEngine;
use spile_ir::{Format, Program, parse, verify};
use spile_jit::{Arch, JitOptions, compile};
use spile_output::{Chunk, Merger, Record, message_text};

/// Nothing: the engine's process is the world.
#[derive(Default)]
pub struct World {}

/// What became of a session.
pub struct Outcome {
    transcript: String,
    /// Errors that were not caught.
    pub errors: u64,
    /// Whether a fatal error ended it.
    pub failed: bool,
}

impl Outcome {
    pub fn status(&self) -> i32 {
        i32::from(self.errors > 0)
    }
}

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

/// What a begin probe shows.
#[track_caller]
pub fn run(items: &str, body: &str) -> String {
    transcript(&begin(items, body))
}

/// All that a program shows, as text.
#[track_caller]
pub fn transcript(program: &Program) -> String {
    show(program, &run_in(program, &mut World::default()))
}

pub fn show(_program: &Program, outcome: &Outcome) -> String {
    outcome.transcript.clone()
}

/// Runs begin and end probes of a program in this process; compiles it for the other instruction set as well.
#[track_caller]
pub fn run_in(program: &Program, _world: &mut World) -> Outcome {
    if let Err(errors) = verify(program) {
        panic!("{errors:#?}");
    }
    let image = |arch| match compile(program, &JitOptions::new(arch)) {
        Ok(compiled) => compiled.image,
        Err(error) => panic!("{arch:?}: {error}"),
    };
    let images = [image(Arch::X86_64), image(Arch::Aarch64)];
    let native = usize::from(cfg!(target_arch = "aarch64"));
    let mut engine = UserEngine::default();
    engine
        .load(&images[native], &Setup { ring_bytes: 1 << 20, param: 42, ..Setup::default() })
        .expect("the image loads");
    engine.start().expect("begin probes run");
    engine.stop().expect("end probes run");
    let mut merger = Merger::default();
    for Chunk { cpu, records } in engine.drain(Drain::All).expect("records come out").chunks {
        merger.push(cpu, &records).expect("records are whole");
    }
    let records: Vec<_> = merger.take_before(u64::MAX).collect();
    let errors = records.iter().filter(|record| u32::from(record.kind) == raw::SPILE_RECORD_ERROR).count() as u64;
    let transcript = records.iter().map(|record| render(program, record)).collect();
    Outcome { transcript, errors, failed: engine.report().expect("a report").failed }
}

fn render(program: &Program, record: &Record<'_>) -> String {
    let text = || String::from_utf8_lossy(message_text(record.payload)).into_owned();
    match u32::from(record.kind) {
        raw::SPILE_RECORD_PRINT => print(program, record.payload),
        raw::SPILE_RECORD_WARNING => format!("WARNING: {}\n", text()),
        raw::SPILE_RECORD_SYSTEM => format!("SYSTEM: {}\n", text()),
        raw::SPILE_RECORD_ERROR => format!("ERROR: {}{}\n", text(), place(program, record.payload)),
        kind => panic!("record of kind {kind}"),
    }
}

/// ` near NEAR at FILE:L:C in probe POINT`
fn place(program: &Program, payload: &[u8]) -> String {
    let (location, probe) = (word32(payload, 4), word32(payload, 8));
    let mut text = String::new();
    if let Some(location) = program.locations.get(location as usize) {
        if !location.near.is_empty() {
            text += &format!(" near {}", location.near);
        }
        let file = &program.files[location.file.index()];
        text += &format!(" at {file}:{}:{}", location.line, location.column);
    }
    text + &format!(" in probe {}", program.probes[probe as usize].name)
}

fn word32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(*bytes[at..].first_chunk().expect("four bytes"))
}

fn word64(bytes: &[u8]) -> (u64, &[u8]) {
    let (word, rest) = bytes.split_first_chunk().expect("a word");
    (u64::from_le_bytes(*word), rest)
}

/// `%d`, `%s` and `%H` (as `bucket:count` of those not empty) in order.
fn print(program: &Program, payload: &[u8]) -> String {
    let format: &Format = &program.formats[word32(payload, 0) as usize];
    let mut rest = &payload[8..];
    let mut out = String::new();
    let mut text = std::str::from_utf8(&format.text).expect("text").chars();
    let mut args = format.args.iter();
    while let Some(char) = text.next() {
        if char != '%' {
            out.push(char);
            continue;
        }
        text.next();
        let (word, after) = word64(rest);
        rest = after;
        match args.next().expect("an argument for each directive") {
            spile_ir::FormatArg::Int => out += &(word as i64).to_string(),
            spile_ir::FormatArg::Str => {
                out += &String::from_utf8_lossy(&rest[..word as usize]);
                rest = &rest[(word as usize).next_multiple_of(8)..];
            }
            spile_ir::FormatArg::Hist => {
                // low, high, step, count, sum, min, max; then the buckets
                let n_buckets = (word >> 32) as usize;
                rest = &rest[7 * 8..];
                let mut full = Vec::new();
                for bucket in 0..n_buckets {
                    let (count, after) = word64(rest);
                    rest = after;
                    if count > 0 {
                        full.push(format!("{bucket}:{count}"));
                    }
                }
                out += &full.join(" ");
            }
        }
    }
    out
}
