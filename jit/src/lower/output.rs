// SPDX-License-Identifier: MIT OR Apache-2.0
//! printf and sprintf.

use std::mem::offset_of;

use cranelift_codegen::ir::{self as clif, InstBuilder as _};
use spile_abi::{self as abi, SPILE_NAME_BYTES as NAME_BYTES};
use spile_ir as ir;
use spile_rt::raw;

use super::emit::{Callee, Emitter, TRUSTED};
use crate::runtime::Rt;

/// A value in a record.
enum Printed {
    Int(ir::Value),
    /// The name of a task, which ends at its NUL, whatever is behind that.
    Name(ir::Value),
    Str {
        string: clif::Value,
        length: clif::Value,
    },
}

impl Printed {
    /// Bytes in the record, beside those that are as many as a string has.
    fn fixed(&self) -> u32 {
        match self {
            Self::Int(_) | Self::Str { .. } => 8,
            Self::Name(_) => 8 + NAME_BYTES,
        }
    }
}

impl Emitter<'_, '_> {
    /// A record for the host.
    pub fn print(&mut self, format: ir::FormatId, args: &[ir::PrintArg]) {
        if let Some(values) = crate::task::print_values(args) {
            self.print_inline(format, &values);
            return;
        }
        let (count, types, words) = self.print_args(args);
        let format = self.int(i64::from(format.0));
        self.runtime(Rt::Print, &[self.ctx, format, count, types, words]);
    }

    /// A record of integers and strings, filled here.
    fn print_inline(&mut self, format: ir::FormatId, values: &[ir::Value]) {
        let printed: Vec<Printed> = values.iter().map(|value| self.printed(*value)).collect();
        let fixed: u32 = printed.iter().map(Printed::fixed).sum();
        let mut size = self.int(i64::from(size_of::<abi::spile_print>() as u32 + fixed));
        for value in &printed {
            if let Printed::Str { length, .. } = value {
                let padded = self.padded(*length);
                size = self.builder.ins().iadd(size, padded);
            }
        }
        let kind = self.int(abi::SPILE_RECORD_PRINT.into());
        let record = self.word(Callee::Import(abi::SPILE_IMPORT_ring_reserve), &[self.ctx, size, kind]);
        let (fill, done) = (self.builder.create_block(), self.builder.create_block());
        self.builder.ins().brif(record, fill, &[], done, &[]);
        self.builder.switch_to_block(fill);
        let loaded = self.loaded.len();
        let numbers = self.int(i64::from(format.0) | (values.len() as i64) << 32);
        self.builder.ins().store(TRUSTED, numbers, record, offset_of!(abi::spile_print, format) as i32);
        let (mut cursor, mut offset) = (record, size_of::<abi::spile_print>() as i32);
        for value in printed {
            match value {
                Printed::Int(int) => {
                    self.load_now([int]);
                    let int = self.value(int);
                    self.builder.ins().store(TRUSTED, int, cursor, offset);
                }
                Printed::Name(name) => {
                    self.load_now([name]);
                    let [first, second] = self.name_words(name);
                    let mark = self.int(abi::SPILE_PRINT_NAME.into());
                    self.builder.ins().store(TRUSTED, mark, cursor, offset);
                    self.builder.ins().store(TRUSTED, first, cursor, offset + 8);
                    self.builder.ins().store(TRUSTED, second, cursor, offset + 16);
                }
                Printed::Str { string, length } => {
                    self.builder.ins().store(TRUSTED, length, cursor, offset);
                    let at = self.builder.ins().iadd_imm_s(cursor, i64::from(offset + 8));
                    cursor = self.word(Callee::Runtime(Rt::PrintStr), &[at, string]);
                    offset = 0;
                    continue;
                }
            }
            offset += value.fixed() as i32;
        }
        self.call(Callee::Import(abi::SPILE_IMPORT_ring_commit), &[self.ctx, record]);
        self.builder.ins().jump(done, &[]);
        self.builder.switch_to_block(done);
        self.forget_loads(loaded);
    }

    fn name_words(&mut self, name: ir::Value) -> [clif::Value; 2] {
        match self.names.get(&name) {
            Some(name) => name.words,
            // Only in code that nothing reaches.
            None => [self.int(0); 2],
        }
    }

    fn printed(&mut self, value: ir::Value) -> Printed {
        if self.function.ty(value) == ir::Type::Int {
            return Printed::Int(value);
        }
        if self.task().names[value.index()].is_some() {
            return Printed::Name(value);
        }
        let string = self.value(value);
        Printed::Str { string, length: self.builder.ins().uload32(TRUSTED, string, 0) }
    }

    /// Rounded up to whole words.
    fn padded(&mut self, length: clif::Value) -> clif::Value {
        let more = self.builder.ins().iadd_imm_s(length, 7);
        self.builder.ins().band_imm_s(more, -8)
    }

    /// A string.
    pub fn sprint(&mut self, inst: &ir::Inst, format: ir::FormatId, args: &[ir::PrintArg]) -> Option<clif::Value> {
        let slot = self.result_slot(inst)?;
        let (count, types, words) = self.print_args(args);
        let program = self.lowering.program;
        // A format is not a value of the script: MAXSTRINGLEN does not cut it.
        let format = self.string(&program.formats[format.index()].text, usize::MAX);
        self.runtime(Rt::Sprint, &[self.ctx, slot, format, count, types, words]);
        Some(slot)
    }

    /// The number of arguments, the addresses of their types and words.
    fn print_args(&mut self, args: &[ir::PrintArg]) -> (clif::Value, clif::Value, clif::Value) {
        let mut types = Vec::new();
        let mut words = Vec::new();
        // Behind the words: what histograms refer to.
        let mut next = args.len();
        for arg in args {
            types.push(match arg.format_arg(self.function) {
                ir::FormatArg::Int => raw::RT_ARG_INT,
                ir::FormatArg::Str => raw::RT_ARG_STR,
                ir::FormatArg::Hist => raw::RT_ARG_HIST,
            } as u8);
            words.push(match arg {
                ir::PrintArg::Value(value) => self.value(*value),
                ir::PrintArg::Hist { global, keys } => {
                    let keys: Vec<clif::Value> = keys.iter().map(|key| self.value(*key)).collect();
                    let at = self.words(next, &keys);
                    let global = self.global(*global);
                    let pair = self.words(next + keys.len(), &[global, at]);
                    next += keys.len() + 2;
                    pair
                }
            });
        }
        let count = self.int(args.len() as i64);
        if args.is_empty() {
            return (count, self.int(0), self.int(0));
        }
        let types = self.lowering.constants.add(&mut self.lowering.linker, "types", types);
        (count, self.address(types, 0), self.words(0, &words))
    }
}
