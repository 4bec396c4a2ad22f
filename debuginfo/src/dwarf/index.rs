// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finds types, enumerators and variables by name: one walk through the outermost entries of all units.

use std::collections::HashMap;

use gimli::{AttributeValue, Operation, Reader as _};
use spile_frontend::target::{TypeId, TypeTag};

use super::{Die, Dwarf, Entry, Unit, start_of, type_id};

/// A variable with an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaticVariable {
    /// Its type.
    pub ty: TypeId,
    /// Its address in the file.
    pub address: u64,
    /// Where the per-CPU section was linked, if each CPU has its own, and the address is one in the original.
    pub per_cpu_start: Option<u64>,
    /// The source file whose compilation defined it.
    pub unit: String,
}

/// Names, and where in `.debug_info` what they mean is.
#[derive(Default)]
pub(super) struct Index {
    types: HashMap<(TypeTag, String), u32>,
    /// Types that are only declared.
    declared: HashMap<(TypeTag, String), u32>,
    enumerators: HashMap<String, (i64, u32)>,
    variables: HashMap<String, Vec<StaticVariable>>,
}

impl Dwarf {
    /// A type by name, complete if there is a complete one.
    pub fn find_type(&self, tag: TypeTag, name: &str) -> Option<TypeId> {
        let key = (tag, name.to_owned());
        let index = self.index();
        index.types.get(&key).or_else(|| index.declared.get(&key)).map(|offset| type_id(*offset))
    }

    /// The value of an enumerator by name, and its enumeration.
    pub fn enumerator(&self, name: &str) -> Option<(i64, TypeId)> {
        self.index().enumerators.get(name).map(|(value, offset)| (*value, type_id(*offset)))
    }

    /// A global or static variable by name; `unit` is the path of the source file that defines it, or the end of that.
    pub fn variable(&self, name: &str, unit: Option<&str>) -> Option<&StaticVariable> {
        let found = self.index().variables.get(name)?;
        let is_in = |path: &str, wanted: &str| {
            path.strip_suffix(wanted).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        found.iter().find(|variable| unit.is_none_or(|wanted| is_in(&variable.unit, wanted)))
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut index = Index::default();
            for unit in &self.units {
                // What cannot be read of a unit is left out.
                let _ = self.index_unit(unit, &mut index);
            }
            index
        })
    }

    fn index_unit(&self, unit: &Unit, index: &mut Index) -> gimli::Result<()> {
        let file = unit.name.as_ref().and_then(|name| name.to_string_lossy().ok()).unwrap_or_default().into_owned();
        let mut tree = unit.entries_tree(None)?;
        let mut children = tree.root()?.children();
        while let Some(child) = children.next()? {
            let die = child.entry();
            if die.tag() == gimli::DW_TAG_variable {
                self.index_variable(unit, die, &file, index);
                continue;
            }
            let Ok(offset) = u32::try_from(start_of(unit).saturating_add(die.offset().0)) else { continue };
            if die.tag() == gimli::DW_TAG_enumeration_type {
                let entry = Entry { unit, die: die.clone() };
                for (name, value) in self.enumerators_of(&entry) {
                    index.enumerators.entry(name).or_insert((value, offset));
                }
            }
            let tag = match die.tag() {
                gimli::DW_TAG_structure_type | gimli::DW_TAG_class_type => TypeTag::Struct,
                gimli::DW_TAG_union_type => TypeTag::Union,
                gimli::DW_TAG_enumeration_type => TypeTag::Enum,
                gimli::DW_TAG_typedef | gimli::DW_TAG_base_type => TypeTag::Plain,
                _ => continue,
            };
            let Some(name) = self.name_of(unit, die) else { continue };
            let declared = matches!(die.attr_value(gimli::DW_AT_declaration), Some(AttributeValue::Flag(true)));
            let names = if declared { &mut index.declared } else { &mut index.types };
            if die.tag() == gimli::DW_TAG_base_type {
                for spelling in crate::btf::base_type_spellings(&name) {
                    names.entry((tag, spelling.to_owned())).or_insert(offset);
                }
            }
            names.entry((tag, name)).or_insert(offset);
        }
        Ok(())
    }

    fn index_variable(&self, unit: &Unit, die: &Die, file: &str, index: &mut Index) {
        let Some(address) = static_address(self, unit, die) else { return };
        // The definition of what was declared before refers to that for name and type.
        let declaration = super::refers(unit, die, gimli::DW_AT_specification).and_then(|offset| self.entry(offset));
        let declared_name = || declaration.as_ref().and_then(|entry| self.name_of(entry.unit, &entry.die));
        let Some(name) = self.name_of(unit, die).or_else(declared_name) else { return };
        let own = super::refers(unit, die, gimli::DW_AT_type).map(type_id);
        let Some(ty) = own.or_else(|| declaration.as_ref().map(Entry::ty)) else { return };
        let per_cpu_start = self.per_cpu.as_ref().filter(|range| range.contains(&address)).map(|range| range.start);
        let variable = StaticVariable { ty, address, per_cpu_start, unit: file.to_owned() };
        index.variables.entry(name).or_default().push(variable);
    }
}

/// The address of a variable that is nothing but at one.
fn static_address(dwarf: &Dwarf, unit: &Unit, die: &Die) -> Option<u64> {
    let AttributeValue::Exprloc(expression) = die.attr_value(gimli::DW_AT_location)? else { return None };
    let mut operations = expression.operations(unit.encoding());
    let address = match operations.next().ok()?? {
        Operation::Address { address } => address,
        Operation::AddressIndex { index } => dwarf.dwarf.address(unit, index).ok()?,
        _ => return None,
    };
    operations.next().ok()?.is_none().then_some(address)
}
