// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line: declared once, for help, manual page and completions alike.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use spile_agent::command_line::attach_mask;
use spile_frontend::target::Arch;
use spile_vm_lab::Cell;

/// Runs SystemTap-language scripts as native code in a live Linux kernel.
#[derive(Parser, Debug)]
#[command(name = "spile", version)]
pub struct Cli {
    /// Whether to colour messages: `auto` does on a terminal, unless NO_COLOR is set.
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    pub color: clap::ColorChoice,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the command can do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Compile a script and run it.
    Run(Run),
    /// Compile a script into an image file, which an agent can run alone.
    Build(Build),
    /// Collect or look at the facts about a kernel that compiling needs.
    #[command(subcommand)]
    Kit(Kit),
    /// Print what a stage of the compiler makes of a script, source lines beside it.
    Dump(Dump),
    /// List probe points, aliases of the library included, that a pattern matches.
    List(List),
    /// Print the files that `spile run -b` wrote, one for each CPU, in the order of time.
    Merge(Merge),
    /// Bring scripts into the one style.
    Fmt(Fmt),
    /// Explain the code of a diagnostic, such as E0301; without one, list them all.
    Explain {
        /// Which.
        code: Option<String>,
    },
    /// Be an agent (see spile-agent --help).
    #[command(hide = true, disable_help_flag = true)]
    Agent {
        /// Its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Print the manual page, or that of a command, in roff.
    #[command(hide = true)]
    Man {
        /// Which command.
        command: Option<String>,
    },
    /// Print a completion script for a shell.
    #[command(hide = true)]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// `spile run`.
#[derive(Args, Debug)]
pub struct Run {
    /// The script and how to compile it.
    #[command(flatten)]
    pub script: Script,
    /// Where to run: `local` (this kernel), `user` (an ordinary process, for begin, end, error and timer
    /// probes), or `vm:CELL` (a kernel in the lab, such as vm:debian-6.1-amd64).
    #[arg(long, default_value = "local", env = "SPILE_TARGET")]
    pub target: TargetName,
    /// Start this shell command in the target, and end with it.
    #[arg(short = 'c', value_name = "COMMAND", conflicts_with = "pid")]
    pub command: Option<String>,
    /// The process that target() gives.
    #[arg(short = 'x', value_name = "PID")]
    pub pid: Option<u32>,
    /// Write the script's output to a file, whose name may have the escapes of date(1), such as %F.
    #[arg(short = 'o', value_name = "FILE")]
    pub output: Option<String>,
    /// Begin a new file (FILE.0, FILE.1, …) where one would grow larger; keep the last N.
    #[arg(short = 'S', value_name = "MEGABYTES[,N]", requires = "output")]
    pub rotation: Option<Rotation>,
    /// Write each CPU's output to a file of its own (FILE.cpu0, FILE.cpu1, …), unmerged and unformatted: the cheapest
    /// way. `spile merge` prints them.
    #[arg(short = 'b', long, requires = "output")]
    pub bulk: bool,
    /// Keep the newest output in the buffers, and print it when SIGUSR2 comes or the script calls
    /// flight_recorder_dump(), and at the end.
    #[arg(short = 'F', long)]
    pub flight_recorder: bool,
    /// Count run-time errors and go on, instead of printing the first and ending.
    #[arg(long)]
    pub suppress_handler_errors: bool,
    /// No limit on a handler's actions, nor on the share of a CPU that handlers take.
    #[arg(long, requires = "guru")]
    pub suppress_time_limits: bool,
    /// Buffer for each CPU, rounded up to a power of two.
    #[arg(short = 's', value_name = "MEGABYTES")]
    pub buffer: Option<u32>,
    /// How probes may be attached, for comparisons: words of direct, ftrace, fprobe, kprobe, tracepoint, timer.
    #[arg(long, value_name = "WAYS", value_parser = parse_attach)]
    pub attach: Option<u32>,
    /// End after so many seconds.
    #[arg(short = 'T', value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// Stop after a pass and print what it made: 1 syntax tree, 2 resolved script, 3 IR, 4 image.
    #[arg(short = 'p', value_name = "PASS", value_parser = clap::value_parser!(u8).range(1..=4))]
    pub pass: Option<u8>,
    /// Processors of a lab machine.
    #[arg(long, default_value_t = 2)]
    pub smp: u32,
}

/// `spile build`.
#[derive(Args, Debug)]
pub struct Build {
    /// The script and how to compile it.
    #[command(flatten)]
    pub script: Script,
    /// What to compile for.
    #[command(flatten)]
    pub compile_for: CompileFor,
    /// The image file to write.
    #[arg(short = 'o', value_name = "FILE")]
    pub output: PathBuf,
}

/// What a script is compiled for.
#[derive(Args, Debug)]
pub struct CompileFor {
    /// Compile for the kernel of this kit.
    #[arg(long, value_name = "FILE", conflicts_with = "target")]
    pub kit: Option<PathBuf>,
    /// Compile for this target; see `spile run`. Without it SPILE_TARGET says which, or it is this kernel.
    #[arg(long)]
    pub target: Option<TargetName>,
    /// Compile for this instruction set, where the target is `user`: x86_64 or aarch64.
    #[arg(long, value_parser = parse_arch)]
    pub arch: Option<Arch>,
}

/// `spile dump`.
#[derive(Args, Debug)]
pub struct Dump {
    /// The script and how to compile it. For `asm` and `image` it can be an image file.
    #[command(flatten)]
    pub script: Script,
    /// What to compile for.
    #[command(flatten)]
    pub compile_for: CompileFor,
    /// What to print.
    #[arg(long, value_enum, value_name = "STAGE")]
    pub emit: Emit,
}

/// What a stage of the compiler makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Emit {
    /// Tokens, before the preprocessor.
    Tokens,
    /// The syntax tree, as a script.
    Ast,
    /// Probe points, functions and globals with their types.
    Resolved,
    /// The bodies of functions and handlers with all types.
    Typed,
    /// The IR; it can be read back.
    Ir,
    /// What the code generator is given.
    Clif,
    /// The machine code in the image.
    Asm,
    /// The image's header and tables.
    Image,
}

/// `spile list`.
#[derive(Args, Debug)]
pub struct List {
    /// Probe points with wildcards, such as 'kernel.function("vfs_*")', 'vfs.*' or 'kernel.trace("sched:*")'.
    #[arg(required = true, value_name = "PROBE")]
    pub patterns: Vec<String>,
    /// With the variables that a handler finds there, and their types.
    #[arg(long, short = 'L')]
    pub variables: bool,
    /// Attach a probe to each of them, and say how that was done and why not more cheaply.
    #[arg(long, conflicts_with = "variables")]
    pub how: bool,
    /// With `--how`: in which ways it may be done, such as ftrace,kprobe.
    #[arg(long, value_name = "WAYS", value_parser = parse_attach, requires = "how")]
    pub attach: Option<u32>,
    /// What to look into.
    #[command(flatten)]
    pub compile_for: CompileFor,
    /// Also look for library scripts in this directory.
    #[arg(short = 'I', value_name = "DIRECTORY")]
    pub include: Vec<PathBuf>,
}

/// `spile merge`.
#[derive(Args, Debug)]
pub struct Merge {
    /// Files of one run.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write to this file.
    #[arg(short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `spile kit`.
#[derive(Subcommand, Debug)]
pub enum Kit {
    /// Collect the facts about a target's kernel into a file.
    Create {
        /// Whose kernel; see `spile run`.
        #[arg(long, default_value = "local")]
        target: TargetName,
        /// The kit to write.
        #[arg(short = 'o', value_name = "FILE")]
        output: PathBuf,
    },
    /// Say what a kit holds.
    Show {
        /// The kit.
        kit: PathBuf,
    },
}

/// `spile fmt`.
#[derive(Args, Debug)]
pub struct Fmt {
    /// Scripts, folders of scripts (*.stp, *.stpm), or `-` for standard input.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Change nothing: show what would change, and fail if anything would.
    #[arg(long)]
    pub check: bool,
}

/// A script and how to compile it.
#[derive(Args, Debug)]
pub struct Script {
    /// The script file (`-` is standard input), then the script's own arguments ($1, @1, …). Options come before it.
    #[arg(
        value_name = "SCRIPT [ARGUMENT]",
        required_unless_present = "expression",
        trailing_var_arg = true,
        allow_negative_numbers = true
    )]
    pub words: Vec<String>,
    /// The script itself; all words are its arguments.
    #[arg(short = 'e', value_name = "TEXT")]
    pub expression: Option<String>,
    /// Also look for library scripts in this directory.
    #[arg(short = 'I', value_name = "DIRECTORY")]
    pub include: Vec<PathBuf>,
    /// Set a limit, such as MAXACTION=5000.
    #[arg(short = 'D', value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub define: Vec<(String, String)>,
    /// Set a global of the script.
    #[arg(short = 'G', value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub global: Vec<(String, String)>,
    /// Guru mode: the script may write to the traced system.
    #[arg(short = 'g')]
    pub guru: bool,
    /// Take 0 for target variables that are not there.
    #[arg(long)]
    pub skip_badvars: bool,
    /// Do not optimise.
    #[arg(short = 'u')]
    pub unoptimised: bool,
    /// Time handlers: at the end tell of each probe its hits and their cycles, and the share of the machine.
    #[arg(short = 't')]
    pub timed: bool,
    /// Print no warnings.
    #[arg(short = 'w')]
    pub no_warnings: bool,
    /// Make errors of warnings.
    #[arg(short = 'W', conflicts_with = "no_warnings")]
    pub deny_warnings: bool,
    /// How to tell what is wrong with the script.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub message_format: MessageFormat,
    /// What the file holds, where its name does not say (*.ir is IR).
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub from: Option<Language>,
    /// Say what each pass did and how long it took.
    #[arg(short = 'v', action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// How diagnostics are written to standard error.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MessageFormat {
    /// For people: the source line with a caret.
    #[default]
    Text,
    /// For programs: one JSON object on a line for each.
    Json,
}

