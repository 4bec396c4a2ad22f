// SPDX-License-Identifier: MIT OR Apache-2.0
//! A stock kernel, fetched and unpacked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::apt::Apt;
use crate::catalogue::Cell;
use crate::progress::Progress;
use crate::{cache, command, headers, image, modules};

/// A kernel in the cache, with everything the lab wants of it.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The cell it fills.
    pub cell: Cell,
    /// Its release as `uname -r` gives it, such as `6.1.0-56-amd64`.
    pub release: String,
    dir: PathBuf,
}

impl Cell {
    /// The kernel of this cell: the one in the cache, else the newest of the series, which is fetched. Once it is in the
    /// cache no network is needed.
    pub fn prepare(self, progress: &dyn Progress) -> Result<Kernel> {
        match self.cached()? {
            Some(kernel) => Ok(kernel),
            None => self.update(progress),
        }
    }

    /// The kernel that the cache holds for this cell, if any.
    pub fn cached(self) -> Result<Option<Kernel>> {
        let dir = self.dir()?;
        Ok(fs::read_to_string(dir.join("current"))
            .ok()
            .map(|release| Kernel::new(self, &dir, release.trim()))
            .filter(|kernel| kernel.dir.exists()))
    }

    /// Looks for the newest kernel of the series, and makes it the cell's.
    pub fn update(self, progress: &dyn Progress) -> Result<Kernel> {
        let dir = self.dir()?;
        let _lock = cache::lock(&dir.join("current"))?;
        let fetch = || -> Result<Kernel> {
            let apt = Apt::new(dir.join("apt"), self.suites)?;
            apt.update(progress)?;
            let names = apt.names("linux-image-")?;
            let release = self
                .newest(names.iter().map(String::as_str))
                .with_context(|| format!("Debian {} has no such kernel", self.suites.join(" and ")))?;
            let kernel = Kernel::new(self, &dir, release);
            cache::directory(&kernel.dir, |to| kernel.fill(to, release, &apt, progress))?;
            cache::write(&dir.join("current"), release)?;
            Ok(kernel)
        };
        fetch().with_context(|| format!("cannot fetch the kernel {}", self.name()))
    }

    fn dir(self) -> Result<PathBuf> {
        Ok(cache::lab()?.join("kernels").join(self.name()))
    }
}

impl Kernel {
    fn new(cell: Cell, cell_dir: &Path, release: &str) -> Kernel {
        Kernel { cell, release: format!("{release}-{}", cell.arch.debian()), dir: cell_dir.join(release) }
    }

    /// The image as Debian ships it: a bzImage, or an aarch64 Image.
    pub fn vmlinuz(&self) -> PathBuf {
        self.dir.join("vmlinuz")
    }

    /// The image that boots fastest: for x86 the bare ELF file (no KASLR).
    pub fn fast_image(&self) -> PathBuf {
        self.dir.join("fast-image")
    }

    /// The kernel's configuration.
    pub fn config(&self) -> PathBuf {
        self.dir.join("config")
    }

    /// The kernel's BTF, as `/sys/kernel/btf/vmlinux` gives it.
    pub fn btf(&self) -> PathBuf {
        self.dir.join("btf")
    }

    /// The names and checksums of the packages this was made of, one a line.
    pub fn packages(&self) -> PathBuf {
        self.dir.join("packages")
    }

    /// The directory that holds the modules' `kernel/`.
    pub fn modules(&self) -> PathBuf {
        self.dir.join("modules")
    }

    /// `/usr/src` of the header packages.
    pub(crate) fn headers(&self) -> PathBuf {
        self.dir.join("headers/usr/src")
    }

    /// The files of the modules named and of those they need, in the order to load them; what is built in is left out.
    pub fn module_files(&self, names: &[&str]) -> Result<Vec<modules::Module>> {
        modules::with_dependencies(&self.modules(), names)
    }

    fn fill(&self, to: &Path, release: &str, apt: &Apt, progress: &dyn Progress) -> Result<()> {
        let root = to.join("root");
        progress.step(&format!("fetching Linux {}", self.release));
        let mut pins = unpack(apt, &self.cell.image_packages(release), &root, progress)?;
        progress.step(&format!("fetching the headers of Linux {}", self.release));
        pins.extend(unpack(apt, &self.cell.header_packages(release), &to.join("headers"), progress)?);
        headers::relocate(&to.join("headers"), &self.headers())?;
        fs::write(to.join("packages"), pins.join("\n") + "\n")?;

        progress.step(&format!("unpacking Linux {}", self.release));
        let modules = if root.join("lib/modules").exists() { "lib/modules" } else { "usr/lib/modules" };
        fs::rename(root.join(modules).join(&self.release), to.join("modules")).context("the package has no modules")?;
        let boot = |name: &str| [root.join(format!("boot/{name}-{}", self.release)), to.join("modules").join(name)];
        for name in ["vmlinuz", "config"] {
            let from = boot(name).into_iter().find(|path| path.exists());
            let from = from.with_context(|| format!("the packages hold no {name}"))?;
            fs::rename(from, to.join(name))?;
        }
        let vmlinuz = fs::read(to.join("vmlinuz"))?;
        let image = image::fast(&vmlinuz, self.cell.arch)?;
        fs::write(to.join("btf"), image::btf(&image)?)?;
        fs::write(to.join("fast-image"), image)?;
        cache::remove(&root)
    }
}

/// Downloads packages and unpacks them into `root`. Gives their names and checksums.
fn unpack(apt: &Apt, packages: &[String], root: &Path, progress: &dyn Progress) -> Result<Vec<String>> {
    let debs = root.with_extension("debs");
    let pins = apt.download(packages, &debs, progress)?;
    fs::create_dir_all(root)?;
    for deb in fs::read_dir(&debs)? {
        let deb = deb?.path();
        if deb.extension().is_some_and(|ext| ext == "deb") {
            command::run(Command::new("dpkg-deb").arg("-x").args([&deb, root]))?;
        }
    }
    cache::remove(&debs)?;
    Ok(pins)
}
