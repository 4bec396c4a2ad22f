// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the tests share: compiling for the made-up kernel, and running under the interpreter.
#![allow(dead_code, reason = "each test uses a part")]

use spile_frontend::diag::{Diagnostic, Severity};
use spile_frontend::mock::MockTarget;
use spile_frontend::span::SourceMap;
use spile_frontend::{Compiled, Failed, Options, Source, TapsetLibrary};
use spile_ir::{Event, Format, FormatValue, Hit, Interp, Memory, Program, Services, Space};

/// Compiles a script with the built-in library.
pub fn compile_with(text: &str, options: &Options) -> Result<Compiled, Failed> {
    let source = Source { name: "<input>".into(), text: text.into() };
    spile_frontend::compile(&[source], &TapsetLibrary::builtin(), options, &MockTarget::new())
}

/// Compiles a script that must be right.
pub fn compile(text: &str) -> Compiled {
    match compile_with(text, &Options::default()) {
        Ok(compiled) => compiled,
        Err(failed) => panic!("{text}\n{}", failed.diagnostics.render(&failed.sources, false)),
    }
}

/// `LINE:COLUMN CODE message`, and the hint.
pub fn brief(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let place = diagnostic.span().map(|span| {
        let place = sources.location(span);
        format!("{}:{} ", place.line, place.column)
    });
    let kind = if diagnostic.severity == Severity::Warning { "warning " } else { "" };
    let mut text = format!("{}{kind}{}: {}", place.unwrap_or_default(), diagnostic.code, diagnostic.message);
    for (span, label) in &diagnostic.labels[1.min(diagnostic.labels.len())..] {
        let place = sources.location(*span);
        text += &format!("\n    {}:{} {label}", place.line, place.column);
    }
    if let Some(hint) = &diagnostic.hint {
        text += &format!("\n    hint: {hint}");
    }
    text
}

/// All diagnostics of a script, briefly.
pub fn complaints(text: &str, options: &Options) -> String {
    let (diagnostics, sources) = match compile_with(text, options) {
        Ok(compiled) => (compiled.diagnostics, compiled.sources),
        Err(failed) => (failed.diagnostics, failed.sources),
    };
    diagnostics.iter().map(|one| brief(one, &sources) + "\n").collect()
}

/// A world with a little memory and a plain formatter.
#[derive(Default)]
pub struct World {
    /// What is at kernel addresses.
    pub memory: Memory,
    /// What is at user addresses.
    pub user: Memory,
    /// The current task.
    pub task: u64,
    /// Where the registers are.
    pub registers: u64,
}

