// SPDX-License-Identifier: MIT OR Apache-2.0
//! printf and sprintf.

use cranelift_codegen::ir::{self as clif};
use spile_ir as ir;
use spile_rt::raw;

use super::emit::Emitter;
use crate::runtime::Rt;

impl Emitter<'_, '_> {
    /// A record for the host.
    pub fn print(&mut self, format: ir::FormatId, args: &[ir::PrintArg]) {
        let (count, types, words) = self.print_args(args);
        let format = self.int(i64::from(format.0));
        self.runtime(Rt::Print, &[self.ctx, format, count, types, words]);
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
