// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `spile` command.

use std::io;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::CommandFactory;

#[macro_use]
mod complain;

pub mod args;
mod build;
pub mod compile;
pub mod diagnostics;
mod dump;
mod fmt;
mod kit;
mod list;
mod merge;
mod outfile;
mod overload;
pub mod passes;
mod place;
mod run;
mod show;
mod source;
pub mod stap;
pub mod target;
mod time_zone;

use args::{Cli, Command};

/// Runs the command. Failures are printed.
pub fn main(cli: Cli) -> ExitCode {
    // Everything for a terminal is written with colours; the stream drops them where they are not wanted.
    match cli.color {
        clap::ColorChoice::Auto => {}
        clap::ColorChoice::Always => anstream::ColorChoice::Always.write_global(),
        clap::ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
    }
    let result = match cli.command {
        Command::Run(run) => run::run(&run),
        Command::Build(build) => build::build(&build),
        Command::Kit(kit) => kit::kit(&kit),
        Command::Dump(dump) => dump::dump(&dump),
        Command::List(list) => list::list(&list),
        Command::Merge(merge) => merge::merge(&merge),
        Command::Fmt(command) => fmt::fmt(&command),
        Command::Explain { code } => diagnostics::explain(code.as_deref()),
        Command::Agent { arguments } => return spile_agent::command_line::main(arguments.into_iter()),
        Command::Man { command } => man(command.as_deref()),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "spile", &mut io::stdout());
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // What has been printed already is an error without text.
            if !error.is::<compile::Reported>() {
                complain!("spile: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Prints the manual page of the whole, or of one of its commands.
fn man(command: Option<&str>) -> Result<()> {
    let mut page = Cli::command();
    page.build();
    if let Some(name) = command {
        // Built, it is called `spile run` in its usage already.
        page = page.find_subcommand(name).with_context(|| format!("there is no command {name}"))?.clone();
    }
    Ok(clap_mangen::Man::new(page).render(&mut io::stdout())?)
}
