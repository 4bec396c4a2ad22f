// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which accelerator QEMU can use here.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::catalogue::Arch;
use crate::child::{Child, dying_with_us};
use crate::kernel::Kernel;
use crate::{cache, command};

/// The value of `-accel` for a guest: KVM where it works, else translation.
pub(crate) fn choose(kernel: &Kernel) -> Result<&'static str> {
    if kvm_works(kernel)? {
        return Ok("kvm");
    }
    // Before 10, an x86 guest with several CPUs on several threads now and then jumps to address 0.
    let old = kernel.cell.arch == Arch::Amd64 && version(kernel.cell.arch)? < 10;
    Ok(if old { "tcg,thread=single" } else { "tcg" })
}

/// QEMU's program for an instruction set.
pub(crate) fn program(arch: Arch) -> &'static str {
    match arch {
        Arch::Amd64 => "qemu-system-x86_64",
        Arch::Arm64 => "qemu-system-aarch64",
    }
}

fn version(arch: Arch) -> Result<u32> {
    let said = command::run(Command::new(program(arch)).arg("--version"))?;
    major(&String::from_utf8_lossy(&said)).context("QEMU does not tell its version")
}

/// 10 of `QEMU emulator version 10.0.2 (Debian …)`.
fn major(said: &str) -> Option<u32> {
    said.split_once("version ")?.1.split('.').next()?.parse().ok()
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
    let status = Child::spawn(qemu)?.wait(Duration::from_secs(5))?;
    Ok(status.is_some_and(|status| status.success()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(major("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1)"), Some(10));
        assert_eq!(major("QEMU emulator version 7.2.19"), Some(7));
        assert_eq!(major("something else"), None);
    }
}
