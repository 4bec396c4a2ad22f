// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs other programs, with errors that say what they said.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, anyhow, bail};

/// Runs a program to its end and gives its standard output.
pub(crate) fn run(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stdin(Stdio::null()).output();
    check(command, output)
}

/// Pipes `input` through a program.
pub(crate) fn filter(command: &mut Command, input: &[u8]) -> Result<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| cannot_start(command, error))?;
    let stdin = child.stdin.take().context("the child has no standard input")?;
    let output = std::thread::scope(|scope| {
        let mut stdin = stdin;
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output()
    });
    check(command, output)
}

fn check(command: &Command, output: std::io::Result<Output>) -> Result<Vec<u8>> {
    let output = output.map_err(|error| cannot_start(command, error))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed ({}):\n{}", name(command), output.status, tail(&stderr, 20));
    }
    Ok(output.stdout)
}

/// What to say when a program does not start: mostly it is not installed.
pub(crate) fn cannot_start(command: &Command, error: std::io::Error) -> anyhow::Error {
    let name = name(command);
    match error.kind() {
        ErrorKind::NotFound => anyhow!("{name} is not installed: run ci/setup, which installs what the lab needs"),
        _ => anyhow!(error).context(format!("cannot run {name}")),
    }
}

/// The last `lines` lines of `text`.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<_> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_told_with_its_remedy() {
        let error = run(&mut Command::new("spile-no-such-program")).unwrap_err().to_string();
        assert_eq!(error, "spile-no-such-program is not installed: run ci/setup, which installs what the lab needs");
    }

    #[test]
    fn a_failure_carries_what_was_said() {
        let error = run(Command::new("sh").args(["-c", "echo why >&2; exit 3"])).unwrap_err().to_string();
        assert_eq!(error, "sh failed (exit status: 3):\nwhy");
    }

    #[test]
    fn filters_more_than_a_pipe_holds() {
        let input = vec![7; 1 << 20];
        assert_eq!(filter(&mut Command::new("cat"), &input).unwrap(), input);
    }

    #[test]
    fn tails() {
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail("a", 2), "a");
    }
}
