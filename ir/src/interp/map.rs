// SPDX-License-Identifier: MIT OR Apache-2.0
//! Associative arrays.

use std::{cmp::Ordering, collections::HashMap};

use super::{error::Fault, stat::Stat, value::Val};
use crate::{Limits, MapSpec, MapValue, Sort, SortBy};

/// What an element holds.
#[derive(Clone, Debug)]
pub(super) enum Element {
    Scalar(Val),
    Stat(Box<Stat>),
}

struct Entry {
    keys: Vec<Val>,
    element: Element,
    /// When it was written last, by the array's own clock.
    written: u64,
}

/// An array. A cursor is an element's place in `entries` plus 1.
pub(super) struct Map {
    spec: MapSpec,
    /// Most elements.
    capacity: usize,
    entries: Vec<Option<Entry>>,
    index: HashMap<Vec<Val>, usize>,
    /// Places in `entries`, in the order of iteration.
    order: Vec<usize>,
    clock: u64,
}

impl Map {
    pub fn new(spec: &MapSpec, limits: &Limits) -> Self {
        let capacity = if spec.capacity == 0 { limits.max_map_entries } else { spec.capacity };
        Self {
            spec: spec.clone(),
            capacity: capacity as usize,
            entries: Vec::new(),
            index: HashMap::new(),
            order: Vec::new(),
            clock: 0,
        }
    }

    /// What a missing element reads as.
    pub fn default_value(&self) -> Option<Val> {
        self.spec.value.scalar().map(Val::default)
    }

    /// The element with these keys.
    pub fn get(&self, keys: &[Val]) -> Option<&Element> {
        let place = *self.index.get(keys)?;
        self.entries[place].as_ref().map(|entry| &entry.element)
    }

    /// The element with these keys to be written, made where missing. Fails where the array is full, unless it wraps:
    /// then the element written longest ago makes room.
    pub fn write(&mut self, keys: Vec<Val>) -> Result<&mut Element, Fault> {
        let place = match self.index.get(&keys) {
            Some(place) => *place,
            None => self.insert(keys)?,
        };
        if self.spec.wrap {
            self.order.retain(|other| *other != place);
            self.order.push(place);
        }
        self.clock += 1;
        let clock = self.clock;
        let entry = self.entries[place].as_mut().ok_or(Fault::MapFull(None))?;
        entry.written = clock;
        Ok(&mut entry.element)
    }

    fn insert(&mut self, keys: Vec<Val>) -> Result<usize, Fault> {
        if self.order.len() >= self.capacity {
            let full = Fault::MapFull((self.spec.capacity != 0).then_some(self.spec.capacity));
            let written = |place: &&usize| self.entries[**place].as_ref().map(|entry| entry.written);
            let oldest = self.order.iter().min_by_key(written).copied();
            self.remove(oldest.filter(|_| self.spec.wrap).ok_or(full)?);
        }
        let element = match &self.spec.value {
            MapValue::Int => Element::Scalar(Val::Int(0)),
            MapValue::Str => Element::Scalar(Val::Str([].into())),
            MapValue::Stat(spec) => Element::Stat(Box::new(Stat::new(spec))),
        };
        let entry = Some(Entry { keys: keys.clone(), element, written: 0 });
        let free = self.entries.iter().position(Option::is_none);
        let place = free.unwrap_or_else(|| {
            self.entries.push(None);
            self.entries.len() - 1
        });
        self.entries[place] = entry;
        self.index.insert(keys, place);
        self.order.push(place);
        Ok(place)
    }

    fn remove(&mut self, place: usize) {
        if let Some(entry) = self.entries[place].take() {
            self.index.remove(&entry.keys);
            self.order.retain(|other| *other != place);
        }
    }

    /// Whether an element matches; `None` matches anything.
    pub fn has(&self, pattern: &[Option<Val>]) -> bool {
        self.order.iter().any(|place| self.matches(*place, pattern))
    }

    pub fn delete(&mut self, pattern: &[Option<Val>]) {
        let places: Vec<usize> = self.order.iter().copied().filter(|place| self.matches(*place, pattern)).collect();
        places.into_iter().for_each(|place| self.remove(place));
    }

    pub fn clear(&mut self) {
        self.entries.clear();
        self.index.clear();
        self.order.clear();
    }

    /// Sorts and finds the first match: a cursor, or 0.
    pub fn first(&mut self, sort: Option<Sort>, pattern: &[Option<Val>]) -> i64 {
        if let Some(sort) = sort {
            let mut order = std::mem::take(&mut self.order);
            order.sort_by(|a, b| {
                let ordering = self.compare(sort.by, *a, *b);
                if sort.descending { ordering.reverse() } else { ordering }
            });
            self.order = order;
        }
        self.find_from(0, pattern)
    }

    /// The next match after a cursor, or 0.
    pub fn next(&self, cursor: i64, pattern: &[Option<Val>]) -> i64 {
        let here = self.order.iter().position(|place| *place as i64 + 1 == cursor);
        here.map_or(0, |here| self.find_from(here + 1, pattern))
    }

    /// The keys and the element at a cursor.
    pub fn at(&self, cursor: i64) -> Option<(&[Val], &Element)> {
        let place = usize::try_from(cursor).ok()?.checked_sub(1)?;
        self.entries.get(place)?.as_ref().map(|entry| (&entry.keys[..], &entry.element))
    }

    fn find_from(&self, position: usize, pattern: &[Option<Val>]) -> i64 {
        let found = self.order[position..].iter().find(|place| self.matches(**place, pattern));
        found.map_or(0, |place| *place as i64 + 1)
    }

    fn matches(&self, place: usize, pattern: &[Option<Val>]) -> bool {
        let Some(entry) = &self.entries[place] else { return false };
        entry.keys.iter().zip(pattern).all(|(key, wanted)| wanted.as_ref().is_none_or(|wanted| wanted == key))
    }

    fn compare(&self, by: SortBy, a: usize, b: usize) -> Ordering {
        let rank = |place: usize| -> Option<Val> {
            let entry = self.entries[place].as_ref()?;
            match (by, &entry.element) {
                (SortBy::Key(key), _) => entry.keys.get(key as usize).cloned(),
                (SortBy::Value, Element::Scalar(value)) => Some(value.clone()),
                (SortBy::Stat(field), Element::Stat(stat)) => stat.read(field).ok().map(Val::Int),
                _ => None,
            }
        };
        rank(a).cmp(&rank(b))
    }
}
