// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile merge`: the files of `-b` into text.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use spile_output::{BulkReader, merge_bulk};

use crate::args::Merge;

/// Merges files by time.
pub fn merge(options: &Merge) -> Result<()> {
    let readers: Result<Vec<_>> = options.files.iter().map(|path| open(path)).collect();
    let out: Box<dyn Write> = match &options.output {
        Some(path) => Box::new(File::create(path).with_context(|| format!("cannot write {}", path.display()))?),
        None => Box::new(io::stdout().lock()),
    };
    for cpu in merge_bulk(readers?, BufWriter::new(out), io::stderr().lock())? {
        complain!("WARNING: the file of CPU {cpu} ends within a record.");
    }
    Ok(())
}

fn open(path: &Path) -> Result<BulkReader<BufReader<File>>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    BulkReader::open(BufReader::new(file)).with_context(|| format!("cannot use {}", path.display()))
}
