// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile build`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use spile_debuginfo::{KernelTarget, Kit, UserTarget};
use spile_frontend::target::Target;
use spile_vm_lab::Terminal;

use crate::args::{Build, CompileFor, TargetName};
use crate::compile::Request;
use crate::place::Place;
use crate::target::host_arch;

/// Compiles a script into an image file.
pub fn build(options: &Build) -> Result<()> {
    let request = Request::new(&options.script)?;
    let image = request.image(facts(&options.compile_for)?.as_ref())?;
    fs::write(&options.output, image).with_context(|| format!("cannot write {}", options.output.display()))
}

/// The kernel of a kit, with the debug information beside it (`KIT.debug`) where there is some.
pub fn kit(path: &Path) -> Result<KernelTarget> {
    let target = KernelTarget::new(Kit::read(path)?)?;
    let debug = path.with_extension("debug");
    Ok(if debug.is_file() { target.with_debug_file(debug) } else { target })
}

/// The facts about what is compiled for.
pub fn facts(options: &CompileFor) -> Result<Box<dyn Target>> {
    if let Some(path) = &options.kit {
        return Ok(Box::new(kit(path)?));
    }
    let target = options.target.clone().map_or_else(TargetName::from_environment, Ok)?;
    Ok(match target {
        TargetName::User => Box::new(UserTarget::new(options.arch.unwrap_or_else(host_arch))?),
        _ => Place::open(&target, 1, Terminal::or_lines().as_ref())?.facts,
    })
}
