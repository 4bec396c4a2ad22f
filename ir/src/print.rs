// SPDX-License-Identifier: MIT OR Apache-2.0
//! The text form of a program: stable, readable, and read back by [`parse()`](crate::parse()) without loss.
//!
//! ```text
//! limits max_string 512 max_action 1000 …
//! file0 "a.stp"
//! loc0 file0 1 7 "identifier 'x'"
//! str0 "text"
//! fmt0 "%d\n" (int)
//! global0 "reads" map (str, int) stat hist_log capacity 0
//! probe "begin" begin 0 handler func0
//!
//! func0 "begin" () {
//!     local0 "i" int
//! block0:
//!     v0: int = int 5 @0
//!     local.set local0, v0 @0
//!     jump block1
//! block1 catch block2:
//!     …
//! }
//! ```
//!
//! Every table entry carries its number. `@n` is the location of an instruction, or of a probe's handler where that is
//! not the first. A comment goes from `;` to the end of its line.

mod op;

use std::fmt::{self, Display, Formatter};

use crate::{
    Block, FormatArg, FuncId, Function, Global, GlobalKind, Hist, Limits, MapSpec, MapValue, Probe, ProbeKind, Program,
    StatSpec, Target, Terminator, names::Named,
};

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        print_limits(f, &self.limits)?;
        for (n, file) in self.files.iter().enumerate() {
            writeln!(f, "file{n} {}", Quoted(file.as_bytes()))?;
        }
        for (n, loc) in self.locations.iter().enumerate() {
            writeln!(f, "loc{n} file{} {} {} {}", loc.file.0, loc.line, loc.column, Quoted(loc.near.as_bytes()))?;
        }
        for (n, string) in self.strings.iter().enumerate() {
            writeln!(f, "str{n} {}", Quoted(string))?;
        }
        for (n, format) in self.formats.iter().enumerate() {
            let args = List(format.args.iter().map(|arg| format_arg(*arg)));
            writeln!(f, "fmt{n} {} ({args})", Quoted(&format.text))?;
        }
        for (n, global) in self.globals.iter().enumerate() {
            print_global(f, n, global)?;
        }
        self.probes.iter().try_for_each(|probe| print_probe(f, probe))?;
        for index in 0..self.functions.len() {
            writeln!(f)?;
            print_function(f, self, FuncId::new(index))?;
        }
        Ok(())
    }
}

/// The name of an argument's type.
pub(crate) fn format_arg(arg: FormatArg) -> &'static str {
    match arg {
        FormatArg::Int => "int",
        FormatArg::Str => "str",
        FormatArg::Hist => "hist",
    }
}

fn print_limits(f: &mut Formatter<'_>, limits: &Limits) -> fmt::Result {
    write!(f, "limits")?;
    for (name, value) in limits.fields() {
        write!(f, " {name} {value}")?;
    }
    writeln!(f)
}

