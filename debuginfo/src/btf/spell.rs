// SPDX-License-Identifier: MIT OR Apache-2.0
//! Spells types in C.
//!
//! One spelling for each type: qualifiers stand behind what they qualify, stars touch it
//! (`char const*`, `struct file* const`), declarators go around as C has them (`int(*)(struct file*)`,
//! `char[16]`), typedefs keep their names, and nameless types are `struct {...}`, `union {...}`, `enum {...}`.

use spile_frontend::target::TypeId;

use super::{Btf, Kind, Type};

const MAX_HOPS: usize = 64;
/// Parameters are spelled out this deep; below, and past [`MAX_PARAMETERS`], they are dots.
const MAX_DEPTH: u32 = 2;
const MAX_PARAMETERS: u32 = 32;

impl Btf {
    /// How C spells a type, e.g. `struct file*`, typedefs kept.
    pub fn spelling(&self, ty: TypeId) -> String {
        self.spell(ty.0, MAX_DEPTH)
    }

    fn spell(&self, id: u32, depth: u32) -> String {
        // What stands to the right of the name so far, read from the outside in.
        let mut declarator = String::new();
        let mut id = id;
        for _ in 0..MAX_HOPS {
            let Some(ty) = self.get(id) else { return format!("void{declarator}") };
            match ty.kind() {
                Kind::Ptr => declarator.insert(0, '*'),
                Kind::Const => declarator.insert_str(0, " const"),
                Kind::Volatile => declarator.insert_str(0, " volatile"),
                Kind::Restrict => declarator.insert_str(0, " restrict"),
                Kind::Array => {
                    let (element, length) = ty.array();
                    enclose(&mut declarator);
                    let _ = std::fmt::Write::write_fmt(&mut declarator, format_args!("[{length}]"));
                    id = element;
                    continue;
                }
                Kind::FuncProto => {
                    enclose(&mut declarator);
                    declarator.push_str(&self.spell_parameters(ty, depth));
                }
                Kind::TypeTag | Kind::DeclTag | Kind::Func | Kind::Var => {}
                _ => return named(ty) + &declarator,
            }
            id = ty.target();
        }
        format!("?{declarator}")
    }

    fn spell_parameters(&self, proto: Type<'_>, depth: u32) -> String {
        if depth == 0 || proto.parts() > MAX_PARAMETERS {
            return "(...)".into();
        }
        let spelled: Vec<_> = proto.parameters().map(|parameter| self.spell(parameter.ty, depth - 1)).collect();
        match (spelled.is_empty(), proto.parts() as usize > spelled.len()) {
            (true, _) => "(void)".into(),
            (false, true) => format!("({}, ...)", spelled.join(", ")),
            (false, false) => format!("({})", spelled.join(", ")),
        }
    }
}

/// Pointers to arrays and functions need brackets around the star.
fn enclose(declarator: &mut String) {
    if !declarator.is_empty() && !declarator.starts_with('[') {
        *declarator = format!("({})", declarator.trim_start());
    }
}

/// A type that has, or could have, a name.
fn named(ty: Type<'_>) -> String {
    let keyword = match ty.kind() {
        Kind::Struct => "struct ",
        Kind::Union => "union ",
        Kind::Fwd if ty.flag() => "union ",
        Kind::Fwd => "struct ",
        Kind::Enum | Kind::Enum64 => "enum ",
        _ => "",
    };
    let name = if ty.name().is_empty() { "{...}" } else { ty.name() };
    format!("{keyword}{name}")
}
