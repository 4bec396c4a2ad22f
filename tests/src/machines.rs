// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lab machines for tests: booted with kshim and the agent, ready to run scripts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use spile_cli::compile::Request;
use spile_cli::target;
use spile_debuginfo::KernelTarget;
use spile_frontend::target::Arch;
use spile_session::Agent;
use spile_vm_lab::machine::MachineBuilder;
use spile_vm_lab::{Cell, Progress, RunningMachine};

/// How long a machine may take to power off.
const POWER_OFF: Duration = Duration::from_secs(60);

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/")).to_owned()
}

/// The instruction set of a cell.
pub fn arch(cell: Cell) -> Arch {
    target::cell_arch(cell)
}

/// A machine of a cell with kshim and a serving agent, to be started.
pub fn builder(cell: Cell, progress: &dyn Progress) -> Result<MachineBuilder> {
    target::lab_machine(&root(), cell, progress)
}

/// A running machine, its agent, and the facts on its kernel.
pub struct Lab {
    /// The agent in the machine.
    pub agent: Agent,
    /// The facts.
    pub facts: KernelTarget,
    machine: RunningMachine,
}

impl Lab {
    /// Boots a machine.
    pub fn start(machine: MachineBuilder, progress: &dyn Progress) -> Result<Self> {
        let machine = machine.start_with(progress)?;
        let stream = machine.stream()?;
        let mut agent = Agent::connect(stream.try_clone()?, stream)?;
        let facts = KernelTarget::new(target::live_kit(&mut agent, progress)?)?;
        Ok(Self { agent, facts, machine })
    }

    /// Compiles a script for the machine's kernel.
    pub fn compile(&self, script: &str) -> Result<Vec<u8>> {
        Request::text("<bench>", script).image(&self.facts)
    }

    /// Ends the machine; a complaint of its kernel is an error.
    pub fn finish(mut self) -> Result<()> {
        drop(self.agent);
        let verdict = self.machine.shutdown(POWER_OFF)?;
        ensure!(verdict.is_clean(), "the kernel complained:\n{verdict}");
        Ok(())
    }
}
