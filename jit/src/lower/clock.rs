// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's clocks, told by the cycle counter: see `struct spile_clocks`.

use std::mem::offset_of;

use cranelift_codegen::ir::{self as clif, types};
use spile_abi as abi;

use super::emit::{Callee, Emitter};
use crate::link::Target;
use crate::runtime::ctx;
use crate::{Arch, preserving};

/// A clock of the kernel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Clock {
    Mono,
    Real,
    Boot,
}

impl Clock {
    /// What asks the kernel.
    fn import(self) -> u32 {
        match self {
            Self::Mono => abi::SPILE_IMPORT_time_mono_ns,
            Self::Real => abi::SPILE_IMPORT_time_real_ns,
            Self::Boot => abi::SPILE_IMPORT_time_boot_ns,
        }
    }

    /// Where in a copy its base is.
    fn base(self) -> usize {
        match self {
            Self::Mono => offset_of!(abi::spile_clocks_copy, mono),
            Self::Real => offset_of!(abi::spile_clocks_copy, real),
            Self::Boot => offset_of!(abi::spile_clocks_copy, boot),
        }
    }
}

impl Emitter<'_, '_> {
    /// The time, ns.
    pub fn clock(&mut self, which: Clock) -> clif::Value {
        let section = match self.lowering.clocks.get(&which) {
            Some(known) => *known,
            None => {
                let asking = match self.lowering.arch {
                    Arch::X86_64 => Target::Import(which.import()),
                    Arch::Aarch64 => Target::Section(self.lowering.preserving(Callee::Import(which.import())), 0),
                };
                let code = preserving::clock(self.lowering.arch, which.base(), asking);
                let section = self.lowering.linker.add(code);
                self.lowering.clocks.insert(which, section);
                section
            }
        };
        if self.lowering.arch == Arch::X86_64 {
            return self.word(Callee::Clock(section), &[self.ctx]);
        }
        self.call(Callee::Preserving(section, 1), &[self.ctx]);
        self.ctx_load(types::I64, ctx::WORD)
    }
}
