// SPDX-License-Identifier: MIT OR Apache-2.0
//! Answers the questions of `frontend::Target` about types.

use spile_frontend::target::{Member, TypeId, TypeShape, TypeTag};

use super::{Btf, Field, Kind, Type};

/// Typedefs, qualifiers or array dimensions that one type may go through; C code has a handful.
const MAX_HOPS: usize = 64;
/// Members looked at for one name; the largest kernel structures have some hundreds.
const MAX_MEMBERS: u32 = 1 << 14;
/// Anonymous structures within each other.
const MAX_DEPTH: u32 = 32;

impl Btf {
    /// The shape of a type, typedefs and qualifiers seen through; [`TypeShape::Void`] for what has none.
    pub fn shape(&self, ty: TypeId) -> TypeShape {
        let Some(ty) = self.resolve(ty.0) else { return TypeShape::Void };
        match ty.kind() {
            Kind::Int => self.int_shape(ty),
            Kind::Float => TypeShape::Float { bytes: ty.size() },
            Kind::Ptr => TypeShape::Pointer(TypeId(ty.target())),
            Kind::Array => {
                let (element, length) = ty.array();
                TypeShape::Array { element: TypeId(element), length }
            }
            Kind::Struct | Kind::Union => TypeShape::Struct {
                is_union: ty.kind() == Kind::Union,
                bytes: ty.size(),
                members: ty.fields().map(|field| self.to_member(field)).collect(),
            },
            Kind::Enum | Kind::Enum64 => TypeShape::Enum { bytes: ty.size(), signed: ty.is_signed() },
            Kind::FuncProto | Kind::Func => TypeShape::Function,
            _ => TypeShape::Void,
        }
    }

    /// Size of a type in bytes; 0 where it has none.
    pub fn size_of(&self, ty: TypeId) -> u64 {
        let mut id = ty.0;
        let mut count = 1_u64;
        for _ in 0..MAX_HOPS {
            let Some(ty) = self.resolve(id) else { return 0 };
            let bytes = match ty.kind() {
                Kind::Array => {
                    let (element, length) = ty.array();
                    count = count.saturating_mul(length.into());
                    id = element;
                    continue;
                }
                Kind::Ptr => 8,
                Kind::Int | Kind::Float | Kind::Struct | Kind::Union | Kind::Enum | Kind::Enum64 => ty.size(),
                _ => 0,
            };
            return count.saturating_mul(bytes.into());
        }
        0
    }

    /// A member by name, found through anonymous members too, its offset counted from `ty`.
    pub fn member(&self, ty: TypeId, name: &str) -> Option<Member> {
        self.find_member(self.resolve(ty.0)?, name, &mut { MAX_MEMBERS }, MAX_DEPTH)
    }

    /// A type by name, complete if there is a complete one.
    ///
    /// Base types are found under every usual order of their words (`unsigned long`, `long unsigned int`).
    pub fn find_type(&self, tag: TypeTag, name: &str) -> Option<TypeId> {
        let kinds: &[Kind] = match tag {
            TypeTag::Struct => &[Kind::Struct],
            TypeTag::Union => &[Kind::Union],
            TypeTag::Enum => &[Kind::Enum, Kind::Enum64],
            TypeTag::Plain => &[Kind::Typedef, Kind::Int, Kind::Float],
        };
        let mut declared = None;
        for ty in self.named(name) {
            // An enumeration without values is a declaration.
            let complete = kinds.contains(&ty.kind()) && (tag != TypeTag::Enum || ty.parts() > 0);
            if complete {
                return Some(TypeId(ty.id()));
            }
            if kinds.contains(&ty.kind()) || declares(ty, tag) {
                declared = declared.or(Some(TypeId(ty.id())));
            }
        }
        if declared.is_none() && tag == TypeTag::Plain {
            return base_type_spellings(name).find_map(|other| self.find_base(other));
        }
        declared
    }

    /// Names and values of an enumeration.
    pub fn enumerators(&self, enumeration: TypeId) -> Vec<(String, i64)> {
        let found = self.resolve(enumeration.0).into_iter().flat_map(Type::enumerators);
        found.map(|enumerator| (enumerator.name.to_owned(), enumerator.value)).collect()
    }

    /// Where a variable is in a section, by their name and number.
    pub fn section_offset(&self, section: &str, variable: u32) -> Option<u32> {
        let section = self.named(section).find(|ty| ty.kind() == Kind::Datasec)?;
        section.variables().find(|(ty, _)| *ty == variable).map(|(_, offset)| offset)
    }

