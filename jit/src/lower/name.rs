// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fields and the name of the current task: plain loads, and strings in two registers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self as clif, InstBuilder as _, MemFlagsData, types};
use spile_abi::SPILE_NAME_BYTES as NAME_BYTES;
use spile_ir as ir;

use super::emit::{Emitter, TRUSTED};
use crate::task::{Name, Task};

/// A string of at most 16 bytes in registers.
#[derive(Clone, Copy)]
pub struct Words {
    /// Its bytes; zeros behind them where the length is known.
    pub words: [clif::Value; 2],
    /// Its length, where it is needed.
    pub length: Option<clif::Value>,
}

/// In every byte: its lowest and its highest bit.
const ONES: i64 = 0x0101_0101_0101_0101;
const HIGHS: i64 = 0x8080_8080_8080_8080_u64 as i64;

/// Words at any address.
pub const UNALIGNED: MemFlagsData = MemFlagsData::new().with_notrap();

impl Emitter<'_, '_> {
    /// What the function reads of the current task.
    pub fn task(&self) -> &Task {
        &self.lowering.tasks[self.instance.function.index()]
    }

    /// Whether bytes at an address are in the current `task_struct`, or in what is there as long as that is.
    pub fn in_task(&self, address: ir::Value, bytes: u32) -> bool {
        self.task().fields[address.index()].is_some_and(|field| field.has(bytes))
    }

    /// A field of the current task.
    pub fn task_load(&mut self, address: ir::Value, bytes: u8, signed: bool) -> clif::Value {
        let address = self.value(address);
        let ins = self.builder.ins();
        match (bytes, signed) {
            (1, false) => ins.uload8(types::I64, UNALIGNED, address, 0),
            (1, true) => ins.sload8(types::I64, UNALIGNED, address, 0),
            (2, false) => ins.uload16(types::I64, UNALIGNED, address, 0),
            (2, true) => ins.sload16(types::I64, UNALIGNED, address, 0),
            (4, false) => ins.uload32(UNALIGNED, address, 0),
            (4, true) => ins.sload32(UNALIGNED, address, 0),
            _ => ins.load(types::I64, UNALIGNED, address, 0),
        }
    }

    /// The name of the current task; its address where it has to be in memory.
    pub fn name(&mut self, inst: &ir::Inst, name: Name, address: ir::Value) -> Option<clif::Value> {
        let result = inst.result?;
        let address = self.value(address);
        let first = self.builder.ins().load(types::I64, UNALIGNED, address, 0);
        let second = self.builder.ins().load(types::I64, UNALIGNED, address, 8);
        let mut words = Words { words: [first, second], length: None };
        if name.in_words || name.in_memory {
            words = self.cut_name(words.words);
        }
        self.names.insert(result, words);
        if !name.in_memory {
            return None;
        }
        let slot = self.result_slot(inst)?;
        self.store_words(slot, words);
        Some(slot)
    }

    /// Makes a string of words, in a `struct rt_str`.
    pub fn store_words(&mut self, place: clif::Value, words: Words) {
        let length = words.length.unwrap_or_else(|| self.int(i64::from(NAME_BYTES)));
        let length = self.builder.ins().ireduce(types::I32, length);
        self.builder.ins().store(TRUSTED, length, place, 0);
        self.builder.ins().store(UNALIGNED, words.words[0], place, 4);
        self.builder.ins().store(UNALIGNED, words.words[1], place, 12);
    }

    /// Ends a string at its first NUL.
    fn cut_name(&mut self, [first, second]: [clif::Value; 2]) -> Words {
        let (long, done) = (self.builder.create_block(), self.builder.create_block());
        let [a, b, length] = [(); 3].map(|()| self.builder.append_block_param(done, types::I64));
        let (cut, zeros) = self.cut_word(first);
        let bytes = self.bytes_before(zeros);
        let nothing = self.int(0);
        // Not whether a byte is marked: that would be computed once more, and its parts kept until then.
        let is_long = self.builder.ins().icmp_imm_u(IntCC::Equal, bytes, 8);
        self.builder.ins().brif(is_long, long, &[], done, &[cut.into(), nothing.into(), bytes.into()]);
        self.builder.switch_to_block(long);
        let (cut, zeros) = self.cut_word(second);
        let bytes = self.bytes_before(zeros);
        let bytes = self.builder.ins().iadd_imm_s(bytes, 8);
        self.builder.ins().jump(done, &[first.into(), cut.into(), bytes.into()]);
        self.builder.switch_to_block(done);
        Words { words: [a, b], length: Some(length) }
    }

    /// A word up to its first zero byte, and the mark of that byte: its highest bit, the lowest bit that is set.
    fn cut_word(&mut self, word: clif::Value) -> (clif::Value, clif::Value) {
        let less = self.builder.ins().iadd_imm_s(word, ONES.wrapping_neg());
        let zeros = self.builder.ins().band_not(less, word);
        let highs = self.int(HIGHS);
        let zeros = self.builder.ins().band(zeros, highs);
        let below = self.builder.ins().iadd_imm_s(zeros, -1);
        let kept = self.builder.ins().bxor(zeros, below);
        (self.builder.ins().band(word, kept), zeros)
    }

    /// 8 where no byte is marked.
    fn bytes_before(&mut self, zeros: clif::Value) -> clif::Value {
        let bits = self.builder.ins().ctz(zeros);
        self.builder.ins().ushr_imm_u(bits, 3)
    }

    /// Whether a name is a constant; None where the strings are others.
    pub fn compare_name(&mut self, op: ir::CompareOp, a: ir::Value, b: ir::Value) -> Option<clif::Value> {
        let condition = match op {
            ir::CompareOp::Eq => IntCC::Equal,
            ir::CompareOp::Ne => IntCC::NotEqual,
            _ => return None,
        };
        let (words, text) = match (self.names.get(&a), self.names.get(&b)) {
            (Some(name), _) if self.texts.contains_key(&b) => (name.words, self.texts[&b]),
            (_, Some(name)) if self.texts.contains_key(&a) => (name.words, self.texts[&a]),
            _ => return None,
        };
        let program = self.lowering.program;
        let text = &program.strings[text.index()];
        if text.len() > NAME_BYTES as usize {
            return Some(self.int((op == ir::CompareOp::Ne).into()));
        }
        // With the NUL behind it, unless it fills both words.
        let mut bytes = [0; NAME_BYTES as usize + 1];
        bytes[..text.len()].copy_from_slice(text);
        let compared = (text.len() + 1).min(NAME_BYTES as usize);
        let mut differences = Vec::new();
        for (index, word) in words.into_iter().enumerate() {
            let Some(count) = compared.checked_sub(index * 8).filter(|count| *count > 0) else { continue };
            let expected = bytes[index * 8..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
            let mask = u64::MAX.checked_shr(64 - 8 * count.min(8) as u32).unwrap_or(u64::MAX);
            let expected = self.int(expected as i64);
            let difference = self.builder.ins().bxor(word, expected);
            let mask = self.int(mask as i64);
            differences.push(self.builder.ins().band(difference, mask));
        }
        let all = differences.into_iter().reduce(|a, b| self.builder.ins().bor(a, b))?;
        let bit = self.builder.ins().icmp_imm_u(condition, all, 0);
        Some(self.builder.ins().uextend(types::I64, bit))
    }
}
