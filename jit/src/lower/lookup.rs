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
use crate::runtime::{Rt, ctx};
use crate::task;

const HASH_FACTOR: i64 = 0x9e37_79b9_7f4a_7c15_u64 as i64;

#[derive(Clone, Copy)]
enum Key {
    Int(clif::Value),
    Name(Words),
}

/// The two ways on from a search; both blocks are still empty, and nothing leads to one where it is known.
struct Search {
    /// With the place of the element.
    found: clif::Block,
    absent: clif::Block,
    /// Where the element is, or would be; the array's offset in the image's data.
    gap: Gap,
    offset: u32,
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
        self.note_found(map, keys, place, search.gap);
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
        self.note_found(map, keys, place, search.gap);
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
        let done = self.builder.create_block();
        let address = self.builder.append_block_param(done, types::I64);
        let zero = self.int(0);
        self.find_or_make(map, keys, zero, done, |this, value| this.builder.ins().jump(done, &[value.into()]));
        self.builder.switch_to_block(done);
        address
    }

    /// Gives an element of integers a value.
    pub fn set_integer_element(&mut self, map: ir::GlobalId, keys: &[ir::Value], value: clif::Value) {
        if !self.is_inline(map, keys) {
            let element = self.put(map, keys);
            self.builder.ins().store(TRUSTED, value, element, 0);
            return;
        }
        let (done, set) = (self.builder.create_block(), self.builder.create_block());
        let address = self.builder.append_block_param(done, types::I64);
        self.find_or_make(map, keys, value, done, |this, _| this.builder.ins().jump(set, &[]));
        self.builder.switch_to_block(done);
        self.builder.ins().store(TRUSTED, value, address, 0);
        self.builder.ins().jump(set, &[]);
        self.builder.switch_to_block(set);
    }

    /// Goes to `done` with the address of an element's value; where it is made inline, with `first` for its value, on as
    /// `made` says.
    fn find_or_make(
        &mut self,
        map: ir::GlobalId,
        keys: &[ir::Value],
        first: clif::Value,
        done: clif::Block,
        made: impl FnOnce(&mut Self, clif::Value) -> clif::Inst,
    ) {
        let search = self.search(map, keys);
        self.builder.switch_to_block(search.absent);
        let layout = self.lowering.layout.globals[map.index()];
        let is_shared = self.is_shared(map);
        if !is_shared && let Some((node, none)) = self.reuse_node(&layout, keys, search.gap, first) {
            let value = self.builder.ins().iadd_imm_s(node, i64::from(search.offset + NODE_VALUE));
            made(self, value);
            self.builder.switch_to_block(none);
        }
        let inserted = if is_shared { self.make_aside(map, keys) } else { self.insert(map, keys, search.gap.hash) };
        let full = self.builder.ins().icmp_imm_u(IntCC::Equal, inserted, 0);
        self.check_if(full);
        self.builder.ins().jump(done, &[inserted.into()]);
        let (_, value) = self.value_at(&search);
        self.builder.ins().jump(done, &[value.into()]);
    }

    /// Removes an element, if there is one.
    pub fn delete_element(&mut self, map: ir::GlobalId, keys: &[ir::Value]) {
        let search = self.search(map, keys);
        let place = self.builder.append_block_param(search.found, types::I64);
        self.builder.switch_to_block(search.found);
        self.remove_node(map, place, search.gap, search.absent);
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
        let node = self.builder.ins().iadd(search.gap.data, place);
        (place, self.builder.ins().iadd_imm_s(node, i64::from(search.offset + NODE_VALUE)))
    }

    fn go_on(&mut self, block: clif::Block) -> clif::Value {
        self.builder.switch_to_block(block);
        self.int(0)
    }

    /// Ends a block where an array is asked for an element.
    pub fn branch_on_element(
        &mut self,
        (map, keys): &(ir::GlobalId, Vec<ir::Value>),
        yes: &ir::Target,
        no: &ir::Target,
    ) {
        let search = self.search(*map, keys);
        self.builder.switch_to_block(search.absent);
        let args = self.target_args(no);
        self.builder.ins().jump(self.blocks[no.block.index()], &args);
        let place = self.builder.append_block_param(search.found, types::I64);
        self.builder.switch_to_block(search.found);
        let args = self.target_args(yes);
        self.builder.ins().jump(self.blocks[yes.block.index()], &args);
        self.note_there(*map, keys, place, search.gap, yes.block);
    }

    fn insert(&mut self, map: ir::GlobalId, keys: &[ir::Value], hash: clif::Value) -> clif::Value {
        let keys = self.keys_aside(keys);
        let map = self.global(map);
        self.word_aside(Callee::Runtime(Rt::MapInsert), &[map, keys, hash])
    }

    /// An element of an array to which others may add meanwhile.
    fn make_aside(&mut self, map: ir::GlobalId, keys: &[ir::Value]) -> clif::Value {
        let keys = self.keys_aside(keys);
        let map = self.global(map);
        self.word_aside(Callee::Runtime(Rt::MapMake), &[map, keys])
    }

    fn search(&mut self, map: ir::GlobalId, keys: &[ir::Value]) -> Search {
        let layout = self.lowering.layout.globals[map.index()];
        let offset = layout.data_off;
        let (found, absent) = (self.builder.create_block(), self.builder.create_block());
        if let Some(known) = self.known_element(map, keys).cloned() {
            if known.there {
                self.builder.ins().jump(found, &[known.place.into()]);
            } else {
                self.builder.ins().brif(known.place, found, &[known.place.into()], absent, &[]);
            }
            return Search { found, absent, gap: known.gap, offset };
        }
        let data = self.ctx_constant(types::I64, ctx::DATA);
        let keys = self.lookup_keys(keys);
        let hash = self.hash(&keys);
        let slot = self.builder.ins().ushr_imm_u(hash, i64::from(layout.hash_shift));
        let slot = self.builder.ins().ishl_imm_u(slot, 2);
        let head = self.builder.ins().iadd(data, slot);
        let head = self.heads_in_use(&layout, data, head);
        let first = self.builder.ins().uload32(TRUSTED, head, (offset + MAP_HEADER) as i32);
        // The first of the chain has code of its own: it is nearly always the one, or there is none.
        let (here, next) = (self.builder.create_block(), self.builder.create_block());
        let passed = self.builder.append_block_param(next, types::I64);
        self.builder.ins().brif(first, here, &[], absent, &[]);
        self.builder.switch_to_block(here);
        self.compare_keys((data, first), &layout, &keys, next);
        self.builder.ins().jump(found, &[first.into()]);
        self.builder.set_cold_block(next);
        self.builder.switch_to_block(next);
        let node = self.builder.ins().iadd(data, passed);
        let place = self.builder.ins().uload32(TRUSTED, node, (offset + NODE_CHAIN) as i32);
        self.cold_end(place, absent);
        self.compare_keys((data, place), &layout, &keys, next);
        self.builder.ins().jump(found, &[place.into()]);
        Search { found, absent, gap: Gap { data, hash, head, first }, offset }
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

    /// Leaves a walk at its end: where there is no further place.
    fn cold_end(&mut self, place: clif::Value, absent: clif::Block) {
        let here = self.builder.create_block();
        self.builder.set_cold_block(here);
        self.builder.ins().brif(place, here, &[], absent, &[]);
        self.builder.switch_to_block(here);
    }

    /// Goes on where the node at a place of the array has these keys, else to `other` with the place.
    fn compare_keys(
        &mut self,
        (data, place): (clif::Value, clif::Value),
        layout: &raw::rt_global,
        keys: &[Key],
        other: clif::Block,
    ) {
        let node = self.builder.ins().iadd(data, place);
        let other = (place, other);
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

    fn same_or(&mut self, theirs: clif::Value, ours: clif::Value, (place, other): (clif::Value, clif::Block)) {
        let same = self.builder.ins().icmp(IntCC::Equal, theirs, ours);
        let next = self.builder.create_block();
        self.builder.ins().brif(same, next, &[], other, &[place.into()]);
        self.builder.switch_to_block(next);
    }
}
