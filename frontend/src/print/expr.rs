// SPDX-License-Identifier: MIT OR Apache-2.0
//! Expressions.

use std::borrow::Borrow;

use super::{Printer, quoted};
use crate::ast::{
    AccessKind, BinaryOp, Expr, ExprKind, Histogram, HistogramShape, Key, Precedence, Pretty, Print, StatOp, StepOp,
    StringLit, Target, TargetBase, VarRef,
};

impl Printer {
    /// In parentheses, if the expression binds less tightly than `least`.
    pub(super) fn expr(&mut self, expr: &Expr, least: Precedence) {
        if precedence(expr) < least { self.parenthesised(expr) } else { self.bare(expr) }
    }

    fn parenthesised(&mut self, expr: &Expr) {
        self.push("(");
        self.bare(expr);
        self.push(")");
    }

    fn bare(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Number(value) => self.push(&(*value as u64).to_string()),
            ExprKind::String(string) => self.push(&quoted(&string.value)),
            ExprKind::Var(name) => self.push(name),
            ExprKind::Embedded(code) => self.embedded(code),
            ExprKind::Index { var, keys } => self.list(&format!("{}[", var.name), keys, "]"),
            ExprKind::Call { function, args } => {
                self.list(&format!("{}(", function.name), args, ")");
            }
            ExprKind::Print(print) => self.print(print),
            ExprKind::Unary { op, operand } => self.prefix(op.text(), operand),
            ExprKind::Binary { op, lhs, rhs, .. } => self.binary(*op, lhs, rhs),
            ExprKind::RegexMatch { negated, subject, regex } => {
                self.expr(subject, Precedence::Shift);
                self.push(if *negated { " !~ " } else { " =~ " });
                self.push(&quoted(&regex.value));
            }
            ExprKind::In { keys, array } => self.membership(keys, array),
            ExprKind::Assign { op, place, value, .. } => {
                self.expr(place, Precedence::Postfix);
                self.push(&format!(" {op} "));
                self.expr(value, Precedence::Assign);
            }
            ExprKind::Step { op, place } => self.step(*op, place),
            ExprKind::Ternary { cond, then, otherwise } => {
                self.expr(cond, Precedence::LogicalOr);
                self.push(" ? ");
                self.expr(then, Precedence::Assign);
                self.push(" : ");
                self.expr(otherwise, Precedence::Ternary);
            }
            ExprKind::Target(target) => self.target(target),
            ExprKind::Histogram(histogram) => self.histogram(histogram),
            ExprKind::Bucket { histogram, index } => {
                self.histogram(histogram);
                self.list("[", std::slice::from_ref(index), "]");
            }
            ExprKind::Stat { op, stat } => self.stat(*op, stat),
            ExprKind::Defined(inner) => self.at_call("defined", Some(inner), &[]),
            ExprKind::ProbeWrite(inner) => self.at_call("probewrite", Some(inner), &[]),
            ExprKind::Entry(inner) => self.at_call("entry", Some(inner), &[]),
            ExprKind::Const(name) => self.at_call("const", None, &[Some(name)]),
            ExprKind::Enum(name) => self.at_call("enum", None, &[Some(name)]),
            ExprKind::Perf(name) => self.at_call("perf", None, &[Some(name)]),
            ExprKind::EnumName { value, type_name, module } => {
                self.at_call("enumname", Some(value), &[type_name.as_ref(), module.as_ref()]);
            }
            ExprKind::Register { number, user } => {
                let word = if *user { "uregister" } else { "kregister" };
                self.at_call(word, Some(number), &[]);
            }
            ExprKind::Deref { size_bytes, address, user } => {
                let word = if *user { "@uderef" } else { "@kderef" };
                let open = format!("{word}({}, ", size_bytes.value);
                self.list(&open, std::slice::from_ref(address), ")");
            }
        }
    }

    fn binary(&mut self, op: BinaryOp, lhs: &Expr, rhs: &Expr) {
        let level = op.precedence();
        // `=~` is on the level of the comparisons but does not chain with them.
        let regex = matches!(lhs.kind, ExprKind::RegexMatch { .. });
        let least = if regex && level == Precedence::Comparison { level.tighter() } else { level };
        self.expr(lhs, least);
        self.push(&format!(" {} ", op.text()));
        self.expr(rhs, level.tighter());
    }

    fn membership(&mut self, keys: &[Key], array: &VarRef) {
        match keys {
            [Key::Expr(key)] => self.expr(key, Precedence::Comparison),
            keys => self.keys(keys),
        }
        self.push(&format!(" in {}", array.name));
    }

    fn step(&mut self, op: StepOp, place: &Expr) {
        let text = if op.increment { "++" } else { "--" };
        self.push(if op.prefix { text } else { "" });
        self.expr(place, Precedence::Postfix);
        self.push(if op.prefix { "" } else { text });
    }

    fn stat(&mut self, op: StatOp, stat: &Expr) {
        self.push(&format!("@{}(", op.name()));
        self.expr(stat, Precedence::Assign);
        if let StatOp::Variance { bit_shift: shift @ 1.. } = op {
            self.push(&format!(", {shift}"));
        }
        self.push(")");
    }

    /// `@word(expr, "strings", …)`
    fn at_call(&mut self, word: &str, expr: Option<&Expr>, strings: &[Option<&StringLit>]) {
        self.push(&format!("@{word}("));
        if let Some(expr) = expr {
            self.expr(expr, Precedence::Assign);
        }
        let strings = strings.iter().flatten();
        for (index, string) in strings.enumerate() {
            if index > 0 || expr.is_some() {
                self.push(", ");
            }
            self.push(&quoted(&string.value));
        }
        self.push(")");
    }

    /// Separated by commas, between `open` and `close`.
    fn list(&mut self, open: &str, exprs: &[impl Borrow<Expr>], close: &str) {
        self.push(open);
        self.separated(", ", exprs, |printer, expr| {
            printer.expr(expr.borrow(), Precedence::Assign);
        });
        self.push(close);
    }

    /// A prefix operator, apart from another that would join it to a longer one.
    fn prefix(&mut self, op: &str, operand: &Expr) {
        self.push(op);
        let at = self.out.len();
        self.expr(operand, Precedence::Unary);
        if self.out[at..].starts_with(['+', '-', '!', '~', '&']) {
            self.out.insert(at, ' ');
        }
    }

    fn print(&mut self, print: &Print) {
        self.push(&format!("{}(", print.function));
        if let Some(literal) = &print.literal {
            self.push(&quoted(&literal.value));
            self.push(if print.args.is_empty() { "" } else { ", " });
        }
        self.list("", &print.args, ")");
    }

    pub(super) fn histogram(&mut self, histogram: &Histogram) {
        let stat = std::slice::from_ref(&histogram.stat);
        match histogram.shape {
            HistogramShape::Log => self.list("@hist_log(", stat, ")"),
            HistogramShape::Linear { low, high, step } => {
                self.list("@hist_linear(", stat, &format!(", {low}, {high}, {step})"));
            }
        }
    }

    fn target(&mut self, target: &Target) {
        if target.address_of {
            self.push("&");
        }
        match &target.base {
            TargetBase::Context(name) => self.push(&format!("${name}")),
            TargetBase::ContextGroup(name) => self.push(&format!("$${name}")),
            TargetBase::Var { name, module } => {
                self.at_call("var", None, &[Some(name), module.as_ref()]);
            }
            TargetBase::Cast { value, type_name, module } => {
                self.at_call("cast", Some(value), &[Some(type_name), module.as_ref()]);
            }
            TargetBase::Autocast(base) => self.autocast_base(base, target),
        }
        for access in &target.path {
            match &access.kind {
                AccessKind::Member(name) => self.push(&format!("->{name}")),
                AccessKind::Index(index) => {
                    self.push("[");
                    self.expr(index, Precedence::Assign);
                    self.push("]");
                }
            }
        }
        self.push(match target.pretty {
            Some(Pretty::Shallow) => "$",
            Some(Pretty::Deep) => "$$",
            None => "",
        });
    }

    /// In parentheses where the path that follows would be taken for something else.
    fn autocast_base(&mut self, base: &Expr, target: &Target) {
        let indexed = matches!(target.path.first(), Some(access) if matches!(access.kind, AccessKind::Index(_)));
        let indexable = matches!(base.kind, ExprKind::Index { .. } | ExprKind::Call { .. } | ExprKind::Entry(_));
        let is_target = matches!(base.kind, ExprKind::Target(_));
        if is_target || (indexed && !indexable) {
            self.parenthesised(base);
        } else {
            self.expr(base, Precedence::Postfix);
        }
    }
}

fn precedence(expr: &Expr) -> Precedence {
    match &expr.kind {
        ExprKind::Assign { .. } => Precedence::Assign,
        ExprKind::Ternary { .. } => Precedence::Ternary,
        ExprKind::Binary { op, .. } => op.precedence(),
        ExprKind::In { .. } => Precedence::Membership,
        ExprKind::RegexMatch { .. } => Precedence::Comparison,
        ExprKind::Unary { .. } => Precedence::Unary,
        ExprKind::Step { op, .. } if op.prefix => Precedence::Unary,
        ExprKind::Step { .. } => Precedence::Step,
        ExprKind::Target(target) if target.address_of => Precedence::Unary,
        ExprKind::Target(_) => Precedence::Postfix,
        _ => Precedence::Primary,
    }
}
