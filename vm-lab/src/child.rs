// SPDX-License-Identifier: MIT OR Apache-2.0
//! A child process that dies with us.

use std::process::{Command, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};

use crate::command;

/// How often the child is looked at.
const TICK: Duration = Duration::from_millis(10);

/// A child process, killed when this is dropped and when our process dies, however that happens.
pub(crate) struct Child {
    kill: Sender<()>,
    ended: Receiver<Result<ExitStatus>>,
    status: Option<ExitStatus>,
}

impl Child {
    /// Starts `program`, which has its arguments and standard streams set, and kills it when it has lived so long.
    ///
    /// The kernel sends the death signal when the *thread* that started the child ends. So a thread of the child's own
    /// starts it, and stays until it has ended.
    pub(crate) fn spawn(mut program: Command, life: Duration) -> Result<Child> {
        let (kill, kill_requests) = mpsc::channel();
        let (report, ended) = mpsc::channel();
        let (started, start) = mpsc::channel();
        let supervise = move || {
            let child = program.spawn().map_err(|error| command::cannot_start(&program, error));
            drop(program); // closes our copies of the descriptors given to the child
            match child {
                Ok(child) => {
                    let _ = started.send(Ok(()));
                    let _ = report.send(watch(child, &kill_requests, life));
                }
                Err(error) => drop(started.send(Err(error))),
            }
        };
        thread::Builder::new().name("child".into()).spawn(supervise).context("cannot start a thread")?;
        start.recv().map_err(|_| anyhow!("the thread that starts a child ended"))??;
        Ok(Child { kill, ended, status: None })
    }

    /// Waits for the end of the child, at most so long.
    pub(crate) fn wait(&mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        if self.status.is_none() {
            match self.ended.recv_timeout(limit) {
                Ok(status) => self.status = Some(status?),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(anyhow!("the thread that watches a child ended")),
            }
        }
        Ok(self.status)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.status.is_none() && self.kill.send(()).is_ok() {
            let _ = self.ended.recv();
        }
    }
}

fn watch(mut child: std::process::Child, kill_requests: &Receiver<()>, life: Duration) -> Result<ExitStatus> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if kill_requests.recv_timeout(TICK).is_ok() || begin.elapsed() > life {
            child.kill()?;
            return Ok(child.wait()?);
        }
    }
}

/// A command that runs `program` such that it is killed when the thread that starts it ends.
pub(crate) fn dying_with_us(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(1000);

    #[test]
    fn waiting_is_bounded_and_dropping_kills() {
        let mut sleep = dying_with_us("sleep");
        sleep.arg("1000");
        let begin = Instant::now();
        let mut child = Child::spawn(sleep, LONG).unwrap();
        assert!(child.wait(Duration::from_millis(1)).unwrap().is_none());
        drop(child);
        assert!(begin.elapsed() < Duration::from_secs(500));
    }

    #[test]
    fn lives_are_bounded() {
        let mut sleep = dying_with_us("sleep");
        sleep.arg("1000");
        let mut child = Child::spawn(sleep, Duration::from_millis(1)).unwrap();
        assert!(!child.wait(LONG).unwrap().unwrap().success());
    }

    #[test]
    fn the_status_stays() {
        let mut child = Child::spawn(dying_with_us("false"), LONG).unwrap();
        let limit = Duration::from_secs(100);
        assert_eq!(child.wait(limit).unwrap().unwrap().code(), Some(1));
        assert_eq!(child.wait(limit).unwrap().unwrap().code(), Some(1));
    }

    #[test]
    fn a_missing_program_is_told() {
        let Err(error) = Child::spawn(Command::new("spile-no-such-program"), LONG) else { panic!("it ran") };
        assert!(error.to_string().contains("run ci/setup"), "{error}");
    }
}
