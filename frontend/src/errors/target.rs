// SPDX-License-Identifier: MIT OR Apache-2.0
//! Diagnostics of target variables and of the operators that reach into the traced system, `E042x` to `E044x`.

use crate::diag::{Diagnostic, Severity};
use crate::span::Span;

fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, span, message)
}

/// `@cast` to a type that is not known, where only something else than the kernel was named.
pub fn types_not_known(span: Span, module: &str) -> Diagnostic {
    error("E0420", span, format!("the types of '{module}' are not known")).hint(
        "types come from the kernel's type information: \"kernel\", \"kernel<linux/header.h>\" or a module's name",
    )
}

/// A module name that is none.
pub fn bad_module(span: Span, module: &str) -> Diagnostic {
    error("E0421", span, format!("'{module}' names no module"))
        .hint("write \"kernel\", \"kernel<linux/header.h>\", a module's name, or several of them with ':' between")
}

/// `@var` of something that the kernel does not have.
pub fn no_such_global(span: Span, name: &str, any: bool) -> Diagnostic {
    let base = error("E0422", span, format!("unable to find global '{name}' in the kernel"));
    if any {
        base
    } else {
        base.hint("this kernel's symbols are those of functions only (CONFIG_KALLSYMS_ALL is not set)")
    }
}

/// `@var` of a variable of unknown type.
pub fn untyped_global(span: Span, name: &str) -> Diagnostic {
    error("E0423", span, format!("the type of '{name}' is not known: the target has its symbol only"))
        .hint(format!("its address is &@var(\"{name}\"): @cast(&@var(\"{name}\"), \"TYPE\") says what is there"))
}

/// `@var` in something else than the kernel.
pub fn global_elsewhere(span: Span, module: &str) -> Diagnostic {
    error("E0424", span, format!("@var in '{module}' is not supported yet"))
        .hint("variables of the kernel proper can be reached: leave the module out, or write \"kernel\"")
}

/// `@kregister` where there are no registers.
pub fn no_registers(span: Span, name: &str, point: &str) -> Diagnostic {
    error("E0425", span, format!("{name} is not available in {point} probes: they do not find the registers"))
        .hint("registers exist in kernel.function, kernel.function.return and kernel.statement probes")
}

/// A register number that is not known at compile time, or that no general register has.
pub fn bad_register(span: Span, name: &str, known: &str) -> Diagnostic {
    error("E0426", span, format!("{name} takes the DWARF number of a general register, a constant ({known})"))
}

/// `@perf` outside of a probe that declares the counter.
pub fn no_counter(span: Span, name: &str) -> Diagnostic {
    error("E0428", span, format!("@perf: no counter '{name}' is declared"))
        .hint("counters are declared by perf….counter(\"name\") probes, which are not supported yet")
}

/// `@enumname` of a value whose enumeration is not known.
pub fn unknown_enumeration(span: Span) -> Diagnostic {
    error("E0429", span, "the enumeration of this value is not known").hint("name it: @enumname(value, \"enum name\")")
}

/// `@enumname` with a type that is no enumeration.
pub fn not_an_enumeration(span: Span, ty: &str) -> Diagnostic {
    error("E0430", span, format!("'{ty}' is no enumeration"))
}

/// `@probewrite` in a function.
pub fn probewrite_in_function(span: Span) -> Diagnostic {
    error("E0431", span, "@probewrite is only possible in probes and their aliases")
}

/// `@probewrite` of something that is no variable.
pub fn probewrite_of_value(span: Span) -> Diagnostic {
    error("E0432", span, "@probewrite takes a variable")
}

/// Writing to something of the traced system that cannot be written.
pub fn not_writable(span: Span, why: &str) -> Diagnostic {
    error("E0433", span, format!("this cannot be written to: {why}"))
}

/// A member or element of a structure in registers that lies across two of them.
pub fn across_registers(span: Span) -> Diagnostic {
    error("E0434", span, "this value lies in several registers, which cannot be read as one")
}

/// An index into a structure in registers that is not known at compile time.
pub fn index_in_registers(span: Span) -> Diagnostic {
    error("E0435", span, "the index into an array that is passed in registers must be a constant")
}

/// A return probe that keeps too many values of the entry.
pub fn too_many_entry_values(span: Span, wanted: usize, most: usize) -> Diagnostic {
    error("E0436", span, format!("this probe keeps {wanted} values from the function's entry, more than {most}"))
        .hint("keep the address of a structure, and read its members at the return")
}

/// A target variable that `--skip-badvars` made 0.
pub fn skipped(problem: Diagnostic) -> Diagnostic {
    let message = format!("{}; it is 0 instead (--skip-badvars)", problem.message);
    Diagnostic { code: "W0440", severity: Severity::Warning, message, hint: None, ..problem }
}
