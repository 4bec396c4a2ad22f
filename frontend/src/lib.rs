// SPDX-License-Identifier: MIT OR Apache-2.0
//! SystemTap-language text to typed IR.

pub mod span;

pub mod diag;

pub mod ast;
pub mod target;
