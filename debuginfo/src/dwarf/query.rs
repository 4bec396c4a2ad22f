// SPDX-License-Identifier: MIT OR Apache-2.0
//! Answers the questions of `frontend::Target` about types.

use gimli::{AttributeValue, Operation};
use spile_frontend::target::{Member, TypeId, TypeShape};

use super::{Dwarf, Entry, FIRST, ROWS};

/// Typedefs and qualifiers that one type may go through.
const MAX_HOPS: usize = 64;
/// Anonymous structures within each other.
const MAX_DEPTH: u32 = 32;
/// Dimensions of an array.
const MAX_DIMENSIONS: usize = 16;

impl Dwarf {
    /// The shape of a type, typedefs and qualifiers seen through; [`TypeShape::Void`] for what has none.
    pub fn shape(&self, ty: TypeId) -> TypeShape {
        if let Some((array, dimension)) = self.row(ty) {
            return self.entry(array).map_or(TypeShape::Void, |entry| self.array(&entry, array, dimension));
        }
        let Some((entry, offset)) = self.resolve(ty) else { return TypeShape::Void };
        let bytes = || entry.number(gimli::DW_AT_byte_size).and_then(|bytes| u32::try_from(bytes).ok()).unwrap_or(0);
        match entry.tag() {
            _ if entry.flag(gimli::DW_AT_declaration) => TypeShape::Void,
            gimli::DW_TAG_base_type => base_shape(&entry, bytes()),
            gimli::DW_TAG_pointer_type | gimli::DW_TAG_reference_type | gimli::DW_TAG_rvalue_reference_type => {
                TypeShape::Pointer(entry.ty())
            }
            gimli::DW_TAG_array_type => self.array(&entry, offset, 0),
            tag @ (gimli::DW_TAG_structure_type | gimli::DW_TAG_class_type | gimli::DW_TAG_union_type) => {
                TypeShape::Struct {
                    is_union: tag == gimli::DW_TAG_union_type,
                    bytes: bytes(),
                    members: self.members(&entry),
                }
            }
            gimli::DW_TAG_enumeration_type => {
                let negative = || self.enumerators_of(&entry).iter().any(|(_, value)| *value < 0);
                TypeShape::Enum { bytes: bytes(), signed: negative() }
            }
            gimli::DW_TAG_subroutine_type => TypeShape::Function,
            _ => TypeShape::Void,
        }
    }

    /// Size of a type in bytes; 0 where it has none.
    pub fn size_of(&self, ty: TypeId) -> u64 {
        let (mut ty, mut count) = (ty, 1_u64);
        for _ in 0..MAX_HOPS {
            let bytes = match self.shape(ty) {
                TypeShape::Array { element, length } => {
                    count = count.saturating_mul(length.into());
                    ty = element;
                    continue;
                }
                TypeShape::Pointer(_) => 8,
                TypeShape::Int { bytes, .. }
                | TypeShape::Float { bytes }
                | TypeShape::Struct { bytes, .. }
                | TypeShape::Enum { bytes, .. } => bytes.into(),
                TypeShape::Void | TypeShape::Function => 0,
            };
            return count.saturating_mul(bytes);
        }
        0
    }

    /// A member by name, found through anonymous members too, its offset counted from `ty`.
    pub fn member(&self, ty: TypeId, name: &str) -> Option<Member> {
        self.find_member(ty, name, MAX_DEPTH)
    }

    /// Names and values of an enumeration.
    pub fn enumerators(&self, enumeration: TypeId) -> Vec<(String, i64)> {
        self.resolve(enumeration).map(|(entry, _)| self.enumerators_of(&entry)).unwrap_or_default()
    }

    pub(super) fn enumerators_of(&self, enumeration: &Entry<'_>) -> Vec<(String, i64)> {
        let mut found = Vec::new();
        if enumeration.tag() != gimli::DW_TAG_enumeration_type {
            return found;
        }
        // Small unsigned numbers are written as they are, whatever their top bit: the type's size tells.
        let bytes = enumeration.number(gimli::DW_AT_byte_size).unwrap_or(4).clamp(1, 8);
        enumeration.for_each_child(|child| {
            if child.tag() == gimli::DW_TAG_enumerator
                && let (Some(name), Some(value)) = (self.name_of(child.unit, &child.die), const_value(&child, bytes))
            {
                found.push((name, value));
            }
            true
        });
        found
    }

    /// The entry behind typedefs and qualifiers, and its offset.
    pub(super) fn resolve(&self, ty: TypeId) -> Option<(Entry<'_>, u32)> {
        let mut ty = ty;
        for _ in 0..MAX_HOPS {
            let offset = ty.0.checked_sub(FIRST)?;
            let entry = self.entry(offset)?;
            match entry.tag() {
                gimli::DW_TAG_typedef
                | gimli::DW_TAG_const_type
                | gimli::DW_TAG_volatile_type
                | gimli::DW_TAG_restrict_type
                | gimli::DW_TAG_atomic_type => ty = entry.ty(),
                _ => return Some((entry, offset)),
            }
        }
        None
    }

    /// The array and dimension that a row of an array is.
    pub(super) fn row(&self, ty: TypeId) -> Option<(u32, u32)> {
        let index = ty.0.checked_sub(FIRST | ROWS)?;
        self.rows.lock().ok()?.get(index as usize).copied()
    }