impl Services for World {
    /// Knows `%d %x %p %s %c %%` and `#`; flags, widths and precisions are the formatter's own tests' concern.
    fn format(&mut self, format: &Format, args: &[FormatValue<'_>]) -> Vec<u8> {
        let mut args = args.iter();
        let mut out = Vec::new();
        let mut text = format.text.iter().copied();
        while let Some(byte) = text.next() {
            if byte != b'%' {
                out.push(byte);
                continue;
            }
            let mut alternate = false;
            let conversion = loop {
                match text.next() {
                    Some(b'#') => alternate = true,
                    Some(b'-' | b'+' | b' ' | b'.' | b'l' | b'0'..=b'9') => {}
                    other => break other.unwrap_or(b'%'),
                }
            };
            match (conversion, args.as_slice().first()) {
                (b'%', _) => {
                    out.push(b'%');
                    continue;
                }
                (b'x' | b'p', Some(FormatValue::Int(value))) => {
                    let prefix = if alternate || conversion == b'p' { "0x" } else { "" };
                    out.extend(format!("{prefix}{value:x}").bytes());
                }
                (b'c', Some(FormatValue::Int(value))) => out.push(*value as u8),
                (_, Some(FormatValue::Int(value))) => out.extend(value.to_string().bytes()),
                (_, Some(FormatValue::Str(text))) => out.extend_from_slice(text),
                (_, Some(FormatValue::Hist(hist))) => out.extend(format!("{:?}", hist.hist).bytes()),
                (_, None) => out.extend(b"?"),
            }
            args.next();
        }
        out
    }

    fn load(&mut self, space: Space, addr: u64, bytes: &mut [u8]) -> bool {
        let memory = if space == Space::Kernel { &self.memory } else { &self.user };
        memory.load(addr, bytes)
    }

    fn store(&mut self, addr: u64, bytes: &[u8]) -> bool {
        self.memory.store(addr, bytes)
    }

    fn current_task(&mut self) -> u64 {
        self.task
    }

    fn registers(&mut self) -> u64 {
        self.registers
    }
}

/// A world with a task 0x1000 ("worker", pid 42, tid 43, parent 7, user 1000) and a file 0x3000 of inode 99.
pub fn world() -> World {
    let mut world = World { task: 0x1000, ..World::default() };
    let mut task = vec![0; 64];
    task[0..4].copy_from_slice(&43u32.to_le_bytes());
    task[4..8].copy_from_slice(&42u32.to_le_bytes());
    task[8..16].copy_from_slice(&0x1100u64.to_le_bytes());
    task[16..24].copy_from_slice(&0x2000u64.to_le_bytes());
    task[24..30].copy_from_slice(b"worker");
    world.memory.map(0x1000, task);
    let mut parent = vec![0; 48];
    parent[4..8].copy_from_slice(&7u32.to_le_bytes());
    parent[24..28].copy_from_slice(b"init");
    world.memory.map(0x1100, parent);
    let ids: Vec<u8> = [1000u32, 100, 0, 50].iter().flat_map(|id| id.to_le_bytes()).collect();
    world.memory.map(0x2000, ids);
    let mut file = vec![0; 64];
    file[0..4].copy_from_slice(&0x8000_0001u32.to_le_bytes());
    file[8..16].copy_from_slice(&0x4000u64.to_le_bytes());
    for slot in 0..4u32 {
        let at = 16 + 4 * slot as usize;
        file[at..at + 4].copy_from_slice(&(10 + slot).wrapping_neg().to_le_bytes());
    }
    file[32..40].copy_from_slice(&(-5i64).to_le_bytes());
    file[40..48].copy_from_slice(&0x1000u64.to_le_bytes());
    world.memory.map(0x3000, file);
    let inode: Vec<u8> = 99u64.to_le_bytes().into_iter().chain(0o644u32.to_le_bytes()).chain([0; 12]).collect();
    world.memory.map(0x4000, inode);
    // low = 5, mid = -3, hue = BLUE
    let bits = 5u64 | (0x3fd << 3) | (2 << 32);
    world.memory.map(0x5000, bits.to_le_bytes());
    world.memory.map(0x6000, b"a string\0".to_vec());
    world
}

/// What events say, errors and warnings on lines of their own.
pub fn shown(events: &[Event], program: &Program) -> String {
    let mut text = String::new();
    for event in events {
        text += &match event {
            Event::Print(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Event::Warning(bytes) => format!("WARNING: {}\n", String::from_utf8_lossy(bytes)),
            Event::System(bytes) => format!("SYSTEM: {}\n", String::from_utf8_lossy(bytes)),
            Event::Error(report) => format!("ERROR: {}\n", report.describe(program)),
        };
    }
    text
}

/// What a script shows when it runs in a world.
pub fn run_in(text: &str, world: &mut World) -> String {
    let compiled = compile(text);
    let outcome = Interp::new(&compiled.program, world).expect("lowered programs verify").run();
    shown(&outcome.events, &compiled.program)
}

/// What a script shows when it runs.
pub fn run(text: &str) -> String {
    run_in(text, &mut World::default())
}

/// What a script shows between its begin and end probes when its first function or tracepoint probe is hit.
pub fn hit(text: &str, args: &[u64], return_value: u64, world: &mut World) -> String {
    hit_with(text, &Options::default(), args, return_value, world)
}

/// As [`hit`], compiled with options.
pub fn hit_with(text: &str, options: &Options, args: &[u64], return_value: u64, world: &mut World) -> String {
    let compiled = match compile_with(text, options) {
        Ok(compiled) => compiled,
        Err(failed) => panic!("{text}\n{}", failed.diagnostics.render(&failed.sources, false)),
    };
    let program = &compiled.program;
    let probe = program.probes.iter().position(|probe| !probe.kind.is_interruptible()).expect("a probe to hit");
    let mut session = Interp::new(program, world).expect("lowered programs verify");
    session.begin();
    session.fire(probe, &Hit { args: args.to_vec(), return_value });
    let outcome = session.end();
    shown(&outcome.events, program)
}
