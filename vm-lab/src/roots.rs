// SPDX-License-Identifier: MIT OR Apache-2.0
//! Root file systems of Debian 13: one whose compilers build modules for kernels newer than this machine's Debian, and
//! others to take programs of either instruction set from.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::catalogue::Arch;
use crate::progress::Progress;
use crate::{cache, command};

// perl and python3 run kernel-doc, which checks comments in builds with W=1.
const PACKAGES: &str = "gcc-14,gcc-14-aarch64-linux-gnu,gcc-14-x86-64-linux-gnu,binutils-aarch64-linux-gnu,\
    make,pahole,libelf1t64,libc6-dev,perl,python3";

const SOURCES: [&str; 2] =
    ["deb http://deb.debian.org/debian trixie main", "deb http://deb.debian.org/debian-security trixie-security main"];

/// The root with compilers, made at its first use.
pub(crate) fn trixie(progress: &dyn Progress) -> Result<PathBuf> {
    let root = cache::lab()?.join(format!("roots/trixie-{:016x}", hash(PACKAGES)));
    make(&root, "making a Debian 13 root for its compilers (once)", &["--variant=apt"], PACKAGES, progress)?;
    Ok(root)
}

/// Packages of Debian 13 and all that they depend on, unpacked but not set up. Nothing in it can be run here.
pub fn unpacked(arch: Arch, packages: &str, progress: &dyn Progress) -> Result<PathBuf> {
    let root = cache::lab()?.join(format!("roots/unpacked-{}-{:016x}", arch.debian(), hash(packages)));
    let step = format!("unpacking {packages} of Debian 13 for {} (once)", arch.machine());
    make(&root, &step, &["--variant=extract", "--architectures", arch.debian()], packages, progress)?;
    Ok(root)
}

fn hash(packages: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    packages.hash(&mut hasher);
    hasher.finish()
}

/// Makes a root, unless it exists. apt checks signatures and checksums.
fn make(root: &Path, step: &str, options: &[&str], packages: &str, progress: &dyn Progress) -> Result<()> {
    cache::directory(root, |to| {
        progress.step(step);
        let mut mmdebstrap = Command::new("mmdebstrap");
        mmdebstrap.arg("--quiet").args(options).args(["--include", packages, "trixie"]).arg(to).args(SOURCES);
        command::run(&mut mmdebstrap).context("cannot make the Debian 13 root with mmdebstrap")?;
        Ok(())
    })
}

/// A command that runs inside `root`, with `/proc` and the directories `shared` where they are here.
///
/// The mounts are in a namespace of their own and vanish with the command.
pub(crate) fn enter(root: &Path, shared: &[&Path]) -> Command {
    // $1 is the root, then the shared directories up to `--`, then the command.
    const SCRIPT: &str = r#"
        set -e
        root=$1; shift
        mount -t proc proc "$root/proc"
        while [ "$1" != -- ]; do mkdir -p "$root$1"; mount --bind "$1" "$root$1"; shift; done
        shift
        exec chroot "$root" "$@"
    "#;
    let mut command = Command::new("unshare");
    if !nix::unistd::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", SCRIPT, "enter"]);
    command.arg(root).args(shared).arg("--");
    command
}
