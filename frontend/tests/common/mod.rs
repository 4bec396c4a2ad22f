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
    /// The current task.
    pub task: u64,
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
        space == Space::Kernel && self.memory.load(addr, bytes)
    }

    fn store(&mut self, addr: u64, bytes: &[u8]) -> bool {
        self.memory.store(addr, bytes)
    }

    fn current_task(&mut self) -> u64 {
        self.task
    }
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
    let compiled = compile(text);
    let program = &compiled.program;
    let probe = program.probes.iter().position(|probe| !probe.kind.is_interruptible()).expect("a probe to hit");
    let mut session = Interp::new(program, world).expect("lowered programs verify");
    session.begin();
    session.fire(probe, &Hit { args: args.to_vec(), return_value });
    let outcome = session.end();
    shown(&outcome.events, program)
}
