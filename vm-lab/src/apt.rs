// SPDX-License-Identifier: MIT OR Apache-2.0
//! Debian packages of other suites and architectures, through apt with a configuration of our own: the system's package
//! lists stay as they are, and apt checks signatures and checksums as ever.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::command;
use crate::progress::Progress;

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// A private apt: its package lists are those of some suites only, for amd64 and arm64.
pub(crate) struct Apt {
    dir: PathBuf,
    suites: String,
}

impl Apt {
    /// Lays out a private apt in `dir`. [`Apt::update`] must run before anything else.
    pub(crate) fn new(dir: PathBuf, suites: &[&str]) -> Result<Apt> {
        for sub in ["state/lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(dir.join(sub)).with_context(|| format!("cannot create {}", dir.display()))?;
        }
        fs::write(dir.join("status"), "")?;
        let sources: String = suites.iter().map(|suite| source(suite)).collect();
        fs::write(dir.join("sources.list"), sources)?;
        Ok(Apt { dir, suites: suites.join(" and ") })
    }

    /// Refreshes the package lists.
    pub(crate) fn update(&self, progress: &dyn Progress) -> Result<()> {
        progress.step(&format!("reading the package lists of Debian {}", self.suites));
        command::run(self.apt("apt-get").args(["--error-on=any", "update"]))
            .context("cannot fetch Debian's package lists: is there a network?")?;
        Ok(())
    }

    /// The names of all packages that begin with `prefix`.
    pub(crate) fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let names = command::run(self.apt("apt-cache").args(["pkgnames", prefix]))?;
        Ok(String::from_utf8_lossy(&names).lines().map(str::to_owned).collect())
    }

    /// Downloads packages into `into`, checked against the signed lists. Gives name, version and checksum of each.
    pub(crate) fn download(&self, packages: &[String], into: &Path, progress: &dyn Progress) -> Result<Vec<String>> {
        let listing = command::run(self.apt("apt-get").args(["--print-uris", "download"]).args(packages))
            .with_context(|| format!("Debian {} lacks a package", self.suites))?;
        let listing = String::from_utf8_lossy(&listing).into_owned();
        let total = listing.lines().filter_map(size).sum();
        fs::create_dir_all(into)?;
        let mut apt = self.apt("apt-get");
        let stderr = tempfile::tempfile()?;
        apt.arg("download").args(packages).current_dir(into);
        apt.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr.try_clone()?);
        let mut child = apt.spawn().map_err(|error| command::cannot_start(&apt, error))?;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            progress.bytes(downloaded(into), total);
            sleep(Duration::from_millis(100));
        };
        if !status.success() {
            bail!("cannot download {}:\n{}", packages.join(", "), command::tail(&read_back(stderr)?, 10));
        }
        Ok(listing.lines().filter_map(pin).collect())
    }

    fn apt(&self, program: &str) -> Command {
        let mut apt = Command::new(program);
        let mut set = |key: &str, value: &str| {
            apt.arg("-o").arg(format!("{key}={value}"));
        };
        let dir = self.dir.display();
        set("Dir::Etc::SourceList", &format!("{dir}/sources.list"));
        set("Dir::Etc::SourceParts", "/dev/null");
        set("Dir::State", &format!("{dir}/state"));
        set("Dir::State::Status", &format!("{dir}/status"));
        set("Dir::Cache", &format!("{dir}/cache"));
        set("APT::Architecture", "amd64");
        set("APT::Architectures::", "amd64");
        set("APT::Architectures::", "arm64");
        // The _apt user cannot enter a cache below a home directory.
        set("APT::Sandbox::User", "");
        set("Acquire::Languages", "none");
        set("Acquire::Retries", "3");
        apt.arg("-q").env("LC_ALL", "C");
        apt
    }
}

/// The line of sources.list for a suite.
fn source(suite: &str) -> String {
    let archive = if suite.ends_with("-security") { "debian-security" } else { "debian" };
    format!("deb [signed-by={KEYRING}] http://deb.debian.org/{archive} {suite} main\n")
}

/// The size in a line of `--print-uris`: `'URL' FILE SIZE SHA256:…`.
fn size(line: &str) -> Option<u64> {
    line.split(' ').nth(2)?.parse().ok()
}

/// File and checksum in a line of `--print-uris`.
fn pin(line: &str) -> Option<String> {
    let mut words = line.split(' ').skip(1);
    let file = words.next()?;
    let checksum = words.nth(1)?;
    Some(format!("{file} {checksum}"))
}

/// Bytes so far; apt writes into `partial` or beside it, by version.
fn downloaded(dir: &Path) -> u64 {
    let files = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten();
    let of = |dir: &Path| files(dir).filter_map(|file| file.metadata().ok()).filter(|m| m.is_file()).map(|m| m.len());
    of(dir).chain(of(&dir.join("partial"))).sum()
}

fn read_back(mut file: fs::File) -> Result<String> {
    use std::io::{Read as _, Seek as _};
    let mut text = String::new();
    file.rewind()?;
    file.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_apts_listing() {
        let line = "'http://x/a_1_amd64.deb' a_1_amd64.deb 1077476 SHA256:5663";
        assert_eq!(size(line), Some(1_077_476));
        assert_eq!(pin(line).as_deref(), Some("a_1_amd64.deb SHA256:5663"));
        assert_eq!(size("Reading package lists..."), None);
    }

    #[test]
    fn security_suites_live_in_their_own_archive() {
        assert!(source("bookworm-security").contains("/debian-security bookworm-security main"));
        assert!(source("trixie-backports").contains("/debian trixie-backports main"));
    }
}
