// SPDX-License-Identifier: MIT OR Apache-2.0
//! Targets: a connection to an agent, and the facts that compiling needs.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use spile_debuginfo::{KernelTarget, Kit, UserTarget};
use spile_frontend::target::{Arch, Target};
use spile_session::Agent;
use spile_vm_lab::{Cell, Machine, MachineBuilder, Progress, RunningMachine, kshim};

use crate::args::TargetName;

/// A connected target.
pub struct Connected {
    /// The agent there.
    pub agent: Agent,
    /// The facts.
    pub facts: Box<dyn Target>,
    /// The machine that was booted for it.
    pub machine: Option<RunningMachine>,
}

/// Connects to a target, and boots it first where it is a lab machine.
pub fn connect(name: &TargetName, smp: u32, progress: &dyn Progress) -> Result<Connected> {
    match name {
        TargetName::User => {
            let agent = serve_here(&["--user"])?;
            Ok(Connected { agent, facts: Box::new(UserTarget::new(host_arch())?), machine: None })
        }
        TargetName::Local => {
            let mut agent = serve_here(&[])?;
            let kit = live_kit(&mut agent, progress)?;
            let facts = KernelTarget::new(kit)?.with_installed_debug_file();
            Ok(Connected { agent, facts: Box::new(facts), machine: None })
        }
        TargetName::Vm(cell) => {
            let machine = lab_machine(&checkout()?, *cell, progress)?.smp(smp).start_with(progress)?;
            let stream = machine.stream()?;
            let mut agent = Agent::connect(stream.try_clone()?, stream)?;
            let kit = live_kit(&mut agent, progress)?;
            Ok(Connected { agent, facts: Box::new(KernelTarget::new(kit)?), machine: Some(machine) })
        }
    }
}

/// Starts an agent on this machine: this command itself.
fn serve_here(arguments: &[&str]) -> Result<Agent> {
    let mut command = Command::new(env::current_exe().context("cannot find the spile command itself")?);
    command.args(["agent", "serve"]).args(arguments);
    Agent::spawn(command)
}

/// A machine of the lab with kshim and a serving agent, both from the checkout `root`, to be started.
pub fn lab_machine(root: &Path, cell: Cell, progress: &dyn Progress) -> Result<MachineBuilder> {
    let kernel = cell.prepare(progress)?;
    let module = kshim::build(&kshim::Source::kshim(root), &kernel, progress)?;
    let agent = agent_path(root, cell_arch(cell))?;
    Ok(Machine::builder(&kernel).agent_with(agent, "serve").kshim(module))
}

/// The instruction set of a lab machine.
pub fn cell_arch(cell: Cell) -> Arch {
    if cell.arch == spile_vm_lab::Arch::Amd64 { Arch::X86_64 } else { Arch::Aarch64 }
}

/// The instruction set that this command was built for.
pub fn host_arch() -> Arch {
    if cfg!(target_arch = "aarch64") { Arch::Aarch64 } else { Arch::X86_64 }
}

/// Where the checkout is: the lab builds kshim from it.
fn checkout() -> Result<PathBuf> {
    let exe = env::current_exe().unwrap_or_default();
    let here = env::current_dir().unwrap_or_default();
    let mut candidates = exe.ancestors().chain(here.ancestors());
    let found = candidates.find(|directory| directory.join("kshim/Kbuild").exists());
    found.map(Path::to_owned).context("the lab needs Spile's source tree: run spile from a checkout")
}

/// The static agent for an instruction set.
pub fn agent_path(root: &Path, arch: Arch) -> Result<PathBuf> {
    let path = root.join(format!("target/agents/{arch}/spile-agent"));
    if !path.exists() {
        bail!("there is no agent for {arch} at {}: run ci/build", path.display());
    }
    Ok(path)
}

/// The kit of the kernel where an agent runs: from the cache, or made of what the agent reads.
pub fn live_kit(agent: &mut Agent, progress: &dyn Progress) -> Result<Kit> {
    let hello = agent.hello().clone();
    let Some(cached) = kit_path(agent)? else { bail!("the target has no /sys/kernel/notes") };
    if let Ok(kit) = Kit::read(&cached) {
        return Ok(kit);
    }
    progress.step("collecting facts about the kernel (once)");
    let arch = if hello.arch == "aarch64" { Arch::Aarch64 } else { Arch::X86_64 };
    let mut failure = None;
    let kit = Kit::from_facts(arch, &hello.release, |path| {
        agent.fact(path).unwrap_or_else(|error| {
            failure.get_or_insert(error);
            None
        })
    });
    if let Some(error) = failure {
        return Err(error);
    }
    let kit = kit?;
    if let Some(directory) = cached.parent() {
        fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    }
    kit.write(&cached)?;
    Ok(kit)
}

/// Where the kit of a kernel is cached: by its build id and the modules that are loaded.
fn kit_path(agent: &mut Agent) -> Result<Option<PathBuf>> {
    let Some(notes) = agent.fact("/sys/kernel/notes")? else { return Ok(None) };
    let modules = agent.fact("/proc/modules")?.unwrap_or_default();
    let modules = String::from_utf8_lossy(&modules);
    let mut names: Vec<_> = modules.lines().filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in notes.iter().chain(names.join(",").as_bytes()) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    }
    let hello = agent.hello();
    let name = format!("kits/{}-{}-{hash:016x}.kit", hello.release, hello.arch);
    Ok(Some(spile_vm_lab::cache::root()?.join(name)))
}
