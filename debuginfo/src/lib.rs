// SPDX-License-Identifier: MIT OR Apache-2.0
//! Facts about a target kernel: BTF, symbols, tracepoints, and kits that hold them.
//!
//! A [`Kit`] is made of the files that [`facts()`] lists, read on a live target or elsewhere, and can be stored in
//! one file. [`KernelTarget`] answers the compiler's questions from it; [`UserTarget`] stands for an ordinary process.
//! [`Symbols`] turns addresses back into names.

mod kernel;
mod user;

mod facts;
mod kit;

pub mod btf;
mod dwarf;
mod kallsyms;
mod symbols;

mod blacklist;
mod config;
mod convention;
mod functions;
mod tracepoints;
mod variables;

mod error;
mod names;

pub use dwarf::{Dwarf, StaticVariable};
pub use error::Error;
pub use facts::{Fact, FactKind, facts};
pub use kernel::KernelTarget;
pub use kit::{Kit, Parts};
pub use symbols::{Location, Symbol, Symbols};
pub use user::UserTarget;
