// SPDX-License-Identifier: MIT OR Apache-2.0
//! The typed intermediate representation between the front end and the code generators.
//!
//! A [`Program`] is globals, functions and probes. A [`Function`] is a control-flow graph of
//! [`Block`]s whose instructions define SSA values; script variables are mutable *locals*,
//! read and written by instructions, so that nothing needs φ-functions but expressions, which
//! use block parameters.
//!
//! Strings are values too ([`Type::Str`]): immutable, bounded by `Limits::max_string`, and alive
//! until the next [`Op::Release`] of their function, which the front end puts at the end
//! of each statement.
//!
//! An instruction that fails (see [`Op::can_fail`]) leaves its block for the block's `catch`
//! block, or, where it has none, unwinds the function; an error that leaves a handler is
//! reported with the instruction's location.

mod arithmetic;
mod builder;
mod interp;
mod locks;
mod names;
mod op;
mod opt;
mod parse;
mod print;
mod program;
mod timing;
mod types;
mod verify;

pub use builder::FunctionBuilder;
pub use interp::{Clock, Event, FormatHist, FormatValue, Hit, Interp, Memory, Outcome, Report, Services, Task};
pub use locks::{Access, LockSet, lock_sets};
pub use op::*;
pub use opt::{optimise, passes, run_pass};
pub use parse::{ParseError, parse};
pub use program::*;
pub use verify::{MAX_LINEAR_BUCKETS, VerifyError, verify};
