// SPDX-License-Identifier: MIT OR Apache-2.0
//! SystemTap-language text to typed IR.

pub mod span;

pub mod diag;
pub mod errors;

pub mod glob;

pub mod token;

pub mod lexer;

pub mod preprocess;

pub mod ast;
pub mod parser;
pub mod print;
pub mod target;

pub mod explain;
pub mod format;
pub mod reformat;

pub mod library;

pub mod types;

pub mod hir;

pub mod analyse;

pub mod lower;

pub mod compile;
pub mod ir_text;

pub mod mock;

pub use analyse::{Options, Source};
pub use compile::{Analysed, Compiled, Failed, ParsedScript, compile};
pub use library::TapsetLibrary;
pub use target::Target;
