// SPDX-License-Identifier: MIT OR Apache-2.0
//! Source lines beside IR and code: a comment wherever the next lines stem from another line of the script.

use spile_ir as ir;

use crate::source::Texts;

/// Puts in a comment where the source line changes.
pub struct Beside<'a> {
    texts: &'a Texts,
    /// File and line of the last comment.
    last: Option<(String, u32)>,
}

impl<'a> Beside<'a> {
    /// Nothing said yet.
    pub fn new(texts: &'a Texts) -> Self {
        Self { texts, last: None }
    }

    /// The next code has nothing to do with the last.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// The comment before code that stems from a line, where it is another than before.
    pub fn comment(&mut self, indent: &str, file: &str, line: u32) -> String {
        let here = (file.to_owned(), line);
        if self.last.as_ref() == Some(&here) {
            return String::new();
        }
        self.last = Some(here);
        let text = self.texts.line(file, line);
        let text = if text.is_empty() { String::new() } else { format!(": {text}") };
        format!("{indent}; {file}:{line}{text}\n")
    }
}

/// A program's text; it can still be read back.
pub fn ir(program: &ir::Program, texts: &Texts) -> String {
    interleaved(&program.to_string(), program, texts, |line| {
        // Only instructions are indented, and none has a string in it.
        let code = line.strip_prefix("    ")?.split(" ; ").next()?;
        code.rsplit_once(" @")?.1.trim().parse().ok()
    })
}

/// The text of Cranelift's functions, whose lines begin with their location in hexadecimal.
pub fn clif(text: &str, program: &ir::Program, texts: &Texts) -> String {
    interleaved(text, program, texts, |line| {
        let location = line.strip_prefix('@')?.split(' ').next()?;
        u32::from_str_radix(location, 16).ok()
    })
}

fn interleaved(text: &str, program: &ir::Program, texts: &Texts, location: impl Fn(&str) -> Option<u32>) -> String {
    let mut out = String::new();
    let mut beside = Beside::new(texts);
    for line in text.lines() {
        if !line.starts_with([' ', '@']) {
            beside.forget();
        }
        let found = location(line).and_then(|number| program.locations.get(number as usize));
        if let Some(found) = found {
            let file = program.files.get(found.file.0 as usize).map_or("?", String::as_str);
            out += &beside.comment("    ", file, found.line);
        }
        out += line;
        out.push('\n');
    }
    out
}
