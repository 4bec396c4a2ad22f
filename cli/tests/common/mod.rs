// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real binary under its two names, on the target that needs no privilege.
#![allow(dead_code, reason = "each test uses a part")]

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// `spile`, for an ordinary process.
pub fn spile() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spile"));
    command.env("SPILE_TARGET", "user");
    command
}

/// A folder with a link named `stap`, where the command keeps all that it stores.
pub struct Stap {
    folder: TempDir,
}

impl Stap {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        symlink(env!("CARGO_BIN_EXE_spile"), folder.path().join("stap")).unwrap();
        Self { folder }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `stap` in the folder, with none of this user's files.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.path().join("stap"));
        command.current_dir(self.path());
        command.env("SPILE_TARGET", "user").env("XDG_CACHE_HOME", self.path().join("cache"));
        command.env("SYSTEMTAP_DIR", self.path()).env_remove("SYSTEMTAP_TAPSET").env_remove("SYSTEMTAP_RELEASE");
        command
    }

    /// Runs `stap` with these words.
    pub fn run(&self, words: &[&str]) -> Ran {
        ran(&self.command().args(words).output().unwrap())
    }
}

/// How a command went.
#[derive(Debug)]
pub struct Ran {
    pub out: String,
    pub err: String,
    pub code: Option<i32>,
}

/// What it wrote, as text.
pub fn ran(output: &Output) -> Ran {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Ran { out: text(&output.stdout), err: text(&output.stderr), code: output.status.code() }
}

/// Runs `stap` once.
pub fn stap(words: &[&str]) -> Ran {
    Stap::new().run(words)
}

/// Starts a script that prints a line "ready", and interrupts it then: what it prints after that, and its exit code.
pub fn interrupted(command: &mut Command) -> (String, Option<i32>) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    (rest, child.wait().unwrap().code())
}
