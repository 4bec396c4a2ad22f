// SPDX-License-Identifier: MIT OR Apache-2.0
//! One BTF type and its parts. A type is a sequence of 32-bit words: name, information, size or
//! type, then what its kind adds.

use super::Btf;

/// Words that every type has.
pub(super) const HEADER_WORDS: usize = 3;

/// What a type is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are those of the format")]
pub enum Kind {
    Int = 1,
    Ptr = 2,
    Array = 3,
    Struct = 4,
    Union = 5,
    Enum = 6,
    Fwd = 7,
    Typedef = 8,
    Volatile = 9,
    Const = 10,
    Restrict = 11,
    Func = 12,
    FuncProto = 13,
    Var = 14,
    Datasec = 15,
    Float = 16,
    DeclTag = 17,
    TypeTag = 18,
    Enum64 = 19,
}

impl Kind {
    const ALL: [Self; 19] = [
        Self::Int,
        Self::Ptr,
        Self::Array,
        Self::Struct,
        Self::Union,
        Self::Enum,
        Self::Fwd,
        Self::Typedef,
        Self::Volatile,
        Self::Const,
        Self::Restrict,
        Self::Func,
        Self::FuncProto,
        Self::Var,
        Self::Datasec,
        Self::Float,
        Self::DeclTag,
        Self::TypeTag,
        Self::Enum64,
    ];

    /// The kind in a type's second word.
    pub(super) fn of(info: u32) -> Option<Self> {
        Self::ALL.get((((info >> 24) & 31) as usize).wrapping_sub(1)).copied()
    }

    /// Words that follow the first three, for a type with `parts` members, parameters or enumerators.
    pub(super) fn words(self, parts: usize) -> usize {
        match self {
            Self::Int | Self::Var | Self::DeclTag => 1,
            Self::Array => 3,
            Self::Struct | Self::Union | Self::Datasec | Self::Enum64 => 3 * parts,
            Self::Enum | Self::FuncProto => 2 * parts,
            _ => 0,
        }
    }
}

/// A type.
#[derive(Clone, Copy)]
pub struct Type<'a> {
    btf: &'a Btf,
    id: u32,
    /// From its first byte to the end of all types.
    bytes: &'a [u8],
}

impl<'a> Type<'a> {
    pub(super) fn new(btf: &'a Btf, id: u32, bytes: &'a [u8]) -> Self {
        Self { btf, id, bytes }
    }

    /// Its number.
    pub fn id(self) -> u32 {
        self.id
    }

    /// Its kind.
    pub fn kind(self) -> Kind {
        // Parsing refused all others.
        Kind::of(self.word(1)).unwrap_or(Kind::Fwd)
    }

