// SPDX-License-Identifier: MIT OR Apache-2.0
//! SystemTap's options: what each takes, and what it means here. Help and refusals are made from this table.

/// Whether an option takes a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// None.
    Nothing,
    /// One, which help calls so.
    Value(&'static str),
    /// One after `=`, or none.
    Maybe(&'static str),
}

/// What an option does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Does {
    Script,
    AlsoScript,
    List,
    ListVariables,
    DumpProbeTypes,
    DumpProbeAliases,
    DumpFunctions,
    Pass,
    Verbose,
    VerbosePasses,
    Keep,
    TemporaryDirectory,
    Guru,
    Unoptimised,
    NoWarnings,
    DenyWarnings,
    Include,
    Define,
    Global,
    Arch,
    Release,
    ModuleName,
    Output,
    Rotation,
    Buffer,
    Bulk,
    FlightRecorder,
    Timed,
    Command,
    Pid,
    Timeout,
    SkipBadVariables,
    SuppressErrors,
    SuppressTimeLimits,
    NoGlobalDisplay,
    Compatible,
    Colour,
    Runtime,
    Privilege,
    CleanCache,
    Help,
    Version,
    /// Accepted: there is nothing that it would change.
    Nothing,
    /// Refused.
    Refused,
}

/// An option.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its names with their dashes.
    pub names: &'static [&'static str],
    /// Its value.
    pub takes: Takes,
    /// Its meaning.
    pub does: Does,
    /// For help; of what is refused, why.
    pub help: &'static str,
}

const fn flag(names: &'static [&'static str], does: Does, help: &'static str) -> Spec {
    Spec { names, takes: Takes::Nothing, does, help }
}

const fn with(names: &'static [&'static str], value: &'static str, does: Does, help: &'static str) -> Spec {
    Spec { names, takes: Takes::Value(value), does, help }
}

const fn maybe(names: &'static [&'static str], value: &'static str, does: Does, help: &'static str) -> Spec {
    Spec { names, takes: Takes::Maybe(value), does, help }
}

const fn no(names: &'static [&'static str], takes: Takes, why: &'static str) -> Spec {
    Spec { names, takes, does: Does::Refused, help: why }
}

