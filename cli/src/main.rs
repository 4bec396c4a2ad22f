// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `spile` command; under the name `stap` it takes SystemTap's options.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use spile_cli::args::Cli;
use spile_cli::stap;

fn main() -> ExitCode {
    let mut words = env::args_os();
    let name = words.next();
    if name.as_deref().is_some_and(|name| Path::new(name).file_name() == Some("stap".as_ref())) {
        return stap::main(words);
    }
    spile_cli::main(Cli::parse())
}