    /// An array from a dimension on.
    fn array(&self, entry: &Entry<'_>, offset: u32, dimension: u32) -> TypeShape {
        let lengths = self.lengths(entry);
        let length = lengths.get(dimension as usize).copied().unwrap_or(0);
        let element =
            if dimension as usize + 1 < lengths.len() { self.row_type(offset, dimension + 1) } else { entry.ty() };
        TypeShape::Array { element, length }
    }

    fn row_type(&self, array: u32, dimension: u32) -> TypeId {
        let Ok(mut rows) = self.rows.lock() else { return TypeId(0) };
        let known = rows.iter().position(|row| *row == (array, dimension));
        let index = known.unwrap_or_else(|| {
            rows.push((array, dimension));
            rows.len() - 1
        });
        TypeId(FIRST | ROWS | index as u32)
    }

    /// The lengths of all dimensions; 0 where one has none.
    pub(super) fn lengths(&self, array: &Entry<'_>) -> Vec<u32> {
        let mut lengths = Vec::new();
        array.for_each_child(|child| {
            if child.tag() == gimli::DW_TAG_subrange_type {
                let count = child.number(gimli::DW_AT_count);
                let bound = || child.number(gimli::DW_AT_upper_bound)?.checked_add(1);
                lengths.push(count.or_else(bound).and_then(|length| u32::try_from(length).ok()).unwrap_or(0));
            }
            lengths.len() < MAX_DIMENSIONS
        });
        lengths
    }

    fn members(&self, structure: &Entry<'_>) -> Vec<Member> {
        let mut members = Vec::new();
        structure.for_each_child(|child| {
            if child.tag() == gimli::DW_TAG_member
                && let Some((bit_offset, bit_size)) = self.bits(&child)
            {
                let name = self.name_of(child.unit, &child.die).unwrap_or_default();
                members.push(Member { name, ty: child.ty(), bit_offset, bit_size });
            }
            true
        });
        members
    }

    /// First bit, and number of bits of a bit-field.
    fn bits(&self, member: &Entry<'_>) -> Option<(u32, u32)> {
        let bits = member.number(gimli::DW_AT_bit_size).unwrap_or(0);
        let first = match (member.number(gimli::DW_AT_data_bit_offset), member.number(gimli::DW_AT_bit_offset)) {
            (Some(first), _) => first,
            // Until version 3, and with gcc in 4: counted from the top bit of a unit of storage.
            (None, Some(above)) if bits > 0 => {
                let storage = member.number(gimli::DW_AT_byte_size).unwrap_or_else(|| self.size_of(member.ty()));
                let start = location(member).unwrap_or(0).checked_mul(8)?;
                let inside = storage.checked_mul(8)?.checked_sub(above.checked_add(bits)?)?;
                start.checked_add(inside)?
            }
            _ => location(member).unwrap_or(0).checked_mul(8)?,
        };
        Some((u32::try_from(first).ok()?, u32::try_from(bits).ok()?))
    }

    fn find_member(&self, ty: TypeId, name: &str, depth: u32) -> Option<Member> {
        let TypeShape::Struct { members, .. } = self.shape(ty) else { return None };
        if let Some(found) = members.iter().find(|member| member.name == name) {
            return Some(found.clone());
        }
        let depth = depth.checked_sub(1)?;
        members.iter().filter(|member| member.name.is_empty()).find_map(|outer| {
            let inner = self.find_member(outer.ty, name, depth)?;
            Some(Member { bit_offset: outer.bit_offset.checked_add(inner.bit_offset)?, ..inner })
        })
    }
}

/// Bytes from the start of a structure to a member.
fn location(member: &Entry<'_>) -> Option<u64> {
    match member.die.attr_value(gimli::DW_AT_data_member_location)? {
        // Version 2 has an expression that adds a constant.
        AttributeValue::Exprloc(expression) => match expression.operations(member.unit.encoding()).next().ok()?? {
            Operation::PlusConstant { value } => Some(value),
            _ => None,
        },
        value => value.udata_value(),
    }
}

/// The value of an enumerator of so many bytes.
fn const_value(enumerator: &Entry<'_>, bytes: u64) -> Option<i64> {
    let value = enumerator.die.attr_value(gimli::DW_AT_const_value)?;
    Some(match value {
        AttributeValue::Sdata(value) => value,
        AttributeValue::Udata(value) => value as i64,
        other => {
            let unused = 64 - 8 * bytes;
            ((other.udata_value()? << unused) >> unused) as i64
        }
    })
}

fn base_shape(entry: &Entry<'_>, bytes: u32) -> TypeShape {
    let encoding = match entry.die.attr_value(gimli::DW_AT_encoding) {
        Some(AttributeValue::Encoding(encoding)) => encoding,
        _ => return TypeShape::Void,
    };
    let (signed, is_char, is_bool) = match encoding {
        gimli::DW_ATE_signed => (true, false, false),
        gimli::DW_ATE_unsigned | gimli::DW_ATE_address => (false, false, false),
        gimli::DW_ATE_signed_char => (true, true, false),
        gimli::DW_ATE_unsigned_char => (false, true, false),
        gimli::DW_ATE_boolean => (false, false, true),
        gimli::DW_ATE_float => return TypeShape::Float { bytes },
        _ => return TypeShape::Void,
    };
    if !matches!(bytes, 1 | 2 | 4 | 8 | 16) {
        return TypeShape::Void;
    }
    TypeShape::Int { bytes, signed, is_char: is_char && bytes == 1, is_bool }
}
