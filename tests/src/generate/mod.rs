// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random well-typed scripts.
//!
//! A script is a few globals of all kinds, functions that call earlier ones (and themselves, to a depth), and begin, end and
//! error probes with random bodies. Each is accepted by the front end, terminates, and depends on nothing but itself; many of
//! them fail at run time, caught and not.

mod body;
mod choices;
mod compare;
mod expression;
mod printing;
mod regex;
mod statement;

use std::collections::BTreeSet;
use std::fmt::Write as _;

pub use choices::{Choices, minimise};
pub use compare::{Engines, Failure};

use body::Body;

/// A generated script.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its text.
    pub text: String,
    /// Limits to compile it with, as with `-D`.
    pub limits: Vec<(String, String)>,
}

/// The script that a source of choices stands for.
pub fn generate(choices: &mut Choices) -> Script {
    let limits = limits(choices);
    let mut writer = Writer { choices, out: String::new(), globals: Globals::default(), functions: Vec::new() };
    writer.declare_globals();
    for index in 0..writer.choices.below(5) {
        writer.function(index);
    }
    let aliases = writer.choices.below(3);
    for index in 0..aliases {
        writer.alias(index);
    }
    for index in 0..=writer.choices.below(3) {
        writer.probe(index, aliases);
    }
    writer.last_probes();
    Script { text: writer.out, limits }
}

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Type {
    Int,
    Str,
}

/// What an aggregate may be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stat {
    hist: Hist,
    variance_shift: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Hist {
    None,
    Log,
    Linear { low: i64, high: i64, step: i64 },
}

/// What the elements of an array are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Element {
    Scalar(Type),
    Stat(Stat),
}

#[derive(Clone, Debug)]
struct Array {
    name: String,
    keys: Vec<Type>,
    element: Element,
}

#[derive(Default)]
struct Globals {
    scalars: Vec<(String, Type)>,
    stats: Vec<(String, Stat)>,
    arrays: Vec<Array>,
}

/// A function that bodies may call.
#[derive(Clone, Debug)]
struct Function {
    name: String,
    params: Vec<Type>,
    result: Option<Type>,
    /// Arrays that it or its callees change, which may not happen while they are iterated over.
    writes: BTreeSet<usize>,
    /// Whether its first parameter bounds its recursion.
    bounded: bool,
}

struct Writer<'c> {
    choices: &'c mut Choices,
    out: String,
    globals: Globals,
    functions: Vec<Function>,
}