/// What a source file holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Language {
    /// A script.
    Script,
    /// IR text, as `spile dump --emit ir` prints it.
    Ir,
}

/// When a new output file begins, and how many are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rotation {
    /// A file's size.
    pub megabytes: u64,
    /// The files kept; all without it.
    pub keep: Option<usize>,
}

impl FromStr for Rotation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (megabytes, keep) = match text.split_once(',') {
            Some((megabytes, keep)) => (megabytes, Some(keep)),
            None => (text, None),
        };
        let positive = |text: &str| text.trim().parse().ok().filter(|number| *number > 0);
        let wrong = "it takes the form MEGABYTES or MEGABYTES,FILES, both above 0";
        let keep = keep.map(|keep| positive(keep).ok_or(wrong)).transpose()?;
        Ok(Self { megabytes: positive(megabytes).ok_or(wrong)?, keep: keep.map(|keep| keep as usize) })
    }
}

/// A place where scripts run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TargetName {
    /// An ordinary process on this machine.
    User,
    /// This machine's kernel.
    Local,
    /// A kernel of the lab.
    Vm(Cell),
}

impl FromStr for TargetName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "user" => Ok(Self::User),
            // An empty SPILE_TARGET says nothing.
            "local" | "" => Ok(Self::Local),
            _ => match name.strip_prefix("vm:") {
                Some(cell) => Cell::parse(cell).map(Self::Vm).map_err(|error| format!("{error:#}")),
                None => Err("a target is user, local, or vm:CELL, such as vm:debian-6.1-amd64".into()),
            },
        }
    }
}

