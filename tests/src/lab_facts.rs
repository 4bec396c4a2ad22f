// SPDX-License-Identifier: MIT OR Apache-2.0
//! What tests of the lab need to know of a kernel before they boot their own machine of it.

use anyhow::{Context, Result};
use spile_cli::compile::Request;
use spile_cli::target;
use spile_debuginfo::{KernelTarget, Kit};
use spile_frontend::analyse::Options;
use spile_session::Agent;
use spile_vm_lab::{Cell, Silent};

use crate::lab_guest::PATIENCE;
use crate::lab_run::NO_OVERLOAD;
use crate::machines;

/// The kit of a cell's kernel, from a machine that is booted for it.
pub fn kit(cell: Cell) -> Result<Kit> {
    let mut machine = machines::builder(cell, &Silent)?.start()?;
    let stream = machine.stream()?;
    let mut agent = Agent::connect(stream.try_clone()?, stream)?;
    let kit = target::live_kit(&mut agent, &Silent)?;
    drop(agent);
    machine.wait(PATIENCE)?;
    Ok(kit)
}

/// Compiles scripts for a kernel.
pub struct Compiler {
    facts: KernelTarget,
}

impl Compiler {
    /// For a cell's kernel.
    pub fn new(cell: Cell) -> Result<Self> {
        Ok(Self { facts: KernelTarget::new(kit(cell)?)? })
    }

    /// The image of a script with these arguments. It may skip as many hits as it likes, since they are counted.
    pub fn image(&self, name: &str, script: &str, args: &[&str]) -> Result<Vec<u8>> {
        // Sessions that share globals with interrupts skip hits, and would fail after 100 of them.
        let limits = vec![("MAXSKIPPED".into(), "1000000000".into()), (NO_OVERLOAD.into(), "1".into())];
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        let request = Request::text(name, script).with_options(Options { args, limits, ..Options::default() });
        request.image(&self.facts).with_context(|| format!("compiling {name}"))
    }
}
