// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which accelerator QEMU can use here.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::cache;
use crate::catalogue::Arch;
use crate::child::{Child, dying_with_us};
use crate::kernel::Kernel;

/// The value of `-accel` for a guest: KVM where it works, else translation.
pub(crate) fn choose(kernel: &Kernel) -> Result<&'static str> {
    if kvm_works(kernel)? {
        return Ok("kvm");
    }
    // With a thread for each CPU an x86 guest now and then jumps to address 0 while the kernel patches code under it:
    // often before QEMU 10, and still with 10.0.2, also on a stock kernel whose own kprobes are toggled.
    Ok(if kernel.cell.arch == Arch::Amd64 { "tcg,thread=single" } else { "tcg" })
}

/// QEMU's program for an instruction set.
pub(crate) fn program(arch: Arch) -> &'static str {
    match arch {
        Arch::Amd64 => "qemu-system-x86_64",
        Arch::Arm64 => "qemu-system-aarch64",
    }
}

/// Does KVM run this kernel here? `/dev/kvm` may exist and yet abort or hang, so it is tried, once per boot of this
/// machine. `SPILE_LAB_ACCEL=tcg` answers no.
fn kvm_works(kernel: &Kernel) -> Result<bool> {
    let native = std::env::consts::ARCH == kernel.cell.arch.machine();
    let wanted = std::env::var("SPILE_LAB_ACCEL").map_or(true, |accel| accel == "kvm");
    let present = fs::File::options().read(true).write(true).open("/dev/kvm").is_ok();
    if !(native && wanted && present) {
        return Ok(false);
    }
    let known = known_answer()?;
    let _lock = cache::lock(&known)?;
    if let Ok(answer) = fs::read_to_string(&known) {
        return Ok(answer == "yes");
    }
    let works = trial(kernel)?;
    cache::write(&known, if works { "yes" } else { "no" })?;
    Ok(works)
}

/// The file that holds the answer for this boot.
fn known_answer() -> Result<PathBuf> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").context("cannot read the boot id")?;
    Ok(cache::lab()?.join(format!("kvm-{}", boot.trim())))
}

/// Boots the kernel without a root: where KVM works it panics, and so powers off, in a second.
fn trial(kernel: &Kernel) -> Result<bool> {
    let mut qemu = dying_with_us(program(kernel.cell.arch));
    let machine = match kernel.cell.arch {
        Arch::Amd64 => "pc",
        Arch::Arm64 => "virt",
    };
    qemu.args(["-machine", machine, "-accel", "kvm", "-cpu", "host", "-m", "512", "-nodefaults", "-display", "none"]);
    qemu.args(["-no-reboot", "-append", "panic=-1", "-kernel"]).arg(kernel.fast_image());
    qemu.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = Child::spawn(qemu, Duration::MAX)?.wait(Duration::from_secs(5))?;
    Ok(status.is_some_and(|status| status.success()))
}
