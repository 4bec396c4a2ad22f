// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which kernels the lab knows. Another kernel is another row of [`CELLS`].

use anyhow::{Result, anyhow};

/// An instruction set, under Debian's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arch {
    /// x86_64.
    Amd64,
    /// aarch64.
    Arm64,
}

impl Arch {
    /// Debian's name: `amd64`, `arm64`.
    pub fn debian(self) -> &'static str {
        match self {
            Arch::Amd64 => "amd64",
            Arch::Arm64 => "arm64",
        }
    }

    /// The name the rest of the world uses (`uname -m`, Rust, QEMU): `x86_64`, `aarch64`.
    pub fn machine(self) -> &'static str {
        match self {
            Arch::Amd64 => "x86_64",
            Arch::Arm64 => "aarch64",
        }
    }
}

/// How Debian splits a kernel into packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packaging {
    /// One `linux-image`, files in `/boot`.
    Image,
    /// `linux-base`, `linux-binary` and `linux-modules`, files in `/usr/lib/modules`.
    Split,
}

/// Who builds a module for the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// gcc 12 on this machine.
    HostGcc12,
    /// gcc 14 in the trixie root: these kernels' build tools need its glibc.
    Trixie,
}

/// One kernel on one instruction set: a cell of the lab's matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The upstream series, such as `6.1`.
    pub series: &'static str,
    /// The instruction set.
    pub arch: Arch,
    /// The suites whose newest release of the series is taken.
    pub(crate) suites: &'static [&'static str],
    /// What precedes the part of a release that grows: `6.1.0-` of `6.1.0-56`.
    pub(crate) prefix: &'static str,
    pub(crate) packaging: Packaging,
    /// The package with kbuild's tools; None: `linux-kbuild-RELEASE`.
    pub(crate) kbuild: Option<&'static str>,
    pub(crate) toolchain: Toolchain,
}

use Arch::{Amd64, Arm64};
use Packaging::{Image, Split};
use Toolchain::{HostGcc12, Trixie};

/// Every kernel the lab knows.
pub const CELLS: &[Cell] = &[
    cell("5.10", Amd64, &["bullseye-security"], "5.10.0-", Image, Some("linux-kbuild-5.10"), HostGcc12),
    // Bullseye-security still lists arm64 packages, but its mirror no longer has them.
    cell("5.10", Arm64, &["bullseye"], "5.10.0-", Image, Some("linux-kbuild-5.10"), HostGcc12),
    cell("6.1", Amd64, &["bookworm-security"], "6.1.0-", Image, Some("linux-kbuild-6.1"), HostGcc12),
    cell("6.1", Arm64, &["bookworm-security"], "6.1.0-", Image, Some("linux-kbuild-6.1"), HostGcc12),
    cell("6.12", Amd64, &["trixie-security"], "6.12.", Image, None, Trixie),
    cell("6.12", Arm64, &["trixie-security"], "6.12.", Image, None, Trixie),
    cell("7.2", Amd64, &["trixie-backports"], "7.2.", Split, None, Trixie),
    cell("7.2", Arm64, &["trixie-backports"], "7.2.", Split, None, Trixie),
    cell("7.3", Amd64, &["trixie-backports"], "7.3.", Split, None, Trixie),
    cell("7.3", Arm64, &["trixie-backports"], "7.3.", Split, None, Trixie),
];

const fn cell(
    series: &'static str,
    arch: Arch,
    suites: &'static [&'static str],
    prefix: &'static str,
    packaging: Packaging,
    kbuild: Option<&'static str>,
    toolchain: Toolchain,
) -> Cell {
    Cell { series, arch, suites, prefix, packaging, kbuild, toolchain }
}

impl Cell {
    /// Finds a cell by its name, such as `debian-6.1-amd64`.
    pub fn parse(name: &str) -> Result<Cell> {
        CELLS.iter().copied().find(|cell| cell.name() == name).ok_or_else(|| {
            let known: Vec<_> = CELLS.iter().map(Cell::name).collect();
            anyhow!("the lab knows no kernel `{name}`; it knows {}", known.join(", "))
        })
    }

    /// The cell's name: `debian-SERIES-ARCH`.
    pub fn name(&self) -> String {
        format!("debian-{}-{}", self.series, self.arch.debian())
    }

