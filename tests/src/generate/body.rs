// SPDX-License-Identifier: MIT OR Apache-2.0
//! The body of a probe or function under construction: what is in scope there.

use std::collections::BTreeSet;

use super::{Array, Choices, Element, Function, Stat, Type, Writer};

/// How deep statements nest.
const MAX_NESTING: usize = 3;

/// A body, written into its writer's text.
pub(super) struct Body<'w, 'c> {
    pub writer: &'w mut Writer<'c>,
    /// Local variables that may be read and written.
    pub locals: Vec<(String, Type)>,
    /// Variables of loops and parameters that bound recursion: they may only be read.
    pub read_only: Vec<(String, Type)>,
    /// The function that this is the body of.
    pub function: Option<Function>,
    /// Whether `next` leads somewhere.
    pub may_pass: bool,
    /// Arrays that are being iterated over.
    pub iterating: Vec<usize>,
    writes: BTreeSet<usize>,
    /// Loops around the statement being written.
    pub loops: usize,
    /// Statements around it.
    pub nesting: usize,
    named: usize,
}

impl<'w, 'c> Body<'w, 'c> {
    /// The body of a function; `may_pass`: another follows, to which `next` leads.
    pub fn function(writer: &'w mut Writer<'c>, function: &Function, may_pass: bool) -> Self {
        let mut body = Self::probe(writer);
        for (index, ty) in function.params.iter().enumerate() {
            let param = (format!("p{index}"), *ty);
            if index == 0 && function.bounded { body.read_only.push(param) } else { body.locals.push(param) }
        }
        body.function = Some(function.clone());
        body.may_pass = may_pass;
        body
    }

    /// The body of a probe.
    pub fn probe(writer: &'w mut Writer<'c>) -> Self {
        Self {
            writer,
            locals: Vec::new(),
            read_only: Vec::new(),
            function: None,
            may_pass: true,
            iterating: Vec::new(),
            writes: BTreeSet::new(),
            loops: 0,
            nesting: 0,
            named: 0,
        }
    }

    /// Arrays that it changes.
    pub fn writes(self) -> BTreeSet<usize> {
        self.writes
    }

    pub fn choices(&mut self) -> &mut Choices {
        self.writer.choices
    }

    /// A line of the body. Statements end in `;`, or `++` and `--` might join two of them.
    pub fn line(&mut self, line: &str) {
        let indent = "  ".repeat(self.nesting + 1);
        let end = if line.ends_with(['{', '}']) { "" } else { ";" };
        self.writer.line(&format!("{indent}{line}{end}"));
    }

    /// Settles the types of parameters, and ends a recursion that is deep enough.
    pub fn uses_params(&mut self) {
        let Some(function) = self.function.clone() else { return };
        for (index, ty) in function.params.iter().enumerate() {
            let use_it = if *ty == Type::Int { format!("p{index} + 0") } else { format!("p{index} . \"\"") };
            let name = self.fresh(*ty);
            self.line(&format!("{name} = {use_it}"));
            self.locals.push((name, *ty));
        }
        if function.bounded {
            let result = function.result.map_or(String::new(), |ty| format!(" {}", literal(ty)));
            self.line(&format!("if (p0 <= 0) return{result}"));
        }
    }

    /// The last statement of a function.
    pub fn ends(&mut self) {
        if let Some(ty) = self.function.as_ref().and_then(|function| function.result) {
            let value = self.expr(ty, 2);
            self.line(&format!("return {value}"));
        }
    }

    /// Several statements; what they declare is gone after them.
    pub fn block(&mut self, most: usize) {
        let (locals, read_only) = (self.locals.len(), self.read_only.len());
        for _ in 0..=self.choices().below(most) {
            self.statement();
        }
        self.locals.truncate(locals);
        self.read_only.truncate(read_only);
    }

    /// A block within braces below a line that opens them.
    pub fn nested(&mut self, head: &str, most: usize) {
        self.line(&format!("{head} {{"));
        self.nesting += 1;
        self.block(most);
        self.nesting -= 1;
        self.line("}");
    }

    pub fn may_nest(&self) -> bool {
        self.nesting < MAX_NESTING
    }

    /// A name that no other variable of the body has. Types are those of names: locals last to the end of a body.
    pub fn fresh(&mut self, ty: Type) -> String {
        self.named += 1;
        format!("{}{}", if ty == Type::Int { "i" } else { "s" }, self.named)
    }

    /// One of the variables of a type that may be read.
    pub fn readable(&mut self, ty: Type) -> Option<String> {
        let globals = &self.writer.globals.scalars;
        let all = self.locals.iter().chain(&self.read_only).chain(globals);
        let names: Vec<String> = all.filter(|(_, other)| *other == ty).map(|(name, _)| name.clone()).collect();
        self.one_of(names)
    }

    /// One of the variables of a type that may be written.
    pub fn writable(&mut self, ty: Type) -> Option<String> {
        let all = self.locals.iter().chain(&self.writer.globals.scalars);
        let names: Vec<String> = all.filter(|(_, other)| *other == ty).map(|(name, _)| name.clone()).collect();
        self.one_of(names)
    }

    /// An array whose elements suit, to be read, or to be changed.
    pub fn array(&mut self, change: bool, suits: impl Fn(Element) -> bool) -> Option<(usize, Array)> {
        let arrays = self.writer.globals.arrays.iter().enumerate();
        let fitting: Vec<(usize, Array)> = arrays
            .filter(|(index, array)| suits(array.element) && !(change && self.iterating.contains(index)))
            .map(|(index, array)| (index, array.clone()))
            .collect();
        let found = self.one_of(fitting)?;
        if change {
            self.writes.insert(found.0);
        }
        Some(found)
    }

    /// An aggregate: a global, or an element of an array. Its text, and what it may be asked for.
    pub fn aggregate(&mut self, change: bool) -> Option<(String, Stat)> {
        if self.choices().one_in(2)
            && let Some((_, array)) = self.array(change, |element| matches!(element, Element::Stat(_)))
            && let Element::Stat(stat) = array.element
        {
            return Some((self.element(&array), stat));
        }
        let stats = self.writer.globals.stats.clone();
        self.one_of(stats)
    }

    /// A function with such a result that may be called here: it changes no array that is being iterated over.
    pub fn callee(&mut self, result: Option<Type>) -> Option<Function> {
        let own = self.function.clone().filter(|own| own.bounded && self.iterating.is_empty());
        let all = self.writer.functions.iter().chain(&own);
        let fits = |function: &&Function| {
            function.result == result && !self.iterating.iter().any(|array| function.writes.contains(array))
        };
        let fitting: Vec<Function> = all.filter(fits).cloned().collect();
        let callee = self.one_of(fitting)?;
        self.writes.extend(&callee.writes);
        Some(callee)
    }

    fn one_of<T: Clone>(&mut self, from: Vec<T>) -> Option<T> {
        if from.is_empty() {
            return None;
        }
        let index = self.choices().below(from.len());
        Some(from[index].clone())
    }
}

fn literal(ty: Type) -> &'static str {
    match ty {
        Type::Int => "1",
        Type::Str => "\"r\"",
    }
}
