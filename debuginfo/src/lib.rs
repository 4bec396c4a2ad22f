// SPDX-License-Identifier: MIT OR Apache-2.0
//! Facts about a target kernel: BTF, symbols, tracepoints, and kits that hold them.

pub mod btf;
mod error;
mod names;

pub use error::Error;
