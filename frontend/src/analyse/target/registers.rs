// SPDX-License-Identifier: MIT OR Apache-2.0
//! Registers by their DWARF numbers, where the kernel saved them: in a `struct pt_regs`.

use crate::analyse::body::Walk;
use crate::analyse::constant::constant;
use crate::ast;
use crate::errors::target as errors;
use crate::hir::{Expr, ExprKind as H, Place};
use crate::span::Span;
use crate::target::Arch;
use spile_ir::{Intrinsic, Space};

/// Where `struct pt_regs` has the registers of x86_64, by DWARF number: rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8 to r15, rip.
const X86_64: [i64; 17] = [80, 96, 88, 40, 104, 112, 32, 152, 72, 64, 56, 48, 24, 16, 8, 0, 128];

/// DWARF numbers of the registers that hold x86_64's arguments.
const X86_64_ARGUMENTS: [u32; 6] = [5, 4, 1, 2, 8, 9];

/// On aarch64 x0 to x30, sp and pc follow each other, in their order.
const AARCH64_REGISTERS: u32 = 33;
const AARCH64_ARGUMENTS: u32 = 8;

/// The library's function that finds where the registers of a task's program were saved.
const USER_REGISTERS: &str = "_task_user_registers";

impl Walk<'_, '_, '_> {
    /// `@kregister(n)`, `@uregister(n)`
    pub fn register_operator(&mut self, number: &ast::Expr, user: bool, span: Span) -> Expr {
        let resolved = self.long_expr(number);
        // A function that asks for a context is resolved for handlers only.
        let Some(context) = self.context() else { return self.wrong(span) };
        if !user && !context.point.has_registers() {
            let kind = context.point.kind();
            return self.fail(span, errors::no_registers(span, "@kregister", kind));
        }
        let wanted = constant(&resolved).and_then(|number| self.register_offset(u32::try_from(number).ok()?));
        match wanted {
            Some(offset) if user => self.user_register(offset, span),
            Some(offset) => self.saved_register(offset, span),
            None => {
                let name = if user { "@uregister" } else { "@kregister" };
                let known = match self.a.target.arch() {
                    Arch::X86_64 => "0 to 16",
                    Arch::Aarch64 => "0 to 32",
                };
                self.fail(number.span, errors::bad_register(number.span, name, known))
            }
        }
    }

    /// A register of the current program, where the kernel saved it when the program entered it last.
    fn user_register(&mut self, offset: i64, span: Span) -> Expr {
        let task = self.long(span, H::Intrinsic(Intrinsic::CurrentTask, Vec::new()));
        let saved = self.library_call(USER_REGISTERS, task, span);
        let addr = Box::new(self.offset(saved, offset));
        self.long(span, H::Load { space: Space::Kernel, addr, bytes: 8, signed: false })
    }

    /// What a register holds.
    pub(super) fn register(&mut self, number: u32, span: Span) -> Option<Expr> {
        let offset = self.register_offset(number)?;
        Some(self.saved_register(offset, span))
    }

    fn saved_register(&mut self, offset: i64, span: Span) -> Expr {
        let saved = self.long(span, H::Intrinsic(Intrinsic::Registers, Vec::new()));
        let addr = Box::new(self.offset(saved, offset));
        self.long(span, H::Load { space: Space::Kernel, addr, bytes: 8, signed: false })
    }

    /// A register as something to be written; only so many of its bits, sign-extended when read back.
    pub(super) fn register_place(&mut self, number: u32, bits: u32, signed: bool, span: Span) -> Option<Place> {
        let offset = self.register_offset(number)?;
        let saved = self.long(span, H::Intrinsic(Intrinsic::Registers, Vec::new()));
        let addr = Box::new(self.offset(saved, offset));
        let bits = (bits < 64).then_some((0, bits));
        Some(Place::Memory { addr, bytes: 8, signed, bits })
    }

    /// Where `struct pt_regs` has a register.
    fn register_offset(&self, number: u32) -> Option<i64> {
        match self.a.target.arch() {
            Arch::X86_64 => X86_64.get(number as usize).copied(),
            Arch::Aarch64 => (number < AARCH64_REGISTERS).then_some(8 * i64::from(number)),
        }
    }

    /// The register that holds an argument word; `None` where it is on the stack.
    pub(super) fn argument_register(&self, word: u32) -> Option<u32> {
        match self.a.target.arch() {
            Arch::X86_64 => X86_64_ARGUMENTS.get(word as usize).copied(),
            Arch::Aarch64 => Some(word).filter(|word| *word < AARCH64_ARGUMENTS),
        }
    }

    /// The register of the result: rax, x0. The number is the same.
    pub(super) fn result_register() -> u32 {
        0
    }

    /// The register of a result's second word: rdx, x1. The number is the same.
    pub(super) fn second_result_register(&self) -> u32 {
        1
    }
}
