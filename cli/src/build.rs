// SPDX-License-Identifier: MIT OR Apache-2.0
//! `spile build`.

use std::fs;

use anyhow::{Context, Result};
use spile_debuginfo::{KernelTarget, Kit, UserTarget};
use spile_frontend::target::Target;
use spile_vm_lab::Terminal;

use crate::args::{Build, TargetName};
use crate::compile::Request;
use crate::target::{connect, host_arch};

/// Compiles a script into an image file.
pub fn build(options: &Build) -> Result<()> {
    let request = Request::new(&options.script)?;
    let facts: Box<dyn Target> = match (&options.kit, &options.target) {
        (Some(path), _) => {
            let target = KernelTarget::new(Kit::read(path)?)?;
            let debug = path.with_extension("debug");
            Box::new(if debug.is_file() { target.with_debug_file(debug) } else { target })
        }
        (None, TargetName::User) => Box::new(UserTarget::new(options.arch.unwrap_or_else(host_arch))?),
        (None, target) => connect(target, 1, Terminal::or_lines().as_ref())?.facts,
    };
    let image = request.image(facts.as_ref())?;
    fs::write(&options.output, image).with_context(|| format!("cannot write {}", options.output.display()))
}
