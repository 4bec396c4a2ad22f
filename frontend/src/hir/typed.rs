// SPDX-License-Identifier: MIT OR Apache-2.0
//! The resolved script as text with the bodies of functions and handlers, and the type of everything named
//! (`--emit typed`). Loads are spelled out; a C type that is known stands in braces behind its value.

use spile_ir::{BinaryOp, CompareOp, Space};

use super::{
    Body, CType, Constant, Expr, ExprKind as E, FunctionId, GlobalId, Local, Place, Print, PrintArg, PrintFormat,
    Script, Stmt, StmtKind as S, UpdateOp,
};
use crate::analyse::derived::DerivedTypes;
use crate::target::Target;
use crate::types::TypeVar;

/// The text of a script; the target knows the C types.
pub fn typed(script: &Script, target: &dyn Target) -> String {
    let target = &DerivedTypes::with(target, &script.made_types);
    let mut printer = Printer { script, target, body: &Body::default(), out: String::new(), level: 0 };
    for function in script.used_functions() {
        printer.function(function);
    }
    for probe in &script.probes {
        printer.out += &format!("# {} /* <- {} */: handler {}\n", probe.name, probe.written, probe.handler.index());
    }
    for (number, handler) in script.handlers.iter().enumerate() {
        printer.out += &format!("handler {number} ");
        printer.body = &handler.entry_frame;
        let entry = handler.entry.iter().enumerate().filter_map(|(word, value)| Some((word, value.as_ref()?)));
        let entry = entry.map(|(word, value)| format!("entry {word} = {}\n", printer.expr(value)));
        let entry: String = entry.collect();
        printer.out += &entry;
        printer.body = &handler.body;
        printer.block(&handler.body.stmts);
    }
    printer.out
}

struct Printer<'s> {
    script: &'s Script,
    target: &'s dyn Target,
    /// Whose locals are meant.
    body: &'s Body,
    out: String,
    level: usize,
}

impl<'s> Printer<'s> {
    fn function(&mut self, id: FunctionId) {
        let function = &self.script.functions[id.index()];
        self.body = &function.body;
        self.out += &format!("function {} ", self.script.signature(id));
        self.block(&function.body.stmts);
    }

    /// Statements in braces, and the end of the line.
    fn block(&mut self, stmts: &[Stmt]) {
        self.out.push_str("{\n");
        self.level += 1;
        stmts.iter().for_each(|stmt| self.stmt(stmt));
        self.level -= 1;
        self.line("}");
    }

    fn line(&mut self, text: &str) {
        self.out += &format!("{}{text}\n", "  ".repeat(self.level));
    }

