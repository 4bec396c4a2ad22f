// SPDX-License-Identifier: MIT OR Apache-2.0
//! Spells types in C.
//!
//! One spelling for each type: qualifiers stand behind what they qualify, stars touch it
//! (`char const*`, `struct file* const`), declarators go around as C has them (`int(*)(struct file*)`,
//! `char[16]`), typedefs keep their names, and nameless types are `struct {...}`, `union {...}`, `enum {...}`.

use spile_frontend::target::TypeId;

use super::{Btf, Kind, Type};

/// Types that one spelling may go through; C code has a dozen. What lies beyond is spelled as dots.
const MAX_TYPES: u32 = 256;

impl Btf {
    /// How C spells a type, e.g. `struct file*`, typedefs kept.
    pub fn spelling(&self, ty: TypeId) -> String {
        self.spell(ty.0, &mut { MAX_TYPES })
    }

    fn spell(&self, id: u32, budget: &mut u32) -> String {
        // What stands to the right of the name so far, read from the outside in.
        let mut declarator = String::new();
        let mut id = id;
        while let Some(left) = budget.checked_sub(1) {
            *budget = left;
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
                    declarator.push_str(&self.spell_parameters(ty, budget));
                }
                Kind::TypeTag | Kind::DeclTag | Kind::Func | Kind::Var => {}
                _ => return named(ty) + &declarator,
            }
            id = ty.target();
        }
        format!("...{declarator}")
    }

    fn spell_parameters(&self, proto: Type<'_>, budget: &mut u32) -> String {
        if proto.parts() > *budget {
            return "(...)".into();
        }
        let spelled: Vec<_> = proto.parameters().map(|parameter| self.spell(parameter.ty, budget)).collect();
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
