// SPDX-License-Identifier: MIT OR Apache-2.0
//! Steps on the way to a target value: `->member` and `[index]`.

use super::Reach;
use crate::analyse::body::Walk;
use crate::analyse::constant::constant;
use crate::errors::semantic as errors;
use crate::errors::similar;
use crate::hir::{CType, Expr, ExprKind as H};
use crate::span::Span;
use crate::target::{Member, TypeId, TypeShape, TypeTag};
use spile_ir::{BinaryOp, Space};

impl Walk<'_, '_, '_> {
    /// `->name`, pointers followed.
    pub fn member(&mut self, reach: Reach, name: &str, span: Span) -> Option<Reach> {
        if let Reach::Words { words, first, ty, .. } = reach
            && matches!(self.a.target.shape(ty), TypeShape::Struct { .. })
        {
            let member = self.find_member(ty, name, span)?;
            let bits = Some(member.bit_size).filter(|bits| *bits > 0);
            return Some(Reach::Words { words, first: first + member.bit_offset, ty: member.ty, bits });
        }
        let (addr, ty) = self.structure(reach, name, span)?;
        let member = self.find_member(ty, name, span)?;
        if member.bit_size > 0 {
            return Some(Reach::Memory { addr, ty: member.ty, bits: Some((member.bit_offset, member.bit_size)) });
        }
        let addr = self.offset(addr, (member.bit_offset / 8).into());
        Some(Reach::Memory { addr, ty: member.ty, bits: None })
    }

    fn find_member(&mut self, ty: TypeId, name: &str, span: Span) -> Option<Member> {
        let Some(member) = self.a.target.member(ty, name) else {
            let known = self.member_names(ty);
            let near = similar(name, known.iter().map(String::as_str));
            let spelling = self.a.target.spelling(ty);
            self.report(errors::no_such_member(span, name, &spelling, &known, near));
            return None;
        };
        Some(member)
    }

    /// Address and type of the structure that a value is, or points to.
    fn structure(&mut self, mut reach: Reach, name: &str, span: Span) -> Option<(Expr, TypeId)> {
        // No type is a pointer to itself so many times.
        for _ in 0..16 {
            let (addr, ty) = match reach {
                Reach::Memory { addr, ty, .. } => (addr, ty),
                Reach::Words { words, first, ty, bits } => {
                    let value = self.load_words(words, first, ty, bits, span)?;
                    self.pointee(value, |ty| errors::not_a_structure(span, name, ty))?
                }
                Reach::Value(value) => self.pointee(value, |ty| errors::not_a_structure(span, name, ty))?,
            };
            reach = match self.a.target.shape(ty) {
                TypeShape::Struct { .. } => return Some((addr, ty)),
                TypeShape::Pointer(to) => Reach::Memory { addr: self.pointer_at(addr), ty: to, bits: None },
                TypeShape::Array { element, .. } => Reach::Memory { addr, ty: element, bits: None },
                TypeShape::Void if self.completed(ty).is_some() => return Some((addr, self.completed(ty)?)),
                _ => {
                    let spelling = self.a.target.spelling(ty);
                    self.report(errors::not_a_structure(span, name, &spelling));
                    return None;
                }
            };
        }
        None
    }

    /// The complete type behind one that is only declared.
    pub fn completed(&self, ty: TypeId) -> Option<TypeId> {
        if self.a.target.shape(ty) != TypeShape::Void {
            return None;
        }
        let spelling = self.a.target.spelling(ty);
        let (tag, name) = match spelling.split_once(' ')? {
            ("struct", name) => (TypeTag::Struct, name),
            ("union", name) => (TypeTag::Union, name),
            _ => return None,
        };
        let found = self.a.target.find_type(tag, name)?;
        matches!(self.a.target.shape(found), TypeShape::Struct { .. }).then_some(found)
    }

    /// What a value points to.
    fn pointee(&mut self, value: Expr, wrong: impl Fn(&str) -> crate::diag::Diagnostic) -> Option<(Expr, TypeId)> {
        let spelling = match value.ctype {
            Some(CType::PointerTo(ty)) => return Some((value, ty)),
            Some(CType::Value(ty)) => match self.a.target.shape(ty) {
                TypeShape::Pointer(to) => return Some((value, to)),
                _ => self.a.target.spelling(ty),
            },
            None => {
                self.a.miss_ctype();
                "a script value".to_owned()
            }
        };
        self.report(wrong(&spelling));
        None
    }

    /// `[index]` of an array or behind a pointer.
    pub fn indexed(&mut self, reach: Reach, index: Expr, span: Span) -> Option<Reach> {
        let wrong = |ty: &str| errors::not_an_array(span, ty);
        let (addr, element) = match reach {
            Reach::Value(value) => self.pointee(value, wrong)?,
            Reach::Words { words, first, ty, bits } => match self.a.target.shape(ty) {
                TypeShape::Array { element, .. } => {
                    return self.index_words(words, first, element, constant(&index), span);
                }
                _ => {
                    let value = self.load_words(words, first, ty, bits, span)?;
                    self.pointee(value, wrong)?
                }
            },
            Reach::Memory { addr, ty, .. } => match self.a.target.shape(ty) {
                TypeShape::Array { element, .. } => (addr, element),
                TypeShape::Pointer(to) => (self.pointer_at(addr), to),
                _ => {
                    let spelling = self.a.target.spelling(ty);
                    self.report(wrong(&spelling));
                    return None;
                }
            },
        };
        let size = self.a.target.size_of(element).max(1) as i64;
        let addr = match constant(&index) {
            Some(known) => self.offset(addr, known.wrapping_mul(size)),
            None => {
                let at = addr.span;
                let size = self.int(at, size);
                let scaled = self.long(at, H::Binary(BinaryOp::Mul, Box::new(index), Box::new(size)));
                self.long(at, H::Binary(BinaryOp::Add, Box::new(addr), Box::new(scaled)))
            }
        };
        Some(Reach::Memory { addr, ty: element, bits: None })
    }

    pub fn offset(&mut self, addr: Expr, bytes: i64) -> Expr {
        if bytes == 0 {
            return addr;
        }
        let span = addr.span;
        let bytes = self.int(span, bytes);
        self.long(span, H::Binary(BinaryOp::Add, Box::new(addr), Box::new(bytes)))
    }

    pub fn pointer_at(&mut self, addr: Expr) -> Expr {
        let span = addr.span;
        self.long(span, H::Load { space: Space::Kernel, addr: Box::new(addr), bytes: 8, signed: false })
    }

    /// Names of all members, those of anonymous ones included.
    pub fn member_names(&self, ty: TypeId) -> Vec<String> {
        let TypeShape::Struct { members, .. } = self.a.target.shape(ty) else { return Vec::new() };
        let names = members
            .into_iter()
            .flat_map(|member| if member.name.is_empty() { self.member_names(member.ty) } else { vec![member.name] });
        names.collect()
    }
}
