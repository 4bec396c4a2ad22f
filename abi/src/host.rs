// SPDX-License-Identifier: MIT OR Apache-2.0
//! The host's part of an image: what is needed to turn records into text, and to name
//! addresses in the image. kshim never looks at it.

use serde::{Deserialize, Serialize};

/// All that host and agent know about an image beside its header and tables.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct HostInfo {
    /// Name of the script, as messages give it.
    pub script: String,
    /// `SPILE_ARCH_*` of the target.
    pub arch: u32,
    /// Kernel release that the script was compiled for; empty where it does not matter.
    pub release: String,
    /// Source files, for [`Location::file`].
    pub files: Vec<String>,
    /// Places in the script, for `spile_message.location` and [`Function::lines`].
    pub locations: Vec<Location>,
    /// Print formats, for `spile_print.format`.
    pub formats: Vec<Format>,
    /// Probes, in the order of the image's probe table.
    pub probes: Vec<Probe>,
    /// Names of globals, by the numbers that skipped hits are told with.
    pub globals: Vec<String>,
    /// Functions and handlers, in the order of their text.
    pub functions: Vec<Function>,
    /// Run-time limits that the image was compiled with.
    pub limits: Limits,
    /// What the agent needs to know to run the session.
    pub options: Options,
}

/// A place in a script.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Location {
    /// Index in [`HostInfo::files`].
    pub file: u32,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// The token that messages name, `operator '/'`; may be empty.
    pub near: String,
}

/// A print format: text with `%` directives and the types of its arguments.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Format {
    /// The format as in the script, escapes resolved.
    pub text: Vec<u8>,
    /// One for each argument, those of `*` widths and precisions included.
    pub args: Vec<FormatArg>,
}

/// The type of one argument of a format.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum FormatArg {
    /// An integer.
    Int,
    /// A string.
    Str,
    /// A histogram.
    Hist,
}

/// A probe, beside what the image's probe table has of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Probe {
    /// The resolved probe point as `pp()` prints it.
    pub name: String,
    /// Symbol from which the agent computes `spile_probe.address`; empty where there is none.
    pub symbol: String,
    /// What the script calls it.
    pub from: String,
    /// Where its handler is, an index in [`HostInfo::locations`].
    pub location: u32,
    /// Whether it is of a function's return.
    pub is_return: bool,
    /// Whether a failure to attach goes unmentioned.
    pub optional: bool,
}

/// A function's text and where its code comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Function {
    /// Its name in the script, the probe point for a handler, `rt_…` in the runtime.
    pub name: String,
    /// First byte, as an offset in the text.
    pub start: u32,
    /// Just after its last byte.
    pub end: u32,
    /// Text offsets, ascending, and the location from there on; empty for the runtime.
    pub lines: Vec<Line>,
}

/// From a text offset on, code stems from a location.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Offset in the text.
    pub pc: u32,
    /// Index in [`HostInfo::locations`].
    pub location: u32,
}

/// Run-time limits; the numbers of `ir::Limits` that matter after compilation.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Limits {
    /// MAXSTRINGLEN: bytes of a string, terminating NUL included.
    pub max_string: u32,
    /// MAXERRORS: errors that are survived.
    pub max_errors: u32,
    /// MAXSKIPPED: skipped hits that are survived.
    pub max_skipped: u32,
    /// MAXNESTING: depth of calls.
    pub max_nesting: u32,
    /// MAXACTION: statements of one hit.
    pub max_action: u32,
}

/// How the session is to be run, as far as it was said at compile time.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Options {
    /// `--suppress-handler-errors`: errors are counted, not printed, and not fatal.
    pub suppress_errors: bool,
    /// Bytes of each CPU's ring, a power of two; 0 for the agent's default.
    pub ring_bytes: u32,
    /// `-t`: handlers are timed, and what they took is told at the end.
    pub timed: bool,
    /// How much of a CPU handlers may take.
    pub overload: Overload,
}

/// How much of a CPU handlers may take; kshim has numbers of its own.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Overload {
    /// `STP_NO_OVERLOAD`: as much as they like.
    pub unlimited: bool,
    /// `STP_OVERLOAD_THRESHOLD`: less than so many cycles.
    pub threshold: Option<u64>,
    /// `STP_OVERLOAD_INTERVAL`: in so many.
    pub interval: Option<u64>,
}

impl HostInfo {
    /// As bytes of an image.
    pub fn encode(&self) -> Vec<u8> {
        // Serialising plain data into memory has no way to fail.
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// From bytes of an image.
    pub fn decode(bytes: &[u8]) -> Result<Self, postcard::Error> {
        postcard::from_bytes(bytes)
    }

    /// The function that has a text offset.
    pub fn function_at(&self, pc: u32) -> Option<&Function> {
        let after = self.functions.partition_point(|function| function.start <= pc);
        self.functions[..after].last().filter(|function| pc < function.end)
    }

    /// The script location of a text offset: that of the nearest line at or before it.
    pub fn location_at(&self, pc: u32) -> Option<&Location> {
        let lines = &self.function_at(pc)?.lines;
        let after = lines.partition_point(|line| line.pc <= pc);
        self.locations.get(lines[..after].last()?.location as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> HostInfo {
        HostInfo {
            script: "a.stp".into(),
            files: vec!["a.stp".into()],
            locations: vec![
                Location { file: 0, line: 1, column: 2, near: "operator '/'".into() },
                Location { file: 0, line: 2, column: 1, near: String::new() },
            ],
            formats: vec![Format { text: b"%d\n".to_vec(), args: vec![FormatArg::Int] }],
            functions: vec![
                Function {
                    name: "f".into(),
                    start: 16,
                    end: 40,
                    lines: vec![Line { pc: 20, location: 0 }, Line { pc: 30, location: 1 }],
                },
                Function { name: "rt_print".into(), start: 48, end: 64, lines: vec![] },
            ],
            ..HostInfo::default()
        }
    }

    #[test]
    fn decodes_what_it_encoded() {
        assert_eq!(HostInfo::decode(&sample().encode()), Ok(sample()));
    }

    #[test]
    fn refuses_a_truncated_part() {
        let bytes = sample().encode();
        assert!(HostInfo::decode(&bytes[..bytes.len() - 1]).is_err());
    }

    #[test]
    fn finds_functions_and_locations() {
        let info = sample();
        assert_eq!(info.function_at(15), None);
        assert_eq!(info.function_at(16).map(|f| f.name.as_str()), Some("f"));
        assert_eq!(info.function_at(40), None);
        assert_eq!(info.location_at(19), None, "before the first line");
        assert_eq!(info.location_at(29).map(|l| l.line), Some(1));
        assert_eq!(info.location_at(39).map(|l| l.line), Some(2));
        assert_eq!(info.location_at(50), None, "the runtime has no lines");
    }
}
