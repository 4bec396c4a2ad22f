// SPDX-License-Identifier: MIT OR Apache-2.0
//! Elements of arrays by their keys, emitted inline: the hash, the walk along the chain, the comparison. Keys are
//! integers and names of tasks; other strings are looked up by the runtime. The layout is that of jit/rt/src/map.h.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, InstBuilder as _, types};
use spile_ir as ir;
use spile_rt::raw;

use super::element::{Gap, MAP_HEADER, NODE_CHAIN, NODE_VALUE};
use super::emit::{Callee, Emitter, TRUSTED};
use super::name::{UNALIGNED, Words};
use crate::effects::written;
use crate::runtime::{Rt, ctx};
use crate::task;

const HASH_FACTOR: i64 = 0x9e37_79b9_7f4a_7c15_u64 as i64;

/// An element that was looked up.
#[derive(Clone, PartialEq)]
pub struct Lookup {
    map: ir::GlobalId,
    keys: Vec<ir::Value>,
    /// Its place in the array, 0 where there is none.
    place: clif::Value,
}

#[derive(Clone, Copy)]
enum Key {
    Int(clif::Value),
    Name(Words),
}

/// The two ways on from a search; both blocks are still empty.
struct Search {
    /// With the place of the element.
    found: clif::Block,
    absent: clif::Block,
    /// The address of the image's data, the array's offset there, and what was computed on the way.
    data: clif::Value,
    offset: u32,
    gap: Option<Gap>,
}

impl Emitter<'_, '_> {
    /// Whether elements with these keys are looked up inline.
    pub fn is_inline(&self, map: ir::GlobalId, keys: &[ir::Value]) -> bool {
        task::is_inline(self.lowering.program, map)
            && keys.iter().all(|key| self.function.ty(*key) == ir::Type::Int || self.names.contains_key(key))
    }

    /// The address of an element's value, or 0 where there is none.
    pub fn element(&mut self, map: ir::GlobalId, keys: &[ir::Value]) -> clif::Value {
        if !self.is_inline(map, keys) {
            return self.runtime_element(Rt::MapGet, map, keys);
        }
        let search = self.search(map, keys);
        let done = self.builder.create_block();
        let address = self.builder.append_block_param(done, types::I64);
        let place = self.builder.append_block_param(done, types::I64);
        let zero = self.go_on(search.absent);
        self.builder.ins().jump(done, &[zero.into(), zero.into()]);
        let (found, value) = self.value_at(&search);
        self.builder.ins().jump(done, &[value.into(), found.into()]);
        self.builder.switch_to_block(done);
        self.found.push(Lookup { map, keys: keys.to_vec(), place });
        address
    }

    /// An integer element, or 0.
    pub fn integer_element(&mut self, map: ir::GlobalId, keys: &[ir::Value]) -> clif::Value {
        if !self.is_inline(map, keys) {
            let element = self.runtime_element(Rt::MapGet, map, keys);
            return self.load_or_zero(element);
        }
        let search = self.search(map, keys);
        let done = self.builder.create_block();
        let value = self.builder.append_block_param(done, types::I64);
        let place = self.builder.append_block_param(done, types::I64);
        let zero = self.go_on(search.absent);
        self.builder.ins().jump(done, &[zero.into(), zero.into()]);
        let (found, at) = self.value_at(&search);
        let there = self.builder.ins().load(types::I64, TRUSTED, at, 0);
        self.builder.ins().jump(done, &[there.into(), found.into()]);
        self.builder.switch_to_block(done);
        self.found.push(Lookup { map, keys: keys.to_vec(), place });
        value
    }

