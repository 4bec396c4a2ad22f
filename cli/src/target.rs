// SPDX-License-Identifier: MIT OR Apache-2.0
//! Targets: agents, lab machines, and the kits of kernels.

use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use spile_debuginfo::Kit;
use spile_frontend::target::Arch;
use spile_session::Agent;
use spile_vm_lab::{Cell, Machine, MachineBuilder, Progress, kshim};

/// Starts an agent on this machine: this command itself, under whatever name it was called.
pub fn serve_here(arguments: &[&str]) -> Result<Agent> {
    let mut command = Command::new(env::current_exe().context("cannot find the spile command itself")?);
    command.arg0("spile").args(["agent", "serve"]).args(arguments);
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
pub fn checkout() -> Result<PathBuf> {
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
    let arch = if hello.arch == "aarch64" { Arch::Aarch64 } else { Arch::X86_64 };
    kit(arch, &hello.release, true, progress, |path| agent.fact(path))
}

/// The kit of this machine's kernel. Only root sees all there is to know: another user's is not kept.
pub fn local_kit(progress: &dyn Progress) -> Result<Kit> {
    let release = nix::sys::utsname::uname().context("cannot find out the kernel's release")?;
    let release = release.release().to_string_lossy().into_owned();
    let keep = nix::unistd::geteuid().is_root();
    kit(host_arch(), &release, keep, progress, |path| Ok(fs::read(path).ok()))
}

/// The kit of a kernel, some of whose files can be read: from the cache, or a new one, which is kept there if that is wanted.
fn kit(
    arch: Arch,
    release: &str,
    keep: bool,
    progress: &dyn Progress,
    mut read: impl FnMut(&str) -> Result<Option<Vec<u8>>>,
) -> Result<Kit> {
    let Some(notes) = read("/sys/kernel/notes")? else { bail!("the target has no /sys/kernel/notes") };
    let modules = read("/proc/modules")?.unwrap_or_default();
    let cached = cached_kits()?.join(format!("{release}-{arch}-{:016x}.kit", kernel_hash(&notes, &modules)));
    if let Ok(kit) = Kit::read(&cached) {
        return Ok(kit);
    }
    progress.step("collecting facts about the kernel (once)");
    let mut failure = None;
    let kit = Kit::from_facts(arch, release, |path| {
        read(path).unwrap_or_else(|error| {
            failure.get_or_insert(error);
            None
        })
    });
    if let Some(error) = failure {
        return Err(error);
    }
    let kit = kit?;
    if keep {
        let directory = cached_kits()?;
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        kit.write(&cached)?;
    }
    Ok(kit)
}

/// Where kits are kept, `RELEASE-ARCH-HASH.kit`.
pub fn cached_kits() -> Result<PathBuf> {
    Ok(spile_vm_lab::cache::root()?.join("kits"))
}

/// Tells kernels apart by their build id and the modules that are loaded.
fn kernel_hash(notes: &[u8], modules: &[u8]) -> u64 {
    let modules = String::from_utf8_lossy(modules);
    let mut names: Vec<_> = modules.lines().filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    hash(&[notes, names.join(",").as_bytes()].concat())
}

/// A number for a file's name: FNV-1a.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
