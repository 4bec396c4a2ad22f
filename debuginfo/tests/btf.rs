// SPDX-License-Identifier: MIT OR Apache-2.0
//! The BTF reader on small hand-made types, and on damaged ones.

use std::sync::Arc;

use proptest::prelude::*;
use spile_debuginfo::btf::{Btf, Builder, Kind};
use spile_frontend::target::{Member, TypeId, TypeShape, TypeTag};

const SIGNED: u32 = 1;
const CHAR: u32 = 2;
const BOOL: u32 = 4;

fn parse(types: Builder) -> Btf {
    Btf::parse(types.finish()).expect("the types are sound")
}

/// A bit of everything: `struct file`, `vfs_read`, enumerations, a cycle.
fn sample() -> Builder {
    let mut types = Builder::default();
    let char = types.int("char", 1, SIGNED);
    let long = types.int("long unsigned int", 8, 0);
    let int = types.int("int", 4, SIGNED);
    types.int("_Bool", 1, BOOL);
    types.add(Kind::Fwd, "file", (0, false), 0, &[]);
    let inner = types.composite(Kind::Union, "", 8, &[("word", long, 0), ("byte", char, 0)]);
    let name = types.array(char, 16);
    let file = types.next_id() + 1;
    let file_pointer = types.refer(Kind::Ptr, file);
    types.composite(Kind::Struct, "file", 40, &[("next", file_pointer, 0), ("", inner, 8), ("name", name, 16)]);
    let text = types.refer(Kind::Const, char);
    let text = types.refer(Kind::Ptr, text);
    let size = types.name(Kind::Typedef, "size_t", long);
    let read = types.prototype(int, &[("file", file_pointer), ("buf", text), ("count", size)]);
    types.name(Kind::Func, "vfs_read", read);
    let words = [types.string("RED"), 1, types.string("BLUE"), (-2_i32).cast_unsigned()];
    types.add(Kind::Enum, "colour", (2, true), 4, &words);
    let words = [types.string("HUGE"), 0, 0x8000_0000];
    types.add(Kind::Enum64, "wide", (1, false), 8, &words);
    types.int("double", 8, 0);
    types.add(Kind::Float, "float", (0, false), 4, &[]);
    let tagged = types.add(Kind::TypeTag, "user", (0, false), char, &[]);
    types.refer(Kind::Ptr, tagged);
    types.add(Kind::DeclTag, "kfunc", (0, false), file, &[u32::MAX]);
    types.add(Kind::Var, "jiffies", (0, false), long, &[1]);
    types.add(Kind::Datasec, ".data", (1, false), 8, &[file, 0, 8]);
    types
}

