// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `spile` command.

use std::process::ExitCode;

use clap::Parser;
use spile_cli::args::Cli;

fn main() -> ExitCode {
    spile_cli::main(Cli::parse())
}
