// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compiled programs do what the interpreter does: the interpreter's own tests, run as machine
//! code in this process.

mod clocks;
mod concurrent;
mod conditions;
#[path = "../../../ir/tests/ir/control.rs"]
mod control;
mod cost;
mod division;
mod hits;
mod later;
#[path = "../../../ir/tests/ir/maps.rs"]
mod maps;
#[path = "../../../ir/tests/ir/scalars.rs"]
mod scalars;
mod stall;
#[path = "../../../ir/tests/ir/stats.rs"]
mod stats;
mod strings;
mod support;
mod trampolines;