    /// A line that a block follows.
    fn head(&mut self, text: &str) {
        self.out += &format!("{}{text} ", "  ".repeat(self.level));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            S::Block(body) => {
                self.head("");
                self.block(body);
            }
            S::Expr(expr) => self.line(&self.expr(expr)),
            S::If { cond, then, otherwise } => {
                self.head(&format!("if {}", self.expr(cond)));
                self.block(then);
                if !otherwise.is_empty() {
                    self.head("else");
                    self.block(otherwise);
                }
            }
            S::Loop { cond, body, step } => {
                let part = |expr: &Option<Expr>| expr.as_ref().map(|expr| self.expr(expr)).unwrap_or_default();
                self.head(&format!("loop ({}; {})", part(cond), part(step)));
                self.block(body);
            }
            S::Foreach(foreach) => {
                let value = foreach.value.as_ref().map(|place| self.place(place) + " = ").unwrap_or_default();
                let keys = foreach.keys.iter().map(|place| self.place(place)).collect::<Vec<_>>().join(", ");
                let mut text = format!("foreach ({value}[{keys}] in {}", self.global(foreach.array));
                if !foreach.slice.is_empty() {
                    text += &self.pattern(&foreach.slice);
                }
                if let Some(sort) = &foreach.sort {
                    let order = if sort.descending { "descending" } else { "ascending" };
                    text += &format!(" {order} by {:?}", sort.by);
                }
                if let Some(limit) = &foreach.limit {
                    text += &format!(" limit {}", self.expr(limit));
                }
                self.head(&(text + ")"));
                self.block(&foreach.body);
            }
            S::ForeachBucket(foreach) => {
                let value = foreach.value.as_ref().map(|place| self.place(place) + " = ").unwrap_or_default();
                let bucket = self.place(&foreach.bucket);
                let (global, keys) = &foreach.stat;
                let mut text = format!("foreach ({value}{bucket} in {} buckets of ", foreach.buckets);
                text += &self.element(*global, keys);
                if let Some(limit) = &foreach.limit {
                    text += &format!(" limit {}", self.expr(limit));
                }
                self.head(&(text + ")"));
                self.block(&foreach.body);
            }
            S::Break => self.line("break"),
            S::Continue => self.line("continue"),
            S::Return(None) => self.line("return"),
            S::Return(Some(value)) => self.line(&format!("return {}", self.expr(value))),
            S::Clear(global) => self.line(&format!("delete {}", self.global(*global))),
            S::ClearLocal(local) => self.line(&format!("delete {}", self.local(local.index()))),
            S::Delete { array, keys } => self.line(&format!("delete {}{}", self.global(*array), self.pattern(keys))),
            S::Try { body, message, handler } => {
                self.head("try");
                self.block(body);
                let message = message.as_ref().map(|place| format!(" ({})", self.place(place))).unwrap_or_default();
                self.head(&format!("catch{message}"));
                self.block(handler);
            }
        }
    }

    fn expr(&self, expr: &Expr) -> String {
        let text = match &expr.kind {
            E::Constant(Constant::Int(value)) => value.to_string(),
            E::Constant(Constant::Str(text)) => format!("\"{}\"", text.escape_ascii()),
            E::Local(local) => self.local(local.index()),
            E::Global(global) => self.global(*global),
            E::Element(global, keys) => self.element(*global, keys),
            E::Call(function, args) => {
                let function = &self.script.functions[function.index()];
                let ty = if function.has_value { self.ty(function.result) } else { "unknown" };
                format!("{}({}):{ty}", function.name, self.list(args))
            }
            E::Intrinsic(intrinsic, args) => format!("{}({}):{}", intrinsic.name(), self.list(args), self.ty(expr.ty)),
            E::Binary(op, a, b) => format!("({} {} {})", self.expr(a), binary(*op), self.expr(b)),
            E::Compare(op, a, b) => format!("({} {} {})", self.expr(a), compare(*op), self.expr(b)),
            E::Match { regex, subject, .. } => format!("({} =~ \"{}\")", self.expr(subject), regex.escape_ascii()),
            E::Concat(a, b) => format!("({} . {})", self.expr(a), self.expr(b)),
            E::Not(inner) => format!("!{}", self.expr(inner)),
            E::And(a, b) => format!("({} && {})", self.expr(a), self.expr(b)),
            E::Or(a, b) => format!("({} || {})", self.expr(a), self.expr(b)),
            E::Ternary(a, b, c) => format!("({} ? {} : {})", self.expr(a), self.expr(b), self.expr(c)),
            E::Has(global, keys) => format!("({} in {})", self.pattern(keys), self.global(*global)),
            E::Assign(place, value) => format!("{} = {}", self.place(place), self.expr(value)),
            E::Update(place, UpdateOp::Concat, value) => format!("{} .= {}", self.place(place), self.expr(value)),
            E::Update(place, UpdateOp::Int(op), value) => {
                format!("{} {}= {}", self.place(place), binary(*op), self.expr(value))
            }
            E::PostStep(place, step) => format!("{} post-step {step}", self.place(place)),
            E::Accumulate(global, keys, value) => format!("{} <<< {}", self.element(*global, keys), self.expr(value)),
            E::Stat(global, keys, field) => {
                format!("@{}({})", format!("{field:?}").to_lowercase(), self.element(*global, keys))
            }
            E::Bucket(global, keys, bucket) => {
                format!("@hist({})[{}]", self.element(*global, keys), self.expr(bucket))
            }
            E::Load { space, addr, bytes, signed } => {
                format!("load {}({})", access(*space, *bytes, *signed), self.expr(addr))
            }
            E::Arg(number) => format!("arg {number}"),
            E::ReturnValue => "return value".into(),
            E::EntryWord(word) => format!("entry {word}"),
            E::Print(print) => self.print(print),
            E::Then(first, second) => format!("({}, {})", self.expr(first), self.expr(second)),
            E::Guarded(inner) => format!("({} or nothing)", self.expr(inner)),
        };
        text + &self.ctype(expr.ctype)
    }

    fn print(&self, print: &Print) -> String {
        let name = if print.to_string { "sprint" } else { "print" };
        let how = match &print.format {
            PrintFormat::Text(text) => format!("\"{}\"", text.escape_ascii()),
            PrintFormat::Plain { delimiter, end } => {
                format!("delimiter \"{}\" end \"{}\"", delimiter.escape_ascii(), end.escape_default())
            }
        };
        let args = print.args.iter().map(|arg| match arg {
            PrintArg::Value(value) => format!(", {}", self.expr(value)),
            PrintArg::Memory { addr, space, bytes } => format!(", {space:?} memory {bytes:?} at {}", self.expr(addr)),
            PrintArg::Histogram(global, keys, shape) => format!(", {shape:?} {}", self.element(*global, keys)),
        });
        format!("{name}({how}{})", args.collect::<String>())
    }

    fn place(&self, place: &Place) -> String {
        match place {
            Place::Local(local) => self.local(local.index()),
            Place::Global(global) => self.global(*global),
            Place::Element(global, keys, _) => self.element(*global, keys),
            Place::Memory { addr, bytes, signed, bits } => {
                let bits =
                    bits.map(|(first, count)| format!(" bits {first} to {}", first + count - 1)).unwrap_or_default();
                format!("memory {}({}){bits}", access(Space::Kernel, *bytes, *signed), self.expr(addr))
            }
        }
    }

    fn local(&self, index: usize) -> String {
        let Some(Local { name, ty, ctype, .. }) = self.body.locals.get(index) else { return format!("local {index}") };
        format!("{name}:{}{}", self.ty(*ty), self.ctype(*ctype))
    }

    fn global(&self, global: GlobalId) -> String {
        let global = &self.script.globals[global.index()];
        format!("{}:{}", global.name, self.ty(global.value))
    }

    fn element(&self, global: GlobalId, keys: &[Expr]) -> String {
        let name = self.global(global);
        if keys.is_empty() { name } else { format!("{name}[{}]", self.list(keys)) }
    }

    fn pattern(&self, keys: &[Option<Expr>]) -> String {
        let keys = keys.iter().map(|key| key.as_ref().map_or_else(|| "*".into(), |key| self.expr(key)));
        format!("[{}]", keys.collect::<Vec<_>>().join(", "))
    }

    fn list(&self, exprs: &[Expr]) -> String {
        exprs.iter().map(|expr| self.expr(expr)).collect::<Vec<_>>().join(", ")
    }

    fn ty(&self, var: TypeVar) -> &'static str {
        self.script.type_name(var)
    }

    fn ctype(&self, ctype: Option<CType>) -> String {
        match ctype {
            None => String::new(),
            Some(CType::Value(ty)) => format!("{{{}}}", self.target.spelling(ty)),
            Some(CType::PointerTo(ty)) => format!("{{{}*}}", self.target.spelling(ty)),
        }
    }
}

fn access(space: Space, bytes: u8, signed: bool) -> String {
    let space = if space == Space::User { "user" } else { "kernel" };
    format!("{space} {}{}", if signed { "s" } else { "u" }, u32::from(bytes) * 8)
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
        BinaryOp::And => "&",
        BinaryOp::Or => "|",
        BinaryOp::Xor => "^",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
        BinaryOp::UShr => ">>>",
    }
}

fn compare(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}
