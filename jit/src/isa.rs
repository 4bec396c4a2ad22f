// SPDX-License-Identifier: MIT OR Apache-2.0
//! Instruction sets and how Cranelift is set up for them.

use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable as _};
use spile_abi::{SPILE_ARCH_AARCH64, SPILE_ARCH_X86_64};

use crate::Error;

/// Instruction sets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Arch {
    /// x86_64.
    X86_64,
    /// aarch64, little-endian.
    Aarch64,
}

impl Arch {
    /// `SPILE_ARCH_*`.
    pub fn number(self) -> u32 {
        match self {
            Self::X86_64 => SPILE_ARCH_X86_64,
            Self::Aarch64 => SPILE_ARCH_AARCH64,
        }
    }

    /// From `SPILE_ARCH_*`.
    pub fn from_number(number: u32) -> Option<Self> {
        [Self::X86_64, Self::Aarch64].into_iter().find(|arch| arch.number() == number)
    }

    fn triple(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-none-elf",
            Self::Aarch64 => "aarch64-unknown-none-elf",
        }
    }

    /// What every function that kshim calls indirectly begins with: `endbr64`, `bti c`.
    /// Cranelift emits the one never, the other in all functions or none.
    pub(crate) fn landing_pad(self) -> &'static [u8; LANDING_PAD as usize] {
        match self {
            Self::X86_64 => &[0xf3, 0x0f, 0x1e, 0xfa],
            Self::Aarch64 => &[0x5f, 0x24, 0x03, 0xd5],
        }
    }

    /// How many words of arguments go in registers.
    pub(crate) fn argument_registers(self) -> u32 {
        match self {
            Self::X86_64 => 6,
            Self::Aarch64 => 8,
        }
    }

    /// Where a function's argument word `n` is.
    pub(crate) fn argument(self, n: u32) -> Argument {
        let registers = self.argument_registers();
        if n < registers {
            return Argument::Register;
        }
        // Above the return address.
        let first = if self == Self::X86_64 { 8 } else { 0 };
        Argument::Stack { sp: self.stack_pointer(), offset: first + 8 * i64::from(n - registers) }
    }

    fn stack_pointer(self) -> i32 {
        match self {
            Self::X86_64 => 152,
            Self::Aarch64 => 248,
        }
    }
}

/// Bytes of a landing pad.
pub(crate) const LANDING_PAD: i64 = 4;

/// Where a traced function has an argument.
pub(crate) enum Argument {
    /// In a register, which whoever runs handlers puts in `spile_ctx.args`.
    Register,
    /// In memory.
    Stack {
        /// Offset of the stack pointer in `struct pt_regs`.
        sp: i32,
        /// Offset from there.
        offset: i64,
    },
}

/// Cranelift's back end, set up for code that runs in a kernel.
pub(crate) fn target(arch: Arch) -> Result<OwnedTargetIsa, Error> {
    const SETTINGS: &[(&str, &str)] = &[
        ("opt_level", "speed"),
        ("regalloc_algorithm", "backtracking"),
        // With it addresses would come from a GOT; ours are relative anyway.
        ("is_pic", "false"),
        ("enable_probestack", "false"),
        // Kernel stack traces go through frame pointers.
        ("preserve_frame_pointers", "true"),
        ("unwind_info", "false"),
        ("machine_code_cfg_info", "false"),
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
    ];
    let bad = |what: String| Error::Setup(what);
    let mut flags = settings::builder();
    for (name, value) in SETTINGS {
        flags.set(name, value).map_err(|error| bad(format!("{name}: {error}")))?;
    }
    let builder = isa::lookup_by_name(arch.triple()).map_err(|error| bad(error.to_string()))?;
    builder.finish(settings::Flags::new(flags)).map_err(|error| bad(error.to_string()))
}
