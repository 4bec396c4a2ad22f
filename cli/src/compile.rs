// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a script to an image, with times, dumps and diagnostics.

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use spile_frontend::analyse::{Options, Source};
use spile_frontend::compile::{self as stages, Failed};
use spile_frontend::library::TapsetLibrary;
use spile_frontend::print;
use spile_frontend::target::{Arch, Target};
use spile_jit::JitOptions;

use crate::args::Script;
use crate::diagnostics::{Show, Warnings};

/// An error whose text has been printed.
#[derive(Debug)]
pub struct Reported;

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("see above")
    }
}

impl std::error::Error for Reported {}

/// A script, the library, and how to compile.
pub struct Request {
    source: Source,
    library: TapsetLibrary,
    options: Options,
    optimise: bool,
    show: Show,
    verbose: u8,
}

impl Request {
    /// As the command line says.
    pub fn new(script: &Script) -> Result<Self> {
        let (source, args) = match &script.expression {
            Some(text) => (source("<input>", text), &script.words[..]),
            None => {
                let (path, args) = script.words.split_first().context("no script")?;
                (read_script(path)?, args)
            }
        };
        let mut library = TapsetLibrary::builtin();
        for directory in &script.include {
            add_directory(&mut library, directory)?;
        }
        let options = Options {
            args: args.to_vec(),
            limits: script.define.clone(),
            globals: script.global.clone(),
            guru: script.guru,
            ..Options::default()
        };
        Ok(Self {
            source,
            library,
            options,
            optimise: !script.unoptimised,
            show: Show::new(script),
            verbose: script.verbose,
        })
    }

    /// A script by name and text, with the built-in library and nothing special.
    pub fn text(name: &str, text: &str) -> Self {
        Self {
            source: source(name, text),
            library: TapsetLibrary::builtin(),
            options: Options::default(),
            optimise: true,
            show: Show::default(),
            verbose: 0,
        }
    }

    /// With these options of the front end.
    pub fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Optimised or not.
    pub fn optimised(self, optimise: bool) -> Self {
        Self { optimise, ..self }
    }

    /// Without warnings.
    pub fn quiet(self) -> Self {
        Self { show: Show { warnings: Warnings::Drop, ..self.show }, ..self }
    }

    /// The script's IR. Diagnostics go to standard error.
    pub fn program(&self, target: &dyn Target) -> Result<spile_ir::Program> {
        let config = |name: &str| target.config(name).map(str::to_owned);
        let conditions = stages::conditions(target, &self.options, &config);
        let begun = Instant::now();
        let sources = [self.source.clone()];
        let parsed = stages::parse(&sources, &self.library, &conditions, &self.options);
        let parsed = self.check(parsed)?;
        self.say(begun, &format!("Pass 1: parsed the script (library: {} files)", self.library.len()));

        let begun = Instant::now();
        let analysed = self.check(stages::analyse(parsed, &self.options, target))?;
        let (probes, functions, globals) = {
            let script = &analysed.script;
            (script.probes.len(), script.functions.len(), script.globals.len())
        };
        self.say(begun, &format!("Pass 2: resolved {probes} probes, {functions} functions, {globals} globals"));

        let begun = Instant::now();
        let compiled = self.check(stages::lower(analysed))?;
        if self.show.show(compiled.diagnostics, &compiled.sources) {
            return Err(Reported.into());
        }
        let mut program = compiled.program;
        if self.optimise {
            spile_ir::optimise(&mut program);
        }
        self.say(begun, "Pass 3: lowered to IR");
        Ok(program)
    }

    /// The script's image.
    pub fn image(&self, target: &dyn Target) -> Result<Vec<u8>> {
        let program = self.program(target)?;
        let begun = Instant::now();
        let image = spile_jit::compile(&program, &self.jit_options(target)).context("cannot generate code")?.image;
        self.say(begun, &format!("Pass 4: compiled to {} bytes for {}", image.len(), target.arch()));
        Ok(image)
    }

    fn jit_options(&self, target: &dyn Target) -> JitOptions {
        let arch = match target.arch() {
            Arch::X86_64 => spile_jit::Arch::X86_64,
            Arch::Aarch64 => spile_jit::Arch::Aarch64,
        };
        JitOptions { script: self.source.name.to_string(), release: target.release().into(), ..JitOptions::new(arch) }
    }

    /// Prints what a pass makes.
    pub fn dump(&self, pass: u8, target: &dyn Target) -> Result<()> {
        let config = |name: &str| target.config(name).map(str::to_owned);
        let conditions = stages::conditions(target, &self.options, &config);
        let sources = [self.source.clone()];
        match pass {
            1 | 2 => {
                let parsed = self.check(stages::parse(&sources, &self.library, &conditions, &self.options))?;
                if pass == 1 {
                    parsed.files().iter().for_each(|file| print!("{}", print::file(file)));
                } else {
                    print!("{}", self.check(stages::analyse(parsed, &self.options, target))?.script);
                }
            }
            3 => print!("{}", self.program(target)?),
            _ => {
                let program = self.program(target)?;
                let options = JitOptions { dump: true, ..self.jit_options(target) };
                let dump = spile_jit::compile(&program, &options).context("cannot generate code")?.dump;
                print!("{}", dump.unwrap_or_default().assembly);
            }
        }
        Ok(())
    }

    /// Says what a pass did and how long it took, where that is wanted.
    pub fn say(&self, begun: Instant, what: &str) {
        if self.verbose > 0 {
            eprintln!("{what} in {:.1}ms.", begun.elapsed().as_secs_f64() * 1e3);
        }
    }

    fn check<T>(&self, stage: Result<T, Failed>) -> Result<T> {
        stage.map_err(|failed| {
            self.show.show(failed.diagnostics, &failed.sources);
            Reported.into()
        })
    }
}

fn source(name: &str, text: &str) -> Source {
    Source { name: name.into(), text: text.into() }
}

fn read_script(path: &str) -> Result<Source> {
    if path == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).context("cannot read the script from standard input")?;
        return Ok(source("<stdin>", &text));
    }
    let text = fs::read(path).with_context(|| format!("cannot read the script {path}"))?;
    Ok(source(path, &String::from_utf8_lossy(&text)))
}

/// Adds the library files of a directory and those below it, in the order of their names.
fn add_directory(library: &mut TapsetLibrary, directory: &Path) -> Result<()> {
    let entries = fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    let mut paths: Vec<_> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_directory(library, &path)?;
        } else if path.extension().is_some_and(|extension| extension == "stp" || extension == "stpm") {
            let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            library.add(path.to_string_lossy(), String::from_utf8_lossy(&text));
        }
    }
    Ok(())
}