    /// The address of an element's value, made where it is missing.
    pub fn put(&mut self, map: ir::GlobalId, keys: &[ir::Value]) -> clif::Value {
        if !self.is_inline(map, keys) {
            let make = if self.is_shared(map) { Rt::MapMake } else { Rt::MapPut };
            let element = self.runtime_element(make, map, keys);
            let full = self.builder.ins().icmp_imm_u(IntCC::Equal, element, 0);
            self.check_if(full);
            return element;
        }
        let search = self.search(map, keys);
        let done = self.builder.create_block();
        let address = self.builder.append_block_param(done, types::I64);
        self.builder.switch_to_block(search.absent);
        if let Some(gap) = search.gap.filter(|_| !self.is_shared(map)) {
            let layout = self.lowering.layout.globals[map.index()];
            self.reuse_node(&layout, keys, gap, done);
        }
        let made = if self.is_shared(map) {
            self.runtime_element(Rt::MapMake, map, keys)
        } else {
            self.insert(map, keys, search.gap.map(|gap| gap.hash))
        };
        let full = self.builder.ins().icmp_imm_u(IntCC::Equal, made, 0);
        self.check_if(full);
        self.builder.ins().jump(done, &[made.into()]);
        let (_, value) = self.value_at(&search);
        self.builder.ins().jump(done, &[value.into()]);
        self.builder.switch_to_block(done);
        address
    }

    /// Removes an element, if there is one.
    pub fn delete_element(&mut self, map: ir::GlobalId, keys: &[ir::Value]) {
        let search = self.search(map, keys);
        let place = self.builder.append_block_param(search.found, types::I64);
        self.builder.switch_to_block(search.found);
        self.remove_node(map, search.data, place, search.absent);
        self.builder.switch_to_block(search.absent);
    }

    fn runtime_element(&mut self, find: Rt, map: ir::GlobalId, keys: &[ir::Value]) -> clif::Value {
        let keys = self.keys(keys);
        let map = self.global(map);
        self.word(Callee::Runtime(find), &[self.ctx, map, keys])
    }

    /// In a search's block: the place found, and the address of the value there.
    fn value_at(&mut self, search: &Search) -> (clif::Value, clif::Value) {
        let place = self.builder.append_block_param(search.found, types::I64);
        self.builder.switch_to_block(search.found);
        let node = self.builder.ins().iadd(search.data, place);
        (place, self.builder.ins().iadd_imm_s(node, i64::from(search.offset + NODE_VALUE)))
    }

    fn go_on(&mut self, block: clif::Block) -> clif::Value {
        self.builder.switch_to_block(block);
        self.int(0)
    }

    fn insert(&mut self, map: ir::GlobalId, keys: &[ir::Value], hash: Option<clif::Value>) -> clif::Value {
        let hash = match hash {
            Some(hash) => hash,
            None => {
                let keys = self.lookup_keys(keys);
                self.hash(&keys)
            }
        };
        let keys = self.keys(keys);
        let map = self.global(map);
        self.word(Callee::Runtime(Rt::MapInsert), &[self.ctx, map, keys, hash])
    }

    fn search(&mut self, map: ir::GlobalId, keys: &[ir::Value]) -> Search {
        let layout = self.lowering.layout.globals[map.index()];
        let offset = layout.data_off;
        let (found, absent) = (self.builder.create_block(), self.builder.create_block());
        let data = self.ctx_load(types::I64, ctx::DATA);
        let known = self.found.iter().rfind(|lookup| lookup.map == map && lookup.keys == keys);
        if let Some(place) = known.map(|lookup| lookup.place) {
            self.builder.ins().brif(place, found, &[place.into()], absent, &[]);
            return Search { found, absent, data, offset, gap: None };
        }
        let keys = self.lookup_keys(keys);
        let hash = self.hash(&keys);
        let slot = self.builder.ins().ushr_imm_u(hash, i64::from(layout.hash_shift));
        let slot = self.builder.ins().ishl_imm_u(slot, 2);
        let head = self.builder.ins().iadd(data, slot);
        let head = self.heads_in_use(&layout, data, head);
        let first = self.builder.ins().uload32(TRUSTED, head, (offset + MAP_HEADER) as i32);
        let (walk, next, here) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let place = self.builder.append_block_param(walk, types::I64);
        self.builder.ins().jump(walk, &[first.into()]);
        self.builder.switch_to_block(walk);
        self.builder.ins().brif(place, here, &[], absent, &[]);
        self.builder.switch_to_block(here);
        let node = self.builder.ins().iadd(data, place);
        self.compare_keys(node, &layout, &keys, next);
        self.builder.ins().jump(found, &[place.into()]);
        self.builder.set_cold_block(next);
        self.builder.switch_to_block(next);
        let chained = self.builder.ins().uload32(TRUSTED, node, (offset + NODE_CHAIN) as i32);
        self.builder.ins().jump(walk, &[chained.into()]);
        Search { found, absent, data, offset, gap: Some(Gap { data, hash, head, first }) }
    }

