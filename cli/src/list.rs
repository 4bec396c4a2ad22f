// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile list`, and what it shares with `stap -l`.

use anyhow::{Result, bail};
use spile_frontend::analyse::ListedPoint;
use spile_frontend::library::TapsetLibrary;

use crate::args::List;
use crate::build::facts;
use crate::compile::Request;
use crate::diagnostics::Warnings;
use crate::{show, source};

/// Lists probe points. It is an error if there are none.
pub fn list(options: &List) -> Result<()> {
    let facts = facts(&options.compile_for)?;
    let mut library = TapsetLibrary::builtin();
    for directory in &options.include {
        source::add_directory(&mut library, directory)?;
    }
    for pattern in &options.patterns {
        let script = source::source(source::COMMAND_LINE, &script(pattern));
        let request = Request::scripts(vec![script], library.clone()).with_warnings(Warnings::Drop);
        let points = request.points(facts.as_ref(), options.variables)?;
        if points.is_empty() {
            bail!("no probe point matches {pattern}");
        }
        show::lines(points.iter().map(line))?;
    }
    Ok(())
}

/// A script that probes a pattern.
pub fn script(pattern: &str) -> String {
    format!("probe {pattern} {{\n}}\n")
}

/// A point and its variables on one line: `vfs.read file:long $file:struct file*`.
pub fn line(point: &ListedPoint) -> String {
    let variables = point.variables.iter().map(|variable| format!(" {}:{}", variable.name, variable.ty));
    point.name.clone() + &variables.collect::<String>()
}
