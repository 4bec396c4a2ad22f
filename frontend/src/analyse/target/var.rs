// SPDX-License-Identifier: MIT OR Apache-2.0
//! `@var("name")`: variables of the kernel, by their symbols and types.

use super::Reach;
use super::cast::Place;
use crate::analyse::body::Walk;
use crate::ast::{Name, StringLit};
use crate::errors::target as errors;
use crate::hir::{Expr, ExprKind as H};
use crate::span::Span;
use crate::target::{Original, TypeShape, VariablePlace};
use spile_ir::{BinaryOp, Intrinsic, Space};

/// The library's function that finds an object of the kernel by its distance from `init_task`.
const OBJECT: &str = "_kernel_object";

impl Walk<'_, '_, '_> {
    /// `@var("name[@file.c]", "module")`; `address_only` where nothing but its address is asked for.
    pub(super) fn global_variable(
        &mut self,
        name: &StringLit,
        module: Option<&StringLit>,
        address_only: bool,
        span: Span,
    ) -> Option<Reach> {
        if let Some(module) = module {
            let text = module.value.to_str_lossy();
            if Place::of(text.trim()) != Place::Kernel {
                self.report(errors::global_elsewhere(module.span, &text));
                return None;
            }
        }
        let text = name.value.to_str_lossy();
        let (variable, unit) = match text.split_once('@') {
            Some((variable, unit)) => (variable.trim(), Some(unit.trim())),
            None => (text.trim(), None),
        };
        let Some(found) = self.a.target.variable(variable, unit) else {
            let any = self.a.target.variable("init_task", None).is_some();
            self.report(errors::no_such_global(name.span, &text, any));
            return None;
        };
        let ty = match found.ty {
            Some(ty) => ty,
            None if address_only => self.a.derived.make(TypeShape::Void),
            None => {
                self.report(errors::untyped_global(name.span, &text));
                return None;
            }
        };
        let addr = match found.place {
            VariablePlace::Object(distance) => self.kernel_object(distance, span),
            VariablePlace::PerCpu { offsets, original } => self.this_cpus(offsets, original, span),
        };
        Some(Reach::Memory { addr, ty, bits: None })
    }

    /// The address of an object of the kernel.
    fn kernel_object(&mut self, distance: i64, span: Span) -> Expr {
        let distance = self.int(span, distance);
        self.library_call(OBJECT, distance, span)
    }

    /// A call of a function of the library that the compiler itself relies on.
    pub(super) fn library_call(&mut self, name: &str, arg: Expr, span: Span) -> Expr {
        let file = self.file.clone();
        match self.a.overloads(&Name::from(name), 1, &file) {
            Ok(overloads) => {
                let function = self.instantiate(&overloads, &[None]);
                self.call_function(function, vec![arg], span)
            }
            Err(_) => self.fail(span, crate::errors::semantic::unresolved_function(span, name, None)),
        }
    }

    /// The address of this CPU's instance of a variable.
    fn this_cpus(&mut self, offsets: i64, original: Original, span: Span) -> Expr {
        let cpu = self.long(span, H::Intrinsic(Intrinsic::Cpu, Vec::new()));
        let size = self.int(span, 8);
        let index = self.long(span, H::Binary(BinaryOp::Mul, Box::new(cpu), Box::new(size)));
        let table = self.kernel_object(offsets, span);
        let addr = Box::new(self.long(span, H::Binary(BinaryOp::Add, Box::new(table), Box::new(index))));
        let offset = self.long(span, H::Load { space: Space::Kernel, addr, bytes: 8, signed: false });
        let original = match original {
            Original::Address(address) => self.int(span, address as i64),
            Original::Object(distance) => self.kernel_object(distance, span),
        };
        self.long(span, H::Binary(BinaryOp::Add, Box::new(offset), Box::new(original)))
    }
}
