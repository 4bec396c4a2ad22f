// SPDX-License-Identifier: MIT OR Apache-2.0
//! Elements made and removed inline, where that needs nothing but memory: `rt_map_insert()` and `rt_map_remove()` in
//! jit/rt/src/map.c do the same for all arrays. The layout is that of map.h.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, InstBuilder as _, types};
use spile_ir as ir;
use spile_rt::raw::{self, rt_global};

use super::emit::{Callee, Emitter, TRUSTED};
use crate::runtime::Rt;

/// In `struct map`: `count`, the ends of the order, `free`, `heads`, and its size.
const COUNT: u32 = 4;
const ENDS: u32 = 8;
const FREE: u32 = 24;
const HEADS: u32 = 32;
pub const MAP_HEADER: u32 = 64;
/// In `struct node`: `chain`, the neighbours in the order, and its size, where the value is.
pub const NODE_CHAIN: u32 = 4;
const NODE_LINKS: u32 = ENDS;
pub const NODE_VALUE: u32 = 24;
/// In `struct map_link`, after `next`.
const PREV: u32 = 4;

/// Where an element is in its chain, or belongs that is not there.
#[derive(Clone, Copy)]
pub struct Gap {
    /// The address of the image's data.
    pub data: clif::Value,
    pub hash: clif::Value,
    /// The address, less the offset of the array, of the head of its chain; and the place that is there.
    pub head: clif::Value,
    pub first: clif::Value,
}

impl Emitter<'_, '_> {
    /// Makes an element of integers from a node given back, in a block that is left open: the address of the node less the
    /// array's offset, and the block for where there is no such node.
    pub fn reuse_node(
        &mut self,
        map: &rt_global,
        keys: &[ir::Value],
        gap: Gap,
        value: clif::Value,
    ) -> Option<(clif::Value, clif::Block)> {
        if map.str_keys != 0 || u32::from(map.value) != raw::RT_INT {
            return None;
        }
        let at = |field: u32| (map.data_off + field) as i32;
        let (reuse, none) = (self.builder.create_block(), self.builder.create_block());
        let place = self.builder.ins().uload32(TRUSTED, gap.data, at(FREE));
        self.builder.ins().brif(place, reuse, &[], none, &[]);
        self.builder.switch_to_block(reuse);
        let node = self.builder.ins().iadd(gap.data, place);
        let next = self.builder.ins().uload32(TRUSTED, node, at(NODE_CHAIN));
        self.builder.ins().istore32(TRUSTED, next, gap.data, at(FREE));
        for (index, key) in keys.iter().enumerate() {
            let key = self.value(*key);
            self.builder.ins().store(TRUSTED, key, node, at(map.keys_off + 8 * index as u32));
        }
        self.builder.ins().store(TRUSTED, value, node, at(NODE_VALUE));
        let upper = self.builder.ins().ushr_imm_u(gap.hash, 32);
        self.builder.ins().istore32(TRUSTED, upper, node, at(0));
        self.builder.ins().istore32(TRUSTED, gap.first, node, at(NODE_CHAIN));
        self.builder.ins().istore32(TRUSTED, place, gap.head, at(MAP_HEADER));
        let last = self.builder.ins().uload32(TRUSTED, gap.data, at(ENDS + PREV));
        let zero = self.int(0);
        self.builder.ins().istore32(TRUSTED, zero, node, at(NODE_LINKS));
        self.builder.ins().istore32(TRUSTED, last, node, at(NODE_LINKS + PREV));
        self.builder.ins().istore32(TRUSTED, place, gap.data, at(ENDS + PREV));
        let last = self.builder.ins().iadd(gap.data, last);
        self.builder.ins().istore32(TRUSTED, place, last, at(NODE_LINKS));
        self.add_to_count(map, gap.data, 1);
        Some((node, none))
    }

    /// Removes the element at a place, and goes to `done`.
    pub fn remove_node(&mut self, id: ir::GlobalId, place: clif::Value, gap: Gap, done: clif::Block) {
        let map = self.lowering.layout.globals[id.index()];
        let at = |field: u32| (map.data_off + field) as i32;
        let Gap { data, head, .. } = gap;
        let node = self.builder.ins().iadd(data, place);
        // Loaded again, it need not be kept since the element was found.
        let first = self.builder.ins().uload32(TRUSTED, head, at(MAP_HEADER));
        let behind = self.builder.ins().icmp(IntCC::NotEqual, first, place);
        self.cold(behind, |this| {
            let global = this.global(id);
            this.aside(Callee::Runtime(Rt::MapRemove), &[global, place]);
            this.builder.ins().jump(done, &[]);
        });
        let chained = self.builder.ins().uload32(TRUSTED, node, at(NODE_CHAIN));
        self.builder.ins().istore32(TRUSTED, chained, head, at(MAP_HEADER));
        let next = self.builder.ins().uload32(TRUSTED, node, at(NODE_LINKS));
        let prev = self.builder.ins().uload32(TRUSTED, node, at(NODE_LINKS + PREV));
        let (before, after) = (self.builder.ins().iadd(data, prev), self.builder.ins().iadd(data, next));
        self.builder.ins().istore32(TRUSTED, next, before, at(NODE_LINKS));
        self.builder.ins().istore32(TRUSTED, prev, after, at(NODE_LINKS + PREV));
        let free = self.builder.ins().uload32(TRUSTED, data, at(FREE));
        self.builder.ins().istore32(TRUSTED, free, node, at(NODE_CHAIN));
        self.builder.ins().istore32(TRUSTED, place, data, at(FREE));
        self.add_to_count(&map, data, -1);
        self.builder.ins().jump(done, &[]);
    }

    /// From the address of a head to that of the one in use, where an array has two of each.
    pub fn heads_in_use(&mut self, map: &rt_global, data: clif::Value, head: clif::Value) -> clif::Value {
        if map.spare == 0 {
            return head;
        }
        let other = self.builder.ins().load(types::I64, TRUSTED, data, (map.data_off + HEADS) as i32);
        self.builder.ins().iadd(head, other)
    }

    fn add_to_count(&mut self, map: &rt_global, data: clif::Value, change: i64) {
        let at = (map.data_off + COUNT) as i32;
        let count = self.builder.ins().load(types::I32, TRUSTED, data, at);
        let count = self.builder.ins().iadd_imm_s(count, change);
        self.builder.ins().store(TRUSTED, count, data, at);
    }
}
