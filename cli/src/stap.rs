// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command under the name `stap`: SystemTap's options, exit codes and `Pass N:` lines.

mod options;
mod table;
mod words;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use spile_agent::signals::Asked;
use spile_debuginfo::{KernelTarget, UserTarget};
use spile_frontend::ParsedScript;
use spile_frontend::analyse::{Options as FrontEnd, POINT_TYPES, Source};
use spile_frontend::library::TapsetLibrary;
use spile_frontend::preprocess::LANGUAGE_VERSION;
use spile_frontend::target::{Arch, Target};
use spile_vm_lab::Terminal;

use crate::args::{Emit, TargetName};
use crate::compile::{Reported, Request};
use crate::diagnostics::Warnings;
use crate::passes::{Passes, Style};
use crate::place::Place;
use crate::run::{self, Plan};
use crate::{build, dump, list, show, source, target};
use options::{Action, Options, Script};
use table::{Does, OPTIONS, Spec, Takes};

/// Runs the command with these words. Failures are printed.
pub fn main(own: impl Iterator<Item = OsString>) -> ExitCode {
    let options = match words::all(own).and_then(options::parse) {
        Ok(options) => options,
        Err(error) => {
            complain!("stap: {error:#}\nTry 'stap --help' for more information.");
            return ExitCode::FAILURE;
        }
    };
    options.colour.write_global();
    match act(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is::<Reported>() {
                complain!("stap: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

fn act(options: &Options) -> Result<()> {
    match &options.action {
        Action::Run => run(options),
        Action::Help => show::text(&help()),
        Action::Version => show::lines([format!(
            "stap: Spile {VERSION}, a translator of SystemTap's language (version {LANGUAGE_VERSION})"
        )]),
        Action::CleanCache => clean_cache(),
        Action::ProbeTypes => show::lines(POINT_TYPES),
        Action::ProbeAliases => {
            let place = Where::of(options)?;
            let request = request(options, Vec::new())?;
            show::lines(request.parsed(place.facts(), |parsed| Ok(parsed.list_aliases()))?)
        }
        Action::Functions => {
            let place = Where::of(options)?;
            let request = request(options, Vec::new())?;
            let list = |parsed: ParsedScript<'_>| Ok(parsed.list_functions(request.options(), place.facts()));
            show::lines(request.parsed(place.facts(), list)?)
        }
        Action::List { pattern, variables } => {
            let script = source::source(source::COMMAND_LINE, &list::script(pattern));
            let request = request(options, vec![script])?.with_warnings(Warnings::Mute);
            let points = request.points(Where::of(options)?.facts(), *variables)?;
            if points.is_empty() {
                return Err(Reported.into());
            }
            show::lines(points.iter().map(list::line))
        }
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Compiles a script, and runs it unless another pass is the last.
fn run(options: &Options) -> Result<()> {
    let script = match &options.script {
        Some(Script::Text(text)) => source::source(source::COMMAND_LINE, text),
        Some(Script::File(path)) => source::read(path)?,
        None => bail!("there is no script"),
    };
    let request = request(options, vec![script])?;
    let asked = Asked::by_signals()?;
    let place = Where::of(options)?;
    keep(options, &request, place.facts())?;
    if let Some(emit) = [Emit::Ast, Emit::Resolved, Emit::Ir].get(usize::from(options.last_pass) - 1) {
        return show::text(&dump::emit(&request, *emit, place.facts())?);
    }
    let image = request.image(place.facts())?;
    if let Some(name) = &options.module_name {
        let path = format!("{name}.spile");
        fs::write(&path, &image).with_context(|| format!("cannot write {path}"))?;
    }
    match place {
        Where::Here(place) if options.last_pass == 5 => {
            let plan = Plan {
                process: run::process(options.command.clone(), options.pid),
                output: options.output.clone(),
                rotation: options.rotation,
                bulk: options.bulk,
                flight_recorder: options.flight_recorder,
                attach: 0,
                megabytes: options.megabytes,
                timeout: options.timeout.map(std::time::Duration::from_secs),
            };
            run::execute(*place, &image, &request, &plan, &asked)
                .inspect_err(|error| {
                    if !error.is::<Reported>() {
                        complain!("stap: {error:#}");
                    }
                    request.passes().failed(5, None);
                })
                .map_err(|_| Reported.into())
        }
        place => {
            if options.last_pass == 5 {
                complain!("WARNING: the kernel compiled for is not this one: the last pass is 4.");
            }
            show::lines([stored(options, &image)?.to_string_lossy()])?;
            place.close()
        }
    }
}

/// What a script is compiled for.
enum Where {
    /// A place where it can run.
    Here(Box<Place>),
    /// Another kernel, by its facts.
    Elsewhere(Box<dyn Target>),
}

impl Where {
    fn of(options: &Options) -> Result<Self> {
        let name = options.runtime.clone().map_or_else(TargetName::from_environment, Ok)?;
        let release = options.release.clone().or_else(|| env::var("SYSTEMTAP_RELEASE").ok());
        if let Some(release) = release.filter(|release| !is_running(release, options.arch)) {
            return Ok(Self::Elsewhere(Box::new(find_kernel(&release, options.arch)?)));
        }
        match (options.arch, &name) {
            (Some(arch), TargetName::User) if arch != target::host_arch() => {
                Ok(Self::Elsewhere(Box::new(UserTarget::new(arch)?)))
            }
            (Some(arch), TargetName::Local) if arch != target::host_arch() => {
                bail!("compiling for {arch} needs the facts about a kernel: -r KIT")
            }
            _ => {
                let progress = Terminal::or_lines();
                Ok(Self::Here(Box::new(Place::open(&name, 2, progress.as_ref())?)))
            }
        }
    }

    fn facts(&self) -> &dyn Target {
        match self {
            Self::Here(place) => place.facts.as_ref(),
            Self::Elsewhere(facts) => facts.as_ref(),
        }
    }

    fn close(self) -> Result<()> {
        match self {
            Self::Here(place) => place.close(),
            Self::Elsewhere(_) => Ok(()),
        }
    }
}

/// Whether a release is that of the kernel that runs here.
fn is_running(release: &str, arch: Option<Arch>) -> bool {
    let running = nix::sys::utsname::uname().is_ok_and(|name| name.release() == release);
    running && arch.is_none_or(|arch| arch == target::host_arch())
}

/// A kernel by its kit: a file, the newest in a directory, or by its release from those that were made here.
fn find_kernel(release: &str, arch: Option<Arch>) -> Result<KernelTarget> {
    let path = Path::new(release);
    let found = if path.is_file() {
        Some(path.to_owned())
    } else if path.is_dir() {
        newest_kit(path, "")
    } else {
        let prefix = format!("{release}-{}-", arch.unwrap_or_else(target::host_arch));
        newest_kit(&target::cached_kits()?, &prefix)
    };
    let none = || {
        format!(
            "nothing is known of kernel {release}: make a kit there with `spile kit create -o FILE`, and give it to -r"
        )
    };
    let kernel = build::kit(&found.with_context(none)?)?;
    if let Some(arch) = arch {
        ensure!(kernel.arch() == arch, "the kit is of a kernel for {}, not {arch}", kernel.arch());
    }
    Ok(kernel)
}

fn newest_kit(directory: &Path, prefix: &str) -> Option<PathBuf> {
    let paths = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let fits = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(prefix) && name.ends_with(".kit")
    };
    paths.filter(fits).max_by_key(|path| path.metadata().and_then(|data| data.modified()).ok())
}

/// Scripts and options as the compiler takes them.
fn request(options: &Options, mut scripts: Vec<Source>) -> Result<Request> {
    scripts.extend(options.also.iter().map(|text| source::source(source::COMMAND_LINE, text)));
    let mut library = match env::var_os("SYSTEMTAP_TAPSET") {
        Some(directory) => {
            let mut library = TapsetLibrary::new();
            source::add_directory(&mut library, Path::new(&directory))?;
            library
        }
        None => TapsetLibrary::builtin(),
    };
    for directory in &options.include {
        source::add_directory(&mut library, directory)?;
    }
    let front_end = FrontEnd {
        args: options.args.clone(),
        limits: options.define.clone(),
        globals: options.global.clone(),
        guru: options.guru,
        auto_print: options.display_globals,
        skip_badvars: options.skip_badvars,
        time_zone: crate::time_zone::local,
    };
    let request = Request::scripts(scripts, library)
        .with_options(front_end)
        .optimised(options.optimise)
        .timed(options.timed)
        .with_warnings(options.warnings)
        .with_passes(Passes { style: Style::Stap, verbose: options.verbose })
        .in_version(options.version.clone());
    let request = if options.suppress_time_limits { run::suppress_time_limits(request) } else { request };
    Ok(if options.suppress_errors { run::suppress_errors(request) } else { request })
}

/// Keeps what each pass makes in a directory, where that is wanted.
fn keep(options: &Options, request: &Request, target: &dyn Target) -> Result<()> {
    if !options.keep && options.temporary.is_none() {
        return Ok(());
    }
    let directory = match &options.temporary {
        Some(directory) => {
            fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
            directory.clone()
        }
        None => tempfile::Builder::new().prefix("stap").tempdir().context("cannot make a temporary directory")?.keep(),
    };
    let quiet = request.clone().with_passes(Passes::default()).with_warnings(Warnings::Mute);
    let stages = [
        (Emit::Tokens, "script.tokens"),
        (Emit::Ast, "script.stp"),
        (Emit::Resolved, "script.resolved"),
        (Emit::Typed, "script.typed"),
        (Emit::Ir, "script.ir"),
        (Emit::Clif, "script.clif"),
        (Emit::Asm, "script.s"),
        (Emit::Image, "script.image"),
    ];
    for (emit, name) in stages {
        // The first stage that fails says so, in its pass.
        let Ok(text) = dump::emit(&quiet, emit, target) else { break };
        let path = directory.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    complain!("Keeping temporary directory \"{}\"", directory.display());
    Ok(())
}

/// Where the images of `-p4` are stored.
fn images() -> Result<PathBuf> {
    Ok(spile_vm_lab::cache::root()?.join("images"))
}

/// The file with the image: `-m`'s, or one in the cache, named by its content.
fn stored(options: &Options, image: &[u8]) -> Result<PathBuf> {
    if let Some(name) = &options.module_name {
        return Ok(format!("{name}.spile").into());
    }
    let directory = images()?;
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let path = directory.join(format!("stap_{:016x}.spile", target::hash(image)));
    fs::write(&path, image).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

fn clean_cache() -> Result<()> {
    let directory = images()?;
    if !directory.exists() {
        return Ok(());
    }
    fs::remove_dir_all(&directory).with_context(|| format!("cannot remove {}", directory.display()))
}

fn help() -> String {
    let mut text = "\
usage: stap [OPTION]... FILE [ARGUMENT]...      run the script in a file (- is standard input)
       stap [OPTION]... -e SCRIPT [ARGUMENT]... run a script
       stap [OPTION]... -l PROBE                list probe points

Compiles a script and runs it in this machine's kernel, through kshim.

"
    .to_owned();
    let section = |title: &str, wanted: fn(&&Spec) -> bool| {
        let lines: String = OPTIONS.iter().filter(wanted).map(line).collect();
        format!("{title}:\n{lines}")
    };
    text += &section("Options", |spec| !matches!(spec.does, Does::Nothing | Does::Refused));
    text += &section("\nAccepted, without effect", |spec| spec.does == Does::Nothing);
    text += "\nNot supported, and refused:\n";
    let mut line = String::new();
    for name in OPTIONS.iter().filter(|spec| spec.does == Does::Refused).flat_map(|spec| spec.names) {
        if line.len() + name.len() > 100 {
            text += &(std::mem::take(&mut line) + "\n");
        }
        line += &format!("{}{name}", if line.is_empty() { "  " } else { " " });
    }
    text + &line + "\n"
}

fn line(spec: &Spec) -> String {
    let names = spec.names.join(", ");
    let is_long = names.starts_with("--");
    let left = match spec.takes {
        Takes::Nothing => names,
        Takes::Value(value) if is_long => format!("{names}={value}"),
        Takes::Value(value) => format!("{names} {value}"),
        Takes::Maybe(value) => format!("{names}[={value}]"),
    };
    if left.len() > 26 {
        format!("  {left}\n  {:26} {}\n", "", spec.help)
    } else {
        format!("  {left:26} {}\n", spec.help)
    }
}
