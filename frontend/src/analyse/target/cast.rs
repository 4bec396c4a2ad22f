// SPDX-License-Identifier: MIT OR Apache-2.0
//! `@cast(x, "type", "module")`: types as C spells them, and where they come from.

use super::Reach;
use crate::analyse::Analyser;
use crate::analyse::body::Walk;
use crate::ast::{self, StringLit};
use crate::errors::{semantic as errors, target as target_errors};
use crate::hir::CType;
use crate::span::Span;
use crate::target::{Arch, TypeId, TypeShape, TypeTag};

/// Words in front of or behind a type that say nothing of its layout.
const QUALIFIERS: &[&str] = &["const", "volatile", "restrict", "__restrict", "__user", "__rcu", "__iomem", "__percpu"];

/// Words that base types are made of.
const BASE_WORDS: &[&str] = &["signed", "unsigned", "char", "short", "int", "long", "_Bool", "bool"];

impl Walk<'_, '_, '_> {
    pub(super) fn cast(
        &mut self,
        value: &ast::Expr,
        type_name: &StringLit,
        module: Option<&StringLit>,
        span: Span,
    ) -> Option<Reach> {
        let mut value = self.long_expr(value);
        self.check_module(module)?;
        let name = type_name.value.to_str_lossy();
        let Some(spelled) = self.a.spelled_type(&name) else {
            self.report(errors::no_such_type(type_name.span, name.trim()));
            return None;
        };
        // A pointer is what the value is; anything else is what it points to.
        let is_pointer = spelled.pointers > 0;
        value.span = span;
        if spelled.arrays > 0 {
            return Some(Reach::Memory { addr: value, ty: spelled.ty, bits: None });
        }
        value.ctype = Some(if is_pointer { CType::Value(spelled.ty) } else { CType::PointerTo(spelled.ty) });
        Some(Reach::Value(value))
    }

    /// Checks that one of the named places has types that are known: the kernel, its headers and its modules, which all
    /// share the kernel's.
    pub(super) fn check_module(&mut self, module: Option<&StringLit>) -> Option<()> {
        let Some(module) = module else { return Some(()) };
        let text = module.value.to_str_lossy();
        let mut foreign = false;
        for place in text.split(':').map(str::trim) {
            match Place::of(place) {
                Place::Kernel | Place::Module => return Some(()),
                Place::User => foreign = true,
                Place::Nothing => {}
            }
        }
        let report = if foreign { target_errors::types_not_known } else { target_errors::bad_module };
        self.report(report(module.span, &text));
        None
    }
}

/// What one part of a module string names.
#[derive(PartialEq, Eq)]
pub(super) enum Place {
    /// `kernel`, `kernel<linux/fs.h>`, `kernel<a.h><b.h>`
    Kernel,
    /// A kernel module.
    Module,
    /// A program, a library, or `<a/user/header.h>`.
    User,
    /// Nothing that could be.
    Nothing,
}

impl Place {
    pub(super) fn of(text: &str) -> Self {
        let name_end =
            text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(text.len());
        match text.split_at(name_end) {
            ("kernel", headers) if are_headers(headers) => Self::Kernel,
            ("", headers) if !headers.is_empty() && are_headers(headers) => Self::User,
            (name, "") if !name.is_empty() => Self::Module,
            _ if text.contains('/') && !text.contains('<') => Self::User,
            _ => Self::Nothing,
        }
    }
}

/// Whether a text is any number of `<header.h>`.
fn are_headers(text: &str) -> bool {
    let mut rest = text;
    while let Some(header) = rest.strip_prefix('<') {
        match header.split_once('>') {
            Some((name, more)) if !name.is_empty() => rest = more,
            _ => return false,
        }
    }
    rest.is_empty()
}

/// A type that a script spells.
pub(super) struct SpelledType {
    pub(super) ty: TypeId,
    /// How many stars it has.
    pointers: u32,
    /// How many dimensions.
    arrays: usize,
}

