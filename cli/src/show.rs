// SPDX-License-Identifier: MIT OR Apache-2.0
//! Text on standard output.

use std::io::{self, Write};

use anyhow::{Context, Result};

/// Writes a text. Who reads it may have seen enough (`| head`), which is no failure.
pub fn text(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// Writes lines.
pub fn lines(lines: impl IntoIterator<Item = impl AsRef<str>>) -> Result<()> {
    text(&lines.into_iter().map(|line| line.as_ref().to_owned() + "\n").collect::<String>())
}