fn find(btf: &Btf, tag: TypeTag, name: &str) -> TypeId {
    btf.find_type(tag, name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn a_complete_type_is_preferred_over_a_declaration() {
    let btf = parse(sample());
    let file = find(&btf, TypeTag::Struct, "file");
    assert_eq!(btf.size_of(file), 40);
    assert_eq!(btf.find_type(TypeTag::Union, "file"), None);

    let mut types = Builder::default();
    let declared = types.add(Kind::Fwd, "hidden", (0, true), 0, &[]);
    let btf = parse(types);
    assert_eq!(btf.find_type(TypeTag::Union, "hidden"), Some(TypeId(declared)));
    assert_eq!(btf.find_type(TypeTag::Struct, "hidden"), None);
    assert_eq!(btf.shape(TypeId(declared)), TypeShape::Void);
}

#[test]
fn members_are_found_through_anonymous_ones() {
    let btf = parse(sample());
    let file = find(&btf, TypeTag::Struct, "file");
    let byte = btf.member(file, "byte").expect("it is in the union");
    let char = find(&btf, TypeTag::Plain, "char");
    assert_eq!(byte, Member { name: "byte".into(), ty: char, bit_offset: 64, bit_size: 0 });
    assert_eq!(btf.member(file, "name").map(|member| member.bit_offset), Some(128));
    assert_eq!(btf.member(file, "nothing"), None);
    assert_eq!(btf.member(char, "byte"), None);
}

#[test]
fn base_types_are_found_in_any_spelling() {
    let btf = parse(sample());
    let long = find(&btf, TypeTag::Plain, "long unsigned int");
    assert_eq!(find(&btf, TypeTag::Plain, "unsigned long"), long);
    assert_eq!(find(&btf, TypeTag::Plain, "bool"), find(&btf, TypeTag::Plain, "_Bool"));
    assert_eq!(btf.find_type(TypeTag::Plain, "short"), None);
    let char = btf.shape(find(&btf, TypeTag::Plain, "char"));
    assert_eq!(char, TypeShape::Int { bytes: 1, signed: true, is_char: true, is_bool: false });
    let bool = btf.shape(find(&btf, TypeTag::Plain, "bool"));
    assert_eq!(bool, TypeShape::Int { bytes: 1, signed: false, is_char: false, is_bool: true });
    assert_eq!(btf.shape(find(&btf, TypeTag::Plain, "float")), TypeShape::Float { bytes: 4 });
}

#[test]
fn bit_fields_of_both_encodings() {
    let mut types = Builder::default();
    let int = types.int("unsigned int", 4, 0);
    // Old: an integer made for the field says where it lies.
    let five_at_three = types.add(Kind::Int, "unsigned int", (0, false), 4, &[3 << 16 | 5]);
    let old = types.composite(Kind::Struct, "old", 4, &[("field", five_at_three, 0)]);
    // New: the member says so.
    let words = [types.string("field"), int, 5 << 24 | 3, types.string("plain"), int, 32];
    let new = types.add(Kind::Struct, "new", (2, true), 8, &words);
    let btf = parse(types);
    for ty in [old, new] {
        let field = btf.member(TypeId(ty), "field").expect("it is there");
        assert_eq!((field.bit_offset, field.bit_size), (3, 5));
    }
    let plain = btf.member(TypeId(new), "plain").expect("it is there");
    assert_eq!((plain.bit_offset, plain.bit_size), (32, 0));
}

#[test]
fn enumerators_by_name_and_value() {
    let btf = parse(sample());
    let (colour, wide) = (find(&btf, TypeTag::Enum, "colour"), find(&btf, TypeTag::Enum, "wide"));
    assert_eq!(btf.enumerator("RED"), Some((1, colour.0)));
    assert_eq!(btf.enumerator("BLUE"), Some((-2, colour.0)));
    assert_eq!(btf.enumerator("HUGE"), Some((i64::MIN, wide.0)));
    assert_eq!(btf.enumerator("GREEN"), None);
    assert!(btf.enumerators(colour).contains(&("BLUE".to_owned(), -2)));
    assert_eq!(btf.shape(colour), TypeShape::Enum { bytes: 4, signed: true });
    assert_eq!(btf.shape(wide), TypeShape::Enum { bytes: 8, signed: false });
}

/// pahole before 1.24 never said that an enumeration is signed.
#[test]
fn old_enumerations_are_signed_by_their_small_values() {
    let mut types = Builder::default();
    let words = [types.string("FAILED"), (-1_i32).cast_unsigned()];
    types.add(Kind::Enum, "result", (1, false), 4, &words);
    let words = [types.string("TOP_BIT"), 1 << 31];
    types.add(Kind::Enum, "mask", (1, false), 4, &words);
    let btf = parse(types);
    assert_eq!(btf.enumerator("FAILED").map(|found| found.0), Some(-1));
    assert_eq!(btf.enumerator("TOP_BIT").map(|found| found.0), Some(1 << 31));
}

#[test]
fn types_are_spelled_in_c() {
    let mut types = sample();
    let char = 1;
    let file = TypeId(types.next_id());
    let file = types.name(Kind::Typedef, "file_t", file.0 - 1);
    let constant = types.refer(Kind::Const, char);
    let text = types.refer(Kind::Ptr, constant);
    let restricted = types.refer(Kind::Restrict, text);
    let fixed = types.refer(Kind::Const, text);
    let row = types.array(char, 3);
    let rows = types.array(row, 2);
    let to_row = types.refer(Kind::Ptr, row);
    let texts = types.array(text, 4);
    let dots = types.prototype(char, &[("format", text), ("", 0)]);
    let function = types.refer(Kind::Ptr, dots);
    let none = types.prototype(0, &[]);
    let to_none = types.refer(Kind::Ptr, none);
    let anonymous = types.composite(Kind::Struct, "", 0, &[]);
    let takes_function = types.prototype(0, &[("f", function)]);
    let deep = types.refer(Kind::Ptr, takes_function);
    let btf = parse(types);
    for (ty, spelling) in [
        (0, "void"),
        (file, "file_t"),
        (text, "char const*"),
        (restricted, "char const* restrict"),
        (fixed, "char const* const"),
        (rows, "char[2][3]"),
        (to_row, "char(*)[3]"),
        (texts, "char const*[4]"),
        (function, "char(*)(char const*, ...)"),
        (to_none, "void(*)(void)"),
        (deep, "void(*)(char(*)(char const*, ...))"),
        (anonymous, "struct {...}"),
        (999, "void"),
    ] {
        assert_eq!(btf.spelling(TypeId(ty)), spelling);
    }
    let file = find(&btf, TypeTag::Struct, "file");
    let next = btf.member(file, "next").expect("it is there");
    assert_eq!(btf.spelling(next.ty), "struct file*");
    assert_eq!(btf.spelling(find(&btf, TypeTag::Enum, "colour")), "enum colour");
}

#[test]
fn a_module_s_types_go_on_where_the_kernel_s_end() {
    let base = Arc::new(parse(sample()));
    let file = find(&base, TypeTag::Struct, "file");
    let mut types = Builder::after(&base);
    let own = types.composite(Kind::Struct, "inode_info", 8, &[("file", file.0, 0)]);
    let module = Btf::parse_split(types.finish(), base.clone()).expect("the types are sound");
    assert_eq!(own, base.end_id());
    assert_eq!(find(&module, TypeTag::Struct, "inode_info"), TypeId(own));
    assert_eq!(find(&module, TypeTag::Struct, "file"), file);
    assert_eq!(module.member(TypeId(own), "file").map(|member| module.spelling(member.ty)), Some("struct file".into()));
    assert_eq!(module.enumerator("RED").map(|found| found.0), Some(1));
    assert!(base.find_type(TypeTag::Struct, "inode_info").is_none());
}

#[test]
fn what_is_no_sound_btf_is_refused_with_the_reason() {
    let sound = sample().finish();
    let error = |data: &[u8]| Btf::parse(data.to_vec()).err().map(|error| error.to_string());
    let altered = |at: usize, bytes: &[u8]| {
        let mut data = sound.clone();
        data[at..at + bytes.len()].copy_from_slice(bytes);
        error(&data).unwrap_or_default()
    };
    assert_eq!(error(&sound), None);
    assert_eq!(error(b"").as_deref(), Some("BTF: cut short in its header"));
    assert_eq!(error(&sound[..23]).as_deref(), Some("BTF: cut short in its header"));
    assert_eq!(altered(0, b"\x7fE"), "BTF: no BTF magic number at its start");
    assert_eq!(altered(0, &[0xeb, 0x9f]), "BTF: big-endian targets are not supported");
    assert_eq!(altered(2, &[9]), "BTF: version 9 is not known");
    assert_eq!(altered(4, &[8, 0]), "BTF: its header has an impossible size");
    // The second type follows 16 bytes of the first; its kind is the highest byte of its second word.
    assert_eq!(altered(24 + 16 + 7, &[31]), "BTF: type 2 is of kind 31, which is not known");
    let message = error(&sound[..sound.len() - 1]).unwrap_or_default();
    assert_eq!(message, format!("BTF: cut short: its strings end at byte {} of {}", sound.len(), sound.len() - 1));
    let mut types = Builder::default();
    types.add(Kind::Struct, "long", (1000, false), 8, &[]);
    assert_eq!(error(&types.finish()).as_deref(), Some("BTF: cut short in type 1"));
}

#[test]
fn types_that_go_in_circles_end() {
    let mut types = Builder::default();
    let circle = types.next_id();
    types.name(Kind::Typedef, "circle", circle);
    let nested = types.next_id();
    types.array(nested, u32::MAX);
    let inside = types.next_id();
    types.composite(Kind::Struct, "inside", 8, &[("", inside, 1), ("", inside, 2), ("", inside, 3)]);
    let pointer = types.next_id();
    types.refer(Kind::Ptr, pointer);
    let own = types.next_id();
    types.prototype(own, &[("", own), ("", own), ("", own)]);
    let btf = parse(types);
    question(&btf);
    assert_eq!(btf.shape(TypeId(circle)), TypeShape::Void);
    assert_eq!(btf.size_of(TypeId(nested)), 0);
    assert_eq!(btf.member(TypeId(inside), "x"), None);
}

/// Asks for everything about every type.
fn question(btf: &Btf) {
    for id in 0..btf.end_id().min(200) + 2 {
        let ty = TypeId(id);
        btf.shape(ty);
        btf.size_of(ty);
        btf.spelling(ty);
        btf.member(ty, "byte");
        btf.enumerators(ty);
        if let Some(ty) = btf.get(id) {
            assert_eq!(ty.id(), id);
            btf.named(ty.name()).count();
            ty.fields().count();
            ty.parameters().count();
        }
    }
    for name in ["file", "colour", "size_t", "vfs_read", "", "long"] {
        for tag in [TypeTag::Struct, TypeTag::Union, TypeTag::Enum, TypeTag::Plain] {
            btf.find_type(tag, name);
        }
        btf.prototype(name);
        btf.enumerator(name);
    }
    btf.enumerator("RED");
}

proptest! {
    #[test]
    fn damaged_types_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
                                 cut in prop::option::of(any::<prop::sample::Index>())) {
        let mut data = sample().finish();
        for (at, byte) in changes {
            let at = at.index(data.len());
            data[at] = byte;
        }
        if let Some(cut) = cut {
            data.truncate(cut.index(data.len()));
        }
        if let Ok(btf) = Btf::parse(data) {
            question(&btf);
        }
    }

    #[test]
    fn arbitrary_words_never_panic(words in prop::collection::vec(any::<u32>(), 0..200)) {
        let mut data = vec![0x9f, 0xeb, 1, 0];
        let length = 4 * words.len() as u32;
        data.extend([24_u32, 0, length, 0, length].iter().flat_map(|word| word.to_le_bytes()));
        data.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        if let Ok(btf) = Btf::parse(data) {
            question(&btf);
        }
    }

    #[test]
    fn references_between_random_types_never_panic(
        raw in prop::collection::vec((1_u32..20, 0_u32..5, any::<bool>(), 0_u32..40), 1..40),
    ) {
        let kinds = [Kind::Ptr, Kind::Array, Kind::Struct, Kind::Union, Kind::Typedef, Kind::Const, Kind::Func,
                     Kind::FuncProto, Kind::TypeTag, Kind::Enum, Kind::Int, Kind::Enum64];
        let mut types = Builder::default();
        for (kind, parts, flag, target) in raw {
            let kind = kinds[kind as usize % kinds.len()];
            let parts = if matches!(kind, Kind::Struct | Kind::Union | Kind::FuncProto | Kind::Enum | Kind::Enum64) { parts } else { 0 };
            let words = match kind {
                Kind::Array => vec![target, target, target],
                Kind::Int => vec![target << 16 | target],
                Kind::Struct | Kind::Union => [0, target, target].repeat(parts as usize),
                Kind::FuncProto | Kind::Enum => [0, target].repeat(parts as usize),
                Kind::Enum64 => [0, target, target].repeat(parts as usize),
                _ => Vec::new(),
            };
            types.add(kind, "file", (parts, flag), target, &words);
        }
        question(&parse(types));
    }
}

#[test]
fn character_types_are_known_by_encoding_too() {
    let mut types = Builder::default();
    let odd = types.int("char8", 1, CHAR);
    let btf = parse(types);
    assert_eq!(btf.shape(TypeId(odd)), TypeShape::Int { bytes: 1, signed: false, is_char: true, is_bool: false });
}
