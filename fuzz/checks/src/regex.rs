// SPDX-License-Identifier: MIT OR Apache-2.0
//! Regular expressions: any pattern is read or refused in bounded time, and its automaton finds a match in a subject (what
//! comes after a `\0`) where the interpreter does, which goes by the definition.

use spile_ir::{Format, FunctionBuilder, Location, Op, Probe, ProbeKind, Program};
use spile_regex::{Captures, Search};

/// The longest strings that are worth the interpreter's time.
const MAX_SUBJECT: usize = 64;

/// What the module says, of one input.
pub fn check(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let (pattern, subject) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let Ok(regex) = spile_regex::parse(pattern) else { return };
    let captures = Captures::new(&regex);
    let Ok(search) = Search::new(&regex) else { return };
    let subject: Vec<u8> = subject.iter().copied().filter(|byte| *byte != 0).take(MAX_SUBJECT).collect();
    assert_eq!(search.matches(&subject), interpreted(pattern, &subject), "of {:?}", subject.escape_ascii().to_string());
    drop(captures);
}

/// Whether the interpreter finds a match.
fn interpreted(pattern: &[u8], subject: &[u8]) -> bool {
    let mut program = Program::default();
    let file = program.intern_file("regex");
    let loc = program.intern_location(&Location { file, line: 1, column: 1, near: String::new() });
    let found = program.intern_format(&Format { text: b"found".into(), args: vec![] });
    let handler = program.declare("begin", &[], None);
    let regex = program.intern_string(pattern);
    let mut b = FunctionBuilder::new(&mut program, handler);
    b.set_loc(loc);
    let subject = b.string(subject);
    let (yes, no) = (b.create_block(), b.create_block());
    if let Some(matches) = b.emit(Op::Match { regex, subject, keep: true }) {
        b.branch(matches, yes, no);
    }
    b.switch_to(yes);
    b.emit(Op::Print(found, vec![]));
    b.jump(no);
    b.switch_to(no);
    b.finish();
    program.probes.push(Probe {
        name: "begin".into(),
        alias: None,
        kind: ProbeKind::Begin(0),
        handler,
        loc,
        entry: None,
        entry_words: 0,
        optional: false,
        condition: None,
    });
    !crate::output(&program).is_empty()
}