    /// The newest release of the series (without the architecture) for which `packages` has a plain kernel.
    pub(crate) fn newest<'a>(&self, packages: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        packages.filter_map(|package| self.release_of(package)).max_by_key(|release| numbers(release))
    }

    /// `6.1.0-56` of `linux-image-6.1.0-56-amd64`; None for other series and for flavours (cloud, rt, 16k, unsigned).
    fn release_of<'a>(&self, package: &'a str) -> Option<&'a str> {
        let release = package.strip_prefix("linux-image-")?.strip_suffix(self.arch.debian())?.strip_suffix('-')?;
        let rest = release.strip_prefix(self.prefix)?;
        (!rest.contains('-')).then_some(release)
    }

    /// The packages (as apt names them) that hold the kernel and its modules.
    pub(crate) fn image_packages(&self, release: &str) -> Vec<String> {
        let parts: &[_] = match self.packaging {
            Image => &["image"],
            Split => &["base", "binary", "modules"],
        };
        let arch = self.arch.debian();
        parts.iter().map(|part| format!("linux-{part}-{release}-{arch}:{arch}")).collect()
    }

    /// The packages that a module build needs. Kbuild's tools run here, so theirs is always the amd64 one.
    pub(crate) fn header_packages(&self, release: &str) -> Vec<String> {
        let arch = self.arch.debian();
        let kbuild = self.kbuild.map_or_else(|| format!("linux-kbuild-{release}"), str::to_owned);
        vec![
            format!("linux-headers-{release}-{arch}:{arch}"),
            format!("linux-headers-{release}-common"),
            format!("{kbuild}:amd64"),
        ]
    }
}

/// The numbers in a release, for comparison: `6.12.115+deb13.1` is newer than `6.12.115+deb13`.
fn numbers(release: &str) -> Vec<u64> {
    release.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_plain_kernel_wins() {
        let cell = Cell::parse("debian-6.1-amd64").unwrap();
        let packages = [
            "linux-image-6.1.0-9-amd64",
            "linux-image-6.1.0-56-amd64",
            "linux-image-6.1.0-57-cloud-amd64",
            "linux-image-6.1.0-58-amd64-unsigned",
            "linux-image-6.1.0-59-arm64",
            "linux-image-6.12.117+deb12-amd64",
            "linux-image-amd64",
        ];
        assert_eq!(cell.newest(packages.into_iter()), Some("6.1.0-56"));
    }

    #[test]
    fn point_releases_compare_as_numbers() {
        let cell = Cell::parse("debian-6.12-arm64").unwrap();
        let packages = [
            "linux-image-6.12.115+deb13-arm64",
            "linux-image-6.12.115+deb13.1-arm64",
            "linux-image-6.12.96+deb13-arm64",
            "linux-image-6.12.117+deb13-arm64-16k",
        ];
        assert_eq!(cell.newest(packages.into_iter()), Some("6.12.115+deb13.1"));
        assert_eq!(cell.newest(["linux-image-6.1.0-1-arm64"].into_iter()), None);
    }

    #[test]
    fn packages_of_both_layouts() {
        let old = Cell::parse("debian-5.10-arm64").unwrap();
        assert_eq!(old.image_packages("5.10.0-32"), ["linux-image-5.10.0-32-arm64:arm64"]);
        assert_eq!(old.header_packages("5.10.0-32")[2], "linux-kbuild-5.10:amd64");
        let new = Cell::parse("debian-7.3-arm64").unwrap();
        assert_eq!(new.image_packages("7.3.4+deb13")[1], "linux-binary-7.3.4+deb13-arm64:arm64");
        assert_eq!(new.header_packages("7.3.4+deb13")[2], "linux-kbuild-7.3.4+deb13:amd64");
    }

    #[test]
    fn unknown_cells_are_answered_with_the_known() {
        let error = Cell::parse("debian-4.19-amd64").unwrap_err().to_string();
        assert!(
            error.starts_with("the lab knows no kernel `debian-4.19-amd64`; it knows debian-5.10-amd64, "),
            "{error}"
        );
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = CELLS.iter().map(Cell::name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), CELLS.len());
    }
}
