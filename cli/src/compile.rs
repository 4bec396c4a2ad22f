// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a script to an image, with times and diagnostics.

use std::fmt;

use anyhow::{Context, Result, bail};
use spile_abi::host;
use spile_frontend::analyse::{ListedPoint, Options, Source};
use spile_frontend::compile::{self as stages, Analysed, Failed, ParsedScript};
use spile_frontend::diag::Severity;
use spile_frontend::ir_text;
use spile_frontend::library::TapsetLibrary;
use spile_frontend::target::{Arch, Target, TypeShape, TypeTag};
use spile_jit::{JitOptions, TaskStruct};

use crate::args::{Language, Script};
use crate::diagnostics::{Show, Warnings};
use crate::overload;
use crate::passes::{Clock, Done, Passes};
use crate::source::{self, Texts};
use crate::time_zone;

/// An error whose text has been printed.
#[derive(Debug)]
pub struct Reported;

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("see above")
    }
}

impl std::error::Error for Reported {}

/// What is compiled.
#[derive(Clone, Debug)]
enum Input {
    /// Scripts that are one program together.
    Scripts(Vec<Source>),
    /// IR text.
    Ir(Source),
}

/// A script, the library, and how to compile.
#[derive(Clone, Debug)]
pub struct Request {
    input: Input,
    library: TapsetLibrary,
    options: Options,
    optimise: bool,
    show: Show,
    passes: Passes,
    suppress_errors: bool,
    timed: bool,
    /// The version of the language that conditions see.
    version: Option<String>,
}

/// The target's `task_struct`. Its credentials are never 0 and its numbers not negative, and only the task itself changes
/// them.
fn task_struct(target: &dyn Target) -> Option<TaskStruct> {
    let task = target.find_type(TypeTag::Struct, "task_struct")?;
    let pointer = |name: &str| {
        let member = target.member(task, name)?;
        let TypeShape::Pointer(pointee) = target.shape(member.ty) else { return None };
        let bytes = u32::try_from(target.size_of(pointee)).ok()?;
        Some((member.bit_offset / 8, bytes))
    };
    let pointers = ["cred", "real_cred"].into_iter().filter_map(pointer).collect();
    let offset = |name: &str| Some(target.member(task, name)?.bit_offset / 8);
    let constants = ["pid", "tgid"].into_iter().filter_map(offset).collect();
    Some(TaskStruct { bytes: u32::try_from(target.size_of(task)).ok()?, pointers, constants })
}

/// The IR of a script, and the texts that it was made of.
pub struct Lowered {
    /// The program.
    pub program: spile_ir::Program,
    /// Scripts and library.
    pub texts: Texts,
}

impl Request {
    /// As the command line says.
    pub fn new(script: &Script) -> Result<Self> {
        let (source, args) = match &script.expression {
            Some(text) => (source::source(source::COMMAND_LINE, text), &script.words[..]),
            None => {
                let (path, args) = script.words.split_first().context("no script")?;
                (source::read(path)?, args)
            }
        };
        let is_ir = match script.from {
            Some(language) => language == Language::Ir,
            None => source.name.ends_with(".ir"),
        };
        let input = if is_ir { Input::Ir(source) } else { Input::Scripts(vec![source]) };
        let mut library = TapsetLibrary::builtin();
        for directory in &script.include {
            source::add_directory(&mut library, directory)?;
        }
        let options = Options {
            args: args.to_vec(),
            limits: script.define.clone(),
            globals: script.global.clone(),
            guru: script.guru,
            skip_badvars: script.skip_badvars,
            time_zone: time_zone::local,
            ..Options::default()
        };
        let passes = Passes { verbose: [script.verbose; 5], ..Passes::default() };
        let (optimise, show) = (!script.unoptimised, Show::new(script));
        let timed = script.timed;
        Ok(Self { input, options, optimise, show, passes, timed, ..Self::scripts(Vec::new(), library) })
    }

    /// Scripts that are one program, and a library, with nothing special.
    pub fn scripts(sources: Vec<Source>, library: TapsetLibrary) -> Self {
        Self {
            input: Input::Scripts(sources),
            library,
            options: Options::default(),
            optimise: true,
            show: Show::default(),
            passes: Passes::default(),
            suppress_errors: false,
            timed: false,
            version: None,
        }
    }

    /// A script by name and text, with the built-in library and nothing special.
    pub fn text(name: &str, text: &str) -> Self {
        Self::scripts(vec![source::source(name, text)], TapsetLibrary::builtin())
    }

    /// With these options of the front end.
    pub fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Optimised or not.
    pub fn optimised(self, optimise: bool) -> Self {
        Self { optimise, ..self }
    }

    /// With this done about warnings.
    pub fn with_warnings(self, warnings: Warnings) -> Self {
        Self { show: Show { warnings, ..self.show }, ..self }
    }

    /// Without warnings.
    pub fn quiet(self) -> Self {
        self.with_warnings(Warnings::Drop)
    }

    /// With the passes told of like this.
    pub fn with_passes(self, passes: Passes) -> Self {
        Self { passes, ..self }
    }

    /// With run-time errors counted only (`--suppress-handler-errors`).
    pub fn suppressing_errors(self, suppress_errors: bool) -> Self {
        Self { suppress_errors, ..self }
    }

    /// With handlers that are timed (`-t`).
    pub fn timed(self, timed: bool) -> Self {
        Self { timed, ..self }
    }

