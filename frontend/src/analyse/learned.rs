// SPDX-License-Identifier: MIT OR Apache-2.0
//! C types of globals and of the keys and elements of arrays, which probes and functions in any order assign and use.

use std::collections::HashMap;

use super::Analyser;
use crate::ast::Name;
use crate::hir::{CType, GlobalId};
use crate::span::FileId;

/// A global's value, or the key at a position.
type Part = Option<usize>;

/// What is known of globals, and what it was asked for in vain.
#[derive(Clone, Default)]
pub(super) struct Learned {
    /// `None` for what has several types.
    types: HashMap<(FileId, Name, Part), Option<CType>>,
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
        let Some(ctype) = ctype else { return };
        let (file, name) = self.declared_at(global);
        let known = self.learned.types.entry((file, name, part)).or_insert(Some(ctype));
        if *known != Some(ctype) {
            *known = None;
        }
    }

    /// The C type of a global, or of a key of it.
    pub(super) fn known_ctype(&self, global: GlobalId, part: Part) -> Option<CType> {
        let (file, name) = self.declared_at(global);
        *self.learned.types.get(&(file, name, part))?
    }

    fn declared_at(&self, global: GlobalId) -> (FileId, Name) {
        let global = &self.script.globals[global.index()];
        (global.span.file, global.name.clone())
    }
}