/// All of them.
pub const OPTIONS: &[Spec] = &[
    with(&["-e"], "SCRIPT", Does::Script, "run this text instead of a file"),
    with(&["-E"], "SCRIPT", Does::AlsoScript, "this text is part of the script too; repeatable"),
    with(&["-l"], "PROBE", Does::List, "list the probe points that match, and succeed if any does"),
    with(&["-L"], "PROBE", Does::ListVariables, "the same, with the variables that handlers find there"),
    flag(&["--dump-probe-types"], Does::DumpProbeTypes, "list the forms of probe points"),
    flag(&["--dump-probe-aliases"], Does::DumpProbeAliases, "list the library's aliases"),
    flag(&["--dump-functions"], Does::DumpFunctions, "list the library's functions"),
    with(
        &["-p"],
        "PASS",
        Does::Pass,
        "stop after a pass: 1 prints the syntax tree, 2 the resolved script, 3 IR, 4 the image file's path",
    ),
    flag(&["-v", "--verbose"], Does::Verbose, "tell what each pass did and how long it took"),
    with(&["--vp"], "ABCDE", Does::VerbosePasses, "the same for each pass by its digit"),
    flag(&["-k"], Does::Keep, "keep a temporary directory with what each pass made"),
    with(&["--tmpdir"], "DIR", Does::TemporaryDirectory, "keep it here"),
    flag(&["-g"], Does::Guru, "guru mode: the script may write to the traced system"),
    flag(&["-u"], Does::Unoptimised, "do not optimise"),
    flag(&["-w"], Does::NoWarnings, "print no warnings"),
    flag(&["-W"], Does::DenyWarnings, "treat warnings as errors"),
    with(&["-I"], "DIR", Does::Include, "look for library scripts here too; repeatable"),
    with(&["-D"], "NAME[=VALUE]", Does::Define, "set a limit, such as MAXACTION=5000"),
    with(&["-G"], "NAME=VALUE", Does::Global, "set a global of the script"),
    with(&["-a"], "ARCH", Does::Arch, "compile for this instruction set: x86_64 or arm64"),
    with(
        &["-r"],
        "RELEASE|KIT",
        Does::Release,
        "compile for this kernel, whose kit is cached, or is (in) this file or directory",
    ),
    with(&["-m"], "NAME", Does::ModuleName, "store the image as NAME.spile in this directory"),
    with(&["-o"], "FILE", Does::Output, "write the script's output to a file; %F and the like tell the time"),
    with(&["-S"], "MB[,N]", Does::Rotation, "begin a new output file at this size, and keep the last N"),
    with(&["-s"], "MB", Does::Buffer, "buffer for each CPU, rounded up to a power of two"),
    flag(&["-b"], Does::Bulk, "a file for each CPU (FILE.cpu0, …), which `spile merge` prints; with -o"),
    flag(&["-F"], Does::FlightRecorder, "keep the newest output in the buffers; print it on SIGUSR2 and at the end"),
    flag(&["-t"], Does::Timed, "tell of each probe its hits and their cycles at the end"),
    with(&["-c"], "COMMAND", Does::Command, "start this command, and end with it"),
    with(&["-x"], "PID", Does::Pid, "the process that target() gives"),
    with(&["-T"], "SECONDS", Does::Timeout, "end after so many seconds"),
    flag(&["--skip-badvars"], Does::SkipBadVariables, "target variables that are not there are 0"),
    flag(&["--suppress-handler-errors"], Does::SuppressErrors, "count run-time errors, and go on"),
    flag(
        &["--suppress-time-limits"],
        Does::SuppressTimeLimits,
        "no limit on the actions of a handler, nor on its share of a CPU (with -g)",
    ),
    flag(&["--no-global-var-display"], Does::NoGlobalDisplay, "do not print globals that nothing reads"),
    with(&["--compatible"], "VERSION", Does::Compatible, "the version that %( systemtap_v … %) sees"),
    maybe(&["--color", "--colour"], "WHEN", Does::Colour, "auto, always or never"),
    with(
        &["--runtime"],
        "WHERE",
        Does::Runtime,
        "kernel, user (an ordinary process) or vm:CELL (a lab machine); also SPILE_TARGET",
    ),
    with(&["--privilege"], "LEVEL", Does::Privilege, "stapdev; there is no other"),
    flag(&["--clean-cache"], Does::CleanCache, "remove the images that -p4 stored"),
    flag(&["-h", "--help"], Does::Help, "print this"),
    flag(&["-V", "--version"], Does::Version, "print the version"),
    flag(&["-P"], Does::Nothing, "parameters are found without searching prologues"),
    maybe(&["--prologue-searching"], "WHEN", Does::Nothing, "parameters are found without searching prologues"),
    flag(&["--disable-cache"], Does::Nothing, "compiling takes milliseconds: there is no cache of programs"),
    flag(&["--poison-cache"], Does::Nothing, "there is no cache of programs"),
    flag(&["--check-version"], Does::Nothing, "there is one version of the language"),
    // What is not here.
    flag(&["-i", "--interactive"], Does::Refused, "there is no interactive mode"),
    flag(&["-q"], Does::Refused, "there is no coverage database"),
    with(&["-R"], "DIR", Does::Refused, "there is no C runtime to replace: it is part of the command"),
    with(&["-B"], "NAME=VALUE", Does::Refused, "no module is built, so no kbuild variable is of use"),
    with(&["-d"], "OBJECT", Does::Refused, "symbols of programs are not embedded"),
    flag(&["--ldd"], Does::Refused, "symbols of programs are not embedded"),
    flag(&["--all-modules"], Does::Refused, "symbols of modules are not embedded"),
    no(&["--example"], Takes::Value("FILE"), "name the file itself"),
    no(&["--modinfo"], Takes::Value("NAME=VALUE"), "no module is built"),
    no(&["--monitor"], Takes::Maybe("SECONDS"), "there is no monitor"),
    no(&["--language-server"], Takes::Nothing, "there is no language server"),
    no(&["--unprivileged"], Takes::Nothing, "only stapdev's privileges are known"),
    no(&["--build-as"], Takes::Value("USER"), "compiling needs no privilege: run it as that user"),
    no(&["--sysroot"], Takes::Value("DIR"), "compile for another system with a kit: -r KIT"),
    no(&["--sysenv"], Takes::Value("NAME=VALUE"), "compile for another system with a kit: -r KIT"),
    no(&["--remote"], Takes::Value("URL"), "compile with `spile build`, and run the image there with spile-agent"),
    no(&["--remote-prefix"], Takes::Nothing, "there are no remote sessions"),
    no(&["--use-server"], Takes::Maybe("SERVER"), "scripts are compiled here, in milliseconds"),
    no(&["--use-server-on-error"], Takes::Maybe("YES"), "scripts are compiled here"),
    no(&["--use-http-server"], Takes::Value("URL"), "scripts are compiled here"),
    no(&["--list-servers"], Takes::Maybe("SERVERS"), "scripts are compiled here"),
    no(&["--trust-servers"], Takes::Maybe("TRUST"), "scripts are compiled here"),
    no(&["--client-options"], Takes::Nothing, "scripts are compiled here"),
    no(&["--sign-module"], Takes::Maybe("FINGERPRINT"), "kshim is signed, once; scripts are not modules"),
    no(&["--download-debuginfo"], Takes::Maybe("WHEN"), "no debug information is needed"),
    no(&["--save-uprobes"], Takes::Nothing, "no module is built"),
    no(&["--target-namespaces"], Takes::Value("PID"), "names are not looked up in another namespace"),
    no(&["--semantic-keep-going"], Takes::Nothing, "all errors are shown anyway"),
    no(&["--dyninst"], Takes::Nothing, "there is one code generator; --runtime=user runs in an ordinary process"),
    no(&["--bpf"], Takes::Nothing, "there is one code generator, and no BPF"),
    no(&["--debug"], Takes::Nothing, "use `spile dump`"),
    no(&["--benchmark-sdt"], Takes::Nothing, "there is no such benchmark"),
    no(&["--benchmark-sdt-loops"], Takes::Value("N"), "there is no such benchmark"),
    no(&["--benchmark-sdt-threads"], Takes::Value("N"), "there is no such benchmark"),
    no(&["--rlimit-as"], Takes::Value("N"), "limit the command with ulimit"),
    no(&["--rlimit-cpu"], Takes::Value("N"), "limit the command with ulimit"),
    no(&["--rlimit-nproc"], Takes::Value("N"), "limit the command with ulimit"),
    no(&["--rlimit-stack"], Takes::Value("N"), "limit the command with ulimit"),
    no(&["--rlimit-fsize"], Takes::Value("N"), "limit the command with ulimit"),
];

