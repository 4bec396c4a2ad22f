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
       spile-agent run [--user] [-F] [-x PID | -c COMMAND] [-s MEGABYTES] [--attach WAYS] IMAGE

serve  obeys a host over standard input and output, or over DEVICE
run    runs a stored image alone, and prints what it says

--user          run handlers in this process instead of the kernel
--port DEVICE   a character device, such as a virtio-serial port
-x PID          the target process
-c COMMAND      start a shell command, and end with it
-s MEGABYTES    buffer for each CPU, rounded up to a power of two
-F              keep the newest output in the buffers, and print it on SIGUSR2 and at the end
--attach WAYS   how probes may be attached, such as ftrace,kprobe
";

/// Ring of each CPU, unless the host or `-s` says otherwise: 1 MiB.
pub const DEFAULT_RING_BYTES: u32 = 1 << 20;

#[derive(Default)]
struct Options {
    user: bool,
    port: Option<PathBuf>,
    target: TargetProcess,
    ring_bytes: Option<u32>,
    flight_recorder: bool,
    attach: u32,
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
            let (target, flight_recorder, attach) = (options.target, options.flight_recorder, options.attach);
            alone::run(engine()?, &Load { image, ring_bytes, target, flight_recorder, attach })
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
            Arg::Short('F') => options.flight_recorder = true,
            Arg::Long("attach") => options.attach = attach_mask(&parser.value()?.string()?)?,
            Arg::Value(word) => options.words.push(word),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Some(options))
}

/// Megabytes of `-s` as bytes of a ring: a power of two.
pub fn ring_bytes(megabytes: u32) -> Result<u32> {
    let most = spile_abi::SPILE_MAX_RING >> 20;
    if !(1..=most).contains(&megabytes) {
        bail!("-s takes 1 to {most} megabytes");
    }
    Ok(megabytes.next_power_of_two() << 20)
}

/// The words of `--attach` as `spile_load.attach`.
pub fn attach_mask(words: &str) -> Result<u32> {
    let known = spile_output::attach_words;
    spile_output::attach_mask(words).with_context(|| format!("--attach takes words from {}, not {words:?}", known()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_powers_of_two() {
        assert_eq!([1, 3, 4, 200, 256].map(|megabytes| ring_bytes(megabytes).unwrap() >> 20), [1, 4, 4, 256, 256]);
        for megabytes in [0, 257, u32::MAX] {
            assert_eq!(ring_bytes(megabytes).unwrap_err().to_string(), "-s takes 1 to 256 megabytes");
        }
    }

    #[test]
    fn ways_to_attach_are_known_by_name() {
        let error = attach_mask("direct,magic").unwrap_err().to_string();
        assert_eq!(
            error,
            "--attach takes words from direct, ftrace, fprobe, kprobe, tracepoint, timer, not \"direct,magic\""
        );
    }

    #[test]
    fn nonsense_is_refused_with_the_usage() {
        let error = run(["dance".into()].into_iter()).unwrap_err().to_string();
        assert!(error.starts_with("say `serve` or `run IMAGE`\nusage: spile-agent serve"), "{error}");
    }
}
