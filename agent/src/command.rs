// SPDX-License-Identifier: MIT OR Apache-2.0
//! Processes that a session starts: the target command (`-c`) and those of `system()`.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

/// Whether a process's output goes to the agent's own, or is read and passed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// The agent's own standard output and error.
    Inherited,
    /// Pipes: see [`Process::read_output`].
    Captured,
}

/// A process that the session started.
pub struct Process {
    child: Child,
    /// Whether it is standard error, and the pipe.
    pipes: Vec<(bool, File)>,
    status: Option<i32>,
}

impl Process {
    /// Starts a shell command that waits, already with its final process id, for [`Process::release`].
    pub fn spawn_stopped(command: &str, output: Output) -> Result<Self> {
        let script = r#"kill -STOP $$; exec /bin/sh -c "$0""#;
        let process = Self::spawn_shell(&[script, command], output)?;
        waitpid(process.nix_pid(), Some(WaitPidFlag::WUNTRACED)).context("waiting for the target command")?;
        Ok(process)
    }

    /// Starts a shell command.
    pub fn spawn(command: &str, output: Output) -> Result<Self> {
        Self::spawn_shell(&[command], output)
    }

    fn spawn_shell(arguments: &[&str], output: Output) -> Result<Self> {
        let stdio = || if output == Output::Captured { Stdio::piped() } else { Stdio::inherit() };
        let mut child = Command::new("/bin/sh")
            .arg("-c")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(stdio())
            .stderr(stdio())
            .spawn()
            .context("cannot start /bin/sh")?;
        let mut pipes = Vec::new();
        let stdout = child.stdout.take().map(|pipe| (false, OwnedFd::from(pipe)));
        let stderr = child.stderr.take().map(|pipe| (true, OwnedFd::from(pipe)));
        for (is_stderr, pipe) in stdout.into_iter().chain(stderr) {
            fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
            pipes.push((is_stderr, File::from(pipe)));
        }
        Ok(Self { child, pipes, status: None })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn nix_pid(&self) -> Pid {
        Pid::from_raw(self.child.id() as i32)
    }

    /// Lets a stopped command go.
    pub fn release(&self) -> Result<()> {
        kill(self.nix_pid(), Signal::SIGCONT).context("the target command is gone")
    }

    /// Its wait status, once it has ended.
    pub fn status(&mut self) -> Result<Option<i32>> {
        if self.status.is_none() {
            self.status = self.child.try_wait().context("waiting for a command")?.map(ExitStatusExt::into_raw);
        }
        Ok(self.status)
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> Result<()> {
        self.status = Some(self.child.wait().context("waiting for a command")?.into_raw());
        Ok(())
    }

    /// Asks it to end, unless it has.
    pub fn terminate(&mut self) -> Result<()> {
        if self.status()?.is_none() {
            // It may be stopped still: SIGTERM waits for SIGCONT.
            for signal in [Signal::SIGTERM, Signal::SIGCONT] {
                kill(self.nix_pid(), signal).context("ending the target command")?;
            }
        }
        Ok(())
    }

    /// Pipes to wait on.
    pub fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.pipes.iter().map(|(_, pipe)| pipe.as_fd())
    }

    /// Passes on what there is of its output: whether it is standard error, and the bytes. A pipe that has nothing is not
    /// read: a script that prints something at each read would see ours, and print again, for ever.
    pub fn read_output(&mut self, mut sink: impl FnMut(bool, &[u8]) -> Result<()>) -> Result<()> {
        let mut open = Vec::new();
        'pipes: for (is_stderr, mut pipe) in self.pipes.drain(..) {
            let mut buffer = [0; 16 << 10];
            while has_input(&pipe)? {
                match pipe.read(&mut buffer) {
                    Ok(0) => continue 'pipes,
                    Ok(count) => sink(is_stderr, &buffer[..count])?,
                    Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                    Err(error) => return Err(error).context("reading a command's output"),
                }
            }
            open.push((is_stderr, pipe));
        }
        self.pipes = open;
        Ok(())
    }
}

/// Whether a read would give something, or tell the end.
fn has_input(pipe: &File) -> Result<bool> {
    let mut fds = [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)];
    match poll(&mut fds, PollTimeout::ZERO) {
        Ok(ready) => Ok(ready > 0),
        Err(nix::errno::Errno::EINTR) => Ok(true),
        Err(error) => Err(error).context("poll"),
    }
}
