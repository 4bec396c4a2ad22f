// SPDX-License-Identifier: MIT OR Apache-2.0
//! Types that a script spells and the target may not have as such: pointers to its types and arrays of them.

use std::cell::RefCell;

use crate::target::{
    Arch, CodePlace, FunctionInfo, Member, Target, TracepointInfo, TypeId, TypeShape, TypeTag, Variable,
};

/// Numbers of made types begin here; no target has so many of its own.
const FIRST: u32 = 0x8000_0000;

/// A target, and the types that were made of its own.
pub(crate) struct DerivedTypes<'a> {
    inner: &'a dyn Target,
    made: RefCell<Vec<TypeShape>>,
}

impl<'a> DerivedTypes<'a> {
    pub fn new(inner: &'a dyn Target) -> Self {
        Self { inner, made: RefCell::default() }
    }

    /// A target, and types that were made before.
    pub fn with(inner: &'a dyn Target, made: &[TypeShape]) -> Self {
        Self { inner, made: RefCell::new(made.to_vec()) }
    }

    /// All types that were made, in the order of their numbers.
    pub fn all_made(&self) -> Vec<TypeShape> {
        self.made.borrow().clone()
    }

    /// `ty*`
    pub fn pointer_to(&self, ty: TypeId) -> TypeId {
        self.make(TypeShape::Pointer(ty))
    }

    /// `ty[length]`
    pub fn array_of(&self, element: TypeId, length: u32) -> TypeId {
        self.make(TypeShape::Array { element, length })
    }

    /// A type that only a script spells; the same one for the same shape.
    pub fn make(&self, shape: TypeShape) -> TypeId {
        let mut made = self.made.borrow_mut();
        let known = made.iter().position(|known| *known == shape);
        let index = known.unwrap_or_else(|| {
            made.push(shape);
            made.len() - 1
        });
        TypeId(FIRST + index as u32)
    }

    fn made(&self, ty: TypeId) -> Option<TypeShape> {
        let index = ty.0.checked_sub(FIRST)?;
        self.made.borrow().get(index as usize).cloned()
    }
}

impl Target for DerivedTypes<'_> {
    fn shape(&self, ty: TypeId) -> TypeShape {
        self.made(ty).unwrap_or_else(|| self.inner.shape(ty))
    }

    fn spelling(&self, ty: TypeId) -> String {
        match self.made(ty) {
            Some(TypeShape::Pointer(to)) => format!("{}*", self.spelling(to)),
            Some(TypeShape::Array { element, length }) => format!("{}[{length}]", self.spelling(element)),
            Some(TypeShape::Int { bytes, signed, .. }) => base_type(bytes, signed).to_owned(),
            Some(_) => "void".to_owned(),
            None => self.inner.spelling(ty),
        }
    }

    fn size_of(&self, ty: TypeId) -> u64 {
        match self.made(ty) {
            Some(TypeShape::Pointer(_)) => 8,
            Some(TypeShape::Array { element, length }) => self.size_of(element).saturating_mul(length.into()),
            Some(TypeShape::Int { bytes, .. }) => bytes.into(),
            Some(_) => 0,
            None => self.inner.size_of(ty),
        }
    }

    fn member(&self, ty: TypeId, name: &str) -> Option<Member> {
        if self.made(ty).is_some() { None } else { self.inner.member(ty, name) }
    }

    fn modules(&self, pattern: &str) -> Vec<String> {
        self.inner.modules(pattern)
    }

    fn is_exported(&self, symbol: &str, module: Option<&str>) -> Option<bool> {
        self.inner.is_exported(symbol, module)
    }

    fn code_at(&self, address: u64) -> Option<CodePlace> {
        self.inner.code_at(address)
    }

    fn arch(&self) -> Arch {
        self.inner.arch()
    }

    fn release(&self) -> &str {
        self.inner.release()
    }

    fn runtime(&self) -> &str {
        self.inner.runtime()
    }

    fn config(&self, name: &str) -> Option<&str> {
        self.inner.config(name)
    }

    fn functions(&self, pattern: &str, module: Option<&str>) -> Vec<String> {
        self.inner.functions(pattern, module)
    }

    fn function(&self, symbol: &str, module: Option<&str>) -> Option<FunctionInfo> {
        self.inner.function(symbol, module)
    }

    fn blocklisted(&self, symbol: &str) -> Option<&str> {
        self.inner.blocklisted(symbol)
    }

    fn tracepoints(&self, pattern: &str) -> Vec<TracepointInfo> {
        self.inner.tracepoints(pattern)
    }

    fn find_type(&self, tag: TypeTag, name: &str) -> Option<TypeId> {
        self.inner.find_type(tag, name)
    }

    fn enumerator(&self, name: &str) -> Option<(i64, TypeId)> {
        self.inner.enumerator(name)
    }

    fn enumerators(&self, enumeration: TypeId) -> Vec<(String, i64)> {
        if self.made(enumeration).is_some() { Vec::new() } else { self.inner.enumerators(enumeration) }
    }

    fn variable(&self, name: &str, unit: Option<&str>) -> Option<Variable> {
        self.inner.variable(name, unit)
    }
}

/// How C spells a base type of 64-bit Linux.
fn base_type(bytes: u32, signed: bool) -> &'static str {
    match (bytes, signed) {
        (1, true) => "signed char",
        (1, false) => "unsigned char",
        (2, true) => "short",
        (2, false) => "unsigned short",
        (4, true) => "int",
        (4, false) => "unsigned int",
        (_, true) => "long",
        (_, false) => "unsigned long",
    }
}