impl Analyser<'_, '_> {
    /// A type as C spells it: `struct file`, `unsigned long`, `const char **`, `int[4][2]`; the tag of a structure, union or
    /// enumeration can be left out.
    pub(super) fn spelled_type(&self, text: &str) -> Option<SpelledType> {
        let end = text.find(['*', '[']).unwrap_or(text.len());
        let (base, mut rest) = text.split_at(end);
        let words: Vec<&str> = base.split_whitespace().filter(|word| !QUALIFIERS.contains(word)).collect();
        let mut ty = self.named_type(&words)?;
        let mut pointers = 0;
        while let Some(after) = rest.trim_start().strip_prefix('*') {
            ty = self.derived.pointer_to(ty);
            pointers += 1;
            rest = after.trim_start();
            while let Some(after) = QUALIFIERS.iter().find_map(|word| rest.strip_prefix(word)) {
                rest = after.trim_start();
            }
        }
        let mut lengths = Vec::new();
        while let Some(after) = rest.trim_start().strip_prefix('[') {
            let (length, after) = after.split_once(']')?;
            let length = length.trim();
            lengths.push(if length.is_empty() { 0 } else { length.parse().ok()? });
            rest = after;
        }
        if !rest.trim().is_empty() {
            return None;
        }
        // The first dimension is the outermost.
        for length in lengths.iter().rev() {
            ty = self.derived.array_of(ty, *length);
        }
        Some(SpelledType { ty, pointers, arrays: lengths.len() })
    }

    fn named_type(&self, words: &[&str]) -> Option<TypeId> {
        let target = self.target;
        match *words {
            [] => None,
            ["struct", name] => target.find_type(TypeTag::Struct, name),
            ["union", name] => target.find_type(TypeTag::Union, name),
            ["enum", name] => target.find_type(TypeTag::Enum, name),
            ["void"] => Some(self.derived.make(TypeShape::Void)),
            [name] if !BASE_WORDS.contains(&name) => {
                let tags = [TypeTag::Struct, TypeTag::Union, TypeTag::Plain, TypeTag::Enum];
                tags.into_iter().find_map(|tag| target.find_type(tag, name))
            }
            _ => self.base_type(words),
        }
    }

    /// A base type, whatever the order of its words; one that the target does not use is as on all 64-bit Linux.
    fn base_type(&self, words: &[&str]) -> Option<TypeId> {
        let count = |word: &str| words.iter().filter(|other| **other == word).count();
        if words.iter().any(|word| !BASE_WORDS.contains(word)) {
            return None;
        }
        let unsigned = count("unsigned") > 0;
        if count("_Bool") + count("bool") > 0 {
            return self
                .target
                .find_type(TypeTag::Plain, "_Bool")
                .or_else(|| self.target.find_type(TypeTag::Plain, "bool"));
        }
        let (bytes, name) = match (count("char"), count("short"), count("long")) {
            (1, ..) => (1, "char"),
            (_, 1, _) => (2, "short"),
            (_, _, 1) => (8, "long"),
            (_, _, 2) => (8, "long long"),
            (0, 0, 0) => (4, "int"),
            _ => return None,
        };
        let sign = match (unsigned, bytes == 1 && count("signed") > 0) {
            (true, _) => "unsigned ",
            (_, true) => "signed ",
            _ => "",
        };
        let signed = !unsigned && (bytes > 1 || count("signed") > 0 || self.target.arch() == Arch::X86_64);
        let shape = TypeShape::Int { bytes, signed, is_char: bytes == 1, is_bool: false };
        let known = self.target.find_type(TypeTag::Plain, &format!("{sign}{name}"));
        Some(known.unwrap_or_else(|| self.derived.make(shape)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_strings_name_places() {
        for kernel in ["kernel", "kernel<linux/fs.h>", "kernel<linux/fs.h><linux/sched.h>"] {
            assert!(Place::of(kernel) == Place::Kernel, "{kernel}");
        }
        assert!(Place::of("nf_conntrack") == Place::Module);
        for user in ["/usr/lib/libc.so.6", "<sys/time.h>", "./a.out"] {
            assert!(Place::of(user) == Place::User, "{user}");
        }
        for nothing in ["", "kernel<", "kernel<>", "kernel<a.h", "a b", "kernel linux/fs.h>"] {
            assert!(Place::of(nothing) != Place::Kernel, "{nothing}");
        }
    }
}
