// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is built for the machines: the load, the module, the BPF programs and their loader.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use spile_tests::machines;
use spile_vm_lab::kshim::{self, Source};
use spile_vm_lab::machine::MachineBuilder;
use spile_vm_lab::{Arch, Cell, Progress};

use crate::bpftrace;
use crate::engines::Engine;

/// Where the guest has what.
pub const LOAD: &str = "/bin/load";
/// The C module.
pub const FLOOR: &str = "/lib/floor.ko";
/// The loader of BPF programs, and the programs.
pub const BPF_LOADER: &str = "/bin/bpf-loader";
/// Compiled with `clang -target bpf`.
pub const BPF_PROGRAMS: &str = "/lib/works.bpf.o";

/// How long a machine may live: one that hangs must not hold up the others.
const LIFE: Duration = Duration::from_secs(3600);

/// A machine in which virtual nanoseconds are instructions, with what the engines need.
pub fn machine(cell: Cell, cpus: u32, engines: &[Engine], progress: &dyn Progress) -> Result<MachineBuilder> {
    let mut builder = machines::builder(cell, progress)?.icount().smp(cpus).life_limit(LIFE);
    if cell.arch == Arch::Arm64 {
        // A task with SVE's registers in use pays for them at each system call, until another's take their place.
        builder = builder.append("arm64.nosve arm64.nosme");
    }
    builder = builder.host_file(LOAD, program(cell.arch, "load")?);
    for engine in engines {
        builder = match engine {
            Engine::Spile => builder,
            Engine::Floor => builder.host_file(FLOOR, floor(cell, progress)?),
            Engine::Bpf => builder
                .host_file(BPF_LOADER, program(cell.arch, "bpf-loader")?)
                .host_file(BPF_PROGRAMS, bpf_programs(cell.arch)?),
            Engine::Bpftrace => {
                let files = bpftrace::files(cell.arch, progress)?;
                files
                    .into_iter()
                    .fold(builder, |builder, (guest, host)| builder.host_file(&guest, host))
                    .memory_mib(2048)
            }
        };
    }
    Ok(builder)
}

/// The module with every work in C.
fn floor(cell: Cell, progress: &dyn Progress) -> Result<PathBuf> {
    let base = machines::root();
    let target = base.join("target/bench/floor");
    let source = Source { module: "bench/floor".into(), include: Vec::new(), target, base, variables: Vec::new() };
    kshim::build(&source, &cell.prepare(progress)?, progress)
}

/// A static program from one file of `bench/guest`.
fn program(arch: Arch, name: &str) -> Result<PathBuf> {
    let source = machines::root().join(format!("bench/guest/{name}.c"));
    let compiler = match arch {
        Arch::Amd64 => "gcc",
        Arch::Arm64 => "aarch64-linux-gnu-gcc",
    };
    let mut command = Command::new(compiler);
    command.args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-static"]);
    compile(command, &source, &output(arch, name)?)
}

/// The BPF programs: kprobes read their arguments from registers, so they differ by instruction set.
fn bpf_programs(arch: Arch) -> Result<PathBuf> {
    let source = machines::root().join("bench/bpf/works.bpf.c");
    let mut command = Command::new("clang-14");
    command.args(["-target", "bpf", "-mcpu=v3", "-O2", "-Wall", "-Wextra", "-Werror", "-c"]);
    command.arg(match arch {
        Arch::Amd64 => "-DX86_64",
        Arch::Arm64 => "-DAARCH64",
    });
    compile(command, &source, &output(arch, "works.bpf.o")?)
}

fn output(arch: Arch, name: &str) -> Result<PathBuf> {
    let dir = machines::root().join("target/bench").join(arch.machine());
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    Ok(dir.join(name))
}

fn compile(mut command: Command, source: &Path, output: &Path) -> Result<PathBuf> {
    let done = command.arg("-o").arg(output).arg(source).output();
    let done = done.with_context(|| format!("cannot start {:?}: run ci/setup", command.get_program()))?;
    ensure!(done.status.success(), "cannot compile {}:\n{}", source.display(), String::from_utf8_lossy(&done.stderr));
    Ok(output.to_owned())
}
