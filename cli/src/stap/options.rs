// SPDX-License-Identifier: MIT OR Apache-2.0
//! Words of the command line to what is wanted.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use anstream::ColorChoice;
use anyhow::{Context, Result, bail, ensure};
use lexopt::{Arg, Parser};
use spile_frontend::target::Arch;

use super::table::{self, Does, Spec, Takes};
use crate::args::{Rotation, TargetName};
use crate::diagnostics::Warnings;

/// What the command is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Action {
    /// To compile and run a script.
    #[default]
    Run,
    /// To list probe points.
    List {
        /// Which.
        pattern: String,
        /// Whether with variables.
        variables: bool,
    },
    /// To list the forms of probe points.
    ProbeTypes,
    /// To list aliases.
    ProbeAliases,
    /// To list functions.
    Functions,
    /// To remove stored images.
    CleanCache,
    /// To explain itself.
    Help,
    /// To say who it is.
    Version,
}

/// The script's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Script {
    /// In a file; `-` is standard input.
    File(String),
    /// Spelled out.
    Text(String),
}

/// All options.
#[derive(Clone, Debug)]
pub struct Options {
    pub action: Action,
    pub script: Option<Script>,
    pub also: Vec<String>,
    pub args: Vec<String>,
    pub last_pass: u8,
    pub verbose: [u8; 5],
    pub keep: bool,
    pub temporary: Option<PathBuf>,
    pub guru: bool,
    pub optimise: bool,
    pub warnings: Warnings,
    pub include: Vec<PathBuf>,
    pub define: Vec<(String, String)>,
    pub global: Vec<(String, String)>,
    pub arch: Option<Arch>,
    pub release: Option<String>,
    pub module_name: Option<String>,
    pub output: Option<String>,
    pub rotation: Option<Rotation>,
    pub megabytes: Option<u32>,
    pub bulk: bool,
    pub flight_recorder: bool,
    pub timed: bool,
    pub command: Option<String>,
    pub pid: Option<u32>,
    pub timeout: Option<u64>,
    pub skip_badvars: bool,
    pub suppress_errors: bool,
    pub suppress_time_limits: bool,
    pub display_globals: bool,
    pub version: Option<String>,
    pub colour: ColorChoice,
    pub runtime: Option<TargetName>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            action: Action::Run,
            script: None,
            also: Vec::new(),
            args: Vec::new(),
            last_pass: 5,
            verbose: [0; 5],
            keep: false,
            temporary: None,
            guru: false,
            optimise: true,
            warnings: Warnings::Tell,
            include: Vec::new(),
            define: Vec::new(),
            global: Vec::new(),
            arch: None,
            release: None,
            module_name: None,
            output: None,
            rotation: None,
            megabytes: None,
            bulk: false,
            flight_recorder: false,
            timed: false,
            command: None,
            pid: None,
            timeout: None,
            skip_badvars: false,
            suppress_errors: false,
            suppress_time_limits: false,
            display_globals: true,
            version: None,
            colour: ColorChoice::Auto,
            runtime: None,
        }
    }
}

/// Understands a command line. The first word that is no option is the script (or, with `-e`, its first argument), and ends them.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Options> {
    let mut options = Options::default();
    let mut parser = Parser::from_args(words);
    while let Some(arg) = parser.next()? {
        let (name, spec) = match arg {
            Arg::Short(letter) => {
                let name = format!("-{letter}");
                (name.clone(), table::short(letter).with_context(|| format!("there is no option {name}"))?)
            }
            Arg::Long(long) => (format!("--{long}"), long_option(long)?),
            Arg::Value(word) => {
                options.words(word, parser.raw_args()?);
                break;
            }
        };
        let value = match spec.takes {
            Takes::Nothing => None,
            Takes::Value(what) => {
                let value = parser.value().with_context(|| format!("{name} takes a value: {what}"))?;
                Some(value.to_string_lossy().into_owned())
            }
            Takes::Maybe(_) => parser.optional_value().map(|value| value.to_string_lossy().into_owned()),
        };
        options.apply(&name, spec, value)?;
    }
    options.check()?;
    Ok(options)
}

