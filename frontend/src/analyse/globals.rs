// SPDX-License-Identifier: MIT OR Apache-2.0
//! Globals: which one a name means, and what its uses say of its shape.

use std::collections::HashMap;

use super::Analyser;
use super::loader::ItemRef;
use crate::ast::{self, FileKind, Literal, Name};
use crate::errors::semantic as errors;
use crate::errors::similar;
use crate::hir::{Constant, Global, GlobalId};
use crate::span::{FileId, Span};
use crate::types::Type;
use spile_ir as ir;

impl Analyser<'_, '_> {
    /// The global that a name means in a file: one that is private there, else a public one. The library never sees the
    /// user's.
    pub(super) fn find_global(&mut self, name: &Name, from: &ast::File) -> Option<GlobalId> {
        let declared = self.loader.globals(name, self.diagnostics);
        let private = |(item, _): &&(ItemRef, usize)| item.file.id == from.id;
        let public = |(item, _): &&(ItemRef, usize)| {
            let is_private = matches!(item.item(), ast::Item::Globals(globals) if globals.private);
            !is_private && (from.kind == FileKind::User || item.file.kind != FileKind::User)
        };
        let (item, var) = declared.iter().find(private).or_else(|| declared.iter().find(public))?.clone();
        Some(self.declare_global(&item, var))
    }

    /// The script's entry for a declaration.
    pub(super) fn declare_global(&mut self, item: &ItemRef, var: usize) -> GlobalId {
        let declared = item.global(var).expect("a global's item declares it");
        let key = (item.file.id, declared.name.name.clone());
        if let Some(id) = self.globals.get(&key) {
            return *id;
        }
        let init = declared.init.as_ref().map(|literal| match literal {
            Literal::Number(number) => (Constant::Int(number.value), Type::Long),
            Literal::String(string) => (Constant::text(string.value.as_bytes()), Type::Str),
        });
        let value = match &init {
            Some((_, ty)) => self.script.types.known(*ty, declared.span),
            None => self.script.types.fresh(),
        };
        self.script.globals.push(Global {
            name: declared.name.name.clone(),
            span: declared.name.span,
            keys: None,
            shape_span: init.is_some().then_some(declared.span),
            value,
            wrap: declared.wrap,
            capacity: declared.max_entries.unwrap_or(0),
            init: init.map(|(constant, _)| constant),
            stat: ir::StatSpec::default(),
            read: false,
            written: false,
            user: item.file.kind == FileKind::User,
        });
        let id = GlobalId::new(self.script.globals.len() - 1);
        self.globals.insert(key, id);
        id
    }

    /// Notes that a global is used as a scalar.
    pub(super) fn use_scalar(&mut self, id: GlobalId, span: Span) {
        let global = &mut self.script.globals[id.index()];
        let before = *global.shape_span.get_or_insert(span);
        if let Some(keys) = &global.keys {
            let keys = keys.len();
            self.inconsistent_arity(id, span, (0, keys), before);
        }
    }

    /// Notes that a global is used as an array with so many keys; their type variables.
    pub(super) fn use_array(&mut self, id: GlobalId, arity: usize, span: Span) -> Option<Vec<crate::types::TypeVar>> {
        let Self { script, .. } = self;
        let global = &mut script.globals[id.index()];
        let before = *global.shape_span.get_or_insert(span);
        let found = match &global.keys {
            Some(keys) if keys.len() == arity => return Some(keys.clone()),
            Some(keys) => keys.len(),
            None if before == span => {
                let keys: Vec<_> = (0..arity).map(|_| script.types.fresh()).collect();
                global.keys = Some(keys.clone());
                return Some(keys);
            }
            None => 0,
        };
        self.inconsistent_arity(id, span, (arity, found), before);
        None
    }

    /// Once for each global.
    fn inconsistent_arity(&mut self, id: GlobalId, span: Span, (now, before): (usize, usize), first: Span) {
        let global = &self.script.globals[id.index()];
        let initialised = global.init.is_some();
        let report = errors::inconsistent_arity(span, &global.name, (now, before), first, initialised);
        if self.complained.insert(global.name.clone()) {
            self.report(report);
        }
    }

    /// The user's global whose name is most like this one.
    pub(super) fn similar_global(&self, name: &str) -> Option<String> {
        let declared = self.loader.user_globals();
        let names: Vec<&str> =
            declared.iter().filter_map(|(item, var)| Some(item.global(*var)?.name.name.as_str())).collect();
        similar(name, names)
    }

    /// The file that a library's global of this name is private to.
    pub(super) fn private_global(&mut self, name: &Name) -> Option<String> {
        let file = self.loader.globals(name, self.diagnostics).first()?.0.file.id;
        Some(self.loader.sources.file(file).name.to_string())
    }

    /// Checks what the declarations say against the uses, after all uses were seen; applies `-G`.
    pub(super) fn check_globals(&mut self) {
        self.check_duplicates();
        let errors = self.diagnostics.has_errors();
        for global in &self.script.globals {
            if let (None, Some(used)) = (&global.keys, global.shape_span) {
                if global.wrap {
                    self.diagnostics.push(errors::wrap_on_scalar(global.span, &global.name, used));
                }
                if global.capacity > 0 {
                    self.diagnostics.push(errors::size_on_scalar(global.span, &global.name, used));
                }
            }
            // What could not be resolved may have been what assigns it.
            let set = self.options.globals.iter().any(|(name, _)| *name == *global.name);
            if !errors && global.user && !global.written && global.init.is_none() && global.read && !set {
                self.diagnostics.push(errors::never_assigned_global(global.span, &global.name));
            }
        }
        for (name, value) in &self.options.globals {
            let named = |global: &&mut Global| global.user && global.name.as_str() == name && global.keys.is_none();
            let types = &mut self.script.types;
            let Some(global) = self.script.globals.iter_mut().find(named) else {
                let near = self.similar_global(name).filter(|near| near != name);
                self.diagnostics.push(errors::no_such_global_option(name, near));
                continue;
            };
            let number = value.parse().or_else(|_| i64::from_str_radix(value.trim_start_matches("0x"), 16));
            // A value may be all that says what it is.
            let by_value = if number.is_ok() { Type::Long } else { Type::Str };
            if types.get(global.value).is_none() {
                let _decided = types.require(global.value, by_value, global.span);
            }
            global.init = match (types.get(global.value), number) {
                (Some(Type::Long), Ok(number)) => Some(Constant::Int(number)),
                (Some(Type::Str), _) => Some(Constant::text(value.as_bytes())),
                _ => {
                    self.diagnostics.push(errors::bad_global_option(name, value));
                    continue;
                }
            };
        }
    }

    /// Names are taken once in a file, and public ones once in all files of the user.
    fn check_duplicates(&mut self) {
        let declared = self.loader.user_globals();
        let mut in_file: HashMap<(FileId, &Name), Span> = HashMap::new();
        let mut public: HashMap<&Name, Span> = HashMap::new();
        for (item, var) in &declared {
            let Some(global) = item.global(*var) else { continue };
            let (name, span) = (&global.name.name, global.name.span);
            let is_private = matches!(item.item(), ast::Item::Globals(globals) if globals.private);
            let here = in_file.get(&(item.file.id, name));
            let first = here.or_else(|| public.get(name).filter(|_| !is_private)).copied();
            match first {
                Some(first) => self.diagnostics.push(errors::duplicate_global(span, name, first)),
                None => {
                    in_file.insert((item.file.id, name), span);
                    if !is_private {
                        public.insert(name, span);
                    }
                }
            }
        }
    }
}