    /// Its name; empty if anonymous.
    pub fn name(self) -> &'a str {
        self.btf.string(self.word(0))
    }

    pub(super) fn name_bytes(self) -> &'a [u8] {
        self.btf.string_bytes(self.word(0))
    }

    /// Its size in bytes, for kinds that have one.
    pub fn size(self) -> u32 {
        self.word(2)
    }

    /// The number of the type that it points to, qualifies, names, or (a function) has as its prototype or
    /// (a prototype) as its result.
    pub fn target(self) -> u32 {
        self.word(2)
    }

    /// The flag whose meaning depends on the kind: bit-fields, a signed enumeration, a declared union.
    pub fn flag(self) -> bool {
        self.word(1) >> 31 != 0
    }

    /// How many members, parameters or enumerators it has.
    pub fn parts(self) -> u32 {
        self.word(1) & 0xffff
    }

    /// An integer's encoding.
    pub(super) fn int(self) -> IntEncoding {
        let word = self.word(3);
        IntEncoding {
            signed: word & (1 << 24) != 0,
            char: word & (2 << 24) != 0,
            bool: word & (4 << 24) != 0,
            bit_offset: (word >> 16) & 0xff,
            bits: word & 0xff,
        }
    }

    /// An array's element type and length.
    pub(super) fn array(self) -> (u32, u32) {
        (self.word(3), self.word(5))
    }

    /// The members of a structure or union.
    pub fn fields(self) -> impl Iterator<Item = Field<'a>> {
        let bit_fields = self.flag();
        self.entries(3, &[Kind::Struct, Kind::Union]).map(move |at| {
            let offset = self.word(at + 2);
            let (bit_offset, bit_size) = if bit_fields { (offset & 0xff_ffff, offset >> 24) } else { (offset, 0) };
            Field { name: self.btf.string(self.word(at)), ty: self.word(at + 1), bit_offset, bit_size }
        })
    }

    /// The parameters of a prototype; the dots of a variadic one are left out.
    pub fn parameters(self) -> impl Iterator<Item = Parameter<'a>> {
        self.entries(2, &[Kind::FuncProto])
            .map(move |at| Parameter { name: self.btf.string(self.word(at)), ty: self.word(at + 1) })
            .filter(|parameter| parameter.ty != 0)
    }

    /// The values of an enumeration.
    pub fn enumerators(self) -> impl Iterator<Item = Enumerator<'a>> {
        let wide = self.kind() == Kind::Enum64;
        let signed = !wide && self.has_negative();
        let words = if wide { 3 } else { 2 };
        self.entries(words, &[Kind::Enum, Kind::Enum64]).map(move |at| {
            let low = self.word(at + 1);
            let value = if wide {
                (u64::from(self.word(at + 2)) << 32 | u64::from(low)).cast_signed()
            } else if signed {
                i64::from(low.cast_signed())
            } else {
                i64::from(low)
            };
            Enumerator { name: self.btf.string(self.word(at)), value }
        })
    }

    /// The variables of a section: numbers and offsets.
    pub fn variables(self) -> impl Iterator<Item = (u32, u32)> + use<'a> {
        self.entries(3, &[Kind::Datasec]).map(move |at| (self.word(at), self.word(at + 1)))
    }

    /// Whether an enumeration is signed.
    pub(super) fn is_signed(self) -> bool {
        match self.kind() {
            Kind::Enum => self.has_negative(),
            _ => self.flag(),
        }
    }

    /// pahole before 1.24 never set the flag; there, and only for small values, the top bit is the sign.
    fn has_negative(self) -> bool {
        self.flag() || {
            let mut values = self.entries(2, &[Kind::Enum]).map(|at| self.word(at + 1).cast_signed());
            values.any(|value| (-4096..0).contains(&value))
        }
    }

    /// Where each part starts, in words.
    fn entries(self, words: usize, kinds: &[Kind]) -> impl Iterator<Item = usize> + use<'a> {
        let parts = if kinds.contains(&self.kind()) { self.parts() as usize } else { 0 };
        (0..parts).map(move |part| HEADER_WORDS + part * words)
    }

    fn word(self, index: usize) -> u32 {
        super::read_u32(self.bytes, 4 * index).unwrap_or(0)
    }
}

/// How an integer is encoded.
pub(super) struct IntEncoding {
    pub(super) signed: bool,
    pub(super) char: bool,
    pub(super) bool: bool,
    /// Position of its lowest bit, for bit-fields of the old encoding.
    pub(super) bit_offset: u32,
    pub(super) bits: u32,
}

/// A member of a structure or union.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field<'a> {
    /// Its name; empty if anonymous.
    pub name: &'a str,
    /// Number of its type.
    pub ty: u32,
    /// Offset of its first bit.
    pub bit_offset: u32,
    /// Bits of a bit-field; 0 for an ordinary member, and for the old encoding (see the type then).
    pub bit_size: u32,
}

/// A parameter of a prototype.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameter<'a> {
    /// Its name; may be empty.
    pub name: &'a str,
    /// Number of its type.
    pub ty: u32,
}

/// A value of an enumeration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Enumerator<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value; one of an unsigned 64-bit enumeration keeps its bits.
    pub value: i64,
}