    /// The prototype of a function by name.
    pub fn prototype(&self, function: &str) -> Option<Type<'_>> {
        let function = self.named(function).find(|ty| ty.kind() == Kind::Func)?;
        self.get(function.target()).filter(|proto| proto.kind() == Kind::FuncProto)
    }

    /// The type behind typedefs, qualifiers and tags; `None` for `void`.
    pub fn resolve(&self, id: u32) -> Option<Type<'_>> {
        let mut ty = self.get(id)?;
        for _ in 0..MAX_HOPS {
            match ty.kind() {
                Kind::Typedef | Kind::Volatile | Kind::Const | Kind::Restrict | Kind::TypeTag => {
                    ty = self.get(ty.target())?;
                }
                _ => return Some(ty),
            }
        }
        None
    }

    fn int_shape(&self, ty: Type<'_>) -> TypeShape {
        let (bytes, int) = (ty.size(), ty.int());
        if !matches!(bytes, 1 | 2 | 4 | 8 | 16) {
            return TypeShape::Void;
        }
        // pahole marks neither character types nor their sign: the names tell them.
        let (is_char, signed) = match ty.name() {
            "char" => (true, self.char_is_signed || int.signed),
            "signed char" => (true, true),
            "unsigned char" => (true, false),
            _ => (int.char, int.signed),
        };
        TypeShape::Int { bytes, signed, is_char: is_char && bytes == 1, is_bool: int.bool }
    }

    fn find_base(&self, name: &str) -> Option<TypeId> {
        self.named(name).find(|ty| matches!(ty.kind(), Kind::Int | Kind::Float)).map(|ty| TypeId(ty.id()))
    }

    fn find_member(&self, outer: Type<'_>, name: &str, budget: &mut u32, depth: u32) -> Option<Member> {
        *budget = budget.checked_sub(outer.parts())?;
        if let Some(field) = outer.fields().find(|field| field.name == name) {
            return Some(self.to_member(field));
        }
        let depth = depth.checked_sub(1)?;
        outer.fields().filter(|field| field.name.is_empty()).find_map(|field| {
            let inner = self.find_member(self.resolve(field.ty)?, name, budget, depth)?;
            Some(Member { bit_offset: field.bit_offset.checked_add(inner.bit_offset)?, ..inner })
        })
    }

    fn to_member(&self, field: Field<'_>) -> Member {
        let mut member = Member {
            name: field.name.to_owned(),
            ty: TypeId(field.ty),
            bit_offset: field.bit_offset,
            bit_size: field.bit_size,
        };
        // The old encoding keeps a bit-field's place in an integer type made for it.
        if field.bit_size == 0
            && let Some(ty) = self.resolve(field.ty).filter(|ty| ty.kind() == Kind::Int)
        {
            let int = ty.int();
            if int.bit_offset != 0 || u64::from(int.bits) != 8 * u64::from(ty.size()) {
                member.bit_offset = member.bit_offset.saturating_add(int.bit_offset);
                member.bit_size = int.bits;
            }
        }
        member
    }
}

fn declares(ty: Type<'_>, tag: TypeTag) -> bool {
    ty.kind() == Kind::Fwd
        && match tag {
            TypeTag::Struct => !ty.flag(),
            TypeTag::Union => ty.flag(),
            TypeTag::Enum | TypeTag::Plain => false,
        }
}

/// How C compilers spell the base types, one row each: gcc's name, clang's, then others that C allows.
const BASE_TYPES: &[&[&str]] = &[
    &["char"],
    &["signed char"],
    &["unsigned char"],
    &["short int", "short", "signed short", "signed short int"],
    &["short unsigned int", "unsigned short", "unsigned short int"],
    &["int", "signed", "signed int"],
    &["unsigned int", "unsigned"],
    &["long int", "long", "signed long", "signed long int"],
    &["long unsigned int", "unsigned long", "unsigned long int"],
    &["long long int", "long long", "signed long long", "signed long long int"],
    &["long long unsigned int", "unsigned long long", "unsigned long long int"],
    &["_Bool", "bool"],
];

/// Other spellings of a base type.
pub(crate) fn base_type_spellings(name: &str) -> impl Iterator<Item = &'static str> {
    BASE_TYPES.iter().find(|row| row.contains(&name)).into_iter().flat_map(|row| row.iter().copied())
}