fn long_option(name: &str) -> Result<&'static Spec> {
    table::long(name).map_err(|candidates| match &candidates[..] {
        [] => anyhow::anyhow!("there is no option --{name}"),
        several => anyhow::anyhow!("--{name} could be --{}", several.join(" or --")),
    })
}

impl Options {
    /// The words from the first that is no option on.
    fn words(&mut self, first: OsString, rest: impl Iterator<Item = OsString>) {
        let mut words = std::iter::once(first).chain(rest).map(|word| word.to_string_lossy().into_owned());
        if self.script.is_none() && self.action == Action::Run {
            self.script = words.next().map(Script::File);
        }
        self.args = words.collect();
    }

    fn apply(&mut self, name: &str, spec: &Spec, value: Option<String>) -> Result<()> {
        let given = value.is_some();
        let text = value.unwrap_or_default();
        match spec.does {
            Does::Refused => bail!("{name} is not supported: {}", spec.help),
            Does::Nothing => {}
            Does::Script => {
                ensure!(self.script.is_none(), "there is one script; further ones are given with -E");
                self.script = Some(Script::Text(text));
            }
            Does::AlsoScript => self.also.push(text),
            Does::List | Does::ListVariables => {
                let variables = spec.does == Does::ListVariables;
                self.act(Action::List { pattern: text, variables })?;
            }
            Does::DumpProbeTypes => self.act(Action::ProbeTypes)?,
            Does::DumpProbeAliases => self.act(Action::ProbeAliases)?,
            Does::DumpFunctions => self.act(Action::Functions)?,
            Does::CleanCache => self.act(Action::CleanCache)?,
            // Whatever else is said, someone wants to know.
            Does::Help => self.action = Action::Help,
            Does::Version => self.action = Action::Version,
            Does::Pass => {
                let pass = text.parse().ok().filter(|pass| (1..=5).contains(pass));
                self.last_pass = pass.context("-p takes a pass from 1 to 5")?;
            }
            Does::Verbose => self.verbose = self.verbose.map(|level| level.saturating_add(1)),
            Does::VerbosePasses => self.verbose_passes(&text)?,
            Does::Keep => self.keep = true,
            Does::TemporaryDirectory => self.temporary = Some(text.into()),
            Does::Guru => self.guru = true,
            Does::Unoptimised => self.optimise = false,
            Does::NoWarnings => self.warnings = Warnings::Drop,
            Does::DenyWarnings => self.warnings = Warnings::Deny,
            Does::Include => self.include.push(text.into()),
            // As with a C compiler, a bare name is 1.
            Does::Define => self.define.push(pair(&text).unwrap_or((text, "1".into()))),
            Does::Global => self.global.push(pair(&text).context("-G takes the form NAME=VALUE")?),
            Does::Arch => self.arch = Some(arch(&text)?),
            Does::Release => self.release = Some(text),
            Does::ModuleName => self.module_name = Some(module_name(&text)?),
            Does::Output => self.output = Some(text),
            Does::Rotation => self.rotation = Some(value_of(name, &text)?),
            Does::Buffer => self.megabytes = Some(megabytes(&text)?),
            Does::Bulk => self.bulk = true,
            Does::FlightRecorder => self.flight_recorder = true,
            Does::Timed => self.timed = true,
            Does::Command => self.command = Some(text),
            Does::Pid => self.pid = Some(positive(name, &text)?),
            Does::Timeout => self.timeout = Some(positive(name, &text)?.into()),
            Does::SkipBadVariables => self.skip_badvars = true,
            Does::SuppressErrors => self.suppress_errors = true,
            Does::SuppressTimeLimits => self.suppress_time_limits = true,
            Does::NoGlobalDisplay => self.display_globals = false,
            Does::Compatible => self.version = Some(version(&text)?),
            Does::Colour => self.colour = colour(given.then_some(text.as_str()))?,
            Does::Runtime => self.runtime = Some(runtime(&text)?),
            Does::Privilege => ensure!(text == "stapdev", "--privilege={text} is not supported: there is stapdev only"),
        }
        Ok(())
    }

