// SPDX-License-Identifier: MIT OR Apache-2.0
//! Machines whose program is a shell script of a test, with kshim and the agent at hand.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use spile_vm_lab::machine::MachineBuilder;
use spile_vm_lab::{Cell, Silent};

use crate::machines;

/// What a machine may take at most, on a host that is busy with other things: a guard against hanging only.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// A machine to be filled and run.
pub struct Guest {
    machine: MachineBuilder,
}

impl Guest {
    /// Two CPUs; kshim is loaded (from `/lib/kshim.ko`), and the agent in `/bin`.
    pub fn new(cell: Cell) -> Result<Self> {
        Ok(Self { machine: machines::builder(cell, &Silent)?.smp(2) })
    }

    /// Two CPUs, and none of ours in it.
    pub fn bare(cell: Cell) -> Result<Self> {
        Ok(Self { machine: spile_vm_lab::Machine::builder(&cell.prepare(&Silent)?).smp(2) })
    }

    /// One CPU, on which a nanosecond is an instruction.
    pub fn counting(cell: Cell) -> Result<Self> {
        Ok(Self { machine: machines::builder(cell, &Silent)?.icount() })
    }

    /// With so many CPUs instead.
    pub fn cpus(self, cpus: u32) -> Self {
        Self { machine: self.machine.smp(cpus) }
    }

    /// With so much memory instead.
    pub fn memory_mib(self, mib: u32) -> Self {
        Self { machine: self.machine.memory_mib(mib) }
    }

    /// With a file.
    pub fn file(self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        Self { machine: self.machine.file(path, content) }
    }

    /// With a copy of a file of the host.
    pub fn host_file(self, path: &str, host: &Path) -> Self {
        Self { machine: self.machine.host_file(path, host) }
    }

    /// Runs a shell script. Gives what it printed; it must succeed, and the kernel must not complain.
    pub fn run(self, script: &str) -> Result<String> {
        let mut machine = self.machine.command(script).start()?;
        let mut stream = machine.stream()?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut said = Vec::new();
        let read = stream.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said).into_owned();
        read.with_context(|| format!("the machine fell silent; it said\n{said}\nits console\n{}", machine.console()))?;
        let verdict = machine.wait(PATIENCE)?;
        ensure!(verdict.is_clean(), "{verdict}\nthe script said\n{said}\nthe console\n{}", machine.console());
        Ok(said)
    }
}
