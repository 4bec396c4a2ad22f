// SPDX-License-Identifier: MIT OR Apache-2.0
//! The agent's command line. It is parsed with a small library, not clap: the agent is shipped to boards.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use lexopt::{Arg, ValueExt};

use crate::engine::Engine;
use crate::kernel::KernelEngine;
use crate::protocol::{Load, TargetProcess};
use crate::user::UserEngine;
use crate::{alone, serve};

const USAGE: &str = "\
usage: spile-agent serve [--user] [--port DEVICE]
       spile-agent run [--user] [-x PID | -c COMMAND] [-s MEGABYTES] IMAGE

serve  obeys a host over standard input and output, or over DEVICE
run    runs a stored image alone, and prints what it says

--user          run handlers in this process instead of the kernel
--port DEVICE   a character device, such as a virtio-serial port
-x PID          the target process
-c COMMAND      start a shell command, and end with it
-s MEGABYTES    buffer for each CPU, a power of two
";

/// Ring of each CPU, unless the host or `-s` says otherwise: 1 MiB.
pub const DEFAULT_RING_BYTES: u32 = 1 << 20;

#[derive(Default)]
struct Options {
    user: bool,
    port: Option<PathBuf>,
    target: TargetProcess,
    ring_bytes: Option<u32>,
    words: Vec<OsString>,
}

/// Runs the agent with these arguments.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match run(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("spile-agent: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: impl Iterator<Item = OsString>) -> Result<bool> {
    let Some(options) = parse(arguments)? else {
        print!("{USAGE}");
        return Ok(true);
    };
    let user = options.user;
    let engine = move || -> Result<Box<dyn Engine>> {
        Ok(if user { Box::new(UserEngine::default()) } else { Box::new(KernelEngine::open()?) })
    };
    let words: Vec<_> = options.words.iter().map(|word| word.to_string_lossy()).collect();
    match (words.first().map(|word| &**word), &options.words[words.len().min(1)..]) {
        (Some("serve"), []) => {
            match &options.port {
                // Not through std's buffer: a request that waits in there is none that poll() can see.
                None => {
                    let input =
                        File::from(io::stdin().as_fd().try_clone_to_owned().context("cannot read standard input")?);
                    serve::serve(input, io::stdout().lock(), &engine)?;
                }
                Some(path) => {
                    let port = OpenOptions::new().read(true).write(true).open(path);
                    let port = port.with_context(|| format!("cannot open {}", path.display()))?;
                    serve::serve(File::try_clone(&port)?, port, &engine)?;
                }
            }
            Ok(true)
        }
        (Some("run"), [path]) => {
            let image = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            let stored = spile_abi::Image::parse(&image)?.host()?.options.ring_bytes;
            let default = if stored == 0 { DEFAULT_RING_BYTES } else { stored };
            let ring_bytes = options.ring_bytes.unwrap_or(default);
            alone::run(engine()?, &Load { image, ring_bytes, target: options.target })
        }
        _ => bail!("say `serve` or `run IMAGE`\n{USAGE}"),
    }
}

fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Option<Options>> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(None),
            Arg::Long("user") => options.user = true,
            Arg::Long("port") => options.port = Some(parser.value()?.into()),
            Arg::Short('x') => options.target = TargetProcess::Pid(parser.value()?.parse()?),
            Arg::Short('c') => options.target = TargetProcess::Command(parser.value()?.string()?),
            Arg::Short('s') => options.ring_bytes = Some(ring_bytes(parser.value()?.parse()?)?),
            Arg::Value(word) => options.words.push(word),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Some(options))
}

/// Megabytes of `-s` as bytes of a ring.
pub fn ring_bytes(megabytes: u32) -> Result<u32> {
    let bytes = megabytes.checked_mul(1 << 20).filter(|bytes| *bytes <= spile_abi::SPILE_MAX_RING);
    match bytes {
        Some(bytes) if bytes.is_power_of_two() => Ok(bytes),
        _ => bail!("-s takes a power of two from 1 to {} megabytes", spile_abi::SPILE_MAX_RING >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_powers_of_two() {
        assert_eq!(ring_bytes(4).unwrap(), 4 << 20);
        for megabytes in [0, 3, 512, u32::MAX] {
            assert_eq!(
                ring_bytes(megabytes).unwrap_err().to_string(),
                "-s takes a power of two from 1 to 256 megabytes"
            );
        }
    }

    #[test]
    fn nonsense_is_refused_with_the_usage() {
        let error = run(["dance".into()].into_iter()).unwrap_err().to_string();
        assert!(error.starts_with("say `serve` or `run IMAGE`\nusage: spile-agent serve"), "{error}");
    }
}
