// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The freestanding C runtime of images, and its formatter for host and agent.
//!
//! `include/rt.h` is the interface between generated code and the runtime; [`raw`] mirrors its
//! structures and constants. With the feature `freestanding`, [`freestanding`] holds the runtime
//! compiled for each instruction set, for the jit to link. [`format()`], [`error_text`] and
//! [`layout`] run the same C code natively.

mod ffi;
#[cfg(feature = "freestanding")]
pub mod freestanding;
#[expect(
    missing_docs,
    non_camel_case_types,
    clippy::identity_op,
    reason = "generated from include/rt.h, whose names it keeps and whose comments document it"
)]
pub mod raw;

pub use ffi::{Arg, Formatter, HistData, LayoutError, error_text, format, layout, scratch_reserve, str_slot};