/// The option of a short name.
pub fn short(letter: char) -> Option<&'static Spec> {
    let mut name = [0; 5];
    name[0] = b'-';
    let length = 1 + letter.encode_utf8(&mut name[1..]).len();
    OPTIONS.iter().find(|spec| spec.names.iter().any(|known| known.as_bytes() == &name[..length]))
}

/// The option of a long name, which can be cut short as long as it is clear; else those it could be.
pub fn long(name: &str) -> Result<&'static Spec, Vec<&'static str>> {
    let all = OPTIONS.iter().flat_map(|spec| {
        let long = spec.names.iter().filter_map(|name| name.strip_prefix("--"));
        long.map(move |name| (name, spec))
    });
    let fitting: Vec<_> = all.filter(|(known, _)| known.starts_with(name)).collect();
    if let Some((_, spec)) = fitting.iter().find(|(known, _)| *known == name) {
        return Ok(*spec);
    }
    match &fitting[..] {
        [(_, spec)] => Ok(*spec),
        _ => Err(fitting.iter().map(|(name, _)| *name).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_means_one_option() {
        let mut names: Vec<_> = OPTIONS.iter().flat_map(|spec| spec.names).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn long_names_can_be_cut_short() {
        assert_eq!(long("vers").unwrap().does, Does::Version);
        assert_eq!(long("color").unwrap().does, Does::Colour);
        assert_eq!(long("remote").unwrap().names, ["--remote"]);
        assert_eq!(long("dump-probe").unwrap_err(), ["dump-probe-types", "dump-probe-aliases"]);
        assert!(long("nonsense").unwrap_err().is_empty());
        assert_eq!(short('E').unwrap().does, Does::AlsoScript);
        assert!(short('Z').is_none());
    }

    #[test]
    fn the_page_of_the_command_names_every_option() {
        let page = include_str!("../../../docs/command.md");
        for name in OPTIONS.iter().flat_map(|spec| spec.names) {
            assert!(page.contains(&format!("`{name}")), "docs/command.md does not mention {name}");
        }
    }
}
