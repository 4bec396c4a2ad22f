// SPDX-License-Identifier: MIT OR Apache-2.0
//! A machine: a kernel under QEMU, with a program in it and a byte stream to that program.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::child::Child;
use crate::command;
use crate::initramfs::{self, Contents};
use crate::kernel::Kernel;
use crate::progress::{Progress, Silent};
use crate::qemu::{self, Console, Hardware};
use crate::verdict::Verdict;

/// Where the agent is in a machine.
const AGENT: &str = "/bin/spile-agent";

/// The way to a [`RunningMachine`].
pub struct Machine;

impl Machine {
    /// A machine with this kernel, one CPU and 512 MiB, whose program does nothing.
    pub fn builder(kernel: &Kernel) -> MachineBuilder {
        MachineBuilder {
            kernel: kernel.clone(),
            hardware: Hardware { cpus: 1, memory_mib: 512, icount: false, kaslr: false, append: String::new() },
            contents: Contents { program: "true".into(), ..Contents::default() },
            agent: None,
            host_files: Vec::new(),
            boot_limit: Duration::from_secs(180),
            life_limit: Duration::MAX,
        }
    }
}

/// Describes a machine, then starts it.
pub struct MachineBuilder {
    kernel: Kernel,
    hardware: Hardware,
    contents: Contents,
    agent: Option<PathBuf>,
    host_files: Vec<(String, PathBuf)>,
    boot_limit: Duration,
    life_limit: Duration,
}

impl MachineBuilder {
    /// The machine's program is this static agent, which obeys the host at the other end of the stream (`serve`). What
    /// it says on standard error goes to the console.
    pub fn agent(self, path: impl AsRef<Path>) -> Self {
        self.agent_with(path, "serve")
    }

    /// As [`MachineBuilder::agent`], with other arguments, in a shell's syntax.
    pub fn agent_with(mut self, path: impl AsRef<Path>, arguments: &str) -> Self {
        self.agent = Some(path.as_ref().to_owned());
        self.command(&format!("exec {AGENT} {arguments} 2>/dev/console"))
    }

    /// The machine's program is a command for busybox's shell. Its standard input and output are the stream, and
    /// standard error too unless redirected. The machine powers off when it ends.
    pub fn command(mut self, command: &str) -> Self {
        self.contents.program = command.to_owned();
        self
    }

    /// Loads this module before the program starts, and unloads it afterwards (failing that is in the verdict).
    pub fn kshim(mut self, path: impl AsRef<Path>) -> Self {
        self.contents.kshim = Some(path.as_ref().to_owned());
        self
    }

    /// Adds a file, executable, under an absolute path of the machine.
    pub fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.contents.files.push((path.to_owned(), content.into()));
        self
    }

    /// Adds a copy of a file of this host, under an absolute path of the machine.
    pub fn host_file(mut self, path: &str, host: impl AsRef<Path>) -> Self {
        self.host_files.push((path.to_owned(), host.as_ref().to_owned()));
        self
    }

    /// The number of CPUs.
    pub fn smp(mut self, cpus: u32) -> Self {
        self.hardware.cpus = cpus;
        self
    }

    /// The memory, in MiB.
    pub fn memory_mib(mut self, mib: u32) -> Self {
        self.hardware.memory_mib = mib;
        self
    }

    /// Makes virtual nanoseconds count instructions, with repeatable runs: for benches. No KASLR. Several CPUs take
    /// turns, and their instructions count together.
    pub fn icount(mut self) -> Self {
        self.hardware.icount = true;
        self
    }

    /// Boots the image as shipped, with KASLR: takes about a second longer.
    pub fn kaslr(mut self) -> Self {
        self.hardware.kaslr = true;
        self
    }

    /// More arguments for the kernel's command line.
    pub fn append(mut self, arguments: &str) -> Self {
        self.hardware.append = arguments.to_owned();
        self
    }

    /// How long the boot may take. 180 seconds unless set.
    pub fn boot_limit(mut self, limit: Duration) -> Self {
        self.boot_limit = limit;
        self
    }

    /// How long the machine may live: then it is killed, whatever it does. For ever unless set.
    pub fn life_limit(mut self, limit: Duration) -> Self {
        self.life_limit = limit;
        self
    }

    /// Boots the machine, and returns when its program starts.
    pub fn start(self) -> Result<RunningMachine> {
        self.start_with(&Silent)
    }

    /// As [`MachineBuilder::start`], telling what goes on.
    pub fn start_with(self, progress: &dyn Progress) -> Result<RunningMachine> {
        progress.step(&format!("booting Linux {} ({})", self.kernel.release, self.kernel.cell.arch.machine()));
        let dir = TempDir::with_prefix("spile-lab-").context("cannot make a directory for the machine")?;
        let (host, guest) = UnixStream::pair().context("cannot make the machine's stream")?;
        let mut qemu = self.qemu(dir.path(), &Console::Files(dir.path()))?;
        let log = File::create(dir.path().join("qemu"))?;
        qemu.stdin(OwnedFd::from(guest)).stdout(log.try_clone()?).stderr(log);
        let child = Child::spawn(qemu, self.life_limit)?;
        let mut machine = RunningMachine { cell: self.kernel.cell.name(), dir, stream: host, child };
        machine.wait_for_boot(self.boot_limit)?;
        progress.idle();
        Ok(machine)
    }

    /// Boots the machine with a shell on our terminal, and waits for its end.
    pub fn interact(mut self) -> Result<ExitStatus> {
        self.contents.interactive = true;
        let dir = TempDir::with_prefix("spile-lab-").context("cannot make a directory for the machine")?;
        let mut qemu = self.qemu(dir.path(), &Console::Terminal)?;
        qemu.status().map_err(|error| command::cannot_start(&qemu, error))
    }

    fn qemu(&self, dir: &Path, console: &Console<'_>) -> Result<std::process::Command> {
        let mut contents = self.contents.clone();
        if let Some(agent) = &self.agent {
            let bytes = initramfs::read(agent).context("the machine needs an agent: ci/build makes it")?;
            contents.files.push((AGENT.to_owned(), bytes));
        }
        for (path, host) in &self.host_files {
            contents.files.push((path.clone(), initramfs::read(host)?));
        }
        let initrd = dir.join("initramfs");
        fs::write(&initrd, initramfs::build(&self.kernel, &contents)?).context("cannot write the initramfs")?;
        qemu::command(&self.kernel, &self.hardware, &initrd, console)
    }
}

