// SPDX-License-Identifier: MIT OR Apache-2.0
//! The root of a lab machine: busybox, an init, the modules and programs of this run. It lives in memory.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::catalogue::Arch;
use crate::cpio::Archive;
use crate::kernel::Kernel;
use crate::{cache, command};

const INIT: &str = include_str!("init.sh");

/// What the streams to the host need where it is not built in.
const MODULES: &[&str] = &["virtio_pci", "virtio_console"];

/// What is in the machine beside busybox.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    /// kshim.ko, if it is to be loaded.
    pub kshim: Option<PathBuf>,
    /// The command line, for a shell, whose standard input and output are the stream.
    pub program: String,
    /// A shell on the console instead.
    pub interactive: bool,
    /// Files by path in the machine.
    pub files: Vec<(String, Vec<u8>)>,
}

/// The archive that the kernel unpacks.
pub(crate) fn build(kernel: &Kernel, contents: &Contents) -> Result<Vec<u8>> {
    let mut archive = Archive::new();
    for dir in ["/bin", "/dev", "/etc", "/lib", "/lib/modules", "/proc", "/sys", "/tmp"] {
        archive.directory(dir);
    }
    // The kernel opens the console before init can mount /dev.
    archive.character_device("/dev/console", 5, 1);
    archive.file("/init", 0o755, INIT.as_bytes());
    add_busybox(&mut archive, kernel.cell.arch)?;
    for (index, module) in kernel.module_files(MODULES)?.iter().enumerate() {
        archive.file(&format!("/lib/modules/{index:02}-{}.ko", module.name), 0o644, &module.bytes);
    }
    if let Some(kshim) = &contents.kshim {
        archive.file("/lib/kshim.ko", 0o644, &read(kshim)?);
    }
    if contents.interactive {
        archive.file("/interactive", 0o644, b"");
    }
    archive.file("/program", 0o755, format!("#!/bin/sh\n{}\n", contents.program).as_bytes());
    let mut made: BTreeSet<String> = ["", "/bin", "/etc", "/lib", "/tmp"].map(str::to_owned).into();
    for (path, bytes) in &contents.files {
        add_parents(&mut archive, path, &mut made);
        archive.file(path, 0o755, bytes);
    }
    Ok(archive.finish())
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn add_busybox(archive: &mut Archive, arch: Arch) -> Result<()> {
    let host = Path::new("/bin/busybox");
    let path = match arch {
        Arch::Amd64 => host.to_owned(),
        Arch::Arm64 => cache::root()?.join("busybox/aarch64/busybox"),
    };
    let busybox = read(&path).context("the lab needs busybox for its machines: run ci/setup")?;
    archive.file("/bin/busybox", 0o755, &busybox);
    // Both are Debian's, with the same programs in them.
    let applets = command::run(Command::new(host).arg("--list"))?;
    for applet in String::from_utf8_lossy(&applets).lines().filter(|name| *name != "busybox") {
        archive.symlink(&format!("/bin/{applet}"), "busybox");
    }
    Ok(())
}

/// Adds the directories above `path` that are not there yet.
fn add_parents(archive: &mut Archive, path: &str, made: &mut BTreeSet<String>) {
    for (at, _) in path.match_indices('/') {
        let dir = &path[..at];
        if made.insert(dir.to_owned()) {
            archive.directory(dir);
        }
    }
}
