// SPDX-License-Identifier: MIT OR Apache-2.0
//! The engines that every case runs on.

use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Result;
use spile_agent::command_line::DEFAULT_RING_BYTES;
use spile_cli::compile::Request;
use spile_cli::target::agent_path;
use spile_debuginfo::UserTarget;
use spile_frontend::analyse::Options;
use spile_frontend::target::{Arch, Target};
use spile_session::{Agent, Session};

use crate::case::{Case, Transcript, visible};
use crate::interpreter;
use crate::machines;

/// Sessions that do not end by themselves are ended after this, as by ^C.
const PATIENCE: Duration = Duration::from_secs(60);

/// Something that runs scripts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// The IR interpreter.
    Interpreter,
    /// Machine code in an ordinary process, of this machine or under qemu-user.
    Process(Arch),
}

impl Engine {
    /// Those that need no machine of the lab.
    pub const ALL: [Self; 3] = [Self::Interpreter, Self::Process(Arch::X86_64), Self::Process(Arch::Aarch64)];

    /// A name for tests.
    pub fn name(self) -> String {
        match self {
            Self::Interpreter => "interpreter".into(),
            Self::Process(arch) => arch.to_string(),
        }
    }

    /// Runs a case.
    pub fn run(self, case: &Case, optimise: bool) -> Result<Transcript> {
        match self {
            Self::Interpreter => {
                let program = request(case, optimise).program(&UserTarget::new(Arch::X86_64)?)?;
                interpreter::run(&program)
            }
            Self::Process(arch) => {
                let image = request(case, optimise).image(&UserTarget::new(arch)?)?;
                run_image(&mut Agent::spawn(agent_command(arch)?)?, &image)
            }
        }
    }
}

/// A case's compilation.
pub fn request(case: &Case, optimise: bool) -> Request {
    let options = Options {
        args: case.args.clone(),
        limits: case.define.clone(),
        globals: case.global.clone(),
        guru: case.guru,
        ..Options::default()
    };
    Request::text(&file_name(case), &case.script).with_options(options).optimised(optimise).quiet()
}

/// How messages name a case's script: without the folder, so that expectations hold anywhere.
fn file_name(case: &Case) -> String {
    case.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Compiles a case for a machine's kernel, and runs it there.
pub fn run_in_kernel(case: &Case, optimise: bool, agent: &mut Agent, facts: &dyn Target) -> Result<Transcript> {
    run_image(agent, &request(case, optimise).image(facts)?)
}

fn run_image(agent: &mut Agent, image: &[u8]) -> Result<Transcript> {
    run_session(agent, image, DEFAULT_RING_BYTES, PATIENCE)
}

/// Runs an image until it ends, or to the timeout.
pub(crate) fn run_session(agent: &mut Agent, image: &[u8], ring_bytes: u32, timeout: Duration) -> Result<Transcript> {
    let session = Session { image, ring_bytes, timeout: Some(timeout), ..Session::default() };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let outcome = agent.run(&session, &mut out, &mut err, &AtomicBool::new(false))?;
    Ok(Transcript { out: visible(&out), err: visible(&err), failed: !outcome.is_success() })
}

/// The static agent as a user-space engine; qemu-user runs the other instruction set's.
pub(crate) fn agent_command(arch: Arch) -> Result<Command> {
    let agent = agent_path(&machines::root(), arch)?;
    let mut command = if arch == spile_cli::target::host_arch() {
        Command::new(agent)
    } else {
        let mut command = Command::new(format!("qemu-{arch}-static"));
        command.arg(agent);
        command
    };
    command.args(["serve", "--user"]);
    Ok(command)
}
