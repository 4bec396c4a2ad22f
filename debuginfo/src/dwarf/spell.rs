// SPDX-License-Identifier: MIT OR Apache-2.0
//! Spells types in C, as `btf/spell.rs` does.

use spile_frontend::target::TypeId;

use super::{Dwarf, FIRST};

/// Types that one spelling may go through.
const MAX_TYPES: u32 = 256;

impl Dwarf {
    /// How C spells a type, e.g. `struct file*`, typedefs kept.
    pub fn spelling(&self, ty: TypeId) -> String {
        self.spell(ty, &mut { MAX_TYPES })
    }

    fn spell(&self, mut ty: TypeId, budget: &mut u32) -> String {
        // What stands to the right of the name so far, read from the outside in.
        let mut declarator = String::new();
        while let Some(left) = budget.checked_sub(1) {
            *budget = left;
            let (offset, skipped) = match self.row(ty) {
                Some((array, dimension)) => (Some(array), dimension as usize),
                None => (ty.0.checked_sub(FIRST), 0),
            };
            let Some(entry) = offset.and_then(|offset| self.entry(offset)) else { return format!("void{declarator}") };
            match entry.tag() {
                gimli::DW_TAG_pointer_type => declarator.insert(0, '*'),
                gimli::DW_TAG_reference_type => declarator.insert(0, '&'),
                gimli::DW_TAG_const_type => declarator.insert_str(0, " const"),
                gimli::DW_TAG_volatile_type => declarator.insert_str(0, " volatile"),
                gimli::DW_TAG_restrict_type => declarator.insert_str(0, " restrict"),
                gimli::DW_TAG_atomic_type => declarator.insert_str(0, " _Atomic"),
                gimli::DW_TAG_array_type => {
                    enclose(&mut declarator);
                    for length in self.lengths(&entry).iter().skip(skipped) {
                        declarator.push_str(&format!("[{length}]"));
                    }
                }
                gimli::DW_TAG_subroutine_type => {
                    enclose(&mut declarator);
                    let mut parameters = Vec::new();
                    entry.for_each_child(|child| {
                        match child.tag() {
                            gimli::DW_TAG_formal_parameter => parameters.push(self.spell(child.ty(), budget)),
                            gimli::DW_TAG_unspecified_parameters => parameters.push("...".into()),
                            _ => {}
                        }
                        parameters.len() < MAX_TYPES as usize
                    });
                    let parameters = if parameters.is_empty() { "void".into() } else { parameters.join(", ") };
                    declarator.push_str(&format!("({parameters})"));
                }
                tag => {
                    let keyword = match tag {
                        gimli::DW_TAG_structure_type => "struct ",
                        gimli::DW_TAG_class_type => "class ",
                        gimli::DW_TAG_union_type => "union ",
                        gimli::DW_TAG_enumeration_type => "enum ",
                        _ => "",
                    };
                    let name = self.name_of(entry.unit, &entry.die).unwrap_or_else(|| "{...}".into());
                    return format!("{keyword}{name}{declarator}");
                }
            }
            ty = entry.ty();
        }
        format!("...{declarator}")
    }
}

/// Pointers to arrays and functions need brackets around the star.
fn enclose(declarator: &mut String) {
    if !declarator.is_empty() && !declarator.starts_with('[') {
        *declarator = format!("({})", declarator.trim_start());
    }
}