impl Limits {
    /// Names and values.
    pub(crate) fn fields(&self) -> [(&'static str, u32); 8] {
        [
            ("max_string", self.max_string),
            ("max_action", self.max_action),
            ("max_action_interruptible", self.max_action_interruptible),
            ("max_map_entries", self.max_map_entries),
            ("max_errors", self.max_errors),
            ("max_skipped", self.max_skipped),
            ("max_nesting", self.max_nesting),
            ("max_trylock", self.max_trylock),
        ]
    }
}

fn print_global(f: &mut Formatter<'_>, n: usize, global: &Global) -> fmt::Result {
    write!(f, "global{n} {} ", Quoted(global.name.as_bytes()))?;
    match &global.kind {
        GlobalKind::Int(initial) => write!(f, "int {initial}")?,
        GlobalKind::Str(initial) => write!(f, "str {}", Quoted(initial))?,
        GlobalKind::Stat(spec) => print_stat(f, spec)?,
        GlobalKind::Map(MapSpec { keys, value, capacity, wrap }) => {
            write!(f, "map ({}) ", List(keys.iter().map(|ty| ty.word())))?;
            match value {
                MapValue::Int => write!(f, "int")?,
                MapValue::Str => write!(f, "str")?,
                MapValue::Stat(spec) => print_stat(f, spec)?,
            }
            write!(f, " capacity {capacity}{}", if *wrap { " wrap" } else { "" })?;
        }
    }
    writeln!(f)
}

fn print_stat(f: &mut Formatter<'_>, spec: &StatSpec) -> fmt::Result {
    write!(f, "stat{}{}", if spec.sum { "" } else { " no_sum" }, if spec.extremes { "" } else { " no_extremes" })?;
    match spec.hist {
        Hist::None => {}
        Hist::Log => write!(f, " hist_log")?,
        Hist::Linear { low, high, step } => write!(f, " hist_linear {low} {high} {step}")?,
    }
    match spec.variance {
        None => Ok(()),
        Some(shift) => write!(f, " variance {shift}"),
    }
}

fn print_probe(f: &mut Formatter<'_>, probe: &Probe) -> fmt::Result {
    write!(f, "probe {} ", Quoted(probe.name.as_bytes()))?;
    match &probe.kind {
        ProbeKind::Begin(sequence) => write!(f, "begin {sequence}")?,
        ProbeKind::End(sequence) => write!(f, "end {sequence}")?,
        ProbeKind::Error(sequence) => write!(f, "error {sequence}")?,
        ProbeKind::Timer { period_ns, randomize_ns } => write!(f, "timer {period_ns} {randomize_ns}")?,
        ProbeKind::Function { symbol, words } => {
            write!(f, "function {}", Quoted(symbol.as_bytes()))?;
            print_arguments(f, *words)?;
        }
        ProbeKind::Return { symbol, maxactive, words } => {
            write!(f, "return {} {maxactive}", Quoted(symbol.as_bytes()))?;
            print_arguments(f, *words)?;
        }
        ProbeKind::Address { symbol, offset } => write!(f, "address {} {offset}", Quoted(symbol.as_bytes()))?,
        ProbeKind::Tracepoint { name, n_args } => write!(f, "tracepoint {} {n_args}", Quoted(name.as_bytes()))?,
    }
    write!(f, " handler func{}", probe.handler.0)?;
    if probe.loc.0 != 0 {
        write!(f, " @{}", probe.loc.0)?;
    }
    if let Some(entry) = probe.entry {
        write!(f, " entry func{}", entry.0)?;
    }
    if probe.entry_words > 0 {
        write!(f, " words {}", probe.entry_words)?;
    }
    if let Some(alias) = &probe.alias {
        write!(f, " alias {}", Quoted(alias.as_bytes()))?;
    }
    if let Some(condition) = probe.condition {
        write!(f, " condition func{}", condition.0)?;
    }
    writeln!(f, "{}", if probe.optional { " optional" } else { "" })
}

fn print_arguments(f: &mut Formatter<'_>, words: Option<u32>) -> fmt::Result {
    words.map_or(Ok(()), |words| write!(f, " arguments {words}"))
}

fn print_function(f: &mut Formatter<'_>, program: &Program, id: FuncId) -> fmt::Result {
    let function = &program.functions[id.index()];
    let params = List(function.params.iter().map(|ty| ty.word()));
    write!(f, "func{} {} ({params})", id.0, Quoted(function.name.as_bytes()))?;
    if let Some(ty) = function.result {
        write!(f, " -> {}", ty.word())?;
    }
    writeln!(f, " {{")?;
    for (n, local) in function.locals.iter().enumerate() {
        writeln!(f, "    local{n} {} {}", Quoted(local.name.as_bytes()), local.ty.word())?;
    }
    for value in undefined(function) {
        writeln!(f, "    v{value}: {}", function.values[value].word())?;
    }
    for (n, block) in function.blocks.iter().enumerate() {
        print_block(f, program, function, n, block)?;
    }
    writeln!(f, "}}")
}

/// Values that nothing defines any more, which only the table of values tells of.
fn undefined(function: &Function) -> impl Iterator<Item = usize> {
    let mut defined = vec![false; function.values.len()];
    for block in &function.blocks {
        for value in block.params.iter().chain(block.insts.iter().filter_map(|inst| inst.result.as_ref())) {
            if let Some(defined) = defined.get_mut(value.index()) {
                *defined = true;
            }
        }
    }
    defined.into_iter().enumerate().filter(|(_, defined)| !defined).map(|(index, _)| index)
}

fn print_block(f: &mut Formatter<'_>, program: &Program, function: &Function, n: usize, block: &Block) -> fmt::Result {
    let typed = |value: crate::Value| {
        let ty = function.values.get(value.index()).map_or("?", |ty| ty.word());
        format!("v{}: {ty}", value.0)
    };
    write!(f, "block{n}")?;
    if !block.params.is_empty() {
        write!(f, "({})", List(block.params.iter().copied().map(typed)))?;
    }
    if let Some(catch) = block.catch {
        write!(f, " catch block{}", catch.0)?;
    }
    writeln!(f, ":")?;
    for inst in &block.insts {
        write!(f, "    ")?;
        if let Some(value) = inst.result {
            write!(f, "{} = ", typed(value))?;
        }
        op::print(f, &inst.op)?;
        write!(f, " @{}", inst.loc.0)?;
        op::print_comment(f, program, function, &inst.op)?;
        writeln!(f)?;
    }
    match &block.end {
        Terminator::Jump(target) => writeln!(f, "    jump {target}"),
        Terminator::Branch { cond, yes, no } => writeln!(f, "    branch v{}, {yes}, {no}", cond.0),
        Terminator::Return(None) => writeln!(f, "    return"),
        Terminator::Return(Some(value)) => writeln!(f, "    return v{}", value.0),
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "block{}", self.block.0)?;
        if self.args.is_empty() {
            return Ok(());
        }
        write!(f, "({})", List(self.args.iter().map(|value| format!("v{}", value.0))))
    }
}

/// Items with commas between them.
struct List<I>(I);

impl<I: Iterator<Item: Display> + Clone> Display for List<I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (n, item) in self.0.clone().enumerate() {
            write!(f, "{}{item}", if n > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// Bytes as a quoted string of printable ASCII.
struct Quoted<'a>(&'a [u8]);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for byte in self.0 {
            match byte {
                b'"' | b'\\' => write!(f, "\\{}", char::from(*byte))?,
                b'\n' => f.write_str("\\n")?,
                b'\t' => f.write_str("\\t")?,
                b' '..=b'~' => write!(f, "{}", char::from(*byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        f.write_str("\"")
    }
}
