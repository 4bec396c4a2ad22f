// SPDX-License-Identifier: MIT OR Apache-2.0
//! Case files: a script, and in comments what it does.
//!
//! ```text
//! //@ args: 7 "two words"      script arguments
//! //@ define: MAXACTION=50     a limit
//! //@ global: n=5              an initial value
//! //@ guru                     writing is allowed
//! //@ status: 0                the exit status, where it is not 1 after an error and 0 without
//! probe begin { println($1) }
//! //= 7                        a line of standard output
//! //! WARNING: …               a line of standard error
//! ```
//!
//! `SPILE_BLESS=1` rewrites what is expected.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// One case file.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Its path.
    pub path: PathBuf,
    /// Its folder and name, without the ending.
    pub name: String,
    /// The script, expectations included: they are comments.
    pub script: String,
    /// Script arguments.
    pub args: Vec<String>,
    /// Limits.
    pub define: Vec<(String, String)>,
    /// Initial values of globals.
    pub global: Vec<(String, String)>,
    /// Whether writing to the traced system is allowed.
    pub guru: bool,
    /// Whether it must end with exit status 1, where that is not as its errors say.
    pub status: Option<bool>,
    /// What it must show.
    pub expected: Transcript,
}

/// What a script did, as a terminal shows it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transcript {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// Whether the exit status is 1.
    pub failed: bool,
}

impl Case {
    /// All cases that run, by name: those of the folders `ok` and `fault`.
    pub fn all(root: &Path) -> Result<Vec<Self>> {
        let mut cases = Vec::new();
        let mut folders = vec![root.join("ok"), root.join("fault")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "stp") {
                    cases.push(Self::read(root, &path)?);
                }
            }
        }
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(cases)
    }

    fn read(root: &Path, path: &Path) -> Result<Self> {
        let script = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.strip_prefix(root).unwrap_or(path).with_extension("").to_string_lossy().into_owned();
        let mut case = Self { path: path.to_owned(), name, ..Self::default() };
        for line in script.lines() {
            if let Some(out) = line.strip_prefix("//=") {
                push_line(&mut case.expected.out, out);
            } else if let Some(err) = line.strip_prefix("//!") {
                push_line(&mut case.expected.err, err);
            } else if let Some(directive) = line.strip_prefix("//@") {
                case.directive(directive.trim()).with_context(|| format!("in {}", path.display()))?;
            }
        }
        case.script = script;
        Ok(case)
    }

    fn directive(&mut self, directive: &str) -> Result<()> {
        let setting = |text: &str| -> Result<(String, String)> {
            let (name, value) = text.trim().split_once('=').context("a setting is NAME=VALUE")?;
            Ok((name.into(), value.into()))
        };
        match directive.split_once(':').unwrap_or((directive, "")) {
            ("args", args) => self.args = split_words(args),
            ("define", define) => self.define.push(setting(define)?),
            ("global", global) => self.global.push(setting(global)?),
            ("guru", "") => self.guru = true,
            ("status", status) => self.status = Some(status.trim() != "0"),
            _ => bail!("unknown directive {directive:?}"),
        }
        Ok(())
    }

    /// Compares, or with `SPILE_BLESS` set rewrites the file.
    pub fn check(&self, actual: &Transcript) -> Result<()> {
        let has_error = || self.expected.err.lines().any(|line| line.starts_with("ERROR: "));
        let expected = Transcript { failed: self.status.unwrap_or_else(has_error), ..self.expected.clone() };
        let actual = &Transcript { err: without_library_positions(&actual.err), ..actual.clone() };
        if *actual == expected {
            return Ok(());
        }
        if std::env::var_os("SPILE_BLESS").is_some() {
            return self.bless(actual);
        }
        let shown = |transcript: &Transcript| {
            let status = format!("(status {})\n", i32::from(transcript.failed));
            comments("//=", &transcript.out) + &comments("//!", &transcript.err) + &status
        };
        bail!("{}: expected\n{}but it did\n{}", self.path.display(), shown(&expected), shown(actual))
    }

    fn bless(&self, actual: &Transcript) -> Result<()> {
        let is_script = |line: &&str| !line.starts_with("//=") && !line.starts_with("//!");
        let mut text: String = self.script.lines().filter(is_script).map(|line| format!("{line}\n")).collect();
        text += &comments("//=", &actual.out);
        text += &comments("//!", &actual.err);
        fs::write(&self.path, text).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Errors of library functions without line and column: cases need not follow each edit of the library.
fn without_library_positions(text: &str) -> String {
    let mut settled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("tapset/")
        && let Some(length) = rest[at..].find(".stp:")
    {
        let (name, position) = rest.split_at(at + length + ".stp:".len());
        settled = settled + name + "…";
        rest = position.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ':');
    }
    settled + rest
}

