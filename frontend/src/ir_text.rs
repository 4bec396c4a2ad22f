// SPDX-License-Identifier: MIT OR Apache-2.0
//! IR that someone wrote, or had dumped and changed: read and verified, with diagnostics as for scripts.

use spile_ir::{self as ir, VerifyError};

use crate::analyse::Source;
use crate::compile::{Compiled, Failed};
use crate::diag::Diagnostics;
use crate::errors::ir as errors;
use crate::span::{FileId, SourceMap, Span};

/// Reads a program.
pub fn read(source: &Source) -> Result<Compiled, Failed> {
    let mut sources = SourceMap::new();
    let mut diagnostics = Diagnostics::new();
    let file = sources.add(source.name.clone(), source.text.clone());
    let program = match ir::parse(&source.text) {
        Ok(program) => program,
        Err(error) => {
            let line = (error.line as usize).saturating_sub(1);
            let start = line_starts(&source.text).nth(line).unwrap_or(source.text.len());
            let at = (start + error.column as usize).saturating_sub(1).min(source.text.len());
            let word = source.text.get(at..).unwrap_or_default();
            let length = word.find(char::is_whitespace).unwrap_or(word.len());
            diagnostics.push(errors::not_ir(span(file, at, at + length), &error.message));
            return Err(Failed { sources, diagnostics });
        }
    };
    if let Err(problems) = ir::verify(&program) {
        for problem in problems {
            let (start, end) = locate(&source.text, &program, &problem);
            let place = VerifyError { message: String::new(), ..problem.clone() }.to_string();
            let place = place.trim_end_matches([' ', ':']);
            diagnostics.push(errors::broken_ir(span(file, start, end), place, &problem.message));
        }
        return Err(Failed { sources, diagnostics });
    }
    Ok(Compiled { program, sources, diagnostics })
}

fn span(file: FileId, start: usize, end: usize) -> Span {
    Span::new(file, start as u32, end as u32)
}

/// The offset of each line.
fn line_starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1))
}

/// The line that a problem is about: of the instruction, block or function; else the first.
fn locate(text: &str, program: &ir::Program, problem: &VerifyError) -> (usize, usize) {
    let mut lines = line_starts(text).map(|start| (start, text[start..].lines().next().unwrap_or_default()));
    let mut found = lines.next().unwrap_or((0, ""));
    let named = |function: &ir::Function| Some(&function.name) == problem.function.as_ref();
    if let Some(index) = program.functions.iter().position(named) {
        let mut functions = lines.filter(|(_, line)| line.starts_with("func"));
        if let Some(function) = functions.by_ref().nth(index) {
            found = place_in_function(text, function, problem.place);
        }
    }
    let (start, line) = found;
    let blank = line.len() - line.trim_start().len();
    (start + blank, start + line.trim_end().len())
}

fn place_in_function<'t>(
    text: &'t str,
    function: (usize, &'t str),
    place: Option<(usize, Option<usize>)>,
) -> (usize, &'t str) {
    let Some((block, inst)) = place else { return function };
    let lines = line_starts(&text[function.0..]).map(|start| {
        let start = function.0 + start;
        (start, text[start..].lines().next().unwrap_or_default())
    });
    let said = |line: &str| !line.trim_start().is_empty() && !line.trim_start().starts_with(';');
    let mut rest = lines.skip(1).filter(|(_, line)| said(line));
    let header = rest.by_ref().filter(|(_, line)| line.starts_with("block")).nth(block).unwrap_or(function);
    inst.and_then(|inst| rest.nth(inst)).unwrap_or(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "\
limits max_string 512 max_action 1000 max_action_interruptible 10000 max_map_entries 2048 max_errors 0 \
max_skipped 100 max_nesting 1 max_trylock 100
file0 \"a.stp\"
loc0 file0 1 7 \"\"
probe \"begin\" begin 0 handler func0

func0 \"begin\" () {
block0:
    ; the answer
    v0: int = int 42 @0
    return
}
";

    fn complaints(text: &str) -> String {
        let failed = read(&Source { name: "a.ir".into(), text: text.into() }).unwrap_err();
        failed.diagnostics.render(&failed.sources, false)
    }

    #[test]
    fn what_is_right_is_read() {
        let compiled = read(&Source { name: "a.ir".into(), text: PROGRAM.into() }).unwrap();
        assert_eq!(compiled.program.probes[0].name, "begin");
    }

    #[test]
    fn what_is_not_ir_is_shown_at_its_place() {
        let said = complaints(&PROGRAM.replace("int 42", "inch 42"));
        assert!(said.contains("error[E0480]: this IR cannot be read"), "{said}");
        assert!(said.contains("a.ir:9:15"), "{said}");
    }

    #[test]
    fn broken_rules_are_shown_at_the_instruction() {
        let said = complaints(&PROGRAM.replace("    return\n", "    return v0\n"));
        assert!(said.contains("error[E0481]: this IR breaks a rule"), "{said}");
        assert!(said.contains("a.ir:10:5"), "{said}");
        assert!(said.contains("function \"begin\": block0"), "{said}");
    }
}
