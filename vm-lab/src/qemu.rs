// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU's command line for a lab machine.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::accel;
use crate::catalogue::Arch;
use crate::child::dying_with_us;
use crate::kernel::Kernel;

/// What may differ between machines of one kernel.
#[derive(Clone, Debug)]
pub(crate) struct Hardware {
    pub cpus: u32,
    pub memory_mib: u32,
    /// One instruction a virtual nanosecond, and every run alike.
    pub icount: bool,
    /// Boot as a user's machine does, with KASLR.
    pub kaslr: bool,
    /// More for the kernel's command line.
    pub append: String,
}

/// Where a machine's console goes.
pub(crate) enum Console<'a> {
    /// To files in this directory: `console`, and `status` from the guest's init. The stream is QEMU's standard input.
    Files(&'a Path),
    /// To our terminal; there are no streams.
    Terminal,
}

/// The command that boots `kernel` with the initramfs `initrd`.
pub(crate) fn command(kernel: &Kernel, hardware: &Hardware, initrd: &Path, console: &Console<'_>) -> Result<Command> {
    let arch = kernel.cell.arch;
    let accel = if hardware.icount { "tcg" } else { accel::choose(kernel)? };
    let mut qemu = dying_with_us(accel::program(arch));
    qemu.args(["-no-user-config", "-nodefaults", "-display", "none", "-no-reboot", "-accel", accel]);
    qemu.args(match arch {
        Arch::Amd64 if accel == "kvm" => ["-machine", "pc", "-cpu", "host"],
        Arch::Amd64 => ["-machine", "pc", "-cpu", "max"],
        Arch::Arm64 if accel == "kvm" => ["-machine", "virt", "-cpu", "host"],
        // The architecture's own pointer authentication is costly to translate.
        Arch::Arm64 => ["-machine", "virt", "-cpu", "max,pauth-impdef=on"],
    });
    qemu.args(["-smp", &hardware.cpus.to_string(), "-m", &hardware.memory_mib.to_string()]);
    if hardware.icount {
        qemu.args(["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2026-01-01,clock=vm"]);
    }
    let image = if hardware.kaslr { kernel.vmlinuz() } else { kernel.fast_image() };
    qemu.arg("-kernel").arg(image).arg("-initrd").arg(initrd);
    qemu.arg("-append").arg(kernel_arguments(arch, hardware, console));
    match console {
        Console::Terminal => {
            qemu.args(["-serial", "mon:stdio"]);
        }
        Console::Files(dir) => streams(&mut qemu, dir),
    }
    Ok(qemu)
}

/// The console's file, and two virtio-serial ports: the program's stream, and what init has to say.
fn streams(qemu: &mut Command, dir: &Path) {
    let file = |name: &str| format!("path={}", dir.join(name).display().to_string().replace(',', ",,"));
    qemu.arg("-chardev").arg(format!("file,id=console,{}", file("console")));
    qemu.arg("-chardev").arg(format!("file,id=status,{}", file("status")));
    qemu.args(["-serial", "chardev:console", "-device", "virtio-serial-pci"]);
    qemu.args(["-chardev", "socket,id=program,fd=0", "-device", "virtserialport,chardev=program,name=spile.program"]);
    qemu.args(["-device", "virtserialport,chardev=status,name=spile.status"]);
}

fn kernel_arguments(arch: Arch, hardware: &Hardware, console: &Console<'_>) -> String {
    let port = match arch {
        Arch::Amd64 => "ttyS0",
        Arch::Arm64 => "ttyAMA0",
    };
    // A splat's lines are of level 4 and below; the boot's chatter (6) would take longer to print than to boot.
    let level = if matches!(console, Console::Terminal) { 7 } else { 5 };
    let mut arguments = vec![
        format!("console={port} loglevel={level} printk.time=1"),
        // A machine that oopsed proves nothing any more: it ends, and QEMU with it.
        "oops=panic panic=-1".into(),
        // Saves half a second.
        "cryptomgr.notests=1 raid=noautodetect random.trust_cpu=on".into(),
        // A busy host makes a translated machine look stalled.
        "rcupdate.rcu_cpu_stall_timeout=100 watchdog_thresh=50".into(),
    ];
    if arch == Arch::Amd64 {
        // So much that the kernel would believe its timer broken, and panic.
        arguments.push("no_timer_check".into());
    }
    if hardware.icount || !hardware.kaslr {
        arguments.push("nokaslr".into());
    }
    if !hardware.append.is_empty() {
        arguments.push(hardware.append.clone());
    }
    arguments.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hardware() -> Hardware {
        Hardware { cpus: 2, memory_mib: 512, icount: false, kaslr: false, append: "quiet".into() }
    }

    #[test]
    fn arguments_of_the_kernel() {
        let files = Console::Files(Path::new("/x"));
        let arguments = kernel_arguments(Arch::Arm64, &hardware(), &files);
        assert!(arguments.starts_with("console=ttyAMA0 loglevel=5 "), "{arguments}");
        assert!(arguments.ends_with(" nokaslr quiet"), "{arguments}");
        let kaslr = Hardware { kaslr: true, append: String::new(), ..hardware() };
        let arguments = kernel_arguments(Arch::Amd64, &kaslr, &Console::Terminal);
        assert!(arguments.starts_with("console=ttyS0 loglevel=7 ") && !arguments.contains("nokaslr"), "{arguments}");
        assert!(arguments.ends_with(" no_timer_check"), "{arguments}");
    }

    #[test]
    fn a_comma_in_a_path_is_no_separator() {
        let mut qemu = Command::new("qemu");
        streams(&mut qemu, Path::new("/a,b"));
        let args: Vec<_> = qemu.get_args().map(|arg| arg.to_string_lossy()).collect();
        assert_eq!(args[1], "file,id=console,path=/a,,b/console");
    }
}
