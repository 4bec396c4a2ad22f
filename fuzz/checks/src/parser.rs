// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lexer, preprocessor, parser, printer, formatter: no panic on any text; what is printed is read back the same; what is
//! formatted stays formatted. Code that comes after a `\0` are script arguments, one each.

use spile_frontend::ast::{self, FileKind};
use spile_frontend::diag::Diagnostics;
use spile_frontend::parser::{ParseContext, parse_file};
use spile_frontend::preprocess::{Conditions, ScriptArgs};
use spile_frontend::span::SourceMap;
use spile_frontend::{print, reformat};

/// What the module says, of one input.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.split('\0');
    let script = parts.next().unwrap_or_default();
    let args: Vec<&str> = parts.collect();
    let (file, complaints) = parse(script, &args);
    if complaints.is_empty() {
        let printed = print::file(&file);
        let (again, complaints) = parse(&printed, &[]);
        assert_eq!(complaints, "", "what was printed is refused:\n{printed}");
        assert_eq!(printed, print::file(&again), "what was printed is another script");
    }
    if let Some(formatted) = format(script) {
        assert_eq!(format(&formatted).as_deref(), Some(&*formatted), "formatting is not idempotent");
    }
}

/// The tree, and all diagnostics rendered.
fn parse(text: &str, args: &[&str]) -> (ast::File, String) {
    let mut sources = SourceMap::new();
    let id = sources.add("fuzz.stp", text);
    let mut context = ParseContext::new(Conditions::new("6.12.0-1-amd64", "x86_64"));
    context.args = ScriptArgs::new(args.iter().copied());
    let parsed = parse_file(&mut sources, id, FileKind::User, &mut context);
    let mut diagnostics = Diagnostics::new();
    diagnostics.extend(parsed.diagnostics);
    let complaints = diagnostics.render(&sources, false);
    (parsed.file, complaints)
}

fn format(text: &str) -> Option<String> {
    let mut sources = SourceMap::new();
    let id = sources.add("fuzz.stp", text);
    reformat::reformat(&sources, id).ok()
}
