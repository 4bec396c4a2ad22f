// SPDX-License-Identifier: MIT OR Apache-2.0
//! A last end probe that prints the globals which the script writes and never reads.

use super::Analyser;
use crate::hir::{
    Body, Expr, ExprKind as H, Foreach, GlobalId, Handler, HandlerId, Local, LocalId, Place, Print, PrintArg,
    PrintFormat, Probe, Stmt, StmtKind,
};
use crate::span::Span;
use crate::types::Type;
use spile_ir::{ProbeKind, Sort, SortBy, StatField};

/// The numbers shown of an aggregate.
const FIELDS: [StatField; 5] = [StatField::Count, StatField::Min, StatField::Max, StatField::Sum, StatField::Avg];
const FIELDS_FORMAT: &str = " @count=%#x @min=%#x @max=%#x @sum=%#x @avg=%#x\n";

impl Analyser<'_, '_> {
    pub(super) fn print_unread_globals(&mut self) {
        let shown = |global: &crate::hir::Global| global.user && global.written && !global.read;
        let mut unread: Vec<_> = (0..self.script.globals.len())
            .map(GlobalId::new)
            .filter(|id| shown(&self.script.globals[id.index()]))
            .collect();
        // In the order of declaration; their numbers are in that of use.
        unread.sort_by_key(|id| {
            let Span { file, start, .. } = self.script.globals[id.index()].span;
            (file, start)
        });
        let Some(first) = unread.first() else { return };
        let span = self.script.globals[first.index()].span;
        let mut body = Body::default();
        for id in unread {
            let stmt = match self.script.globals[id.index()].keys {
                Some(_) => self.print_array(id, &mut body.locals),
                None => self.print_scalar(id),
            };
            body.stmts.push(stmt);
        }
        let handler = HandlerId::new(self.script.handlers.len());
        let name = "end(9223372036854775807)".to_owned();
        self.script.handlers.push(Handler {
            name: name.clone(),
            span,
            body,
            conditions: 0,
            entry: Vec::new(),
            entry_frame: Body::default(),
        });
        let kind = ProbeKind::End(i64::MAX);
        self.script.probes.push(Probe {
            name: name.clone(),
            alias: None,
            written: name,
            kind,
            handler,
            optional: false,
        });
    }

    fn print_scalar(&mut self, id: GlobalId) -> Stmt {
        let global = &self.script.globals[id.index()];
        let (span, ty, name) = (global.span, global.value, global.name.to_string());
        match self.script.types.get_or_long(ty) {
            Type::Stat => self.print_stats(span, name, Vec::new(), id, Vec::new),
            known => {
                let value = Expr { ty, span, ctype: None, kind: H::Global(id) };
                self.print_stmt(span, name + value_format(known), vec![value])
            }
        }
    }

    /// `name @count=… …`; an empty aggregate has a count only.
    fn print_stats(
        &mut self,
        span: Span,
        name: String,
        keys: Vec<Expr>,
        id: GlobalId,
        element: impl Fn() -> Vec<Expr>,
    ) -> Stmt {
        let mut args = keys;
        for field in FIELDS {
            args.push(self.known_long(span, H::Stat(id, element(), field)));
        }
        let cond = self.known_long(span, H::Stat(id, element(), StatField::Count));
        let empty = self.print_stmt(span, format!("{name} @count=0x0\n"), Vec::new());
        let full = self.print_stmt(span, name + FIELDS_FORMAT, args);
        let otherwise = if element().is_empty() { vec![empty] } else { Vec::new() };
        Stmt { span, kind: StmtKind::If { cond, then: vec![full], otherwise } }
    }

    /// All elements, the greatest values first.
    fn print_array(&mut self, id: GlobalId, locals: &mut Vec<Local>) -> Stmt {
        let global = &self.script.globals[id.index()];
        let (span, value_type, name) = (global.span, global.value, global.name.clone());
        let key_types = global.keys.clone().unwrap_or_default();
        let types = &self.script.types;
        let directive = |ty| if types.get_or_long(ty) == Type::Str { "\"%#s\"" } else { "%d" };
        let directives: Vec<_> = key_types.iter().map(|ty| directive(*ty)).collect();
        let text = format!("{name}[{}]", directives.join(","));
        let mut new_local = |ty| {
            let name = format!("<printed {}>", locals.len()).as_str().into();
            locals.push(Local { name, span, ty, written: true, ctype: None });
            LocalId::new(locals.len() - 1)
        };
        let keys: Vec<_> = key_types.iter().map(|ty| (new_local(*ty), *ty)).collect();
        let value_local = new_local(value_type);
        let read = |id: LocalId, ty| Expr { ty, span, ctype: None, kind: H::Local(id) };
        let key_values = || keys.iter().map(|(id, ty)| read(*id, *ty)).collect::<Vec<_>>();
        let (value, body) = match self.script.types.get_or_long(value_type) {
            Type::Stat => (None, self.print_stats(span, text, key_values(), id, key_values)),
            known => {
                let mut args = key_values();
                args.push(read(value_local, value_type));
                (Some(Place::Local(value_local)), self.print_stmt(span, text + value_format(known), args))
            }
        };
        if value.is_none() {
            locals.pop();
        }
        let foreach = Foreach {
            array: id,
            keys: keys.iter().map(|(id, _)| Place::Local(*id)).collect(),
            value,
            slice: Vec::new(),
            sort: Some(Sort { by: SortBy::Value, descending: true }),
            limit: None,
            body: vec![body],
        };
        Stmt { span, kind: StmtKind::Foreach(Box::new(foreach)) }
    }

    fn known_long(&mut self, span: Span, kind: H) -> Expr {
        Expr { ty: self.script.types.known(Type::Long, span), span, ctype: None, kind }
    }

    fn print_stmt(&mut self, span: Span, format: String, args: Vec<Expr>) -> Stmt {
        let format = PrintFormat::Text(format.into_bytes());
        let args = args.into_iter().map(PrintArg::Value).collect();
        let kind = H::Print(Box::new(Print { to_string: false, format, args }));
        let expr = self.known_long(span, kind);
        Stmt { span, kind: StmtKind::Expr(expr) }
    }
}

fn value_format(ty: Type) -> &'static str {
    match ty {
        Type::Str => "=\"%#s\"\n",
        _ => "=%#x\n",
    }
}
