// SPDX-License-Identifier: MIT OR Apache-2.0
//! Finds types and enumerators by name.

use std::sync::OnceLock;

use super::{Btf, Kind, Type};
use crate::names::NameIndex;

/// The indexes of one BTF; that of enumerators, which few scripts name, is built apart.
pub(super) struct Index {
    types: NameIndex,
    enumerators: OnceLock<Enumerators>,
}

/// All enumerators, numbered through.
struct Enumerators {
    names: NameIndex,
    /// For each, the number of its enumeration and its place there.
    places: Vec<(u32, u32)>,
}

impl Btf {
    /// All types of this name, own ones first, each in the order of numbers.
    pub fn named<'a>(&'a self, name: &'a str) -> Box<dyn Iterator<Item = Type<'a>> + 'a> {
        let own = self
            .index()
            .types
            .candidates(name.as_bytes())
            .filter_map(move |entry| self.get(self.first_id + entry))
            .filter(move |ty| ty.name_bytes() == name.as_bytes());
        match &self.base {
            Some(base) => Box::new(own.chain(base.named(name))),
            None => Box::new(own),
        }
    }

    /// The value of an enumerator by name, and the number of its enumeration.
    pub fn enumerator(&self, name: &str) -> Option<(i64, u32)> {
        let all = self.index().enumerators.get_or_init(|| self.index_enumerators());
        let own = all.names.candidates(name.as_bytes()).find_map(|entry| {
            let &(id, place) = all.places.get(entry as usize)?;
            let found = self.get(id)?.enumerators().nth(place as usize)?;
            (found.name == name).then_some((found.value, id))
        });
        own.or_else(|| self.base.as_ref()?.enumerator(name))
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let types = NameIndex::build(self.starts.len() as u32, |entry| {
                self.get(self.first_id + entry).map_or(&[], |ty| ty.name_bytes())
            });
            Index { types, enumerators: OnceLock::new() }
        })
    }

    fn index_enumerators(&self) -> Enumerators {
        let enumerations = self.types().filter(|ty| matches!(ty.kind(), Kind::Enum | Kind::Enum64));
        let (places, names): (Vec<_>, Vec<_>) = enumerations
            .flat_map(|ty| ty.enumerators().zip(0..).map(move |(value, place)| ((ty.id(), place), value.name)))
            .unzip();
        let names = NameIndex::build(names.len() as u32, |entry| names[entry as usize].as_bytes());
        Enumerators { names, places }
    }
}
