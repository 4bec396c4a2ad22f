// SPDX-License-Identifier: MIT OR Apache-2.0
//! A root file system of Debian 13, whose compilers build modules for kernels newer than this machine's Debian.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::progress::Progress;
use crate::{cache, command};

// perl and python3 run kernel-doc, which checks comments in builds with W=1.
const PACKAGES: &str = "gcc-14,gcc-14-aarch64-linux-gnu,gcc-14-x86-64-linux-gnu,binutils-aarch64-linux-gnu,\
    make,pahole,libelf1t64,libc6-dev,perl,python3";

/// The root, made at its first use.
pub(crate) fn trixie(progress: &dyn Progress) -> Result<PathBuf> {
    let mut packages = DefaultHasher::new();
    PACKAGES.hash(&mut packages);
    let root = cache::lab()?.join(format!("roots/trixie-{:016x}", packages.finish()));
    cache::directory(&root, |to| {
        progress.step("making a Debian 13 root for its compilers (once)");
        let sources = [
            "deb http://deb.debian.org/debian trixie main",
            "deb http://deb.debian.org/debian-security trixie-security main",
        ];
        command::run(
            Command::new("mmdebstrap")
                .args(["--quiet", "--variant=apt", "--include", PACKAGES, "trixie"])
                .arg(to)
                .args(sources),
        )
        .context("cannot make the Debian 13 root with mmdebstrap")?;
        Ok(())
    })?;
    Ok(root)
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