/// Output as text: control characters, and bytes that are not UTF-8, become `\xHH`.
pub fn visible(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter.is_control() && !matches!(letter, '\n' | '\t') {
                text += &format!("\\x{:02x}", u32::from(letter));
            } else {
                text.push(letter);
            }
        }
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.strip_prefix(' ').unwrap_or(line));
    text.push('\n');
}

/// Lines as comments. What does not end in a newline cannot be told from what does: cases end their lines.
fn comments(mark: &str, text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { format!("{mark}\n") } else { format!("{mark} {line}\n") }).collect()
}

/// Words between blanks; quotes keep blanks together, and a backslash makes the next character an ordinary one.
fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.get_or_insert_default().extend(letters.next()),
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_in_the_library_are_left_out() {
        let settled = without_library_positions("near 'error' at tapset/a.stp:18:10 in probe begin\nat b.stp:1:2\n");
        assert_eq!(settled, "near 'error' at tapset/a.stp:… in probe begin\nat b.stp:1:2\n");
        assert_eq!(without_library_positions("tapset/ x"), "tapset/ x");
    }

    #[test]
    fn words_keep_quoted_blanks() {
        assert_eq!(split_words(r#" 7 "two words" "" x"#), ["7", "two words", "", "x"]);
        assert_eq!(split_words(r#"a\"b "c \\ d""#), ["a\"b", "c \\ d"]);
    }

    #[test]
    fn expectations_are_read_from_comments() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.stp");
        fs::write(&path, "//@ args: 7\n//@ define: MAXACTION=5\nprobe begin { }\n//= one\n//=\n//! WARNING: two\n")
            .unwrap();
        let case = Case::read(folder.path(), &path).unwrap();
        assert_eq!((case.name.as_str(), &case.args[..]), ("a", &["7".to_owned()][..]));
        assert_eq!(case.define, [("MAXACTION".to_owned(), "5".to_owned())]);
        assert_eq!(case.expected, Transcript { out: "one\n\n".into(), err: "WARNING: two\n".into(), failed: false });
        let error = case.check(&Transcript::default()).unwrap_err().to_string();
        let expected = "expected\n//= one\n//=\n//! WARNING: two\n(status 0)\nbut it did\n(status 0)\n";
        assert!(error.ends_with(expected), "{error}");
    }

    #[test]
    fn an_error_means_status_1_unless_said_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.stp");
        let passes = |text: &str, failed: bool| {
            fs::write(&path, text).unwrap();
            let case = Case::read(folder.path(), &path).unwrap();
            case.check(&Transcript { failed, ..case.expected.clone() }).is_ok()
        };
        for (text, status) in [
            ("//! ERROR: x\n", true),
            ("//! WARNING: x\n", false),
            ("//@ status: 0\n//! ERROR: x\n", false),
            ("//@ status: 1\n", true),
        ] {
            assert!(passes(text, status), "{text}");
            assert!(!passes(text, !status), "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_seen() {
        assert_eq!(visible(b"a\tb\n"), "a\tb\n");
        assert_eq!(visible("é".as_bytes()), "é");
        assert_eq!(visible(b"\0\x1b\xff\x80"), r"\x00\x1b\xff\x80");
    }
}
