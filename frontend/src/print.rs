// SPDX-License-Identifier: MIT OR Apache-2.0
//! Syntax tree to text: the dump of the first pass.
//!
//! The text is again a script. Read back, it gives the same tree, and so the same text.

mod expr;
mod stmt;

use crate::ast::{
    Alias, ByteString, Component, EmbeddedC, Expr, File, FlatPoint, Function, FunctionBody, Global, Globals, Item,
    Literal, NamedComponent, Need, Param, Precedence, ProbePoint, TypeName,
};

/// The text of a file.
pub fn file(file: &File) -> String {
    let mut printer = Printer::default();
    for item in &file.items {
        printer.item(item);
    }
    printer.out
}

/// The text of an expression, on one line.
pub fn expr(expr: &Expr) -> String {
    let mut printer = Printer::default();
    printer.expr(expr, Precedence::Assign);
    printer.out
}

/// The text of a probe point.
pub fn point(point: &ProbePoint) -> String {
    let mut printer = Printer::default();
    printer.point(point);
    printer.out
}

/// The text of components with dots between them.
pub fn components(components: &[NamedComponent]) -> String {
    let mut printer = Printer::default();
    printer.separated(".", components, Printer::named);
    printer.out
}

/// The text of a probe point whose braces are expanded, without its condition.
pub fn flat_point(point: &FlatPoint<'_>) -> String {
    let mut printer = Printer::default();
    printer.separated(".", &point.components, |printer, component| printer.named(component));
    printer.need(point.need);
    printer.out
}

/// Text as a string literal, with its quotes: escapes where they are needed, octal for what is not UTF-8.
pub fn quoted(string: &ByteString) -> String {
    let mut out = String::from("\"");
    for chunk in string.as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                c if c.is_ascii_control() => out.push_str(&format!("\\{:03o}", c as u32)),
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\{byte:03o}"));
        }
    }
    out.push('"');
    out
}

#[derive(Default)]
struct Printer {
    out: String,
    /// How many blocks this is in.
    level: usize,
}

impl Printer {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn newline(&mut self) {
        self.out.push('\n');
        self.out.push_str(&"  ".repeat(self.level));
    }

    fn separated<T>(&mut self, by: &str, all: &[T], mut one: impl FnMut(&mut Self, &T)) {
        for (index, item) in all.iter().enumerate() {
            if index > 0 {
                self.push(by);
            }
            one(self, item);
        }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Probe(probe) => {
                self.push("probe ");
                self.separated(", ", &probe.points, Self::point);
                self.push(" ");
                self.block(&probe.body);
            }
            Item::Alias(alias) => self.alias(alias),
            Item::Function(function) => self.function(function),
            Item::Globals(globals) => self.globals(globals),
            Item::Embedded(code) => self.embedded(code),
        }
        self.push("\n");
    }

    fn alias(&mut self, alias: &Alias) {
        self.push("probe ");
        self.separated(", ", &alias.names, Self::point);
        self.push(if alias.prologue.is_some() { " = " } else { " += " });
        self.separated(", ", &alias.points, Self::point);
        self.push(" ");
        let blocks: Vec<_> = alias.prologue.iter().chain(&alias.epilogue).collect();
        self.separated(", ", &blocks, |printer, block| printer.block(block));
    }

    fn function(&mut self, function: &Function) {
        self.push(if function.private { "private function " } else { "function " });
        self.push(&function.name.name);
        self.type_annotation(function.result);
        self.push("(");
        self.separated(", ", &function.params, |printer, Param { name, ty }| {
            printer.push(&name.name);
            printer.type_annotation(*ty);
        });
        self.push(")");
        if let Some(priority) = function.priority {
            self.push(&format!(":{priority}"));
        }
        self.push(" ");
        match &function.body {
            FunctionBody::Script(block) => self.block(block),
            FunctionBody::Embedded(code) => self.embedded(code),
        }
    }

    fn type_annotation(&mut self, ty: Option<TypeName>) {
        self.push(match ty {
            Some(TypeName::Long) => ":long",
            Some(TypeName::String) => ":string",
            None => "",
        });
    }

    fn globals(&mut self, globals: &Globals) {
        self.push(if globals.private { "private global " } else { "global " });
        self.separated(", ", &globals.vars, Self::global);
        self.push(";");
    }

    fn global(&mut self, global: &Global) {
        self.push(&global.name.name);
        if global.wrap {
            self.push("%");
        }
        if let Some(max_entries) = global.max_entries {
            self.push(&format!("[{max_entries}]"));
        }
        if let Some(init) = &global.init {
            self.push(" = ");
            self.literal(init);
        }
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Number(number) => self.push(&number.value.to_string()),
            Literal::String(string) => self.push(&quoted(&string.value)),
        }
    }

    fn embedded(&mut self, code: &EmbeddedC) {
        self.push("%{");
        self.push(&code.code);
        self.push("%}");
    }

    fn point(&mut self, point: &ProbePoint) {
        self.components(&point.components);
        self.need(point.need);
        if let Some(condition) = &point.condition {
            self.push(" if (");
            self.expr(condition, Precedence::Assign);
            self.push(")");
        }
    }

    fn components(&mut self, components: &[Component]) {
        self.separated(".", components, |printer, component| match component {
            Component::Named(named) => printer.named(named),
            Component::Alternatives(alternatives, _) => {
                printer.push("{");
                printer.separated(", ", alternatives, |printer, alternative| {
                    printer.components(&alternative.components);
                    printer.need(alternative.need);
                });
                printer.push("}");
            }
        });
    }

    fn named(&mut self, component: &NamedComponent) {
        self.push(&component.name);
        if let Some(arg) = &component.arg {
            self.push("(");
            self.literal(arg);
            self.push(")");
        }
    }

    fn need(&mut self, need: Need) {
        self.push(match need {
            Need::Required => "",
            Need::Optional => "?",
            Need::Sufficient => "!",
        });
    }
}

#[cfg(test)]
mod tests;
