// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words of the command line, with those of the `rc` file and of a script's first line.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use anyhow::{Context, Result};

/// All words: those of the `rc` file, then the command's own.
pub fn all(own: impl Iterator<Item = OsString>) -> Result<Vec<OsString>> {
    let mut words = rc()?;
    words.extend(unfolded(own.collect()));
    Ok(words)
}

/// SystemTap's own directory: `$SYSTEMTAP_DIR`, else `~/.systemtap`.
pub fn directory() -> Option<PathBuf> {
    match env::var_os("SYSTEMTAP_DIR") {
        Some(directory) => Some(directory.into()),
        None => env::var_os("HOME").map(|home| PathBuf::from(home).join(".systemtap")),
    }
}

/// The options in the file `rc`, quoted as in a shell.
fn rc() -> Result<Vec<OsString>> {
    let Some(path) = directory().map(|directory| directory.join("rc")) else { return Ok(Vec::new()) };
    let Ok(text) = fs::read_to_string(&path) else { return Ok(Vec::new()) };
    let words = shlex::split(&text).with_context(|| format!("a quote is not closed in {}", path.display()))?;
    Ok(words.into_iter().map(Into::into).collect())
}

/// The kernel passes on whatever follows the interpreter in `#! /usr/bin/stap -g -w` as one word, followed by the script's path.
fn unfolded(words: Vec<OsString>) -> Vec<OsString> {
    let [options, script, ..] = &words[..] else { return words };
    let Some(text) = options.to_str().filter(|text| text.starts_with('-') && text.contains(char::is_whitespace)) else {
        return words;
    };
    if !first_line(script).is_some_and(|line| line.starts_with("#!") && line.trim_end().ends_with(text)) {
        return words;
    }
    match shlex::split(text) {
        Some(split) => split.into_iter().map(Into::into).chain(words[1..].iter().cloned()).collect(),
        None => words,
    }
}

fn first_line(path: &OsStr) -> Option<String> {
    let mut line = Vec::new();
    BufReader::new(File::open(path).ok()?).read_until(b'\n', &mut line).ok()?;
    Some(String::from_utf8_lossy(&line).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_a_scripts_first_line_are_taken_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.stp");
        fs::write(&path, "#!/usr/bin/stap -g -DMAXACTION=5\nprobe begin { }\n").unwrap();
        let path = path.into_os_string();
        let words = |first: &str| unfolded(vec![first.into(), path.clone(), "arg u".into()]);
        let expected: [OsString; 4] = ["-g".into(), "-DMAXACTION=5".into(), path.clone(), "arg u".into()];
        assert_eq!(words("-g -DMAXACTION=5"), expected);
        assert_eq!(words("-e probe x").len(), 3, "another first word is what the user typed");
    }
}