    fn act(&mut self, action: Action) -> Result<()> {
        ensure!(self.action == Action::Run, "there is one thing to list at a time");
        self.action = action;
        Ok(())
    }

    fn verbose_passes(&mut self, digits: &str) -> Result<()> {
        let levels: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(10)).collect();
        let levels = levels.filter(|levels| (1..=5).contains(&levels.len()));
        let levels = levels.context("--vp takes up to five digits, one for each pass")?;
        for (level, more) in self.verbose.iter_mut().zip(levels) {
            *level = level.saturating_add(more as u8);
        }
        Ok(())
    }

    /// What does not go together.
    fn check(&self) -> Result<()> {
        if self.action != Action::Run {
            let listing = matches!(self.action, Action::List { .. });
            ensure!(!listing || self.script.is_none(), "-l and -L take no script but those of -E");
            return Ok(());
        }
        ensure!(self.script.is_some(), "a script must be given: a file, or text with -e");
        ensure!(self.rotation.is_none() || self.output.is_some(), "-S needs an output file: -o FILE");
        ensure!(!self.bulk || self.output.is_some(), "-b needs an output file: -o FILE");
        ensure!(self.command.is_none() || self.pid.is_none(), "-c and -x exclude each other");
        ensure!(!self.suppress_time_limits || self.guru, "--suppress-time-limits needs guru mode: -g");
        Ok(())
    }
}

fn pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    (!name.is_empty()).then(|| (name.to_owned(), value.to_owned()))
}

fn value_of<T: FromStr<Err = String>>(name: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error| anyhow::anyhow!("{name} {text}: {error}"))
}

fn positive(name: &str, text: &str) -> Result<u32> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .with_context(|| format!("{name} takes a number above 0, not {text:?}"))
}

fn megabytes(text: &str) -> Result<u32> {
    let most = spile_abi::SPILE_MAX_RING >> 20;
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.with_context(|| format!("-s takes 1 to {most} megabytes"))
}

fn arch(name: &str) -> Result<Arch> {
    match name {
        "x86_64" => Ok(Arch::X86_64),
        "arm64" | "aarch64" => Ok(Arch::Aarch64),
        _ => bail!("-a {name} is not supported: there are x86_64 and arm64"),
    }
}

fn module_name(name: &str) -> Result<String> {
    let name = name.strip_suffix(".ko").unwrap_or(name);
    let fine = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    ensure!(fine, "-m takes a name of letters, digits and underscores, not {name:?}");
    Ok(name.to_owned())
}

fn version(text: &str) -> Result<String> {
    let fine = text.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    ensure!(fine, "--compatible takes a version such as 5.6, not {text:?}");
    Ok(text.to_owned())
}

fn colour(when: Option<&str>) -> Result<ColorChoice> {
    match when {
        None | Some("always") => Ok(ColorChoice::Always),
        Some("auto") => Ok(ColorChoice::Auto),
        Some("never") => Ok(ColorChoice::Never),
        Some(other) => bail!("--color takes auto, always or never, not {other:?}"),
    }
}

