// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's build configuration.

use std::io::Read;

use crate::Error;

/// More than any configuration has.
const MAX_BYTES: u64 = 16 << 20;

/// Options that are set: lines of `CONFIG_NAME=value`, each with a newline before it.
pub(crate) struct Config(String);

impl Config {
    /// From the text of a configuration, as [`condense`] gives it.
    pub(crate) fn new(text: &str) -> Self {
        Self(format!("\n{text}"))
    }

    /// The value of an option by its full name, as it stands in the file.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        if name.contains(['\n', '=']) {
            return None;
        }
        // A script asks for a handful of 10,000 options: searching costs less than an index.
        let wanted = format!("\n{name}=");
        let start = memchr::memmem::find(self.0.as_bytes(), wanted.as_bytes())? + wanted.len();
        self.0[start..].lines().next().or(Some(""))
    }
}

/// Of a configuration's text, which may be compressed by gzip, the options that are set.
pub(crate) fn condense(config: &[u8]) -> Result<String, Error> {
    let mut unpacked = Vec::new();
    let text = if config.starts_with(b"\x1f\x8b") {
        let decoder = flate2::read::MultiGzDecoder::new(config);
        decoder.take(MAX_BYTES).read_to_end(&mut unpacked).map_err(|error| Error::Config(error.to_string()))?;
        &unpacked
    } else {
        config
    };
    let text = String::from_utf8_lossy(text);
    Ok(text.lines().filter(|line| line.starts_with("CONFIG_")).flat_map(|line| [line, "\n"]).collect())
}