    fn lookup_keys(&mut self, keys: &[ir::Value]) -> Vec<Key> {
        keys.iter()
            .map(|key| match self.names.get(key) {
                Some(words) => Key::Name(*words),
                None => Key::Int(self.value(*key)),
            })
            .collect()
    }

    fn hash(&mut self, keys: &[Key]) -> clif::Value {
        let mut words = Vec::new();
        for key in keys {
            match key {
                Key::Int(word) => words.push(*word),
                Key::Name(name) => words.extend(name.words),
            }
        }
        let factor = self.int(HASH_FACTOR);
        let mut hash = None;
        for word in words {
            let mixed = match hash {
                None => word,
                Some(hash) => {
                    let turned = self.builder.ins().rotl_imm_u(hash, 32);
                    self.builder.ins().bxor(turned, word)
                }
            };
            hash = Some(self.builder.ins().imul(mixed, factor));
        }
        hash.unwrap_or(factor)
    }

    /// Goes on where a node has these keys, else to `other`. The address is of the node less the array's offset.
    fn compare_keys(&mut self, node: clif::Value, layout: &raw::rt_global, keys: &[Key], other: clif::Block) {
        let mut offset = (layout.data_off + layout.keys_off) as i32;
        for key in keys {
            match key {
                Key::Int(word) => {
                    let theirs = self.builder.ins().load(types::I64, TRUSTED, node, offset);
                    self.same_or(theirs, *word, other);
                    offset += 8;
                }
                Key::Name(name) => {
                    for (index, word) in name.words.into_iter().enumerate() {
                        let at = offset + 4 + 8 * index as i32;
                        let theirs = self.builder.ins().load(types::I64, UNALIGNED, node, at);
                        self.same_or(theirs, word, other);
                    }
                    if let Some(length) = name.length {
                        let theirs = self.builder.ins().uload32(TRUSTED, node, offset);
                        self.same_or(theirs, length, other);
                    }
                    offset += layout.slot as i32;
                }
            }
        }
    }

    fn same_or(&mut self, theirs: clif::Value, ours: clif::Value, other: clif::Block) {
        let same = self.builder.ins().icmp(IntCC::Equal, theirs, ours);
        let next = self.builder.create_block();
        self.builder.ins().brif(same, next, &[], other, &[]);
        self.builder.switch_to_block(next);
    }

    /// What is known at the beginning of a block: what was at the end of the only one that leads to it.
    pub fn found_before(&self, block: ir::BlockId) -> Vec<Lookup> {
        let mut before = None;
        for (index, other) in self.function.blocks.iter().enumerate() {
            let goals = other.end.targets().into_iter().map(|target| target.block);
            for _ in goals.chain(other.catch).filter(|goal| *goal == block) {
                if before.replace(index).is_some() {
                    return Vec::new();
                }
            }
        }
        match before {
            Some(index) if self.function.blocks[index].catch != Some(block) => self.found_at_end[index].clone(),
            _ => Vec::new(),
        }
    }

    /// After an operation: what it may have changed is not known any more.
    pub fn forget_found(&mut self, op: &ir::Op) {
        let effects = &self.lowering.effects;
        self.found.retain(|lookup| match op {
            ir::Op::Call(callee, _) => !effects[callee.index()].writes.contains(&lookup.map),
            op => written(op) != Some(lookup.map),
        });
    }
}