/// Often none, so that most scripts go far.
fn limits(choices: &mut Choices) -> Vec<(String, String)> {
    const LIMITS: [(&str, &[usize]); 6] = [
        ("MAXACTION_INTERRUPTIBLE", &[10, 60, 300]),
        ("MAXSTRINGLEN", &[8, 20, 64]),
        ("MAXMAPENTRIES", &[1, 3, 7]),
        ("MAXERRORS", &[1, 2, 100]),
        ("MAXNESTING", &[1, 3, 6]),
        ("MAXACTION", &[5, 50, 100]),
    ];
    let mut chosen = Vec::new();
    for (name, values) in LIMITS {
        if choices.one_in(5) {
            chosen.push((name.to_owned(), values[choices.below(values.len())].to_string()));
        }
    }
    chosen
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn ty(&mut self) -> Type {
        if self.choices.one_in(3) { Type::Str } else { Type::Int }
    }

    fn declare_globals(&mut self) {
        for index in 0..=self.choices.below(3) {
            let name = format!("gi{index}");
            let initial = if self.choices.one_in(2) {
                format!(" = {}", self.choices.pick(&["5", "-3", "0x10"]))
            } else {
                String::new()
            };
            self.line(&format!("global {name}{initial}"));
            self.globals.scalars.push((name, Type::Int));
        }
        for index in 0..self.choices.below(3) {
            let name = format!("gs{index}");
            let initial = if self.choices.one_in(2) { " = \"init\"" } else { "" };
            self.line(&format!("global {name}{initial}"));
            self.globals.scalars.push((name, Type::Str));
        }
        for index in 0..self.choices.below(3) {
            let name = format!("st{index}");
            self.line(&format!("global {name}"));
            let stat = self.stat();
            self.globals.stats.push((name, stat));
        }
        for index in 0..self.choices.below(4) {
            self.declare_array(index);
        }
    }

    fn declare_array(&mut self, index: usize) {
        let name = format!("a{index}");
        let keys = (0..=self.choices.weighted(&[5, 3, 1])).map(|_| self.ty()).collect();
        let element = match self.choices.weighted(&[3, 2, 2]) {
            0 => Element::Scalar(Type::Int),
            1 => Element::Scalar(Type::Str),
            _ => Element::Stat(self.stat()),
        };
        let size = match self.choices.weighted(&[4, 1, 1]) {
            0 => String::new(),
            1 => format!("[{}]", 1 + self.choices.below(6)),
            _ => format!("%[{}]", 1 + self.choices.below(6)),
        };
        self.line(&format!("global {name}{size}"));
        self.globals.arrays.push(Array { name, keys, element });
    }

    fn stat(&mut self) -> Stat {
        let hist = match self.choices.below(3) {
            0 => Hist::None,
            1 => Hist::Log,
            _ => {
                let low = [0, -10, 5][self.choices.below(3)];
                let step = [1, 3, 10][self.choices.below(3)];
                Hist::Linear { low, high: low + step * (2 + self.choices.below(8) as i64), step }
            }
        };
        Stat { hist, variance_shift: self.choices.below(4) }
    }

    /// A function, sometimes with a second body that `next` goes on to.
    fn function(&mut self, index: usize) {
        let bounded = self.choices.one_in(4);
        let mut params: Vec<Type> = (0..self.choices.below(4)).map(|_| self.ty()).collect();
        if bounded {
            params.insert(0, Type::Int);
        }
        let result = match self.choices.weighted(&[4, 2, 1]) {
            0 => Some(Type::Int),
            1 => Some(Type::Str),
            _ => None,
        };
        // Functions of one name and different arity are told apart by the call.
        let twin = self.choices.one_in(6).then(|| self.functions.last().map(|last| last.name.clone())).flatten();
        let is_new = |name: &String| !self.functions.iter().any(|f| f.name == *name && f.params.len() == params.len());
        let twin = twin.filter(is_new);
        let name = twin.unwrap_or(format!("f{index}"));
        let mut function = Function { name, params, result, writes: BTreeSet::new(), bounded };
        let bodies = if self.choices.one_in(5) { 2 } else { 1 };
        for number in 0..bodies {
            let writes = self.function_body(&function, number + 1 < bodies);
            function.writes.extend(writes);
        }
        self.functions.push(function);
    }

    fn function_body(&mut self, function: &Function, may_pass: bool) -> BTreeSet<usize> {
        let spelled = |ty: &Type| if *ty == Type::Int { "long" } else { "string" };
        let annotated = self.choices.one_in(3);
        let params: Vec<String> = function
            .params
            .iter()
            .enumerate()
            .map(|(n, ty)| if annotated { format!("p{n}:{}", spelled(ty)) } else { format!("p{n}") })
            .collect();
        let result = match &function.result {
            // A bounded function returns early, before its type can be seen.
            Some(ty) if annotated || function.bounded || may_pass => format!(":{}", spelled(ty)),
            _ => String::new(),
        };
        self.line(&format!("function {}{result} ({}) {{", function.name, params.join(", ")));
        let mut body = Body::function(self, function, may_pass);
        body.uses_params();
        body.block(4);
        body.ends();
        let writes = body.writes();
        self.line("}");
        writes
    }

    /// An alias with a prologue, an epilogue or both; `next` in it leaves the handler too.
    fn alias(&mut self, index: usize) {
        let point = self.choices.pick(&["begin", "end", "begin(2)"]).to_owned();
        let operator = self.choices.pick(&["=", "+="]).to_owned();
        self.line(&format!("probe alias{index} {operator} {point} {{"));
        Body::probe(self).block(3);
        if operator == "=" && self.choices.one_in(3) {
            self.line("}, {");
            Body::probe(self).block(2);
        }
        self.line("}");
    }

    /// Something that a probe may depend on.
    fn condition(&mut self) -> String {
        let (name, ty) = self.globals.scalars[self.choices.below(self.globals.scalars.len())].clone();
        let operator = self.choices.pick(&["!=", "==", "<", ">="]);
        let value = if ty == Type::Int { "5" } else { "\"init\"" };
        format!(" if ({name} {operator} {value})")
    }

    fn probe(&mut self, index: usize, aliases: usize) {
        let point = match self.choices.weighted(&[6, 2, 2, 2, 1]) {
            0 if aliases > 0 && self.choices.one_in(2) => format!("alias{}", self.choices.below(aliases)),
            0 => "begin".to_owned(),
            1 => format!("begin({})", index as i64 * 3 - 3),
            2 => "end".to_owned(),
            3 => format!("end({})", 5 - index as i64),
            _ => "error".to_owned(),
        };
        let condition = if self.choices.one_in(6) { self.condition() } else { String::new() };
        self.line(&format!("probe {point}{condition} {{"));
        let mut body = Body::probe(self);
        body.block(6);
        self.line("}");
    }

    /// Ends the session, and shows what the globals hold, so that no wrong value stays hidden.
    fn last_probes(&mut self) {
        self.line("probe begin(1000) { exit() }");
        let shown_in = if self.choices.one_in(4) { "error(9000)" } else { "end(9000)" };
        let mut text = format!("probe {shown_in} {{\n");
        for (name, ty) in &self.globals.scalars {
            let conversion = if *ty == Type::Int { 'd' } else { 's' };
            let _ = writeln!(text, "  printf(\"{name}=%{conversion}\\n\", {name})");
        }
        for (name, _) in &self.globals.stats {
            let _ = writeln!(text, "  printf(\"{name}=%d %d\\n\", @count({name}), @sum({name}))");
        }
        for array in &self.globals.arrays {
            if self.choices.one_in(4) {
                // Left to the automatic print.
                let _ = writeln!(text, "  {}", Self::touched(array));
                continue;
            }
            let name = |(n, ty): (usize, &Type)| format!("k{}{n}", if *ty == Type::Int { "i" } else { "s" });
            let keys: Vec<String> = array.keys.iter().enumerate().map(name).collect();
            let conversions: Vec<&str> =
                array.keys.iter().map(|ty| if *ty == Type::Int { "%d" } else { "%s" }).collect();
            let (name, subscript) = (&array.name, keys.join(", "));
            let (value, conversion) = match array.element {
                Element::Scalar(Type::Int) => (format!("{name}[{subscript}]"), "%d"),
                Element::Scalar(Type::Str) => (format!("{name}[{subscript}]"), "%s"),
                Element::Stat(_) => (format!("@count({name}[{subscript}])"), "%d"),
            };
            let format = format!("{name}[{}]={conversion}", conversions.join(","));
            let _ = writeln!(
                text,
                "  foreach ([{subscript}] in {name})\n    printf(\"{format}\\n\", {subscript}, {value})"
            );
        }
        text.push('}');
        self.line(&text);
    }

    /// A write that settles the types of an array that no body may have used.
    fn touched(array: &Array) -> String {
        let keys: Vec<&str> = array.keys.iter().map(|ty| if *ty == Type::Int { "1" } else { "\"k\"" }).collect();
        let write = match array.element {
            Element::Scalar(Type::Int) => "= 7",
            Element::Scalar(Type::Str) => "= \"v\"",
            Element::Stat(_) => "<<< 7",
        };
        format!("{}[{}] {write}", array.name, keys.join(", "))
    }
}
