// SPDX-License-Identifier: MIT OR Apache-2.0
//! What only the whole script can tell: what nothing uses.

use std::collections::HashSet;

use super::Analyser;
use crate::ast::{FileKind, Item};
use crate::errors::unused as errors;

impl Analyser<'_, '_> {
    /// Warns of what the user's script has and nothing uses.
    pub(super) fn check_unused(&mut self) {
        if self.diagnostics.has_errors() {
            return;
        }
        for warning in std::mem::take(&mut self.idle) {
            self.report(warning);
        }
        let used: HashSet<_> =
            self.script.used_functions().iter().map(|id| self.script.functions[id.index()].span).collect();
        for file in self.loader.user_files().to_vec().iter().filter(|file| file.kind == FileKind::User) {
            for item in &file.items {
                match item {
                    Item::Function(function) if !used.contains(&function.name.span) => {
                        self.report(errors::unused_function(function.name.span, &function.name.name));
                    }
                    Item::Globals(globals) => {
                        for var in &globals.vars {
                            let known = self.globals.get(&(file.id, var.name.name.clone()));
                            let global = known.map(|id| &self.script.globals[id.index()]);
                            if global.is_none_or(|global| !global.read && !global.written) {
                                self.report(errors::unused_global(var.name.span, &var.name.name));
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}
