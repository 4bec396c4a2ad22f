// SPDX-License-Identifier: MIT OR Apache-2.0
//! Elements that were looked up before: an array that nobody has changed since is not searched again. Handlers hold the
//! locks of all arrays that they use from beginning to end, so only their own operations change them.

use cranelift_codegen::ir as clif;
use spile_ir as ir;

use super::element::Gap;
use super::emit::Emitter;
use crate::effects::written;

/// An element that was looked up.
#[derive(Clone)]
pub struct Lookup {
    map: ir::GlobalId,
    keys: Vec<ir::Value>,
    /// Its place in the array, 0 where there is none.
    pub place: clif::Value,
    /// Where it is in its chain, or would be.
    pub gap: Gap,
    /// Whether there surely is one.
    pub there: bool,
    /// At the end of a block: the only way on where this is known.
    only: Option<ir::BlockId>,
}

impl Emitter<'_, '_> {
    /// Keeps what a search came to, unless that was known.
    pub fn note_found(&mut self, map: ir::GlobalId, keys: &[ir::Value], place: clif::Value, gap: Gap) {
        if self.known_element(map, keys).is_some() {
            return;
        }
        self.found.push(Lookup { map, keys: keys.to_vec(), place, gap, there: false, only: None });
    }

    /// Keeps that an element is there, if the block's end leads to this one.
    pub fn note_there(
        &mut self,
        map: ir::GlobalId,
        keys: &[ir::Value],
        place: clif::Value,
        gap: Gap,
        block: ir::BlockId,
    ) {
        self.found.push(Lookup { map, keys: keys.to_vec(), place, gap, there: true, only: Some(block) });
    }

    /// What the last search for an element came to, if that is still true.
    pub fn known_element(&self, map: ir::GlobalId, keys: &[ir::Value]) -> Option<&Lookup> {
        self.found.iter().rfind(|lookup| lookup.map == map && lookup.keys == keys)
    }

    /// The array and the keys that the end of a block asks for, if it branches on nothing else: that it does is then no
    /// value, but which way is taken.
    pub fn asked_at_end(&self, block: &ir::Block) -> Option<(ir::GlobalId, Vec<ir::Value>)> {
        let (ir::Terminator::Branch { cond, .. }, Some(last)) = (&block.end, block.insts.last()) else { return None };
        match &last.op {
            ir::Op::MapHas(map, keys) if last.result == Some(*cond) && self.uses[cond.index()] == 1 => {
                Some((*map, self.all_known(*map, keys)?))
            }
            _ => None,
        }
    }

    /// The only block at whose end this one begins.
    pub fn only_way_to(&self, block: ir::BlockId) -> Option<usize> {
        let mut before = None;
        for (index, other) in self.function.blocks.iter().enumerate() {
            let goals = other.end.targets().into_iter().map(|target| target.block);
            for _ in goals.chain(other.catch).filter(|goal| *goal == block) {
                if before.replace(index).is_some() {
                    return None;
                }
            }
        }
        before.filter(|index| self.function.blocks[*index].catch != Some(block))
    }

    /// What is known at the beginning of a block, from what was at the end of the only one that leads to it.
    pub fn found_before(&self, block: ir::BlockId, before: Option<usize>) -> Vec<Lookup> {
        let at_end = before.map_or(&[][..], |index| &self.found_at_end[index]).iter();
        let known = at_end.filter(|lookup| lookup.only.is_none_or(|only| only == block));
        known.map(|lookup| Lookup { only: None, ..lookup.clone() }).collect()
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
