// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile list`, and what it shares with `stap -l`.

use std::io;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use spile_agent::command_line::DEFAULT_RING_BYTES;
use spile_frontend::analyse::ListedPoint;
use spile_frontend::library::TapsetLibrary;
use spile_session::Session;
use spile_vm_lab::Terminal;

use crate::args::{List, TargetName};
use crate::build::facts;
use crate::compile::Request;
use crate::diagnostics::Warnings;
use crate::place::Place;
use crate::{show, source};

/// Lists probe points. It is an error if there are none.
pub fn list(options: &List) -> Result<()> {
    let mut library = TapsetLibrary::builtin();
    for directory in &options.include {
        source::add_directory(&mut library, directory)?;
    }
    if options.how {
        return how(options, &library);
    }
    let facts = facts(&options.compile_for)?;
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

/// Attaches probes to all points, and says how.
fn how(options: &List, library: &TapsetLibrary) -> Result<()> {
    ensure!(options.compile_for.kit.is_none(), "how probes are attached is known where they are: a kit cannot tell");
    let target = options.compile_for.target.clone().map_or_else(TargetName::from_environment, Ok)?;
    let mut place = Place::open(&target, 1, Terminal::or_lines().as_ref())?;
    // Without something to do there would be no handler.
    let probes = options.patterns.iter().map(|pattern| format!("probe {pattern} {{ exit() }}\n")).collect::<String>();
    let script = source::source(source::COMMAND_LINE, &probes);
    let image = Request::scripts(vec![script], library.clone()).quiet().image(place.facts.as_ref())?;
    let session = Session {
        image: &image,
        ring_bytes: DEFAULT_RING_BYTES,
        attach: options.attach.unwrap_or(0),
        timeout: Some(Duration::ZERO),
        verbose: 2,
        quiet: true,
        ..Session::default()
    };
    place.agent()?.run(&session, io::sink(), io::stdout().lock(), &AtomicBool::new(false))?;
    place.close()
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
