// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files stay below 600 lines and functions below 70. `tests/tidy.txt` lists those that do not, with the
//! lines they may have; `SPILE_BLESS=1` rewrites it, and a reviewer sees what grew.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use spile_tests::machines::root;

const FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 70;

#[test]
fn nothing_outgrows_one_mind() -> Result<()> {
    let found = oversized()?;
    let path = root().join("tests/tidy.txt");
    let shown: String = found.iter().map(|(what, lines)| format!("{lines} {what}\n")).collect();
    if std::env::var_os("SPILE_BLESS").is_some() {
        return fs::write(path, shown).context("cannot write tests/tidy.txt");
    }
    let allowed = fs::read_to_string(path).context("cannot read tests/tidy.txt")?;
    let allowed: BTreeMap<_, usize> = allowed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(lines, what)| Some((what, lines.parse().ok()?)))
        .collect();
    let grown: Vec<_> =
        found.iter().filter(|(what, lines)| allowed.get(what.as_str()).is_none_or(|most| lines > &most)).collect();
    ensure!(grown.is_empty(), "these have outgrown their limits: reshape them\n{grown:#?}");
    let gone: Vec<_> = allowed.keys().filter(|what| !found.contains_key(**what)).collect();
    ensure!(gone.is_empty(), "these are tidy now: take them off tests/tidy.txt (SPILE_BLESS=1)\n{gone:#?}");
    Ok(())
}

/// Files and functions that are too long, with their lines.
fn oversized() -> Result<BTreeMap<String, usize>> {
    let listed = Command::new("git").args(["ls-files", "*.rs", "*.c", "*.h"]).current_dir(root()).output()?;
    let mut found = BTreeMap::new();
    // Generated files do not count.
    for path in String::from_utf8(listed.stdout)?.lines().filter(|path| !path.ends_with("/raw.rs")) {
        let Ok(text) = fs::read_to_string(root().join(path)) else { continue };
        let lines: Vec<_> = text.lines().collect();
        if lines.len() > FILE_LINES {
            found.insert(path.to_owned(), lines.len());
        }
        for (name, length) in functions(&lines, path.ends_with(".rs")) {
            if length > FUNCTION_LINES {
                found.insert(format!("{path} {name}"), length);
            }
        }
    }
    Ok(found)
}

/// Names and lengths of functions, by the indentation of their last brace, which the formatters keep.
fn functions(lines: &[&str], is_rust: bool) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let name = if is_rust { rust_name(line) } else { c_name(line, lines.get(start + 1)) };
        let Some(name) = name else { continue };
        let head_ends = lines[start..].iter().find(|line| line.ends_with(['{', ';']));
        if head_ends.is_none_or(|line| line.ends_with(';')) {
            continue;
        }
        let indentation = &line[..line.len() - line.trim_start().len()];
        let end = lines[start..].iter().position(|line| line.strip_prefix(indentation) == Some("}"));
        found.extend(end.map(|end| (name, end + 1)));
    }
    found
}

fn rust_name(line: &str) -> Option<String> {
    let mut words = line
        .split_whitespace()
        .skip_while(|word| word.starts_with("pub") || matches!(*word, "unsafe" | "const" | "extern" | "\"C\""));
    let is_one_line = line.ends_with('}') || line.ends_with(';');
    (words.next() == Some("fn") && !is_one_line).then(|| {
        let name = words.next().unwrap_or_default();
        name.split(['(', '<']).next().unwrap_or_default().to_owned()
    })
}

/// A definition begins in the first column and has its brace alone on a following line.
fn c_name(line: &str, next: Option<&&str>) -> Option<String> {
    let (head, _) = line.split_once('(')?;
    let begins = line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !line.ends_with(';');
    let continues = next.is_some_and(|next| *next == "{" || next.starts_with('\t'));
    (begins && continues).then(|| head.rsplit([' ', '*']).next().unwrap_or_default().to_owned())
}

#[test]
fn functions_are_measured() {
    let rust = [
        "impl A {",
        "    pub const fn a() {",
        "        b();",
        "    }",
        "    fn one() {}",
        "    fn declared(",
        "    );",
        "}",
    ];
    assert_eq!(functions(&rust, true), [("a".to_owned(), 3)]);
    let c = ["static int *f(int a,", "\t\tint b)", "{", "\treturn 0;", "}", "int g(void);"];
    assert_eq!(functions(&c, false), [("f".to_owned(), 5)]);
}
