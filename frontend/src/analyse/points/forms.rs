// SPDX-License-Identifier: MIT OR Apache-2.0
//! The forms that built-in probe points take.

use crate::ast::{Literal, NamedComponent};

/// All forms, the arguments by their types, as `--dump-probe-types` shows them; sorted.
pub const FORMS: &[&str] = &[
    "begin",
    "begin(number)",
    "end",
    "end(number)",
    "error",
    "error(number)",
    "kernel.function(number)",
    "kernel.function(number).call",
    "kernel.function(number).return",
    "kernel.function(number).return.maxactive(number)",
    "kernel.function(string)",
    "kernel.function(string).call",
    "kernel.function(string).exported",
    "kernel.function(string).return",
    "kernel.function(string).return.maxactive(number)",
    "kernel.statement(number)",
    "kernel.statement(number).absolute",
    "kernel.statement(string)",
    "kernel.statement(string).nearest",
    "kernel.trace(string)",
    "kernel.tracepoint(string)",
    "kprobe.function(string)",
    "kprobe.function(string).call",
    "kprobe.function(string).return",
    "kprobe.function(string).return.maxactive(number)",
    "kprobe.module(string).function(string)",
    "kprobe.module(string).function(string).call",
    "kprobe.module(string).function(string).return",
    "kprobe.module(string).function(string).return.maxactive(number)",
    "kprobe.statement(number).absolute",
    "module(string).function(string)",
    "module(string).function(string).call",
    "module(string).function(string).return",
    "module(string).function(string).return.maxactive(number)",
    "module(string).statement(string)",
    "module(string).statement(string).nearest",
    "never",
    "timer.hz(number)",
    "timer.jiffies(number)",
    "timer.jiffies(number).randomize(number)",
    "timer.ms(number)",
    "timer.ms(number).randomize(number)",
    "timer.msec(number)",
    "timer.msec(number).randomize(number)",
    "timer.ns(number)",
    "timer.ns(number).randomize(number)",
    "timer.nsec(number)",
    "timer.nsec(number).randomize(number)",
    "timer.s(number)",
    "timer.s(number).randomize(number)",
    "timer.sec(number)",
    "timer.sec(number).randomize(number)",
    "timer.us(number)",
    "timer.us(number).randomize(number)",
    "timer.usec(number)",
    "timer.usec(number).randomize(number)",
];

/// A component of a form or of an alias's name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::analyse) struct Part<'f> {
    pub name: &'f str,
    /// The type of its argument.
    pub arg: Option<&'f str>,
}

impl Part<'_> {
    /// Whether it can be written with this argument.
    pub fn takes(&self, arg: Option<&Literal>) -> bool {
        let given = arg.map(|arg| match arg {
            Literal::Number(_) => "number",
            Literal::String(_) => "string",
        });
        self.arg == given
    }
}

/// The components of a form or of an alias's name.
pub(in crate::analyse) fn parts(path: &str) -> Vec<Part<'_>> {
    let part = |text| match str::split_once(text, '(') {
        Some((name, arg)) => Part { name, arg: Some(arg.trim_end_matches(')')) },
        None => Part { name: text, arg: None },
    };
    path.split('.').map(part).collect()
}

/// The components of all forms.
pub(in crate::analyse) fn all<'f>() -> impl Iterator<Item = Vec<Part<'f>>> {
    FORMS.iter().map(|form| -> Vec<Part<'f>> { parts(form) })
}

/// What may follow these components, each once; nothing if they are a form, or begin none.
pub(super) fn followers(components: &[NamedComponent]) -> Vec<String> {
    let begins = |form: &Vec<Part<'_>>| {
        form.len() > components.len()
            && components.iter().zip(form).all(|(one, part)| *one.name == *part.name && part.takes(one.arg.as_ref()))
    };
    let mut next: Vec<_> = all().filter(begins).map(|form| form[components.len()]).collect();
    next.dedup();
    next.iter().map(|part| part.arg.map_or(part.name.to_owned(), |arg| format!("{}({arg})", part.name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_sorted_and_differ() {
        assert!(FORMS.is_sorted_by(|a, b| a < b));
    }
}
