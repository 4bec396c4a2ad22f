// SPDX-License-Identifier: MIT OR Apache-2.0
//! Builds kshim, or any module laid out alike, for a kernel. The checkout stays clean: sources are copied.

use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::catalogue::{Arch, Toolchain};
use crate::kernel::Kernel;
use crate::progress::Progress;
use crate::{cache, command, roots};

/// What to build, and where.
#[derive(Clone, Debug)]
pub struct Source {
    /// The directory with the module's Kbuild.
    pub module: PathBuf,
    /// Directories copied beside it under their path below `base`, such as `abi/include`.
    pub include: Vec<PathBuf>,
    /// What the paths above are relative to.
    pub base: PathBuf,
    /// Where the build directories are, one a cell.
    pub target: PathBuf,
    /// Variables for make, as `NAME=VALUE`.
    pub variables: Vec<String>,
}

impl Source {
    /// kshim in the checkout at `root`, built below its `target/kshim`.
    pub fn kshim(root: &Path) -> Source {
        Source {
            module: "kshim".into(),
            include: vec!["abi/include".into()],
            base: root.to_owned(),
            target: root.join("target/kshim"),
            variables: Vec::new(),
        }
    }

    /// kshim for tests, in which any call that may fail can be made to.
    pub fn kshim_with_faults(root: &Path) -> Source {
        let kshim = Source::kshim(root);
        Source { target: root.join("target/kshim-faults"), variables: vec!["SPILE_FAULTS=y".into()], ..kshim }
    }
}

/// Builds the module for `kernel`, with `W=1`; a warning is an error. Gives the path of the `.ko`, below
/// `target/CELL/`. Nothing is done when neither sources nor kernel have changed.
pub fn build(source: &Source, kernel: &Kernel, progress: &dyn Progress) -> Result<PathBuf> {
    let cell = kernel.cell.name();
    let name = source.module.file_name().context("the module's directory has no name")?;
    let dir = source.target.join(&cell);
    let ko = dir.join(name).with_extension("ko");
    let _lock = cache::lock(&dir)?;
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let dir = dir.canonicalize()?;

    let files = sources(source)?;
    let fingerprint = fingerprint(kernel, source, &files)?;
    let stamp = dir.join("stamp");
    if ko.exists() && fs::read_to_string(&stamp).is_ok_and(|old| old == fingerprint) {
        return Ok(ko);
    }
    progress.step(&format!("building {}.ko for Linux {}", name.display(), kernel.release));
    let tree = dir.join("src");
    copy(&source.base, &files, &tree)?;
    let log = make(kernel, &tree.join(&source.module), &source.variables, &dir, progress)?;
    fs::write(dir.join("log"), &log)?;
    let warnings = warnings(&log);
    if !warnings.is_empty() {
        bail!("{} for {cell} builds with warnings:\n{}", name.display(), warnings.join("\n"));
    }
    let built = tree.join(&source.module).join(name).with_extension("ko");
    fs::copy(&built, &ko).with_context(|| format!("the build made no {}", built.display()))?;
    cache::write(&stamp, fingerprint)?;
    Ok(ko)
}

/// Runs kbuild. Gives what it said; fails with it when it failed.
fn make(kernel: &Kernel, module: &Path, variables: &[String], dir: &Path, progress: &dyn Progress) -> Result<String> {
    let headers = kernel.headers();
    let tree = headers.join(format!("linux-headers-{}", kernel.release));
    let mut make = match kernel.cell.toolchain {
        Toolchain::HostGcc12 => Command::new("make"),
        Toolchain::Trixie => {
            let root = roots::trixie(progress)?;
            let shared = headers.parent().and_then(Path::parent).context("the headers have no root")?;
            let mut enter = roots::enter(&root, &[shared, dir]);
            enter.arg("make");
            enter
        }
    };
    let version = match kernel.cell.toolchain {
        Toolchain::HostGcc12 => "12",
        Toolchain::Trixie => "14",
    };
    let (arch, cross) = match kernel.cell.arch {
        Arch::Amd64 => ("x86", "x86_64-linux-gnu-"),
        Arch::Arm64 => ("arm64", "aarch64-linux-gnu-"),
    };
    make.arg("-C").arg(&tree).arg(format!("M={}", module.display()));
    make.args([format!("ARCH={arch}"), format!("CROSS_COMPILE={cross}"), format!("CC={cross}gcc-{version}")]);
    make.args(variables).args(["W=1", "-j2", "modules"]).env("LC_ALL", "C");
    // make's own variables must not leak in when the lab itself runs under make.
    make.env_remove("MAKEFLAGS").env_remove("MAKELEVEL").stdin(Stdio::null());
    let output = make.output().map_err(|error| command::cannot_start(&make, error))?;
    let log = [output.stdout, output.stderr].concat();
    let log = String::from_utf8_lossy(&log).into_owned();
    if !output.status.success() {
        bail!("building {} for {} failed:\n{}", module.display(), kernel.cell.name(), command::tail(&log, 60));
    }
    Ok(log)
}