    /// In this version of the language (`--compatible`).
    pub fn in_version(self, version: Option<String>) -> Self {
        Self { version, ..self }
    }

    /// How passes are told of.
    pub fn passes(&self) -> &Passes {
        &self.passes
    }

    /// Whether warnings are left out.
    pub fn is_quiet(&self) -> bool {
        self.show.warnings == Warnings::Drop
    }

    /// The user's own texts.
    pub fn sources(&self) -> &[Source] {
        match &self.input {
            Input::Scripts(sources) => sources,
            Input::Ir(source) => std::slice::from_ref(source),
        }
    }

    /// The syntax trees, handed on. Diagnostics go to standard error.
    pub fn parsed<T>(&self, target: &dyn Target, then: impl FnOnce(ParsedScript<'_>) -> Result<T>) -> Result<T> {
        let Input::Scripts(sources) = &self.input else {
            bail!("IR has no syntax tree, names or types of a script: it comes after them")
        };
        let config = |name: &str| target.config(name).map(str::to_owned);
        let mut conditions = stages::conditions(target, &self.options, &config);
        if let Some(version) = &self.version {
            conditions.systemtap_version.clone_from(version);
        }
        let clock = Clock::start();
        let parsed = self.check(1, stages::parse(sources, &self.library, &conditions, &self.options))?;
        self.passes.done(clock, Done::Parsed { library: self.library.len() });
        then(parsed)
    }

    /// The resolved script. Diagnostics go to standard error.
    pub fn analysed(&self, target: &dyn Target) -> Result<Analysed> {
        self.parsed(target, |parsed| {
            let clock = Clock::start();
            let analysed = self.check(2, stages::analyse(parsed, &self.options, target))?;
            let script = &analysed.script;
            let (probes, functions, globals) = (script.probes.len(), script.functions.len(), script.globals.len());
            self.passes.done(clock, Done::Analysed { probes, functions, globals });
            Ok(analysed)
        })
    }

    /// The script's IR. Diagnostics go to standard error.
    pub fn program(&self, target: &dyn Target) -> Result<spile_ir::Program> {
        Ok(self.lowered(target)?.program)
    }

    /// The script's IR with the texts behind it. Diagnostics go to standard error.
    pub fn lowered(&self, target: &dyn Target) -> Result<Lowered> {
        let (clock, compiled, is_ir) = match &self.input {
            Input::Ir(source) => (Clock::start(), self.check(3, ir_text::read(source))?, true),
            Input::Scripts(_) => {
                let analysed = self.analysed(target)?;
                (Clock::start(), self.check(3, stages::lower(analysed))?, false)
            }
        };
        let first = compiled.diagnostics.iter().next().map(|warning| warning.code);
        if self.show.show(compiled.diagnostics, &compiled.sources) {
            self.passes.failed(2, first);
            return Err(Reported.into());
        }
        let mut program = compiled.program;
        if self.optimise {
            spile_ir::optimise(&mut program);
        }
        if self.timed {
            program.time_handlers();
        }
        self.passes.done(clock, Done::Lowered);
        let texts = if is_ir { Texts::named(&program.files) } else { Texts::of(&compiled.sources) };
        Ok(Lowered { program, texts })
    }

    /// The script's image.
    pub fn image(&self, target: &dyn Target) -> Result<Vec<u8>> {
        Ok(self.code(&self.program(target)?, target, false)?.image)
    }

    /// The machine code of a program, with its text if that is wanted.
    pub fn code(&self, program: &spile_ir::Program, target: &dyn Target, dump: bool) -> Result<spile_jit::Compiled> {
        let clock = Clock::start();
        let options = JitOptions { dump, ..self.jit_options(target)? };
        let compiled = spile_jit::compile(program, &options).map_err(|error| {
            complain!("{}: cannot generate code: {error}", self.passes.style.command());
            self.passes.failed(4, None);
            Reported
        })?;
        let arch = target.arch().to_string();
        self.passes.done(clock, Done::Compiled { bytes: compiled.image.len(), arch: &arch });
        Ok(compiled)
    }

    fn jit_options(&self, target: &dyn Target) -> Result<JitOptions> {
        let arch = match target.arch() {
            Arch::X86_64 => spile_jit::Arch::X86_64,
            Arch::Aarch64 => spile_jit::Arch::Aarch64,
        };
        let script = self.sources().first().map(|source| source.name.to_string()).unwrap_or_default();
        let options = host::Options {
            suppress_errors: self.suppress_errors,
            timed: self.timed,
            overload: overload::limits(&self.options.limits)?,
            ..host::Options::default()
        };
        let defaults = JitOptions::new(arch);
        let task = task_struct(target).unwrap_or(defaults.task);
        Ok(JitOptions { script, release: target.release().into(), options, task, ..defaults })
    }

    /// The points that the script's probes stand for.
    pub fn points(&self, target: &dyn Target, with_variables: bool) -> Result<Vec<ListedPoint>> {
        self.parsed(target, |parsed| Ok(parsed.list_points(&self.options, target, with_variables)))
    }

    /// The options of the front end.
    pub fn options(&self) -> &Options {
        &self.options
    }

    fn check<T>(&self, pass: usize, stage: Result<T, Failed>) -> Result<T> {
        stage.map_err(|failed| {
            let mut errors = failed.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
            let code = errors.next().map(|error| error.code);
            self.show.show(failed.diagnostics, &failed.sources);
            if self.show.warnings != Warnings::Mute {
                self.passes.failed(pass, code);
            }
            Reported.into()
        })
    }
}
