// SPDX-License-Identifier: MIT OR Apache-2.0
//! Expressions.

use super::body::{Variable, Walk};
use super::constant::constant;
use crate::ast::{self, BinaryOp as B, ExprKind as A, Key, UnaryOp};
use crate::errors::embedded::embedded_c;
use crate::errors::{semantic as errors, target as target_errors};
use crate::hir::{Constant, Expr, ExprKind as H, GlobalId, Place};
use crate::span::Span;
use crate::types::Type;
use spile_ir::{BinaryOp, CompareOp, Space};

impl Walk<'_, '_, '_> {
    /// Resolves an expression whose value is used: that of an update reads the global.
    pub fn expr(&mut self, expr: &ast::Expr) -> Expr {
        let resolved = self.discarded(expr);
        if let H::Update(place, ..) | H::PostStep(place, _) = &resolved.kind
            && let Place::Global(id) | Place::Element(id, ..) = place
        {
            self.read_global(*id);
        }
        resolved
    }

    /// Resolves an expression that stands for itself.
    pub fn discarded(&mut self, expr: &ast::Expr) -> Expr {
        self.a.nesting += 1;
        let resolved = self.any_expr(expr);
        self.a.nesting -= 1;
        resolved
    }

    fn any_expr(&mut self, expr: &ast::Expr) -> Expr {
        let span = expr.span;
        match &expr.kind {
            A::Number(value) => self.int(span, *value),
            A::String(text) => self.string(span, H::Constant(Constant::text(text.value.as_bytes()))),
            A::Var(name) => self.var(name, span),
            A::Index { var, keys } => self.index(var, keys, span),
            A::Call { function, args } => self.call(function, args, span),
            A::Print(print) => self.print(print, span),
            A::Unary { op, operand } => self.unary(*op, operand, span),
            A::Binary { op, op_span, lhs, rhs } => self.binary(*op, *op_span, lhs, rhs),
            A::RegexMatch { negated, subject, regex } => self.regex_match(*negated, subject, regex, span),
            A::In { keys, array } => self.membership(keys, array, span),
            A::Assign { op, op_span, place, value } => self.assign(*op, *op_span, place, value),
            A::Step { op, place } => self.step(*op, place, span),
            A::Ternary { cond, then, otherwise } => self.ternary(cond, then, otherwise, span),
            A::Target(target) => self.target(target, span),
            A::Stat { op, stat } => self.stat(*op, stat, span),
            A::Histogram(histogram) => self.fail(span, errors::histogram_as_value(histogram.span)),
            A::Bucket { histogram, index } => self.bucket(histogram, index, span),
            A::Defined(inner) => {
                let defined = self.is_defined(inner);
                self.int(span, defined.into())
            }
            A::ProbeWrite(inner) => self.probe_write(inner, span),
            A::Entry(inner) => self.entry(inner, span),
            A::Const(text) => self.constant_operator(text, span),
            A::Enum(name) => self.enumerator(name, span),
            A::EnumName { value, type_name, module } => {
                self.enumerator_name(value, type_name.as_ref(), module.as_ref(), span)
            }
            A::Perf(name) => self.fail(span, target_errors::no_counter(span, &name.value.to_str_lossy())),
            A::Register { number, user } => self.register_operator(number, *user, span),
            A::Deref { size_bytes, address, user } => self.deref(size_bytes, address, *user, span),
            A::Embedded(code) => self.fail(span, embedded_c(code.span, &code.code)),
        }
    }

    /// Resolves an expression that must be a number.
    pub fn long_expr(&mut self, expr: &ast::Expr) -> Expr {
        let resolved = self.expr(expr);
        self.a.expect(&resolved, Type::Long);
        resolved
    }

    fn var(&mut self, name: &ast::Name, span: Span) -> Expr {
        match self.variable(name, span) {
            Variable::Local(id) => {
                let local = self.local(id);
                Expr { ty: local.ty, span, ctype: local.ctype, kind: H::Local(id) }
            }
            Variable::Global(id) => {
                self.a.use_scalar(id, span);
                self.read_global(id);
                let ctype = self.a.known_ctype(id, None);
                Expr { ty: self.a.script.globals[id.index()].value, span, ctype, kind: H::Global(id) }
            }
        }
    }

    fn index(&mut self, var: &ast::VarRef, keys: &[ast::Expr], span: Span) -> Expr {
        if let Variable::Local(id) = self.variable_if_known(&var.name)
            && let Some(ctype) = self.local(id).ctype
            && let [index] = keys
        {
            let local = self.local(id);
            let base = Expr { ty: local.ty, span: var.span, ctype: Some(ctype), kind: H::Local(id) };
            return self.autocast_index(base, index, span);
        }
        let Some((id, keys)) = self.element(var, keys) else { return self.wrong(span) };
        self.read_global(id);
        let ctype = self.a.known_ctype(id, None);
        Expr { ty: self.a.script.globals[id.index()].value, span, ctype, kind: H::Element(id, keys) }
    }

    /// As [`Self::variable`], but a name that means nothing becomes no local.
    fn variable_if_known(&mut self, name: &ast::Name) -> Variable {
        match self.names.get(name) {
            Some(id) => Variable::Local(*id),
            None => Variable::Global(GlobalId(0)),
        }
    }

    /// An array and the keys of one element, types unified.
    pub fn element(&mut self, var: &ast::VarRef, keys: &[ast::Expr]) -> Option<(GlobalId, Vec<Expr>)> {
        let array = self.array(var, keys.len());
        let keys: Vec<Expr> = keys.iter().map(|key| self.expr(key)).collect();
        let types = self.a.use_array(array?, keys.len(), var.span)?;
        for (key, ty) in keys.iter().zip(types) {
            self.a.unify(ty, key.ty, key.span);
        }
        Some((array?, keys))
    }

    /// As [`Self::element`], where keys may be `*`.
    pub fn matching(&mut self, var: &ast::VarRef, keys: &[Key]) -> Option<(GlobalId, Vec<Option<Expr>>)> {
        let array = self.array(var, keys.len());
        let keys: Vec<Option<Expr>> = keys.iter().map(|key| key.expr().map(|key| self.expr(key))).collect();
        let types = self.a.use_array(array?, keys.len(), var.span)?;
        for (key, ty) in keys.iter().zip(types) {
            if let Some(key) = key {
                self.a.unify(ty, key.ty, key.span);
            }
        }
        Some((array?, keys))
    }

    fn unary(&mut self, op: UnaryOp, operand: &ast::Expr, span: Span) -> Expr {
        let operand = Box::new(self.long_expr(operand));
        let known = constant(&operand);
        let kind = match (op, known) {
            (UnaryOp::Plus, _) => return *operand,
            (UnaryOp::Neg, Some(value)) => H::Constant(Constant::Int(value.wrapping_neg())),
            (UnaryOp::Neg, None) => H::Binary(BinaryOp::Sub, Box::new(self.int(span, 0)), operand),
            (UnaryOp::Not, _) => H::Not(operand),
            (UnaryOp::BitNot, _) => H::Binary(BinaryOp::Xor, operand, Box::new(self.int(span, -1))),
        };
        self.long(span, kind)
    }

    fn binary(&mut self, op: B, op_span: Span, lhs: &ast::Expr, rhs: &ast::Expr) -> Expr {
        if matches!(op, B::LogicalAnd | B::LogicalOr) {
            return self.logical(op, op_span, lhs, rhs);
        }
        if let (B::Concat, A::Target(_), A::Var(member)) = (op, &lhs.kind, &rhs.kind) {
            let left = self.expr(lhs);
            if self.a.script.types.get(left.ty) == Some(Type::Long) {
                return self.fail(op_span, errors::member_by_dot(op_span, member));
            }
        }
        let (left, right) = (Box::new(self.expr(lhs)), Box::new(self.expr(rhs)));
        if op == B::Concat {
            if self.operands(&left, &right, Type::Str, op, op_span) {
                return self.wrong(op_span);
            }
            return self.string(op_span, H::Concat(left, right));
        }
        if let Some(op) = compare_op(op) {
            if self.a.script.types.get(left.ty) == Some(Type::Stat) {
                return self.fail(left.span, errors::statistics_as_value(left.span));
            }
            self.a.unify(left.ty, right.ty, right.span);
            return self.long(op_span, H::Compare(op, left, right));
        }
        if self.operands(&left, &right, Type::Long, op, op_span) {
            return self.wrong(op_span);
        }
        let Some(op) = int_op(op) else { return self.wrong(op_span) };
        self.long(op_span, H::Binary(op, left, right))
    }

    /// Says that both operands are of a type. Whether neither is: then it is the operator that is wrong.
    fn operands(&mut self, left: &Expr, right: &Expr, ty: Type, op: B, op_span: Span) -> bool {
        let types = [left, right].map(|side| self.a.script.types.get(side.ty));
        if let [Some(a), Some(b)] = types
            && a == b
            && a != ty
            && a != Type::Stat
        {
            self.report(errors::wrong_operator(op_span, op, a));
            return true;
        }
        self.a.expect(left, ty);
        self.a.expect(right, ty);
        false
    }

    /// `&&` and `||`. What a constant left side makes unreachable is not looked at, so that `@defined($x) && $x->y` works.
    fn logical(&mut self, op: B, op_span: Span, lhs: &ast::Expr, rhs: &ast::Expr) -> Expr {
        let left = self.long_expr(lhs);
        let is_and = op == B::LogicalAnd;
        if let Some(value) = constant(&left)
            && (value != 0) != is_and
        {
            return self.int(op_span, (!is_and).into());
        }
        let (left, right) = (Box::new(left), Box::new(self.long_expr(rhs)));
        self.long(op_span, if is_and { H::And(left, right) } else { H::Or(left, right) })
    }

    fn ternary(&mut self, cond: &ast::Expr, then: &ast::Expr, otherwise: &ast::Expr, span: Span) -> Expr {
        let cond = self.long_expr(cond);
        if let Some(value) = constant(&cond) {
            return self.expr(if value != 0 { then } else { otherwise });
        }
        let (then, otherwise) = (self.expr(then), self.expr(otherwise));
        self.a.unify(then.ty, otherwise.ty, otherwise.span);
        Expr {
            ty: then.ty,
            span,
            ctype: match (then.ctype, otherwise.ctype) {
                (Some(one), Some(other)) => Some(one).filter(|one| *one == other),
                // The other may well be a null pointer.
                (one, other) => one.or(other),
            },
            kind: H::Ternary(Box::new(cond), Box::new(then), Box::new(otherwise)),
        }
    }

    fn membership(&mut self, keys: &[Key], array: &ast::VarRef, span: Span) -> Expr {
        let Some((id, keys)) = self.matching(array, keys) else { return self.wrong(span) };
        self.read_global(id);
        self.long(span, H::Has(id, keys))
    }

    fn deref(&mut self, size: &ast::NumberLit, address: &ast::Expr, user: bool, span: Span) -> Expr {
        let addr = Box::new(self.long_expr(address));
        // The parser has checked the size.
        let space = if user { Space::User } else { Space::Kernel };
        self.long(span, H::Load { space, addr, bytes: size.value as u8, signed: false })
    }
}

/// The comparison of an operator.
fn compare_op(op: B) -> Option<CompareOp> {
    Some(match op {
        B::Lt => CompareOp::Lt,
        B::Gt => CompareOp::Gt,
        B::Le => CompareOp::Le,
        B::Ge => CompareOp::Ge,
        B::Eq => CompareOp::Eq,
        B::Ne => CompareOp::Ne,
        _ => return None,
    })
}

/// The arithmetic of an operator.
pub(super) fn int_op(op: B) -> Option<BinaryOp> {
    Some(match op {
        B::BitOr => BinaryOp::Or,
        B::BitXor => BinaryOp::Xor,
        B::BitAnd => BinaryOp::And,
        B::Shl => BinaryOp::Shl,
        B::Shr => BinaryOp::Shr,
        B::LogicalShr => BinaryOp::UShr,
        B::Add => BinaryOp::Add,
        B::Sub => BinaryOp::Sub,
        B::Mul => BinaryOp::Mul,
        B::Div => BinaryOp::Div,
        B::Rem => BinaryOp::Rem,
        _ => return None,
    })
}