/// A machine whose program runs. Dropping it kills it.
pub struct RunningMachine {
    cell: String,
    dir: TempDir,
    stream: UnixStream,
    child: Child,
}

impl RunningMachine {
    /// The program's standard input and output. The program sees the end of its input when every copy is closed, this
    /// machine's own too: see [`RunningMachine::hang_up`].
    pub fn stream(&self) -> Result<UnixStream> {
        self.stream.try_clone().context("cannot duplicate the machine's stream")
    }

    /// Closes the stream: the program reads the end of its input.
    pub fn hang_up(&self) -> Result<()> {
        self.stream.shutdown(std::net::Shutdown::Both).context("cannot close the machine's stream")
    }

    /// The file that the console is written to. It goes with the machine.
    pub fn console_log(&self) -> PathBuf {
        self.dir.path().join("console")
    }

    /// Everything the console has said so far.
    pub fn console(&self) -> String {
        read_lossy(&self.console_log())
    }

    /// Waits at most `limit` for the machine to power off, which it does when its program ends.
    pub fn wait(&mut self, limit: Duration) -> Result<Verdict> {
        let Some(status) = self.child.wait(limit)? else {
            bail!("the machine {} still runs after {} seconds{}", self.cell, limit.as_secs(), self.said());
        };
        if !status.success() {
            bail!("QEMU failed ({status}) with the machine {}{}", self.cell, self.said());
        }
        Ok(Verdict::of(&self.console(), self.exit_code()))
    }

    /// Hangs up, then waits at most `limit`.
    pub fn shutdown(&mut self, limit: Duration) -> Result<Verdict> {
        self.hang_up()?;
        self.wait(limit)
    }

    /// Waits until init reports that the program is about to run.
    fn wait_for_boot(&mut self, limit: Duration) -> Result<()> {
        let begin = Instant::now();
        while !self.status().starts_with("ready") {
            if let Some(status) = self.child.wait(Duration::from_millis(20))? {
                // It may have done its work and powered off between the two looks.
                if self.status().starts_with("ready") {
                    break;
                }
                bail!("the machine {} did not boot: QEMU ended ({status}){}", self.cell, self.said());
            }
            if begin.elapsed() > limit {
                bail!("the machine {} did not boot in {} seconds{}", self.cell, limit.as_secs(), self.said());
            }
        }
        Ok(())
    }

    fn status(&self) -> String {
        read_lossy(&self.dir.path().join("status"))
    }

    /// What the program returned, once init has told.
    fn exit_code(&self) -> Option<u8> {
        self.status().lines().find_map(|line| line.strip_prefix("exit ")?.trim().parse().ok())
    }

    /// The end of what QEMU and the console said, for an error.
    fn said(&self) -> String {
        let mut text = String::new();
        for (who, said) in [("QEMU", read_lossy(&self.dir.path().join("qemu"))), ("its console", self.console())] {
            if !said.trim().is_empty() {
                text += &format!("\n--- {who} said:\n{}", command::tail(&said, 40));
            }
        }
        text
    }
}

fn read_lossy(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}
