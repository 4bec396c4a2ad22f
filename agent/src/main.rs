// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `spile-agent` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    spile_agent::command_line::main(std::env::args_os().skip(1))
}
