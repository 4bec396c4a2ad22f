// SPDX-License-Identifier: MIT OR Apache-2.0
//! C types of variables, which are assigned and used in any order: globals, the keys and elements of arrays, locals of loops.

use std::collections::HashMap;

use super::Analyser;
use crate::ast::Name;
use crate::hir::{CType, GlobalId};
use crate::span::{FileId, Span};

/// A global's value, or the key at a position.
type Part = Option<usize>;

/// What has a type.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Holder {
    Global(FileId, Name, Part),
    /// A local, by where it is first named.
    Local(Span),
}

/// What is known of variables, and whether it was asked for in vain.
#[derive(Clone, Default)]
pub(super) struct Learned {
    /// `None` for what has several types.
    types: HashMap<Holder, Option<CType>>,
    missed: bool,
}

impl Learned {
    /// Whether a type was missing in a pass that began with `before`, and the pass has learned some since.
    pub fn is_worth_a_try(&self, before: &Self) -> bool {
        // Types are added, and then at most taken back: this ends.
        self.missed && self.types != before.types
    }

    /// What the next pass begins with.
    pub fn for_next_pass(self) -> Self {
        Self { missed: false, ..self }
    }
}

impl Analyser<'_, '_> {
    /// Notes that a value whose C type decides what follows has none.
    pub(super) fn miss_ctype(&mut self) {
        self.learned.missed |= !self.without_callers;
    }

    /// Notes the C type of what a global, or a key of it, was given. A plain number says nothing.
    pub(super) fn learn_ctype(&mut self, global: GlobalId, part: Part, ctype: Option<CType>) {
        self.learn(self.global_holder(global, part), ctype);
    }

    /// The same for a local, by where it is first named.
    pub(super) fn learn_local_ctype(&mut self, local: Span, ctype: Option<CType>) {
        self.learn(Holder::Local(local), ctype);
    }

    fn learn(&mut self, holder: Holder, ctype: Option<CType>) {
        let Some(ctype) = ctype else { return };
        let known = self.learned.types.entry(holder).or_insert(Some(ctype));
        if *known != Some(ctype) {
            *known = None;
        }
    }

    /// The C type of a global, or of a key of it.
    pub(super) fn known_ctype(&self, global: GlobalId, part: Part) -> Option<CType> {
        *self.learned.types.get(&self.global_holder(global, part))?
    }

    /// The C type of a local, as an earlier pass has seen it.
    pub(super) fn known_local_ctype(&self, local: Span) -> Option<CType> {
        *self.learned.types.get(&Holder::Local(local))?
    }

    fn global_holder(&self, global: GlobalId, part: Part) -> Holder {
        let global = &self.script.globals[global.index()];
        Holder::Global(global.span.file, global.name.clone(), part)
    }
}