fn runtime(name: &str) -> Result<TargetName> {
    match name {
        "kernel" => Ok(TargetName::Local),
        "dyninst" | "bpf" => bail!("--runtime={name} is not supported: there are kernel, user and vm:CELL"),
        _ => name.parse().map_err(|_| anyhow::anyhow!("--runtime takes kernel, user or vm:CELL, not {name:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Options {
        parse(line.split(' ').map(Into::into)).unwrap_or_else(|error| panic!("{line}: {error:#}"))
    }

    fn refused(line: &str) -> String {
        parse(line.split(' ').map(Into::into)).expect_err(line).to_string()
    }

    #[test]
    fn short_options_are_bundled_and_take_their_values_attached() {
        let options = parsed("-vvg -DMAXACTION=5 -DDEBUG -p4 -ck -vewords a -v --x");
        assert_eq!(options.verbose, [3; 5]);
        assert!(options.guru);
        assert_eq!(options.define, [("MAXACTION".into(), "5".into()), ("DEBUG".into(), "1".into())]);
        assert_eq!(options.last_pass, 4);
        assert_eq!(options.command.as_deref(), Some("k"));
        assert_eq!(options.script, Some(Script::Text("words".into())));
        assert_eq!(options.args, ["a", "-v", "--x"], "options end at the first argument");
    }

    #[test]
    fn the_first_word_is_the_script_and_the_rest_is_its_own() {
        let options = parsed("-w a.stp -g 1");
        assert_eq!(options.script, Some(Script::File("a.stp".into())));
        assert_eq!(options.args, ["-g", "1"]);
        assert!(!options.guru);
        assert_eq!(parsed("-- -strange.stp").script, Some(Script::File("-strange.stp".into())));
        assert_eq!(parsed("-").script, Some(Script::File("-".into())));
        assert_eq!(parsed("-e x -- -1").args, ["-1"]);
    }

    #[test]
    fn long_options_take_values_in_both_ways() {
        let options = parsed("--vp 01234 --runtime=user --tmpdir=/tmp/x --color --compatible 4.9 x");
        assert_eq!(options.verbose, [0, 1, 2, 3, 4]);
        assert_eq!(options.runtime, Some(TargetName::User));
        assert_eq!(options.colour, ColorChoice::Always);
        assert_eq!(options.version.as_deref(), Some("4.9"));
        assert_eq!(options.script, Some(Script::File("x".into())), "--color takes no word of its own");
        assert_eq!(parsed("--color=never x").colour, ColorChoice::Never);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, said) in [
            ("-p6 x", "-p takes a pass from 1 to 5"),
            ("-Z x", "there is no option -Z"),
            ("--nonsense x", "there is no option --nonsense"),
            ("--dump-probe x", "--dump-probe could be --dump-probe-types or --dump-probe-aliases"),
            ("-g", "a script must be given: a file, or text with -e"),
            ("-e a -e b", "there is one script; further ones are given with -E"),
            ("-l begin -e x", "-l and -L take no script but those of -E"),
            ("-l a -L b", "there is one thing to list at a time"),
            ("-S1 x", "-S needs an output file: -o FILE"),
            ("-b x", "-b needs an output file: -o FILE"),
            ("-c a -x 1 x", "-c and -x exclude each other"),
            ("-x 0 x", "-x takes a number above 0, not \"0\""),
            ("-s 257 x", "-s takes 1 to 256 megabytes"),
            ("-G x y", "-G takes the form NAME=VALUE"),
            ("-a mips x", "-a mips is not supported: there are x86_64 and arm64"),
            ("-m a-b x", "-m takes a name of letters, digits and underscores, not \"a-b\""),
            ("--suppress-time-limits x", "--suppress-time-limits needs guru mode: -g"),
            ("--runtime=bpf x", "--runtime=bpf is not supported: there are kernel, user and vm:CELL"),
            ("--privilege=stapusr x", "--privilege=stapusr is not supported: there is stapdev only"),
            ("--vp 12x x", "--vp takes up to five digits, one for each pass"),
            ("--color=blue x", "--color takes auto, always or never, not \"blue\""),
            ("-e", "-e takes a value: SCRIPT"),
        ] {
            assert_eq!(refused(line), said, "{line}");
        }
    }

    #[test]
    fn what_is_not_supported_is_refused_by_its_name() {
        for spec in table::OPTIONS.iter().filter(|spec| spec.does == Does::Refused) {
            for name in spec.names {
                let value = if matches!(spec.takes, Takes::Value(_)) { " v" } else { "" };
                let said = refused(&format!("{name}{value} x.stp"));
                assert_eq!(said, format!("{name} is not supported: {}", spec.help));
            }
        }
    }

    #[test]
    fn output_is_said_where_and_how() {
        let options = parsed("-s 3 -tF -b -o out x");
        assert_eq!(options.megabytes, Some(3));
        assert!(options.timed && options.flight_recorder && options.bulk);
    }
}
