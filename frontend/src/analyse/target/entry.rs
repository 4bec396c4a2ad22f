// SPDX-License-Identifier: MIT OR Apache-2.0
//! `@entry(x)`, and target variables in return probes: what is computed at the entry of a function and kept for its return.
//!
//! A word is kept with the call. A string is kept in an array, and the word is its key there.

use crate::analyse::body::Walk;
use crate::analyse::context::Kept;
use crate::ast::{self, AccessKind, ExprKind as A, FileKind, Name, Target, TargetBase};
use crate::errors::semantic as errors;
use crate::hir::{Constant, Expr, ExprKind as H, Global, GlobalId, Place, UpdateOp};
use crate::span::{FileId, Span};
use crate::types::Type;
use spile_ir::{BinaryOp, StatSpec};

use super::Reach;

/// The array of kept strings, and the last key given out. No script can spell these names.
const STRINGS: &str = "<entry strings>";
const LAST_KEY: &str = "<entry key>";

impl Walk<'_, '_, '_> {
    /// `@entry(x)`: the value of `x` at the function's entry.
    pub fn entry(&mut self, inner: &ast::Expr, span: Span) -> Expr {
        let Some(context) = self.context().filter(|context| context.point.is_return()) else {
            return self.fail(span, errors::entry_outside(span));
        };
        if context.at_entry {
            return self.expr(inner);
        }
        let text = self.text_of(inner.span);
        self.kept(text, span, |walk| {
            let value = walk.expr(inner);
            if !walk.is_string(&value) {
                walk.a.expect(&value, Type::Long);
            }
            Some(value)
        })
        .unwrap_or_else(|| self.wrong(span))
    }

    /// Whether a target expression in a return probe means the value at the entry.
    pub(super) fn is_snapshot(&mut self, target: &Target) -> bool {
        let TargetBase::Context(name) = &target.base else { return false };
        let is_return = name.as_str() == "return";
        self.context().is_some_and(|context| context.point.is_return() && !context.at_entry) && !is_return
    }

    /// `$x->y` in a return probe: its value at the entry. From a computed index on, what is there now.
    pub(super) fn snapshot(&mut self, target: &Target, span: Span) -> Option<Expr> {
        let computed = |access: &ast::Access| match &access.kind {
            AccessKind::Index(index) => !matches!(index.kind, A::Number(_)),
            AccessKind::Member(_) => false,
        };
        let split = target.path.iter().position(computed).unwrap_or(target.path.len());
        let (early, late) = target.path.split_at(split);
        let value = if late.is_empty() {
            let text = self.text_of(span);
            self.kept(text, span, |walk| walk.resolve_target(target, span))?
        } else {
            let base = Target { path: early.to_vec(), address_of: false, pretty: None, ..target.clone() };
            let end = early.last().map_or(span, |access| access.span);
            let text = (span.file, format!("{}..{}", span.start, end.end));
            let value = self.kept(text, span, |walk| walk.resolve_target(&base, span))?;
            let reach = self.follow(Reach::Value(value), late)?;
            self.finish(reach, target, span)?
        };
        if let TargetBase::Context(name) = &target.base
            && self.file.kind == FileKind::User
        {
            self.report(errors::confusing_entry(span, &format!("${name}")));
        }
        Some(value)
    }

    /// A value that is computed at the entry, once for each text it is asked by; what reads it at the return.
    pub(super) fn kept(
        &mut self,
        text: (FileId, String),
        span: Span,
        resolve: impl FnOnce(&mut Self) -> Option<Expr>,
    ) -> Option<Expr> {
        let known = self.context()?.entry.iter().position(|kept| kept.text == text);
        let word = match known {
            Some(word) => word,
            None => {
                let kept = self.at_entry(|walk| {
                    let value = resolve(walk)?;
                    Some(walk.keep(text, value))
                })?;
                let entry = &mut self.context()?.entry;
                entry.push(kept);
                entry.len() - 1
            }
        };
        let kept = &self.context()?.entry[word];
        let (is_string, ctype) = (kept.is_string, kept.ctype);
        let key = self.long(span, H::EntryWord(word as u32));
        if !is_string {
            return Some(Expr { ctype, ..key });
        }
        let strings = self.strings(span);
        Some(self.string(span, H::Element(strings, vec![key])))
    }

    /// Resolves something that is computed at the entry, by code that has locals of its own.
    fn at_entry<T>(&mut self, resolve: impl FnOnce(&mut Self) -> T) -> T {
        let names = std::mem::take(&mut self.names);
        let in_entry = std::mem::replace(&mut self.in_entry, true);
        self.turn_to_entry(true);
        let result = resolve(self);
        self.turn_to_entry(false);
        self.in_entry = in_entry;
        self.names = names;
        result
    }

    fn turn_to_entry(&mut self, at_entry: bool) {
        if let Some(context) = &mut self.a.context {
            std::mem::swap(&mut self.locals, &mut context.entry_locals);
            context.at_entry = at_entry;
        }
    }

    /// How the entry's code keeps a value.
    fn keep(&mut self, text: (FileId, String), value: Expr) -> Kept {
        let (span, ctype) = (value.span, value.ctype);
        if !self.is_string(&value) {
            return Kept { text, word: value, is_string: false, ctype };
        }
        let (strings, last_key) = (self.strings(span), self.last_key(span));
        let key = self.new_local(Name::from("<key>"), span, false);
        self.a.expect_var(self.locals[key.index()].ty, Type::Long, span);
        let one = self.int(span, 1);
        let next = H::Update(Place::Global(last_key), UpdateOp::Int(BinaryOp::Add), Box::new(one));
        let next = self.long(span, next);
        let take = self.long(span, H::Assign(Place::Local(key), Box::new(next)));
        let at = self.long(span, H::Local(key));
        let store = self.string(span, H::Assign(Place::Element(strings, vec![at], span), Box::new(value)));
        let store = self.long(span, H::Then(Box::new(take), Box::new(store)));
        let at = self.long(span, H::Local(key));
        let word = self.long(span, H::Then(Box::new(store), Box::new(at)));
        Kept { text, word, is_string: true, ctype }
    }

    fn strings(&mut self, span: Span) -> GlobalId {
        let key = self.a.script.types.known(Type::Long, span);
        self.hidden_global(STRINGS, Type::Str, Some(vec![key]), span)
    }

    fn last_key(&mut self, span: Span) -> GlobalId {
        self.hidden_global(LAST_KEY, Type::Long, None, span)
    }

    fn hidden_global(
        &mut self,
        name: &str,
        ty: Type,
        keys: Option<Vec<crate::types::TypeVar>>,
        span: Span,
    ) -> GlobalId {
        let script = &mut self.a.script;
        if let Some(known) = script.globals.iter().position(|global| global.name.as_str() == name) {
            return GlobalId::new(known);
        }
        script.globals.push(Global {
            name: Name::from(name),
            span,
            // Calls that never return leave strings behind: the oldest go.
            wrap: keys.is_some(),
            keys,
            shape_span: Some(span),
            value: script.types.known(ty, span),
            capacity: 0,
            init: (ty == Type::Long).then_some(Constant::Int(0)),
            stat: StatSpec::default(),
            read: true,
            written: true,
            user: false,
        });
        GlobalId::new(script.globals.len() - 1)
    }

    /// What stands for an expression as the key of a kept value: its text, unless that is pieced together.
    pub(super) fn text_of(&self, span: Span) -> (FileId, String) {
        let text = self.a.loader.sources.text(span);
        let text = if span.expansion.is_some() { format!("{text} {span:?}") } else { text.to_owned() };
        (span.file, text)
    }
}
