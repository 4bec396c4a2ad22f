// SPDX-License-Identifier: MIT OR Apache-2.0
//! The place where a script runs: the facts first, and an agent once there is something to run.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use spile_agent::kernel::DEVICE;
use spile_debuginfo::{KernelTarget, Kit, UserTarget};
use spile_frontend::target::Target;
use spile_session::Agent;
use spile_vm_lab::{Cell, Progress, RunningMachine};

use crate::args::TargetName;
use crate::target::{checkout, host_arch, lab_machine, live_kit, local_kit, serve_here};

/// How long a lab machine may take to power off.
const POWER_OFF: Duration = Duration::from_secs(60);

/// The kit of a target's kernel.
pub fn kit(name: &TargetName, progress: &dyn Progress) -> Result<Kit> {
    match name {
        TargetName::User => bail!("an ordinary process has no kernel to know about"),
        TargetName::Local => local_kit(progress),
        TargetName::Vm(cell) => {
            let (_machine, mut agent) = boot(*cell, 1, progress)?;
            live_kit(&mut agent, progress)
        }
    }
}

fn boot(cell: Cell, smp: u32, progress: &dyn Progress) -> Result<(RunningMachine, Agent)> {
    let machine = lab_machine(&checkout()?, cell, progress)?.smp(smp).start_with(progress)?;
    let stream = machine.stream()?;
    let agent = Agent::connect(stream.try_clone()?, stream)?;
    Ok((machine, agent))
}

/// A place to compile for, and to run in.
pub struct Place {
    /// The facts.
    pub facts: Box<dyn Target>,
    is_user: bool,
    agent: Option<Agent>,
    machine: Option<RunningMachine>,
}

impl Place {
    /// Finds out about a target; a lab machine is booted for that. Needs no privilege.
    pub fn open(name: &TargetName, smp: u32, progress: &dyn Progress) -> Result<Self> {
        let mut place =
            Self { facts: Box::new(UserTarget::new(host_arch())?), is_user: true, agent: None, machine: None };
        match name {
            TargetName::User => {}
            TargetName::Local => {
                place.learn(KernelTarget::new(local_kit(progress)?)?.with_installed_debug_file());
            }
            TargetName::Vm(cell) => {
                let (machine, mut agent) = boot(*cell, smp, progress)?;
                place.learn(KernelTarget::new(live_kit(&mut agent, progress)?)?);
                (place.agent, place.machine) = (Some(agent), Some(machine));
            }
        }
        Ok(place)
    }

    fn learn(&mut self, kernel: KernelTarget) {
        (self.facts, self.is_user) = (Box::new(kernel), false);
    }

    /// The agent there; it is started for the first who asks.
    pub fn agent(&mut self) -> Result<&mut Agent> {
        let agent = match self.agent.take() {
            Some(agent) => agent,
            None if self.is_user => serve_here(&["--user"])?,
            None if !Path::new(DEVICE).exists() => bail!(
                "scripts run in this machine's kernel through kshim, which is not loaded (there is no {DEVICE}): \
                 insmod kshim.ko, or say where else to run with SPILE_TARGET=user or SPILE_TARGET=vm:CELL"
            ),
            None => serve_here(&[])?,
        };
        Ok(self.agent.insert(agent))
    }

    /// Leaves. A lab machine is powered off, and what its kernel complained of is an error.
    pub fn close(self) -> Result<()> {
        drop(self.agent);
        if let Some(mut machine) = self.machine {
            let verdict = machine.shutdown(POWER_OFF)?;
            ensure!(verdict.is_clean(), "the kernel complained:\n{verdict}");
        }
        Ok(())
    }
}