impl TargetName {
    /// The target that the variable `SPILE_TARGET` names; else this machine's kernel.
    pub fn from_environment() -> Result<Self> {
        match std::env::var("SPILE_TARGET") {
            Ok(name) => name.parse().map_err(|error| anyhow::anyhow!("SPILE_TARGET={name}: {error}")),
            Err(_) => Ok(Self::Local),
        }
    }
}

fn parse_attach(words: &str) -> Result<u32, String> {
    attach_mask(words).map_err(|error| error.to_string())
}

fn parse_arch(name: &str) -> Result<Arch, String> {
    match name {
        "x86_64" => Ok(Arch::X86_64),
        "aarch64" | "arm64" => Ok(Arch::Aarch64),
        _ => Err("an instruction set is x86_64 or aarch64".into()),
    }
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err("it takes the form NAME=VALUE".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn words_after_the_script_are_its_arguments() {
        let cli = Cli::parse_from(["spile", "run", "--target", "user", "a.stp", "1", "-2"]);
        let Command::Run(run) = cli.command else { panic!("not run") };
        assert_eq!(run.script.words, ["a.stp", "1", "-2"]);
        assert_eq!(run.target, TargetName::User);
    }

    #[test]
    fn options_have_their_values_behind_them_or_joined() {
        for (options, script) in [
            (&["-DMAXACTION=5", "-Gn=1", "-s16", "-T5", "-I/x"][..], "a.stp"),
            (&["-D", "MAXACTION=5", "-G", "n=1", "-s", "16", "-T", "5", "-I", "/x"], "-"),
        ] {
            let words = [&["spile", "run"], options, &[script, "-DX=1", "-7"]].concat();
            let Command::Run(run) = Cli::parse_from(words).command else { panic!("not run") };
            assert_eq!(run.script.define, [("MAXACTION".into(), "5".into())]);
            assert_eq!(run.script.global, [("n".into(), "1".into())]);
            assert_eq!((run.buffer, run.timeout, run.script.include), (Some(16), Some(5), vec!["/x".into()]));
            assert_eq!(run.script.words, [script, "-DX=1", "-7"]);
        }
        let Command::Run(run) = Cli::parse_from(["spile", "run", "-e", "probe begin {}", "-1", "-x"]).command else {
            panic!("not run")
        };
        assert_eq!(run.script.words, ["-1", "-x"]);
    }

    #[test]
    fn an_empty_target_is_this_kernel() {
        assert_eq!("".parse(), Ok(TargetName::Local));
        assert_eq!("local".parse(), Ok(TargetName::Local));
        assert!("kernel".parse::<TargetName>().is_err());
    }

    #[test]
    fn rotations_have_a_size_and_maybe_a_number() {
        assert_eq!("2".parse(), Ok(Rotation { megabytes: 2, keep: None }));
        assert_eq!("2,3".parse(), Ok(Rotation { megabytes: 2, keep: Some(3) }));
        for wrong in ["", "0", "x", "1,0", "1,", "-1"] {
            assert!(wrong.parse::<Rotation>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn wrong_targets_are_named() {
        let error = Cli::try_parse_from(["spile", "run", "--target", "moon", "a.stp"]).unwrap_err();
        assert!(error.to_string().contains("a target is user, local, or vm:CELL"), "{error}");
    }
}