/// The lines of a build's log that warn, but for those that say only which compiler or BTF is missing.
fn warnings(log: &str) -> Vec<&str> {
    let harmless = ["the compiler differs from the one used to build the kernel", "Skipping BTF generation"];
    log.lines()
        .filter(|line| line.to_ascii_lowercase().contains("warning:"))
        .filter(|line| !harmless.iter().any(|text| line.contains(text)))
        .collect()
}

/// Every source file, relative to the base, in order.
fn sources(source: &Source) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for dir in [&source.module].into_iter().chain(&source.include) {
        collect(&source.base, dir, &mut files)
            .with_context(|| format!("cannot read {}", source.base.join(dir).display()))?;
    }
    files.sort();
    Ok(files)
}

fn collect(base: &Path, dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(base.join(dir))? {
        let entry = entry?;
        let path = dir.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(base, &path, files)?;
        } else if is_source(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_source(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    matches!(extension, Some("c" | "h" | "S" | "inc" | "mk" | "lds"))
        || matches!(path.file_name().and_then(OsStr::to_str), Some("Kbuild" | "Makefile"))
}

/// Copies the sources whose contents changed, so that make rebuilds only those; removes sources that are gone.
fn copy(base: &Path, files: &[PathBuf], tree: &Path) -> Result<()> {
    for file in files {
        let (from, to) = (base.join(file), tree.join(file));
        let bytes = fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        if fs::read(&to).is_ok_and(|old| old == bytes) {
            continue;
        }
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&to, bytes).with_context(|| format!("cannot write {}", to.display()))?;
    }
    let mut copied = Vec::new();
    collect(tree, Path::new(""), &mut copied)?;
    // kbuild's own NAME.mod.c stays.
    let ours = |path: &PathBuf| !path.to_string_lossy().ends_with(".mod.c");
    for gone in copied.iter().filter(|path| ours(path) && !files.contains(path)) {
        fs::remove_file(tree.join(gone))?;
    }
    Ok(())
}

/// Changes when a source or the kernel does.
fn fingerprint(kernel: &Kernel, source: &Source, files: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    source.variables.hash(&mut hasher);
    fs::read(kernel.packages())?.hash(&mut hasher);
    for file in files {
        file.hash(&mut hasher);
        fs::read(source.base.join(file))?.hash(&mut hasher);
    }
    Ok(format!("{} {:016x}\n", kernel.release, hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_warnings_count() {
        let log = "warning: the compiler differs from the one used to build the kernel\n\
            Skipping BTF generation for kshim.ko due to unavailability of vmlinux\n\
            /x/kshim/ring.c:3:5: warning: unused variable 'a' [-Wunused-variable]\n\
            WARNING: modpost: missing MODULE_DESCRIPTION() in kshim.o\n\
            kshim.o: warning: objtool: f() falls through\n  LD [M]  kshim.ko\n";
        assert_eq!(warnings(log).len(), 3);
        assert!(warnings("  CC [M]  warning.o\n").is_empty());
    }

    #[test]
    fn copies_what_changed_and_removes_what_is_gone() {
        let temp = tempfile::tempdir().unwrap();
        let (base, tree) = (temp.path().join("base"), temp.path().join("tree"));
        fs::create_dir_all(base.join("kshim")).unwrap();
        for file in ["Kbuild", "a.c", "b.c", "a.o"] {
            fs::write(base.join("kshim").join(file), file).unwrap();
        }
        let source = Source {
            module: "kshim".into(),
            include: vec![],
            base: base.clone(),
            target: tree.clone(),
            variables: vec![],
        };
        let files = sources(&source).unwrap();
        assert_eq!(files, ["kshim/Kbuild", "kshim/a.c", "kshim/b.c"].map(PathBuf::from));
        copy(&base, &files, &tree).unwrap();
        fs::write(tree.join("kshim/kshim.mod.c"), "made by kbuild").unwrap();
        fs::remove_file(base.join("kshim/b.c")).unwrap();
        copy(&base, &sources(&source).unwrap(), &tree).unwrap();
        assert!(tree.join("kshim/a.c").exists() && tree.join("kshim/kshim.mod.c").exists());
        assert!(!tree.join("kshim/b.c").exists());
    }
}
